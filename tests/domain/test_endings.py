"""Why employments end, by groups."""

from typing import get_args, get_type_hints

import pytest

from domain.endings import GROUPS, LAYOFF, group_of
from domain.facts import EmploymentEnded


@pytest.mark.parametrize("cause", get_args(get_type_hints(EmploymentEnded)["cause"]))
def test_an_end_without_termination_is_no_layoff(cause: str) -> None:
    assert group_of(cause) in set(GROUPS) - {LAYOFF}


@pytest.mark.parametrize(
    ("article", "group"),
    [
        ("PP35/2021:41", LAYOFF),  # takeover
        ("PP35/2021:43(1)", LAYOFF),  # losses
        ("PP35/2021:42(1)", LAYOFF),  # the employer does not want to go on
        ("PP35/2021:42(2)", "resignation"),  # the worker does not
        ("PP35/2021:52(2)", LAYOFF),  # urgent breach
        ("PP35/2021:56", "retirement"),
        ("PP35/2021:57", "death"),
    ],
)
def test_a_termination_is_a_layoff_where_the_employer_decides(article: str, group: str) -> None:
    assert group_of(article) == group

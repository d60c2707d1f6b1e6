"""Every row of a table in our pages has as many cells as its head."""

from pathlib import Path

import pytest

from tests.docs.pages import FENCED, ROOT, uneven
from tests.docs.test_links import PAGES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_tables(page: Path) -> None:
    assert uneven(FENCED.sub("", page.read_text(encoding="utf-8"))) == []


def test_a_row_too_long_or_too_short_is_noticed() -> None:
    table = "| a | b |\n|---|---|\n| 1 | 2 |\n| 1 \\| 2 | 3 |\n| 1 |\n| 1 | 2 | 3 |\n"
    assert uneven(f"Words.\n\n{table}\nMore words.\n") == ["| 1 |", "| 1 | 2 | 3 |"]

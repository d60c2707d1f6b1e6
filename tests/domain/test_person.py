"""Who somebody was on a day: what the registration says until something else is told."""

from __future__ import annotations

from datetime import date

import pytest

from domain import facts as f
from domain.person import AGE_BANDS, Person, age_band, person_on
from domain.worker import Worker
from tests.domain.given import WORKER, a, given, registered

SCHOOL, DIPLOMA, DEGREE = "sakernas:2024/5", "sakernas:2024/7", "sakernas:2024/9"


def test_education_is_that_of_the_day() -> None:
    schooled = a(f.EducationRecorded, "2022-06-01", education=DIPLOMA), a(f.EducationRecorded, education=DEGREE)
    state = given(registered(education=SCHOOL), *schooled).state()
    for day, education in {
        "2019-01-01": SCHOOL,
        "2022-05-31": SCHOOL,
        "2022-06-01": DIPLOMA,
        "2024-01-14": DIPLOMA,
        "2024-01-15": DEGREE,
        "2030-01-01": DEGREE,
    }.items():
        assert person_on(state, date.fromisoformat(day)).education == education


def test_of_two_on_one_day_the_later_told_counts() -> None:
    facts = [a(f.EducationRecorded, education=education) for education in (DEGREE, DIPLOMA)]
    state = given(registered(), *facts).state()
    assert person_on(state, date(2024, 1, 15)).education == DIPLOMA


def test_a_corrected_identity_counts_from_its_day() -> None:
    other = a(f.IdentityCorrected, "2024-01-15", grade="major", second="officer-2", birth_year=1960, sex="M")
    state = given(registered(birth_year=1999, sex="F", education=None), other).state()
    assert person_on(state, date(2024, 1, 14)) == ("F", "25-34", "unknown")
    assert person_on(state, date(2024, 1, 15)) == ("M", "55+", "unknown")


def test_of_whom_nothing_is_told_nothing_is_known() -> None:
    assert person_on(Worker(id=WORKER), date(2024, 1, 15)) == Person("unknown", "unknown", "unknown")


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (-1, "0-14"),
        (14, "0-14"),
        (15, "15-17"),
        (17, "15-17"),
        (18, "18-24"),
        (24, "18-24"),
        (25, "25-34"),
        (35, "35-44"),
        (45, "45-54"),
        (54, "45-54"),
        (55, "55+"),
        (99, "55+"),
    ],
)
def test_a_band_holds_the_ages_it_names(age: int, band: str) -> None:
    assert age_band(2024 - age, 2024) == band
    assert band in AGE_BANDS

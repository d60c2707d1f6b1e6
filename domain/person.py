"""Who a person was on a day, as statistics count them: sex, age band, education. Clear facts only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date

    from domain.worker import Worker

UNKNOWN = "unknown"
AGE_BANDS = ("0-14", "15-17", "18-24", "25-34", "35-44", "45-54", "55+")
"""In completed years at the end of the year. Work below 15 is forbidden (UU 13/2003 art 68), so it is a band."""
_BELOW = (15, 18, 25, 35, 45, 55)


class Person(NamedTuple):
    sex: str
    age_band: str
    education: str


def person_on(worker: Worker, day: date) -> Person:
    """What stood on `day`: the latest told with effect on it or before, else what the registration says."""
    birth_year, sex, education = worker.birth_year, worker.sex, worker.education
    for before in worker.formerly:
        if day < before[0]:
            _, birth_year, sex, education = before
            break
    return Person(sex or UNKNOWN, age_band(birth_year, day.year), education or UNKNOWN)


def age_band(birth_year: int, year: int) -> str:
    """The band of who was born in `birth_year`, in `year`; "unknown" without a year of birth (0)."""
    if not birth_year:
        return UNKNOWN
    age = year - birth_year
    return AGE_BANDS[sum(age >= bound for bound in _BELOW)]

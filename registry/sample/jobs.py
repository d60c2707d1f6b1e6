"""What somebody does at a company, on which terms and for how much."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from registry.sample.figures import Line, Weighted, figures

if TYPE_CHECKING:
    from random import Random

    from registry.sample.employers import Employer, Place

WAGES_OF = date(2024, 8, 1)
GROWTH = 0.05  # a year, assumed
LEAST_WAGE = 750_000


@dataclass(slots=True)
class Job:
    """An employment as it stands on a day; the career changes it as facts are reported."""

    employer: Employer
    place: Place
    kbji: str
    wage: int
    contract: str
    starts_on: date
    ends_on: date | None = None
    regency: str = ""
    """As last reported."""


@functools.cache
def occupations(line: Line, sex: str, education: str = "", majors: str = "") -> Weighted[str]:
    """The jobs of a line for one sex; with `education`, those that people of that education have.

    `majors` narrows them to these KBJI major groups, where the line has such jobs at all.
    """
    assumed = figures().assumed
    weights: dict[str, float] = {}
    for kbji, share in line.jobs.items():
        tilt = 1.0
        if kbji in assumed["women_at"]:
            tilt = 1.6 if sex == "P" else 0.6
        elif kbji[0] in "78" or kbji.startswith(("5414", "931", "9333")):
            tilt = 0.2 if sex == "P" else 1.0
        fit = dict(figures().education[kbji[0]].items()).get(education, 0) if education else 1
        if share * tilt * fit > 0:
            weights[kbji] = share * tilt * fit
    narrow = {kbji: weight for kbji, weight in weights.items() if kbji[0] in majors}
    return Weighted(narrow or weights)


def wage(chance: Random, line: Line, *, kbji: str, sex: str, regency: str, on: date) -> int:
    """A monthly wage in whole thousands of rupiah, log-normal around the mean of sector, job, sex and province."""
    figure = figures()
    spread = figure.assumed["wage_spread"]
    middle = line.wage_unit * figure.assumed["wage_of_major"][kbji[0]] * figure.wage_by_sex[sex]
    middle *= figure.wage_by_province[regency[:2]] * (1 + GROWTH) ** ((on - WAGES_OF).days / 365.25)
    return max(LEAST_WAGE, int(round(middle * chance.lognormvariate(-spread * spread / 2, spread), -3)))


def age_at_hire(chance: Random, education: str) -> float:
    """Years; most start young, nobody before the age their education takes."""
    least: float = figures().assumed["least_age"].get(education, 18)
    return max(18 + 28 * chance.betavariate(1.5, 3.2), least)


@functools.cache
def courses(sector: str) -> tuple[tuple[str, str], ...]:
    """(code, SKKNI unit or "") of the courses that people of a sector attend."""
    listed = figures().assumed["courses"]
    return tuple((c["number"], c["unit"]) for c in listed if c["sectors"] == "*" or sector[0] in c["sectors"])


def tenure_days(chance: Random) -> int:
    """Days already worked by somebody on an opening roster, from bands of years as "4-5" or ">24"."""
    band = figures().tenure.draw(chance)
    low, _, high = band.removeprefix(">").partition("-")
    first = int(low) + band.startswith(">")
    last = int(high or low) + (6 if band.startswith(">") else 0)
    return int((first + chance.random() * (last + 1 - first)) * 365.25)


def after_months(day: date, months: int) -> date:
    """The same day some months on, at most the 28th."""
    year, month = divmod(day.month - 1 + months, 12)
    return date(day.year + year, month + 1, min(day.day, 28))


def term_from(chance: Random, starts_on: date) -> date:
    return after_months(starts_on, chance.choice((6, 12, 12, 12, 24))) - timedelta(days=1)

"""Groups as Ibis expressions: a day's month, the province of a region, KBLI's category, KBJI's major group."""

from __future__ import annotations

from functools import cache
from typing import Any

import ibis

from domain import codes


def month_of(day: Any) -> Any:
    """The first day of the month, a date (engines truncate dates to different types)."""
    return ibis.date(day.year(), day.month(), 1)


def province_of(regency: Any) -> Any:
    """`kemendagri:2025/32.75` -> `kemendagri:2025/32`."""
    return regency.left(len(codes.REGION) + 3)


def major_of(occupation: Any) -> Any:
    """`kbji:2014/7212` -> `kbji:2014/7`."""
    return occupation.left(len(codes.KBJI) + 2)


def category_of(industry: Any) -> Any:
    """`kbli:2020/41011` -> `kbli:2020/F`: by its division, the first two digits."""
    division = industry.substr(len(codes.KBLI) + 1, 2)
    return ibis.cases(*((division <= last, full) for last, full in _categories()))


@cache
def _categories() -> list[tuple[str, str]]:
    """The last division of each category, in order, and the category's full code."""
    last: dict[str, str] = {}
    for code, _ in codes.codes(codes.KBLI, "division"):
        last[codes.category_of(code)] = codes.split(code)[1]
    return sorted((division, codes.full(codes.KBLI, letter)) for letter, division in last.items())

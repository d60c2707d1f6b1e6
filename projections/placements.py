"""Hires and placements by month, channel, province, industry and occupation; by more, from every single hire.

A placement is a hire through a service: every channel but `direct`. Hires are counted beside it, from the same rows.
An opening roster's declared start dates are neither.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from domain import codes
from domain.facts import Hired
from domain.worker import Worker
from projections.grouped import grouped
from projections.projection import Projection
from projections.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from psycopg import Connection

    from domain.employer import Employer

COUNTED = ("month", "channel", "province", "industry", "occupation")
DIMENSIONS = (*COUNTED, "regency", "sex", "age_band", "education")
"""Those in `COUNTED` are added up beforehand; others are counted when they are asked for, from `projections.hires`."""


class Placements(Projection):
    name = "placements"
    kinds = frozenset({Hired})
    table = Table(
        "placements",
        {
            "month": "date",
            "channel": "text",
            "province": "text",
            "industry": "text",
            "occupation": "text",
        },
        key=COUNTED,
        counts=True,
    )

    def rows(self, state: Worker | Employer) -> Iterable[Row]:
        """Province of the workplace, category of KBLI and major group of KBJI, all as of the hire."""
        if not isinstance(state, Worker):
            return
        for employment in state.employments.values():
            hired = employment.hired
            if not hired.declared:
                where = cell(hired.regency, hired.industry, hired.occupation)
                yield (hired.effective_on.replace(day=1), hired.channel, *where)


@lru_cache(maxsize=65_536)
def cell(regency: str, industry: str, occupation: str) -> tuple[str, str, str]:
    """Province, category of KBLI and major group of KBJI."""
    return (
        codes.province_of(regency),
        f"kbli:2020/{codes.category_of(industry)}",
        f"kbji:2014/{codes.major_of(occupation)}",
    )


def source(by: Iterable[str]) -> str:
    """The read model from which `placements` answers, whose positions say what the answer includes."""
    return "placements" if set(by) <= set(COUNTED) else "hires"


def placements(
    conn: Connection[Any],
    by: Sequence[str] = ("province",),
    *,
    since: date | None = None,
    until: date | None = None,
    most: int | None = None,
) -> list[dict[str, Any]]:
    """Placements and hires summed over all dimensions but `by`, months `since` to `until` inclusive; most first, and
    no more rows than `most`.

    Raises: Refused("dimension-unknown").
    """
    counted = source(by) == "placements"
    n = "sum(n)" if counted else "count(*)"
    return grouped(
        conn,
        "read.placements" if counted else "read.hire",
        by,
        DIMENSIONS,
        f"coalesce({n} FILTER (WHERE channel <> 'direct'), 0)::bigint AS placements, coalesce({n}, 0)::bigint AS hires",
        order="placements DESC, hires DESC",
        since=since,
        until=until,
        most=most,
    )

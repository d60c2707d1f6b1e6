"""Who came, who left and who stayed for good: hires, ends by cause, fixed terms that became permanent.

A row each, so that tables of any dimensions and exact medians are made from them. Opening rosters are no flow, but an
employment in one is a job before the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.endings import LAYOFF, group_of
from domain.person import person_on
from domain.worker import Worker
from projections.grouped import grouped
from projections.kinds import ENDS, PERSON, PLACE, TERMS
from projections.placements import cell
from projections.projection import Projection
from projections.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from psycopg import Connection

    from domain.employer import Employer
    from domain.worker import Employment

HIRED, ENDED, CONVERTED = "hired", "ended", "converted"
DIMENSIONS = ("month", "province", "industry", "contract", "cause", "cause_group", "sex", "age_band", "tenure_band")


class Flows(Projection):
    """`days`: of an end or a conversion those since the employment began, of a hire those without a job before it.

    Those are null for a first job, and for one that began while another went on. `contract` is what the hire said,
    what stood at the end, or what became permanent.
    """

    name = "flows"
    kinds = PERSON | TERMS | ENDS | PLACE
    table = Table(
        "flow",
        {
            "worker": "uuid",
            "employment": "uuid",
            "what": "text",
            "nth": "smallint",
            "month": "date NOT NULL",
            "province": "text NOT NULL",
            "industry": "text NOT NULL",
            "contract": "text NOT NULL",
            "cause": "text",
            "cause_group": "text",
            "sex": "text NOT NULL",
            "age_band": "text NOT NULL",
            "days": "integer",
        },
        key=("worker", "employment", "what", "nth"),
        indexes=("month",),
    )

    def rows(self, state: Worker | Employer) -> Iterable[Row]:
        """A hire where it was, an end and a conversion where the employment was last."""
        if not isinstance(state, Worker):
            return
        for e in state.employments.values():
            if not e.hired.declared:
                where = e.hired.regency, e.hired.industry
                without = days_without(state, e)
                yield _row(state, e, HIRED, 1, e.hired.effective_on, where, e.hired.contract.kind, None, without)
            where = e.regency, e.industry
            for nth, (day, before) in enumerate(conversions(e), start=1):
                yield _row(state, e, CONVERTED, nth, day, where, before, None, (day - e.started_on).days)
            if e.ended_on is not None:
                since = (e.ended_on - e.started_on).days + 1
                yield _row(state, e, ENDED, 1, e.ended_on, where, e.contract.kind, e.end_cause, since)


def _row(
    w: Worker, e: Employment, what: str, nth: int, day: date, where: tuple[str, str], contract: str, *more: Any
) -> Row:
    cause, days = more
    province, industry, _ = cell(*where, e.occupation)
    who = person_on(w, day)
    group = None if cause is None else group_of(cause)
    place = (day.replace(day=1), province, industry, contract)
    return (w.id, e.id, what, nth, *place, cause, group, who.sex, who.age_band, days)


def conversions(e: Employment) -> Iterable[tuple[date, str]]:
    """Each day on which something that would have ended became permanent, and what it was."""
    for before, after in zip(e.terms, e.terms[1:], strict=False):
        if before.contract.kind != "permanent" and after.contract.kind == "permanent":
            yield after.agreed_on, before.contract.kind


def days_without(w: Worker, e: Employment) -> int | None:
    """Days between the last day of the job before and the first of this one."""
    others = [other for other in w.employments.values() if other is not e and other.started_on < e.started_on]
    ends = [other.ended_on for other in others if other.ended_on is not None]
    if len(ends) < len(others) or not ends or max(ends) >= e.started_on:
        return None
    return (e.started_on - max(ends)).days - 1


SOURCE = (
    "(SELECT *, CASE WHEN what = 'hired' THEN NULL WHEN days <= 90 THEN '0-90' WHEN days <= 365 THEN '91-365'"
    " WHEN days <= 730 THEN '366-730' WHEN days <= 1826 THEN '731-1826' ELSE '1827+' END AS tenure_band"
    " FROM read.flow) flow"
)
"""`tenure_band`: days of an employment at its end or conversion."""
SUMS = (
    "count(*) FILTER (WHERE what = 'hired') AS hires, count(*) FILTER (WHERE what = 'ended') AS ends,"
    f" count(*) FILTER (WHERE cause_group = '{LAYOFF}') AS layoffs,"
    " count(*) FILTER (WHERE what = 'converted' AND contract = 'fixed-term') AS converted,"
    " count(*) FILTER (WHERE what = 'ended' AND contract = 'fixed-term') AS fixed_ended,"
    " percentile_disc(0.5) WITHIN GROUP (ORDER BY days) FILTER (WHERE what = 'ended') AS tenure_median,"
    " percentile_disc(0.5) WITHIN GROUP (ORDER BY days) FILTER (WHERE what = 'hired') AS between_median,"
    " count(days) FILTER (WHERE what = 'hired') AS between_jobs"
)


def flows(
    conn: Connection[Any],
    by: Sequence[str] = ("month",),
    *,
    since: date | None = None,
    until: date | None = None,
    most: int | None = None,
) -> list[dict[str, Any]]:
    """Hires, ends, layoffs, conversions and medians of days by any of `DIMENSIONS`, both months included.

    `converted` to `fixed_ended` is how many fixed terms became permanent to how many ended. `tenure_median`: days of
    the employments that ended; `between_median`: of hires, days since the job before, of the `between_jobs` that had
    one. Raises: Refused("dimension-unknown").
    """
    return grouped(conn, SOURCE, by, DIMENSIONS, SUMS, since=since, until=until, most=most)

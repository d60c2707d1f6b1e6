"""What training leads to: of those who completed one, who was employed on that day, and 6 and 12 months after."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import TYPE_CHECKING, Any

from domain import codes
from domain.facts import Hired, TrainingCompleted, TrainingEnrolled
from domain.person import UNKNOWN, person_on
from domain.worker import Worker
from projections.grouped import grouped
from projections.kinds import ENDS, PERSON
from projections.projection import Projection
from projections.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from psycopg import Connection

    from domain.employer import Employer

DIMENSIONS = ("month", "training", "unit", "province", "sex", "age_band", "education")


class Trained(Projection):
    """A row a completed training. Whether somebody is employed on a day to come is not known: `effect` asks later."""

    name = "training"
    kinds = PERSON | ENDS | {Hired, TrainingEnrolled, TrainingCompleted}
    table = Table(
        "training",
        {
            "worker": "uuid",
            "training": "text",
            "completed_on": "date NOT NULL",
            "month": "date NOT NULL",
            "unit": "text NOT NULL",
            "province": "text NOT NULL",
            "sex": "text NOT NULL",
            "age_band": "text NOT NULL",
            "education": "text NOT NULL",
            "at_end": "boolean NOT NULL",
            "after_6": "boolean NOT NULL",
            "after_12": "boolean NOT NULL",
        },
        key=("worker", "training"),
        indexes=("month",),
    )

    def rows(self, state: Worker | Employer) -> Iterable[Row]:
        """Province of the residence on record; "unknown" without one, as without a unit of competence."""
        if not isinstance(state, Worker):
            return
        for t in state.trainings.values():
            if t.completed_on is not None:
                day = t.completed_on
                province = codes.province_of(state.residence) if state.residence else UNKNOWN
                what = (state.id, t.code, day, day.replace(day=1), t.unit or UNKNOWN, province)
                employed = (state.employed_on(later) for later in (day, months_after(day, 6), months_after(day, 12)))
                yield (*what, *person_on(state, day), *employed)


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last day when it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def effect(
    conn: Connection[Any],
    day: date,
    by: Sequence[str] = ("month",),
    *,
    since: date | None = None,
    until: date | None = None,
    most: int | None = None,
) -> list[dict[str, Any]]:
    """How many completed a training and how many of them had work, by any of `DIMENSIONS`; asked on `day`.

    `completed`, of them `employed`; `seen_6` for whom 6 months are over, of them `employed_6`; the same for 12.
    Raises: Refused("dimension-unknown").
    """
    sums = "count(*) AS completed, count(*) FILTER (WHERE at_end) AS employed"
    for months in (6, 12):
        over = f"completed_on + interval '{months} months' <= date '{day:%Y-%m-%d}'"
        sums += f", count(*) FILTER (WHERE {over}) AS seen_{months}"
        sums += f", count(*) FILTER (WHERE {over} AND after_{months}) AS employed_{months}"
    return grouped(conn, "read.training", by, DIMENSIONS, sums, since=since, until=until, most=most)

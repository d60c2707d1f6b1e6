"""Which cards are due to be renewed, and from which day: what the renewal run goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from domain import cards
from domain.facts import WorkerRegistered
from domain.worker import Worker
from projections.kinds import CARDS, CERTIFICATES, ENDS, IDENTITY, TERMS
from projections.projection import Projection
from projections.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from uuid import UUID

    from psycopg import Connection

    from domain.employer import Employer


class Renewals(Projection):
    name = "renewals"
    kinds = CARDS | CERTIFICATES | IDENTITY | TERMS | ENDS | {WorkerRegistered}
    table = Table(
        "renewal",
        {
            "worker": "uuid",
            "card": "text",
            "why": "text",
            "due_on": "date NOT NULL",
            "until": "date",
        },
        key=("worker", "card", "why"),
        indexes=("due_on, worker",),
    )

    def rows(self, state: Worker | Employer) -> Iterable[Row]:
        if isinstance(state, Worker) and state.cards:
            for due in cards.dues(state):
                yield (state.id, due.card, due.why, due.on, due.until)


class Backlog(NamedTuple):
    """How many cards are due on a day, and since when the oldest of them is."""

    due: int
    since: date | None


_DUE = "FROM read.renewal WHERE due_on <= %(day)s AND (until IS NULL OR until >= %(day)s)"


def due_workers(
    conn: Connection[Any], day: date, *, after: tuple[date, UUID] | None, most: int
) -> list[tuple[date, UUID]]:
    """Workers with a card that is due on `day`, longest due first, with the day it fell due; those after `after`."""
    query = f"SELECT due_on, worker {_DUE} AND (%(all)s OR (due_on, worker) > (%(on)s, %(worker)s))"
    on, worker = after or (None, None)
    bounds = {"day": day, "all": after is None, "on": on, "worker": worker, "most": most}
    return conn.execute(f"{query} ORDER BY due_on, worker LIMIT %(most)s", bounds).fetchall()


def backlog(conn: Connection[Any], day: date) -> Backlog:
    """What waits for the renewal run."""
    ((due, since),) = conn.execute(f"SELECT count(*), min(due_on) {_DUE}", {"day": day}).fetchall()
    return Backlog(due, since)

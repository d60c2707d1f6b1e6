"""An employer's compliance calendar: contracts, certificates and permits that end, and reports that are due.

A report that was filed is no fact here yet, so of reports only the next day is told and none is overdue.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from domain.facts import WorkerRegistered
from domain.worker import Worker
from projections.kinds import CERTIFICATES, ENDS, ESTABLISHMENTS, PLACE, TERMS
from projections.projection import Projection
from projections.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg import Connection

    from domain.employer import Employer

REPORT = "report"
KINDS = ("contract", "certificate", "permit", REPORT)
REPORTED_WITHIN = timedelta(days=30)
"""After an establishment is opened (UU 7/1981 art 6); from then on every year (art 7)."""
MOST_YEARS = 200


class Calendar(Projection):
    name = "calendar"
    kinds = TERMS | ENDS | PLACE | CERTIFICATES | ESTABLISHMENTS | {WorkerRegistered}
    table = Table(
        "calendar",
        {
            "stream": "uuid",
            "employer": "uuid",
            "kind": "text",
            "subject": "text",
            "due_on": "date NOT NULL",
            "establishment": "text NOT NULL",
        },
        key=("stream", "employer", "kind", "subject"),
        indexes=("employer, due_on",),
    )

    def rows(self, state: Worker | Employer) -> Iterable[Row]:
        """Of a worker, for each employer that employs them; of an employer, for each place that is not closed."""
        if isinstance(state, Worker):
            yield from _of_worker(state)
            return
        for place in state.establishments.values():
            if place.state != "closed":
                yield (state.id, state.id, REPORT, place.code, place.opened_on + REPORTED_WITHIN, place.code)


def _of_worker(w: Worker) -> Iterable[Row]:
    places: dict[UUID, str] = {}
    for e in w.employments.values():
        if e.active:
            places[e.employer] = e.establishment
            if e.contract.ends_on is not None:
                yield (w.id, e.employer, "contract", str(e.id), e.contract.ends_on, e.establishment)
    for employer, establishment in places.items():
        if w.permit_until is not None:
            yield (w.id, employer, "permit", "", w.permit_until, establishment)
        for c in w.certificates.values():
            if c.state == "valid" and c.expires_on is not None:
                yield (w.id, employer, "certificate", str(c.id), c.expires_on, establishment)


class Due(NamedTuple):
    """`worker` is null for a report; `subject`: employment, certificate or establishment; nothing for a permit."""

    due_on: date
    kind: str
    worker: UUID | None
    subject: str
    establishment: str


def calendar(conn: Connection[Any], employer: UUID, day: date, *, days: int, most: int) -> list[Due]:
    """What ends or is due up to `days` after `day`, overdue things too; the earliest first, at most `most`."""
    found = conn.execute(
        "SELECT due_on, kind, nullif(stream, employer), subject, establishment FROM read.calendar"
        " WHERE employer = %(employer)s AND kind <> %(report)s AND due_on <= %(until)s"
        " UNION ALL SELECT r.next, kind, NULL, subject, establishment FROM read.calendar,"
        " LATERAL (SELECT (due_on + make_interval(years => n))::date AS next FROM generate_series(0, %(years)s) n"
        " WHERE (due_on + make_interval(years => n))::date >= %(day)s ORDER BY n LIMIT 1) r"
        " WHERE employer = %(employer)s AND kind = %(report)s AND r.next <= %(until)s"
        " ORDER BY 1, 2, 3, 4 LIMIT %(most)s",
        {
            "employer": employer,
            "report": REPORT,
            "day": day,
            "until": day + timedelta(days=days),
            "years": MOST_YEARS,
            "most": most,
        },
    )
    return [Due(*row) for row in found.fetchall()]

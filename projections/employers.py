"""Employers by id and NIB; other read models keep the id and join the name at query time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.employer import Employer
from domain.facts import EmployerRegistered, EmployerVerified
from projections.kinds import ESTABLISHMENTS
from projections.projection import Projection
from projections.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg import Connection

    from domain.worker import Worker


class Employers(Projection):
    name = "employers"
    kinds = ESTABLISHMENTS | {EmployerRegistered, EmployerVerified}
    table = Table(
        "employer",
        {
            "employer": "uuid",
            "nib": "text NOT NULL",
            "name": "text NOT NULL",
            "industry": "text NOT NULL",
            "regency": "text NOT NULL",
            "verified_on": "date",
            "establishments": "integer NOT NULL",
        },
        key=("employer",),
        indexes=("nib",),
    )

    def rows(self, state: Worker | Employer) -> Iterable[Row]:
        if isinstance(state, Employer):
            e = state
            open_places = sum(1 for place in e.establishments.values() if place.state == "open")
            yield (e.id, e.nib, e.name, e.industry, e.regency, e.verified_on, open_places)


def employer_of(conn: Connection[Any], given: str) -> UUID | None:
    """The employer with this id or NIB, as far as the read model knows."""
    try:
        where, value = "employer", UUID(given)
    except ValueError:
        where, value = "nib", given  # type: ignore[assignment]  # one or the other
    row = conn.execute(f"SELECT employer FROM read.employer WHERE {where} = %s", (value,)).fetchone()  # noqa: S608 - one of two names
    return row[0] if row else None

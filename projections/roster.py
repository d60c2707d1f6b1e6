"""An employer's roster: one row for each spell of each employment, so that transfers keep both employers' view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.worker import Worker
from projections.projection import Projection
from projections.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.employer import Employer


class Roster(Projection):
    name = "roster"
    table = Table(
        "roster",
        {
            "employment": "uuid",
            "employer": "uuid",
            "since": "date",
            "worker": "uuid NOT NULL",
            "establishment": "text NOT NULL",
            "occupation": "text NOT NULL",
            "contract": "text NOT NULL",
            "contract_ends": "date",
            "until": "date",
            "cause": "text",
        },
        key=("employment", "employer", "since"),
        indexes=("employer, until", "worker"),
    )

    def rows(self, state: Worker | Employer) -> Iterable[Row]:
        if not isinstance(state, Worker):
            return
        for e in state.employments.values():
            terms = (e.occupation, e.contract.kind, e.contract.ends_on)
            for employer, establishment, since, until in e.earlier_employers:
                yield (e.id, employer, since, state.id, establishment, *terms, until, "transfer")
            last = (e.employer, e.with_employer_since, state.id, e.establishment)
            yield (e.id, *last, *terms, e.ended_on, e.end_cause)

"""An employer's roster: one row for each spell of each employment, so that transfers keep both employers' view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.facts import PositionChanged
from domain.worker import Worker
from projections.kinds import ENDS, PLACE, TERMS
from projections.projection import Projection
from projections.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.employer import Employer


class Roster(Projection):
    name = "roster"
    kinds = TERMS | ENDS | PLACE | {PositionChanged}
    table = Table(
        "roster",
        {
            "worker": "uuid",
            "employment": "uuid",
            "spell": "smallint",
            "employer": "uuid NOT NULL",
            "since": "date NOT NULL",
            "establishment": "text NOT NULL",
            "occupation": "text NOT NULL",
            "contract": "text NOT NULL",
            "contract_ends": "date",
            "until": "date",
            "cause": "text",
        },
        key=("worker", "employment", "spell"),
        indexes=("employer, until",),
    )

    def rows(self, state: Worker | Employer) -> Iterable[Row]:
        if not isinstance(state, Worker):
            return
        for e in state.employments.values():
            terms = (e.occupation, e.contract.kind, e.contract.ends_on)
            for spell, (employer, establishment, since, until) in enumerate(e.earlier_employers, start=1):
                yield (state.id, e.id, spell, employer, since, establishment, *terms, until, "transfer")
            last = (e.employer, e.with_employer_since, e.establishment)
            yield (state.id, e.id, len(e.earlier_employers) + 1, *last, *terms, e.ended_on, e.end_cause)

"""Back-dated facts: recorded long after the day on which they say that they were true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain import facts as f
from registry.population.queries import Match
from registry.population.scope import carried, recorded_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from domain.event import Event

DAYS = 30


class BackDated:
    """`late`: recorded more than `days` days after its day. `moved`: a correction that puts a fact on another day than
    it had, and that day is more than `days` days before the correction was recorded.

    An opening roster's hires (`declared`) are neither; a void moves nothing.
    """

    name = "backdated"
    says = (
        "recorded more than the given days after the day it took effect; of a correction, only when it moves that day;"
        " hires declared from an opening roster are left out"
    )
    topics: frozenset[str] = frozenset()

    def __init__(self, days: int = DAYS) -> None:
        self.days = days

    def parameters(self) -> dict[str, Any]:
        return {"days": self.days}

    def of(self, events: list[Event]) -> Iterator[Match]:
        day_of = {event.originator_version: carried(event.fact).effective_on for event in events}
        for event in events:
            fact = event.fact
            late = (recorded_on(event) - carried(fact).effective_on).days
            if late <= self.days or isinstance(fact, f.FactVoided) or getattr(carried(fact), "declared", False):
                continue
            detail = {"days": late, "late_reason": event.late_reason}
            if not isinstance(fact, f.FactCorrected):
                yield Match(event, "late", detail)
            elif (before := day_of.get(fact.corrects)) != fact.fact.effective_on:
                yield Match(event, "moved", {**detail, "corrects": fact.corrects, "before": str(before)})

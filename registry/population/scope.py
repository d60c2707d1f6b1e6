"""By whom and when: which facts of what a query finds are listed. What a query knows beside them is not cut."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import msgspec

from domain import facts as f
from domain.decide import today

if TYPE_CHECKING:
    from domain.event import Event, Fact


class Scope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Each bound is inclusive. On the axis of knowledge `known_from` and `known_until`, on that of effect
    `effective_from` and `effective_until`; of an amendment the day of the fact that it carries or takes back counts.
    """

    organisation: str | None = None
    person: str | None = None
    topic: str | None = None
    known_from: datetime | None = None
    known_until: datetime | None = None
    effective_from: date | None = None
    effective_until: date | None = None

    def holds(self, event: Event, topic: str, effective_on: date) -> bool:
        by = event.actor
        return (
            self.organisation in (None, by.organisation)
            and self.person in (None, by.person)
            and self.topic in (None, topic)
            and (self.known_from is None or event.recorded_at >= self.known_from)
            and (self.known_until is None or event.recorded_at <= self.known_until)
            and (self.effective_from is None or effective_on >= self.effective_from)
            and (self.effective_until is None or effective_on <= self.effective_until)
        )


def carried(fact: Fact) -> Fact:
    """The fact itself; of a correction the one that it puts in a fact's place."""
    return fact.fact if isinstance(fact, f.FactCorrected) else fact


def recorded_on(event: Event) -> date:
    """The civil day in Jakarta on which the registry learned it."""
    return today(event.recorded_at)

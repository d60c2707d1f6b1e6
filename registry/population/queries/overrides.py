"""Overrides: an officer's word in the place of somebody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain import facts as f
from domain.event import Role
from domain.history import root
from domain.mandates import MAY
from registry.population.queries import Match
from registry.population.scope import carried

if TYPE_CHECKING:
    from collections.abc import Iterator

    from domain.event import Event

OF_EMPLOYERS = frozenset(kind for kind, roles in MAY.items() if roles == {Role.EMPLOYER, Role.OFFICER})
"""Kinds of facts that an employer reports, and otherwise an officer alone."""
_WHO = (f.WorkerRegistered, f.IdentityCorrected)


class Overrides:
    """`amended-another`: a correction or void by another organisation than the one that recorded the fact it is about.
    `for-employer`: an officer records what an employer reports. `over-mismatch`: an identity verified by another
    organisation than the one whose latest word was that it mismatches, nothing about who it is recorded in between.
    """

    name = "overrides"
    says = (
        "a correction or void by another organisation than recorded the fact; an officer's fact of a kind that"
        " employers report; an identity verified over another organisation's mismatch"
    )
    topics: frozenset[str] = frozenset()

    def parameters(self) -> dict[str, Any]:
        return {}

    def of(self, events: list[Event]) -> Iterator[Match]:
        by_version = {event.originator_version: event for event in events}
        amending = {v: event for v, event in by_version.items() if isinstance(event.fact, f.Amendment)}
        mismatch: Event | None = None
        for event in events:
            fact, by = event.fact, event.actor
            if isinstance(fact, f.Amendment):
                about = by_version.get(root(event.originator_version, amending), event)
                if about.actor.organisation != by.organisation:
                    detail = {"about": about.originator_version, "recorded_by": about.actor.organisation}
                    yield Match(event, "amended-another", detail)
            elif by.role is Role.OFFICER and type(fact) in OF_EMPLOYERS:
                yield Match(event, "for-employer", {})
            if isinstance(carried(fact), _WHO):
                mismatch = None
            elif isinstance(fact, f.IdentityMismatched):
                mismatch = event
            elif isinstance(fact, f.IdentityVerified):
                if mismatch is not None and mismatch.actor.organisation != by.organisation:
                    detail = {"mismatch": mismatch.originator_version, "recorded_by": mismatch.actor.organisation}
                    yield Match(event, "over-mismatch", detail)
                mismatch = None

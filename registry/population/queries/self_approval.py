"""Self-approvals: who said something also said that it is so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain import facts as f
from domain.history import root
from registry.population.queries import Match
from registry.population.scope import carried

if TYPE_CHECKING:
    from collections.abc import Iterator

    from domain.event import Event

_VERIFIES = {
    f.IdentityVerified: (f.WorkerRegistered, f.IdentityCorrected),
    f.EmployerVerified: (f.EmployerRegistered,),
}


class SelfApproval:
    """`verified-own`: an identity or an employer verified by the organisation whose word on who it is was the last
    before: the registration, a correction of it, or an identity corrected. `judged-own`: a dispute resolved by an
    organisation that had recorded the disputed fact or an amendment of it. `second-officer`: an act of two officers in
    which the second is missing, is the first, or the first is not named.

    `same` is `person` when both acts name the same account, else `organisation`.
    """

    name = "self-approval"
    says = (
        "an identity or employer verified by the organisation that recorded who it is; a dispute resolved by one that"
        " recorded the disputed fact or amended it; an act of two officers by one"
    )
    topics: frozenset[str] = frozenset()

    def parameters(self) -> dict[str, Any]:
        return {}

    def of(self, events: list[Event]) -> Iterator[Match]:
        stated: Event | None = None
        for event in events:
            fact = event.fact
            for kind, states in _VERIFIES.items():
                if isinstance(fact, kind) and stated is not None and _same(event, stated):
                    yield Match(event, "verified-own", _detail(event, stated))
                if isinstance(carried(fact), states):
                    stated = event
            if isinstance(fact, f.DisputeResolved):
                yield from _judged(event, events)
            if _alone(event):
                yield Match(event, "second-officer", {"same": "person"})


def _judged(event: Event, events: list[Event]) -> Iterator[Match]:
    """Whether who resolves a dispute had recorded what it is about."""
    fact = event.fact
    earlier = [e for e in events if e.originator_version < event.originator_version]
    amending = {e.originator_version: e for e in earlier if isinstance(e.fact, f.Amendment)}
    for opened in earlier:
        if isinstance(opened.fact, f.DisputeOpened) and opened.fact.dispute == getattr(fact, "dispute", None):
            about = root(opened.fact.about, amending)
            own = [e for e in earlier if root(e.originator_version, amending) == about and _same(event, e)]
            if own:
                yield Match(event, "judged-own", {**_detail(event, own[-1]), "about": opened.fact.about})


def _alone(event: Event) -> bool:
    fact = event.fact
    if not hasattr(fact, "second") or (isinstance(fact, f.IdentityCorrected) and fact.grade == "minor"):
        return False
    return not event.actor.person or fact.second in {None, event.actor.person}


def _same(one: Event, other: Event) -> bool:
    return one.actor.organisation == other.actor.organisation


def _detail(event: Event, stated: Event) -> dict[str, Any]:
    same = event.actor.person and event.actor.person == stated.actor.person
    return {"same": "person" if same else "organisation", "stated": stated.originator_version}

"""The one definition of history: which facts of a stream stand, in what order, on both time axes.

Two axes. `known_at` cuts by what the registry had recorded at a moment; `as_of` cuts by what was true on a date.
docs/architecture.md gives the same rules in prose, with examples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from msgspec.structs import replace

from domain.facts import Amendment, FactCorrected, FactVoided, Registration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from domain.event import Event


AMENDING, REGISTERING = frozenset(get_args(Amendment)), frozenset(get_args(Registration))
"""As sets of types: looked at for every event of every fold."""


def effective(events: Sequence[Event], known_at: datetime | None = None) -> list[Event]:
    """The events that stand, in order of effect.

    1. Only what was recorded at or before `known_at` counts.
    2. Amendments are read from the latest back: one that a later standing amendment voids has no effect, and of
       several that amend the same fact the latest wins. So voiding a void, or a correction, undoes it.
    3. A voided fact is left out; a corrected one is replaced, whole, in its own place, by what the correction says,
       who said it and when it became known.
    4. Order: the registration first, then by (effective_on, version).
    """
    known = events if known_at is None else [e for e in events if e.recorded_at <= known_at]
    if AMENDING.isdisjoint([type(e.fact) for e in known]):
        return sorted(known, key=order)
    decided = deciding(known)
    facts = (_amended(e, decided.get(e.originator_version)) for e in known if not isinstance(e.fact, Amendment))
    return sorted((e for e in facts if e is not None), key=order)


def deciding(known: Sequence[Event]) -> dict[int, Event]:
    """Version of each event that does not stand as it was recorded -> the amendment that decides it.

    Amendments are among them: a voided one is decided by its void, an overtaken one by the amendment that stands.
    """
    amending = {e.originator_version: e for e in known if isinstance(e.fact, Amendment)}
    decided: dict[int, Event] = {}
    for version in sorted(amending, reverse=True):
        if version in decided:
            continue
        amendment = amending[version]
        target = _target(amendment)
        if isinstance(amendment.fact, FactVoided) and target in amending:
            decided[target] = amendment
        elif (about := root(target, amending)) in decided:
            decided[version] = decided[about]
        else:
            decided[about] = amendment
    return decided


def root(version: int, amending: dict[int, Event]) -> int:
    """The fact that an amendment, through whatever it amends, is about. Targets only ever point back."""
    while version in amending and _target(amending[version]) < version:
        version = _target(amending[version])
    return version


def as_of(events: Iterable[Event], day: date) -> list[Event]:
    """Those of the effective events that were true on `day` or before. A registration counts from the beginning."""
    return [e for e in events if e.fact.effective_on <= day or isinstance(e.fact, Registration)]


def _target(amendment: Event) -> int:
    fact = amendment.fact
    return fact.target if isinstance(fact, FactCorrected | FactVoided) else 0


def _amended(event: Event, amendment: Event | None) -> Event | None:
    if amendment is None:
        return event
    if isinstance(amendment.fact, FactCorrected):
        return replace(
            event,
            fact=amendment.fact.fact,
            actor=amendment.actor,
            recorded_at=amendment.recorded_at,
            submission=amendment.submission,
            ref=amendment.ref,
            late_reason=amendment.late_reason,
        )
    return None


def order(event: Event) -> tuple[bool, date, int]:
    """Sort key of rule 4."""
    fact = event.fact
    return (type(fact) not in REGISTERING, fact.effective_on, event.originator_version)

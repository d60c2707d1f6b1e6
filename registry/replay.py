"""A stream told again: what stood at a moment and on a date, who said it, and what amended it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from domain import codec
from domain import facts as f
from domain.event import ERASED, Event, topic_of
from domain.history import as_of, deciding, effective, order
from domain.rules.findings import findings

if TYPE_CHECKING:
    from uuid import UUID

    from domain.decide import History


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded fact. `stands`: part of the history asked for; `amended_by`: the version that decides otherwise."""

    version: int
    topic: str
    effective_on: date
    recorded_at: datetime
    standing: str
    organisation: str
    role: str
    submission: UUID | None
    ref: str | None
    late_reason: str | None
    stands: bool
    amended_by: int | None
    disputed: bool
    erased: bool
    fact: dict[str, Any]


def timeline(history: History, *, known_at: datetime | None = None, on: date | None = None) -> list[Entry]:
    """Every fact known at `known_at`, in the order of effect, amendments among them by the day they were made."""
    known = [e for e in history.events if known_at is None or e.recorded_at <= known_at]
    in_effect = effective(history.events, known_at)
    standing = {e.originator_version for e in (in_effect if on is None else as_of(in_effect, on))}
    decided = {version: e.originator_version for version, e in deciding(known).items()}
    disputed = {e.fact.about for e in known if isinstance(e.fact, f.DisputeOpened)}
    disputed -= {e.fact.about for e in known if isinstance(e.fact, f.DisputeOpened) and _resolved(e.fact, known)}
    ordered = sorted(known, key=order)
    return [
        _entry(
            event,
            stands=event.originator_version in standing
            or (isinstance(event.fact, f.Amendment) and event.originator_version not in decided),
            amended_by=decided.get(event.originator_version),
            disputed=event.originator_version in disputed,
        )
        for event in ordered
    ]


def _resolved(opened: f.DisputeOpened, known: list[Event]) -> bool:
    return any(isinstance(e.fact, f.DisputeResolved) and e.fact.dispute == opened.dispute for e in known)


def _entry(event: Event, *, stands: bool, amended_by: int | None, disputed: bool) -> Entry:
    _, personal = codec.split(event.fact)
    return Entry(
        version=event.originator_version,
        topic=getattr(event.fact, "topic", None) or topic_of(type(event.fact)),
        effective_on=event.fact.effective_on,
        recorded_at=event.recorded_at,
        standing=event.standing.value,
        organisation=event.actor.organisation,
        role=event.actor.role.value,
        submission=event.submission,
        ref=event.ref,
        late_reason=event.late_reason,
        stands=stands,
        amended_by=amended_by,
        disputed=disputed,
        erased=personal == ERASED,
        fact=msgspec.to_builtins(event.fact),
    )


def summary(history: History, *, known_at: datetime | None = None, on: date | None = None) -> dict[str, Any]:
    """The record as known at `known_at`, as of `on`: what a desk shows, nothing of a card's signed bytes."""
    state = history.state(known_at=known_at, on=on)
    shown: dict[str, Any] = msgspec.to_builtins(state)
    for card in shown.get("cards", {}).values():
        card.pop("signed")
    for employment in shown.get("employments", {}).values():
        employment.pop("hired")
    if "employments" in shown:
        current = state.current
        shown |= {"standing": state.standing, "current": str(current.id) if current else None}
        shown["findings"] = msgspec.to_builtins(findings(state, on=on or date.max))
    return shown

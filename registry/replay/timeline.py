"""A stream told again: what stood at a moment and on a date, who said it, what amended it, what is said beside it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from domain import codec
from domain import facts as f
from domain.event import ERASED, Event, topic_of
from domain.history import as_of, deciding, effective, order, root
from domain.rules.findings import findings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from domain.decide import History


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """A worker's dispute by the version that opened it; `resolved` and `outcome` once an officer has decided."""

    opened: int
    cause: str
    resolved: int | None = None
    outcome: str | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded fact. `stands`: part of the history asked for; `amended_by`: the version that decides otherwise;
    `person`: the account that acted, never a name, empty for none.

    Beside it, by their versions: every amendment about it, whether or not it decides; disputes; statements.
    """

    version: int
    topic: str
    effective_on: date
    recorded_at: datetime
    standing: str
    organisation: str
    role: str
    person: str
    on_behalf_of: str | None
    submission: UUID | None
    ref: str | None
    late_reason: str | None
    stands: bool
    amended_by: int | None
    amendments: list[int]
    disputed: bool
    disputes: list[Dispute]
    statements: list[int]
    erased: bool
    fact: dict[str, Any]


class Beside:
    """What stands beside each fact, of the events that are known."""

    def __init__(self, known: Sequence[Event]) -> None:
        self.amendments: dict[int, list[int]] = {}
        self.disputes: dict[int, list[Dispute]] = {}
        self.statements: dict[int, list[int]] = {}
        amending = {e.originator_version: e for e in known if isinstance(e.fact, f.Amendment)}
        resolved = {e.fact.dispute: e for e in known if isinstance(e.fact, f.DisputeResolved)}
        for event in known:
            version, fact = event.originator_version, event.fact
            if version in amending:
                self.amendments.setdefault(root(version, amending), []).append(version)
            elif isinstance(fact, f.StatementAdded):
                self.statements.setdefault(fact.about, []).append(version)
            elif isinstance(fact, f.DisputeOpened):
                self.disputes.setdefault(fact.about, []).append(_dispute(version, fact, resolved.get(fact.dispute)))


def timeline(history: History, *, known_at: datetime | None = None, on: date | None = None) -> list[Entry]:
    """Every fact known at `known_at`, in the order of effect, amendments among them by the day they were made."""
    known = [e for e in history.events if known_at is None or e.recorded_at <= known_at]
    in_effect = effective(history.events, known_at)
    standing = {e.originator_version for e in (in_effect if on is None else as_of(in_effect, on))}
    decided = {version: e.originator_version for version, e in deciding(known).items()}
    beside = Beside(known)
    ordered = sorted(known, key=order)
    return [
        _entry(
            event,
            beside,
            stands=event.originator_version in standing
            or (isinstance(event.fact, f.Amendment) and event.originator_version not in decided),
            amended_by=decided.get(event.originator_version),
        )
        for event in ordered
    ]


def _dispute(version: int, opened: f.DisputeOpened, resolved: Event | None) -> Dispute:
    if resolved is None or not isinstance(resolved.fact, f.DisputeResolved):
        return Dispute(opened=version, cause=opened.cause)
    outcome = resolved.fact.outcome
    return Dispute(opened=version, cause=opened.cause, resolved=resolved.originator_version, outcome=outcome)


def _entry(event: Event, beside: Beside, *, stands: bool, amended_by: int | None) -> Entry:
    _, personal = codec.split(event.fact)
    version = event.originator_version
    disputes = beside.disputes.get(version, [])
    return Entry(
        version=version,
        topic=getattr(event.fact, "topic", None) or topic_of(type(event.fact)),
        effective_on=event.fact.effective_on,
        recorded_at=event.recorded_at,
        standing=event.standing.value,
        organisation=event.actor.organisation,
        role=event.actor.role.value,
        person=event.actor.person,
        on_behalf_of=event.actor.on_behalf_of,
        submission=event.submission,
        ref=event.ref,
        late_reason=event.late_reason,
        stands=stands,
        amended_by=amended_by,
        amendments=beside.amendments.get(version, []),
        disputed=any(dispute.resolved is None for dispute in disputes),
        disputes=disputes,
        statements=beside.statements.get(version, []),
        erased=personal == ERASED,
        fact=msgspec.to_builtins(event.fact),
    )


def plain(value: Any) -> Any:
    """As JSON has it."""
    return msgspec.to_builtins(value)


def summary(history: History, *, known_at: datetime | None = None, on: date | None = None) -> dict[str, Any]:
    """The record as known at `known_at`, as of `on`: what a desk shows, nothing of a card's signed bytes."""
    return shown(history.state(known_at=known_at, on=on), on)


def shown(state: Any, on: date | None) -> dict[str, Any]:
    """A folded `Worker` or `Employer` as a desk shows it."""
    found: dict[str, Any] = msgspec.to_builtins(state)
    for card in found.get("cards", {}).values():
        card.pop("signed")
    for employment in found.get("employments", {}).values():
        employment.pop("hired")
    if "employments" in found:
        current = state.current
        found |= {"standing": state.standing, "current": str(current.id) if current else None}
        found["findings"] = msgspec.to_builtins(findings(state, on=on or date.max))
    return found

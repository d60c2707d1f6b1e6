"""The decision: may this fact be recorded in this stream? Pure: state and command in, an event or a refusal out.

A fact is its own command (docs/adr/0003): one decision serves every kind, because what differs between kinds is
data: who may (`mandates`), what is possible (`structure`), which codes exist (`codes`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, get_args
from zoneinfo import ZoneInfo

import msgspec

from domain import codes, employer, mandates, worker
from domain import facts as f
from domain.errors import Refused
from domain.event import Actor, Erased, Event, Fact, LateReason, Role, topic_of
from domain.history import as_of, effective, order, root
from domain.structure import fault, no_card

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

JAKARTA, JAYAPURA = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Jayapura")
State = worker.Worker | employer.Employer
_TWICE: dict[type[Fact], str] = {
    f.Hired: "already-employed",
    f.WorkerRegistered: "registered-already",
    f.EmployerRegistered: "registered-already",
    f.EstablishmentOpened: "establishment-exists",
}
"""Facts of which there cannot be two: the second is refused for what it is, also when it takes effect before the first.
"""
LATE_REASONS: tuple[str, ...] = get_args(LateReason)


def today(now: datetime) -> date:
    """The civil date by which the registry works: Jakarta's."""
    return now.astimezone(JAKARTA).date()


class History:
    """A stream's events, oldest first, and the decision whether one more may join them.

    The fold over all of them is kept, so that a fact which comes after all others costs no fold of its own. Any other
    is judged on the whole history folded again, and both ways come to the same (a property test holds them to it).
    """

    def __init__(self, stream: UUID, events: Sequence[Event] = ()) -> None:
        self.stream, self.events = stream, list(events)
        self._now: State | None = None
        self._last: tuple[bool, date, int] | None = None

    @property
    def kind(self) -> str:
        """ "worker" or "employer", as the first fact says; "" before there is one."""
        return kind_of(self.events)

    @property
    def version(self) -> int:
        return self.events[-1].originator_version if self.events else 0

    @property
    def now(self) -> Any:
        """The `Worker` or `Employer` as all that is known leaves it. The next fact moves it on, and not `state`'s."""
        if self._now is None:
            events = effective(self.events)
            self._now, self._last = self.fold(events), order(events[-1]) if events else None
        return self._now

    def back_to(self, known: int) -> None:
        """Forget all but the first `known` events: those after them were not saved."""
        if known < len(self.events):
            del self.events[known:]
            self._now = None

    def state(self, *, known_at: datetime | None = None, on: date | None = None) -> Any:
        """The `Worker` or `Employer`: as known at a moment, as of a date; by default all that is known now."""
        events = effective(self.events, known_at)
        return self.fold(events if on is None else as_of(events, on))

    def fold(self, events: Iterable[Event]) -> State:
        state = empty(self.stream, self.kind)
        evolve: Any = employer.evolve if isinstance(state, employer.Employer) else worker.evolve
        for event in events:
            evolve(state, event)
        return state

    def record(
        self,
        fact: Fact,
        *,
        by: Actor,
        now: datetime,
        submission: UUID | None = None,
        ref: str | None = None,
        late_reason: str | None = None,
    ) -> Event:
        """Decide that `fact` joins this stream, and let it. Nothing is kept when it is refused.

        Raises: Refused, with the code of the first thing that is wrong.
        """
        event = Event(
            originator_id=self.stream,
            originator_version=self.version + 1,
            recorded_at=max(now.astimezone(UTC), self.events[-1].recorded_at) if self.events else now.astimezone(UTC),
            actor=by,
            fact=fact,
            submission=submission,
            ref=ref,
            late_reason=late_reason,
        )
        if self.events and getattr(self.now, "erased", False):  # late facts and amendments too
            raise Refused("worker-erased", worker=self.stream)
        check_form(fact)
        if late_reason is not None and late_reason not in LATE_REASONS:
            raise Refused("late-reason-unknown", got=late_reason, expected=", ".join(LATE_REASONS))
        mandates.check_role(fact, by)
        check_second(fact, by)
        check_time(fact, now)
        if self.kind and _bearer(fact).stream_kind not in {self.kind, "any"}:
            raise Refused("wrong-stream", got=_bearer(fact).stream_kind, expected=self.kind)
        if isinstance(fact, f.CardIssued) and (reason := no_card(self.now)) is not None:
            raise reason
        if isinstance(fact, f.Amendment):
            self._check_amendment(fact, by)
        if isinstance(fact, f.StatementAdded | f.DisputeOpened):
            self._find(fact.about)
        if self._comes_last(event):
            self._follow(event)
        else:
            self._take_in(event)
        self.events.append(event)
        return event

    def _comes_last(self, event: Event) -> bool:
        """Whether the facts that stand are the same before and after `event`, and it takes effect after them all."""
        return not isinstance(event.fact, f.Amendment) and (self._last is None or order(event) > self._last)

    def _follow(self, event: Event) -> None:
        """Judge a fact that comes last on the state that all others leave, and assign what it says."""
        before = self.now if self.events else empty(self.stream, event.fact.stream_kind)
        reason = fault(before, event.fact)
        if reason is not None:
            raise reason
        if event.actor.role is Role.EMPLOYER:
            mandates.check_relation(event.fact, event.actor, before)
        _evolve(before, event)
        self._now, self._last = before, order(event)

    def _take_in(self, event: Event) -> None:
        """Judge a late fact or an amendment on the history that it leaves, folded again."""
        self._check_structure(event)
        if event.actor.role is Role.EMPLOYER:
            mandates.check_relation(_bearer(event.fact), event.actor, self._before(event))
        self._now = None

    def _find(self, version: int) -> Event:
        for event in self.events:
            if event.originator_version == version:
                return event
        raise Refused("fact-unknown", version=version)

    def _check_amendment(self, fact: f.FactCorrected | f.FactVoided, by: Actor) -> None:
        """The target is there, may be amended by this actor, and a correction keeps its kind."""
        amending = {e.originator_version: e for e in self.events if isinstance(e.fact, f.Amendment)}
        target = self._find(fact.target)
        about = self._find(root(fact.target, amending))
        mandates.check_role(about.fact, by)
        for event in (about, *(e for v, e in amending.items() if root(v, amending) == about.originator_version)):
            mandates.check_amendment(event, by)
        if not about.fact.amendable:
            raise Refused("not-amendable", version=about.originator_version)
        if isinstance(fact, f.FactVoided):
            if target is about and isinstance(about.fact, f.Registration):
                raise Refused("not-amendable", version=about.originator_version)
        elif isinstance(target.fact, f.FactVoided):
            raise Refused("not-amendable", version=target.originator_version)
        elif type(fact.fact) is not type(about.fact):
            raise Refused("type-differs", got=topic_of(type(fact.fact)), expected=topic_of(type(about.fact)))
        elif getattr(fact.fact, "key_commitment", "") != getattr(about.fact, "key_commitment", ""):
            raise Refused("commitment-differs", version=about.originator_version)
        if isinstance(about.fact, f.WorkerRegistered):
            self._check_identity(fact)

    def _check_identity(self, fact: f.FactCorrected | f.FactVoided) -> None:
        """Amending a registration neither moves a stream to another identifier nor renames somebody verified.

        Both are for IdentityCorrected: an officer's, and two officers' where it is major.
        Raises: Refused("identifier-differs"), Refused("identity-verified").
        """
        held = self.state()
        new = fact.fact if isinstance(fact, f.FactCorrected) else None
        was, now = held.details, new.personal if isinstance(new, f.WorkerRegistered) else None
        if isinstance(was, f.PersonDetails) and isinstance(now, f.PersonDetails):
            if (was.nik, was.passport) != (now.nik, now.passport):
                raise Refused("identifier-differs")
            if isinstance(new, f.WorkerRegistered) and (was.name, was.birth_date, held.sex) == (
                now.name,
                now.birth_date,
                new.sex,
            ):
                return
        if held.identity == "verified":
            raise Refused("identity-verified", since=held.identity_since)

    def _check_structure(self, event: Event) -> None:
        """Refuse what makes the refolded history impossible, unless it was so before."""
        found = self._faults([*self.events, event])
        if not found:
            return
        own, before = self._own(event), self._faults(self.events)
        for version, reason in found.items():
            if version in before and before[version].code == reason.code:
                continue
            twice = _TWICE.get(type(event.fact)) == reason.code
            if version == own or twice:
                raise reason
            raise Refused("breaks-later-fact", version=version, reason=reason.code)

    def _own(self, event: Event) -> int:
        """The version of the fact that `event`, not yet joined, states or amends."""
        amending = {e.originator_version: e for e in [*self.events, event] if isinstance(e.fact, f.Amendment)}
        return root(event.originator_version, amending)

    def _before(self, event: Event) -> State:
        """The state just before what `event` says takes effect."""
        own, state = self._own(event), empty(self.stream, self.kind or event.fact.stream_kind)
        for earlier in effective([*self.events, event]):
            if earlier.originator_version == own:
                break
            _evolve(state, earlier)
        return state

    def _faults(self, events: Sequence[Event]) -> dict[int, Refused]:
        state, found = empty(self.stream, kind_of(events)), {}
        for event in effective(events):
            reason = fault(state, event.fact)
            if reason is not None:
                found[event.originator_version] = reason
            _evolve(state, event)
        return found


def kind_of(events: Sequence[Event]) -> str:
    return events[0].fact.stream_kind if events else ""


def empty(stream: UUID, kind: str) -> State:
    """What is known of a stream before its first fact."""
    return employer.Employer(id=stream) if kind == "employer" else worker.Worker(id=stream)


def check_form(fact: Fact) -> None:
    """Bounds and codes inside one fact; its personal part is there to be sealed, not the mark of an erased one.

    Raises: Refused("value-out-of-bounds"), Refused("code-unknown"), Refused("part-erased").
    """
    try:
        _decoder(type(fact)).decode(_encode(fact))  # three times as fast as to_builtins and convert
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise Refused("value-out-of-bounds", why=str(error)) from error
    bearer = _bearer(fact)
    if isinstance(getattr(bearer, "personal", None), Erased):
        raise Refused("part-erased", topic=topic_of(type(bearer)))
    for field, (family, levels) in coded_fields(type(bearer)).items():
        value = getattr(bearer, field)
        for code in value if isinstance(value, tuple) else (value,):
            if code is not None and not (code.startswith(family) and codes.known(code, *levels)):
                raise Refused("code-unknown", field=field, got=code)


_encode = msgspec.json.Encoder().encode


@cache
def _decoder(kind: type[Fact]) -> msgspec.json.Decoder[Fact]:
    return msgspec.json.Decoder(kind)


@cache
def coded_fields(kind: type[Fact]) -> dict[str, tuple[str | tuple[str, ...], tuple[str, ...]]]:
    """The fields of a kind of fact that hold codes: name -> (list or lists allowed, levels allowed)."""
    info: Any = msgspec.inspect.type_info(kind)
    extras = ((field.name, _extra(field.type)) for field in info.fields)
    return {name: (extra["family"], extra["levels"]) for name, extra in extras if extra}


def _extra(info: Any) -> dict[str, Any]:
    """What `domain.facts.bounds` says of a field, inside an optional or a tuple too."""
    if isinstance(info, msgspec.inspect.Metadata):
        return info.extra or _extra(info.type)
    inner = getattr(info, "types", None) or [getattr(info, "item_type", None)]
    return next((extra for extra in map(_extra, filter(None, inner)) if extra), {})


def check_time(fact: Fact, now: datetime) -> None:
    """Nothing is true before it happens: neither the fact nor what a correction puts in a fact's place.

    Raises: Refused("in-the-future"). Judged where the day begins first.
    """
    today_at_most = now.astimezone(JAYAPURA).date()
    for day in (fact.effective_on, _bearer(fact).effective_on):
        if day > today_at_most:
            raise Refused("in-the-future", got=day, expected=today_at_most)


def check_second(fact: Fact, by: Actor) -> None:
    """What one officer must not do alone: merge, split, erase, change an identifier. Both are named, and differ.

    Raises: Refused("second-officer").
    """
    if not hasattr(fact, "second") or (isinstance(fact, f.IdentityCorrected) and fact.grade == "minor"):
        return
    if not by.person or fact.second in {None, by.person}:
        raise Refused("second-officer", first=by.person, second=fact.second)


def _bearer(fact: Fact) -> Fact:
    return fact.fact if isinstance(fact, f.FactCorrected) else fact


def _evolve(state: State, event: Event) -> None:
    if isinstance(state, employer.Employer):
        employer.evolve(state, event)
    else:
        worker.evolve(state, event)

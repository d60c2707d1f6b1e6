"""Many rows at a time: looked up together, decided in memory in the file's order, stored shard by shard.

The decisions, and so the outcomes, are those of `Loader.submit`, the way of a single row. The order of writes:

    1. claim     the numbers of new persons, pending, in one batch    crash here: `settle` removes them
    2. append    per shard, bounded: rows, then head, then events     crash here: what is committed stays, row by row
    3. confirm   those of the batch whose streams have begun          crash here: `settle` confirms them

What lost a race with another writer has no outcome after that, and goes the way of a single row.
"""

from __future__ import annotations

import gc
import math
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice, takewhile
from typing import TYPE_CHECKING, NamedTuple

from eventsourcing.persistence import IntegrityError, OperationalError

from domain.decide import History
from domain.errors import Refused
from registry import layout
from registry.app import Receipt
from registry.store import conflict, shard_of
from registry.submissions import typed
from registry.submissions.actions import AMENDING, about_employer
from registry.submissions.lookup import NEW_PERSON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from uuid import UUID

    from domain.event import Actor, Event, Fact
    from domain.facts import PersonDetails
    from registry.app import Incoming
    from registry.sealing import Sealed
    from registry.store import SubmittedRow
    from registry.submissions.line import Line
    from registry.submissions.load import Loader
    from registry.submissions.typed import Row
    from registry.vault import Claim, Identifier

Outcome = Receipt | Refused
Key = tuple[str, str]
"""Organisation and ref."""
HOLD = 0.008
"""Seconds that a transaction should hold a shard's head: single commits wait for it."""
LEAST, MOST = 90, 900
"""Events of a transaction."""


class Pace:
    """How many events the next transaction takes, by how long the last ones held the head."""

    def __init__(self) -> None:
        self.events = 300

    def learn(self, events: int, held: float) -> None:
        """`held`: seconds. Small transactions say little of large ones."""
        if events * 2 >= self.events:
            self.events = min(MOST, max(LEAST, int(self.events * (0.8 + 0.2 * HOLD / held))))


class Arrived(NamedTuple):
    """A row on its way in, at its place in the window; `person` is the number it names, if it has to be looked up,
    and `details` who it is, if it says so."""

    place: int
    row: Row
    by: Actor
    incoming: Incoming
    person: Identifier | None
    details: PersonDetails | None

    @property
    def key(self) -> Key:
        return (self.incoming.organisation, self.incoming.ref)

    @property
    def amended(self) -> Key:
        """The row that this one corrects or voids; nobody's when it does neither."""
        return (self.incoming.organisation, self.row.corrects or "")


class Decided(NamedTuple):
    """A row and the facts that it becomes, not stored yet."""

    arrived: Arrived
    stream: UUID
    facts: list[Event]

    @property
    def first_version(self) -> int:
        return self.facts[0].originator_version

    @property
    def events(self) -> int:
        return len(self.facts)


class Ready(NamedTuple):
    """A row to be stored: `row` and `events` as `layout` makes them."""

    arrived: Arrived
    submitted: SubmittedRow
    row: bytes
    events: Sequence[bytes]


@contextmanager
def uncollected() -> Iterator[None]:
    """Without Python's cycle collector, for as long as a window takes: it makes many objects, which outlive every
    generation, and no cycle."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@uncollected()
def outcomes(loader: Loader, lines: Sequence[Line]) -> list[Outcome]:
    """What became of each line, in their order. Rows about employers go singly: those after them rest on them."""
    found: dict[int, Outcome] = {}
    waiting: list[tuple[int, Row]] = []
    for place, line in enumerate(lines):
        try:
            row = loader.admitted(typed.typed(line))
        except Refused as refusal:
            found[place] = refusal
            continue
        if about_employer(row.action):
            _together(loader, waiting, found)
            waiting = []
            found[place] = loader.outcome(row)
        else:
            waiting.append((place, row))
    _together(loader, waiting, found)
    return [found[place] for place in range(len(lines))]


def _together(loader: Loader, rows: Sequence[tuple[int, Row]], found: dict[int, Outcome]) -> None:
    while rows:
        window, several = Window(loader, found), len(rows)
        with suppress(OperationalError):  # nothing tells what was committed: the way of a single row finds out
            several = window.take(rows)
        for place, row in rows[:several]:
            if place not in found:
                found[place] = loader.outcome(row)
        window.confirm()
        rows = rows[several:]


class Window:
    """Rows about people, decided on histories in memory. Puts into `found` what became of them."""

    def __init__(self, loader: Loader, found: dict[int, Outcome]) -> None:
        self.loader, self.registry, self.found = loader, loader.registry, found
        self.before: dict[Key, SubmittedRow] = {}
        self.claims: dict[Identifier, Claim] = {}
        self.people: dict[Identifier, UUID] = {}
        self.histories: dict[UUID, History] = {}
        self.decided: dict[Key, Decided] = {}
        self.ready: dict[Key, Ready] = {}
        self.known: list[Arrived] = []
        self.repeated: list[Arrived] = []
        self.refused: list[tuple[Arrived, UUID | None, Refused]] = []
        self.lost: set[UUID] = set()

    def take(self, rows: Sequence[tuple[int, Row]]) -> int:
        """How many of the rows were taken: all, or those up to the first that amends an employer's, included."""
        arrived = [one for place, row in rows if (one := self._arrived(place, row))]
        self.before = self.registry.recorder.rows({one.key for one in arrived} | {one.amended for one in arrived})
        taken = list(takewhile(lambda one: not self._amends_employer(one), arrived))
        self._look_up(taken)
        for one in taken:
            self._decide(one)
        self._seal()
        self._store()
        self._answer()
        if len(taken) == len(arrived):
            return len(rows)
        return [place for place, _ in rows].index(arrived[len(taken)].place) + 1

    def confirm(self) -> None:
        """Confirm the claims of whoever begun."""
        begun = {outcome.stream for outcome in self.found.values() if isinstance(outcome, Receipt)}
        made = {claim.stream: claim.batch for claim in self.claims.values() if claim.is_new and claim.batch}
        for batch in set(made.values()):
            self.registry.vault.confirm_all(batch, made.keys() - begun)
        others = {c.batch for c in self.claims.values() if not c.is_new and c.batch and c.stream in begun}
        if others:
            self.registry.vault.confirm(*others)

    # -- looking up -------------------------------------------------------------------------------------------------
    def _arrived(self, place: int, row: Row) -> Arrived | None:
        try:
            by = self.loader.actor(row)
            person, details = (None, None) if row.action in AMENDING else self.loader.person_of(row)
        except Refused as refusal:
            self.found[place] = refusal
            return None
        return Arrived(place, row, by, self.loader.incoming(row, by), person, details)

    def _amends_employer(self, one: Arrived) -> bool:
        """Which places of work there are is read from the store, so what amends them goes singly."""
        first = self.before.get(one.amended)
        return one.row.action in AMENDING and first is not None and str(first.stream) == one.by.organisation

    def _look_up(self, taken: Sequence[Arrived]) -> None:
        """Claim the numbers of new persons, find the others, and load the histories of all."""
        vault, fresh = self.registry.vault, [one for one in taken if one.key not in self.before]
        claimed = {one.person for one in taken if one.person and one.row.action in NEW_PERSON}
        self.claims = vault.claim_all(claimed, self.loader.shards())
        found = vault.find_all({one.person for one in taken if one.person} - claimed)
        self.people = found | {person: claim.stream for person, claim in self.claims.items()}
        streams = {self.people[one.person] for one in fresh if one.person in self.people}
        streams |= {self.before[one.amended].stream for one in fresh if one.amended in self.before}
        new = {claim.stream for claim in self.claims.values() if claim.is_new}
        self.histories = self.registry.histories(streams - new) | {stream: History(stream) for stream in new}

    # -- deciding ---------------------------------------------------------------------------------------------------
    def _decide(self, one: Arrived) -> None:
        stream = None
        try:
            stream, plan = self._plan(one)
            if one.key in self.before:
                self.known.append(one)
            elif one.key in self.decided:
                self.repeated.append(one)
            else:
                facts = self.registry.decide(
                    self.histories[stream], plan, by=one.by, row=one.incoming, late_reason=one.row.late_reason
                )
                self.decided[one.key] = Decided(one, stream, facts)
        except Refused as refusal:
            self.refused.append((one, stream, refusal))

    def _plan(self, one: Arrived) -> tuple[UUID, Callable[[History], Iterable[Fact]]]:
        """Raises: Refused("worker-unknown", "ref-unknown")."""
        if one.row.action in AMENDING:
            first = self.before.get(one.amended)
            if first is None and one.amended in self.decided:
                return self.loader.amending(one.row, one.by, self.decided[one.amended])
            return self.loader.amending(one.row, one.by, first)
        if one.person not in self.people:
            raise Refused("worker-unknown")
        claim = self.claims.get(one.person) if one.row.action in NEW_PERSON else None
        plan = partial(self.loader.plan, one.row, one.by, one.details, claim.commitment if claim else "")
        return self.people[one.person], plan

    def _seal(self) -> None:
        """Step by step for all rows, not row by row: each step's code stays in the processor's cache."""
        sealed: dict[Key, list[Sealed]] = {}
        for key, one in self.decided.items():
            try:
                sealed[key] = self.registry.sealed(one.stream, one.facts)
            except Refused:  # the key is destroyed: the way of a single row says why
                self.lost.add(one.stream)
        rows = [self.registry.submitted(self.decided[key].arrived.incoming, self.decided[key].facts) for key in sealed]
        events = [[layout.event(event) for event in events] for events in sealed.values()]
        laid_out = [layout.submitted(row) for row in rows]
        for key, row, whole, parts in zip(sealed, rows, laid_out, events, strict=True):
            self.ready[key] = Ready(self.decided[key].arrived, row, whole, parts)

    # -- storing ----------------------------------------------------------------------------------------------------
    def _store(self) -> None:
        shards: dict[int, list[Ready]] = {}
        for row in self.ready.values():
            shards.setdefault(shard_of(row.submitted.stream), []).append(row)
        for shard, rows in shards.items():
            for part in self._parts(rows):
                while not self._append(shard, [row for row in part if row.submitted.stream not in self.lost]):
                    pass

    def _parts(self, rows: Sequence[Ready]) -> Iterator[list[Ready]]:
        """The rows in transactions of bounded and about equal size."""
        total = sum(len(row.events) for row in rows)
        most = total / math.ceil(total / self.loader.pace.events)
        part: list[Ready] = []
        events = 0
        for row in rows:
            part.append(row)
            events += len(row.events)
            if events >= most:
                yield part
                part, events = [], 0
        if part:
            yield part

    def _append(self, shard: int, part: Sequence[Ready]) -> bool:
        """One transaction; False when some of it lost a race, and is now known to have."""
        if not part:
            return True
        events = [event for row in part for event in row.events]
        try:
            appended = self.registry.recorder.append(shard, events, [row.row for row in part])
        except IntegrityError as error:
            if not conflict(error):
                raise
            self.lost |= self._overtaken(part)
            return False
        self.loader.pace.learn(len(events), appended.held)
        positions = iter(appended.positions)
        for row in part:
            self.found[row.arrived.place] = Receipt(
                stream=row.submitted.stream,
                submission=row.submitted.submission,
                events=_ids(row.submitted),
                positions={shard: list(islice(positions, len(row.events)))},
            )
        return True

    def _overtaken(self, part: Sequence[Ready]) -> set[UUID]:
        """The streams that another writer has changed since, and those of rows that came by another way."""
        recorder, streams = self.registry.recorder, {row.submitted.stream for row in part}
        stored, rows = recorder.positions(streams), recorder.rows({row.arrived.key for row in part})
        lost = {row.submitted.stream for row in part if (row.submitted.stream, row.submitted.first_version) in stored}
        return lost | {row.submitted.stream for row in part if row.arrived.key in rows} or streams

    # -- answering --------------------------------------------------------------------------------------------------
    def _answer(self) -> None:
        """What was there before, and what is refused, if it still is: what stands in a row's way may be that very row,
        committed by a faster twin."""
        at = self.registry.recorder.positions({self.before[one.key].stream for one in self.known})
        for one in self.known:
            self._again(one, self.before[one.key], [at[place] for place in _places(self.before[one.key])])
        for one in self.repeated:
            first = self.ready.get(one.key)
            receipt = self.found.get(first.arrived.place) if first else None
            if first and isinstance(receipt, Receipt):
                self._again(one, first.submitted, next(iter(receipt.positions.values())))
        twins = self.registry.recorder.rows({one.key for one, _, _ in self.refused}) if self.refused else {}
        for one, stream, refusal in self.refused:
            if stream not in self.lost and (one.key not in twins or stream is None):
                self.found[one.place] = refusal

    def _again(self, one: Arrived, first: SubmittedRow, positions: list[int]) -> None:
        try:
            self.found[one.place] = self.registry.receipt_again(first, one.incoming, lambda _: positions)
        except Refused as refusal:
            self.found[one.place] = refusal


def _ids(row: SubmittedRow) -> list[str]:
    return [f"{row.stream}:{row.first_version + n}" for n in range(row.events)]


def _places(row: SubmittedRow) -> list[tuple[UUID, int]]:
    return [(row.stream, row.first_version + n) for n in range(row.events)]

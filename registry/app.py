"""The application: load, decide, save. The only way a fact gets into the registry."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import msgspec
from eventsourcing.application import Application
from eventsourcing.persistence import IntegrityError, OperationalError
from psycopg_pool import PoolTimeout

from domain import codec
from domain.decide import History
from domain.errors import Refused
from domain.event import Actor, Event, Fact, Role
from domain.facts import PhotoTaken
from domain.worker import Worker
from registry.card_changes import card_changes
from registry.places import Places
from registry.sealing import SealingMapper, associated
from registry.store import Submission, SubmittedRow, conflict, shard_of
from registry.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from keys.keyring import Keyring
    from registry.sealing import Sealed
    from registry.store import ShardRecorder

ATTEMPTS = 8
SYSTEM = Actor(organisation="kets", role=Role.SYSTEM, person="registry")


class Incoming(NamedTuple):
    """A row on its way in: who sent it, under which key, and its canonical bytes."""

    organisation: str
    ref: str
    content: bytes
    submission: UUID
    line: int


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a writer gets back: which events, and where they stand. `again` when they were there before."""

    stream: UUID
    submission: UUID | None
    events: list[str]
    positions: dict[int, list[int]]
    again: bool = False


def _give_way(attempt: int) -> None:
    """Wait a random while, longer each time, so that of two writers in step one gets ahead."""
    time.sleep(random.uniform(0, min(0.1, 0.002 * 2**attempt)))  # noqa: S311 - a delay, not a secret


def _holds(history: History, sent: list[Event]) -> bool:
    """Whether these events are in the stream, each in its place: not others of their versions."""
    first = sent[0].originator_version - 1
    return history.events[first : first + len(sent)] == [_as_read(event) for event in sent]


def _as_read(event: Event) -> Event:
    """What a history has of an event: no picture."""
    if not isinstance(event.fact, PhotoTaken):
        return event
    return msgspec.structs.replace(event, fact=msgspec.structs.replace(event.fact, personal=None))


def utc_now() -> datetime:
    return datetime.now(UTC)


class Registry(Application[UUID]):
    """Every employment fact goes through `record`: a fact is its own command (docs/adr/0003)."""

    name = "kets"
    recorder: ShardRecorder  # the library declares the interface, we plug in this one

    def __init__(
        self,
        database_url: str,
        vault_url: str,
        keyring: Keyring,
        *,
        now: Callable[[], datetime] = utc_now,
        pool_size: int = 4,
    ) -> None:
        self.database_url, self.keyring, self.now = database_url, keyring, now
        self.vault = Vault(vault_url, keyring, pool_size=pool_size)
        unused = dict.fromkeys(("DBNAME", "HOST", "PORT", "USER", "PASSWORD"), "-")
        super().__init__(
            {
                "PERSISTENCE_MODULE": "registry.store:Factory",
                "CREATE_TABLE": "n",
                "DATABASE_URL": database_url,
                "POOL_SIZE": str(pool_size),
                **{f"POSTGRES_{name}": value for name, value in unused.items()},
            }
        )
        self.places = Places(self.recorder, keyring.status_key)

    def construct_mapper(self) -> SealingMapper:
        return SealingMapper(self.vault)

    def close(self) -> None:
        super().close()
        self.vault.close()

    # -- reading ----------------------------------------------------------------------------------------------------
    def history(self, stream: UUID) -> History:
        """A stream's events; empty for one that has not begun."""
        return History(stream, self._sealing.opened_all(stream, self.recorder.read(stream)))

    def histories(self, streams: Collection[UUID]) -> dict[UUID, History]:
        """The events of many streams, by a query a shard; empty for those that have not begun."""
        found, opened = self.recorder.read_many(streams), self._sealing.opened_all
        return {stream: History(stream, opened(stream, found.get(stream, ()))) for stream in streams}

    def worker(self, stream: UUID) -> tuple[History, Worker]:
        """Raises: Refused("worker-unknown")."""
        history = self.history(stream)
        state = history.state() if history.events else None
        if not isinstance(state, Worker):
            raise Refused("worker-unknown", worker=stream)
        return history, state

    # -- writing ----------------------------------------------------------------------------------------------------
    def record(
        self,
        stream: UUID,
        plan: Callable[[History], Iterable[Fact]],
        *,
        by: Actor,
        row: Incoming | None = None,
        late_reason: str | None = None,
    ) -> Receipt:
        """Load the stream, let `plan` say which facts follow, decide each, save all or none.

        `plan` may yield facts one by one and look at the history between them. It is called again when another
        writer was faster. A row that came before gets its first receipt. When an acknowledgement is lost, the row, or
        without one the very events, are looked for in the stream: there, the receipt is theirs.
        Raises: Refused, Refused("ref-conflict") for another content under the same ref, Refused("busy").
        """
        lost: list[list[Event]] = []
        for attempt in range(ATTEMPTS):
            events: list[Event] = []
            try:
                if row is not None and (first := self._first_receipt(row)):
                    return first
                history = self.history(stream)
                if there := next((sent for sent in lost if _holds(history, sent)), None):
                    return self._receipt_of(there)
                events = self.decide(history, plan, by=by, row=row, late_reason=late_reason)
                if not events:  # the plan saw nothing to do
                    return Receipt(stream=stream, submission=None, events=[], positions={})
                return self._save(events, row)
            except Refused:  # what stands in its way may be this very row, committed by a faster twin meanwhile
                if row is None or not (first := self._first_receipt(row)):
                    raise
                return first
            except IntegrityError as error:
                if not conflict(error):
                    raise
                _give_way(attempt)
            except OperationalError as error:
                if isinstance(error.__cause__, PoolTimeout):
                    raise
                lost += [events] if events else []  # nothing tells whether they were committed
        raise Refused("busy", stream=stream)

    def decide(
        self,
        history: History,
        plan: Callable[[History], Iterable[Fact]],
        *,
        by: Actor,
        row: Incoming | None = None,
        late_reason: str | None = None,
    ) -> list[Event]:
        """The events that `plan` adds to `history`, not saved yet; none, and `history` as it was, when one is refused.

        Raises: Refused.
        """
        known = len(history.events)
        try:
            for fact in plan(history):
                history.record(
                    fact,
                    by=by,
                    now=self.now(),
                    submission=row.submission if row else None,
                    ref=row.ref if row else None,
                    late_reason=late_reason,
                )
            for change in card_changes(history, known, self.now()):
                history.record(change, by=SYSTEM, now=self.now())
        except Refused:
            history.back_to(known)
            raise
        return history.events[known:]

    def _save(self, events: list[Event], row: Incoming | None) -> Receipt:
        stream, shard = events[0].originator_id, shard_of(events[0].originator_id)
        recordings = self.save(*events, rows=[self.submitted(row, events)] if row else [])
        return Receipt(
            stream=stream,
            submission=row.submission if row else None,
            events=[event.id for event in events],
            positions={shard: [recording.notification.id for recording in recordings]},
        )

    def submitted(self, row: Incoming, events: Sequence[Event]) -> SubmittedRow:
        """The row as it is kept beside the events it became."""
        stream = events[0].originator_id
        return SubmittedRow(
            organisation=row.organisation,
            ref=row.ref,
            digest=self.vault.row_digest(row.content),
            submission=row.submission,
            line=row.line,
            stream=stream,
            first_version=events[0].originator_version,
            events=len(events),
            sealed=self._sealing.seal(stream, row.content, row.submission.bytes + row.ref.encode()),
        )

    def sealed(self, stream: UUID, events: Sequence[Event]) -> list[Sealed]:
        """Events of one stream as they are stored. Raises: Refused("key-destroyed")."""
        return self._sealing.sealed_all(stream, events)

    def opened_row(self, stream: UUID, submission: UUID, ref: str, sealed: bytes | None) -> Any:
        """The cells of a submitted row, as they were sent; None once erased."""
        plain = self._sealing.opened(stream, sealed, submission.bytes + ref.encode()) if sealed else None
        return None if plain is None else msgspec.json.decode(plain)

    def opened_part(self, stream: UUID, version: int, topic: str, sealed: bytes) -> Any:
        """A fact's personal part; None once the key is destroyed. Raises: cryptography's InvalidTag."""
        plain = self._sealing.opened(stream, sealed, associated(stream, version, topic))
        return None if plain is None else codec.personal(plain)

    @property
    def _sealing(self) -> SealingMapper:
        mapper: Any = self.mapper
        return mapper  # type: ignore[no-any-return]  # `construct_mapper` made it

    def _first_receipt(self, row: Incoming) -> Receipt | None:
        """The receipt of a row that is there already; None when it is new."""
        first = self.recorder.row(row.organisation, row.ref)
        if first is None:
            return None
        return self.receipt_again(first, row, self.recorder.positions_of)

    def _receipt_of(self, events: list[Event]) -> Receipt:
        """The receipt of events that were saved before."""
        stream = events[0].originator_id
        at = self.recorder.positions([stream])
        positions = {shard_of(stream): [at[stream, event.originator_version] for event in events]}
        return Receipt(
            stream=stream, submission=None, events=[event.id for event in events], positions=positions, again=True
        )

    def receipt_again(
        self, first: SubmittedRow, row: Incoming, positions: Callable[[SubmittedRow], list[int]]
    ) -> Receipt:
        """The receipt that `row` got when it came first. Raises: Refused("ref-conflict")."""
        if first.digest != self.vault.row_digest(row.content):
            raise Refused("ref-conflict", ref=row.ref)
        return Receipt(
            stream=first.stream,
            submission=first.submission,
            events=[f"{first.stream}:{first.first_version + n}" for n in range(first.events)],
            positions={shard_of(first.stream): positions(first)},
            again=True,
        )

    def accept(self, submission: Submission) -> None:
        """Note that a submission came in; its rows follow."""
        self.recorder.open_submission(submission)

    def settle_claims(self, **within: float) -> int:
        """Resolve identity claims whose submitter died between the two databases; how many were removed."""
        return self.vault.settle(self.recorder.begun, **within)

"""Cards of many workers at a time: loaded together, decided one by one, stored shard by shard.

The decisions are those of a single save. The order of the work:

    1. load    keys, histories and employers, by a query each and shard
    2. decide  and sign, in memory       crash here: nothing was released; the status entries are nobody's
    3. append  a transaction a shard     crash here: what is committed stays, and is found when it is asked again

Where another writer was faster, or nothing tells whether a commit came through, each stream is taken by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventsourcing.persistence import IntegrityError, OperationalError

from domain.employer import Employer
from domain.errors import Refused
from domain.worker import Worker
from registry import layout
from registry.cards.issuing import Issuer
from registry.store import by_shard, conflict
from registry.submissions.windows import uncollected

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from uuid import UUID

    from domain.decide import History
    from domain.event import Actor, Event, Fact
    from keys.signer import Signer
    from registry.app import Registry

    Outcome = Sequence[Event] | Refused
    Plan = Callable[[Issuer, History], Iterable[Fact]]

WINDOW = 512
"""Workers taken together: bounds the memory, and how long a transaction holds a shard."""
KEPT = 20_000
"""Employers kept from window to window."""


class Together:
    """Records what `plan` says of many workers. One for as long as a run lasts."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.issuer = Issuer(registry, named=self._named, signer=self._signer)
        self._employers: dict[UUID, Employer | None] = {}
        self._signers: dict[int, Signer] = {}

    def take(self, streams: Collection[UUID], plan: Plan, *, by: Actor) -> dict[UUID, Outcome]:
        """What became of each: the events recorded, or why it was refused. `plan` is given the issuer and a history."""
        self._signers.clear()  # one that was rotated or revoked signs no further window
        with uncollected():
            found: dict[UUID, Outcome] = {}
            decided = self._decided(streams, plan, by, found)
            for part in by_shard(decided).items():
                self._append(*part, decided, found)
        for stream in dict.fromkeys(streams):
            if stream not in found:
                found[stream] = self._alone(stream, plan, by)
        return found

    def _decided(
        self, streams: Collection[UUID], plan: Plan, by: Actor, found: dict[UUID, Outcome]
    ) -> dict[UUID, Sequence[Event]]:
        self.registry.vault.fetch_keys(list(streams))
        histories = self.registry.histories(streams)
        self._look_up(histories.values())
        decided: dict[UUID, Sequence[Event]] = {}
        for stream, history in histories.items():
            try:
                decided[stream] = self.registry.decide(history, lambda told: plan(self.issuer, told), by=by)
            except Refused as refusal:
                found[stream] = refusal
        return decided

    def _append(
        self, shard: int, streams: Sequence[UUID], decided: dict[UUID, Sequence[Event]], found: dict[UUID, Outcome]
    ) -> None:
        """One transaction; those of a shard that lost a race are left to be taken by themselves."""
        if not any(decided[stream] for stream in streams):
            found.update({stream: decided[stream] for stream in streams})
            return
        sealed = (row for stream in streams for row in self.registry.sealed(stream, decided[stream]))
        try:
            self.registry.recorder.append(shard, [layout.event(row) for row in sealed], ())
        except IntegrityError as error:
            if not conflict(error):
                raise
        except OperationalError:
            pass  # nothing tells what was committed
        except Refused:
            pass  # a key was destroyed meanwhile
        else:
            found.update({stream: decided[stream] for stream in streams})

    def _alone(self, stream: UUID, plan: Plan, by: Actor) -> Outcome:
        try:
            receipt = self.registry.record(stream, lambda told: plan(self.issuer, told), by=by)
        except Refused as refusal:
            return refusal
        return [event for event in self.registry.history(stream).events if event.id in receipt.events]

    def _look_up(self, histories: Iterable[History]) -> None:
        """Have the employers of all at hand."""
        wanted = set()
        for history in histories:
            state = history.now if history.events else None
            if isinstance(state, Worker) and state.current is not None:
                wanted.add(state.current.employer)
        if len(self._employers) > KEPT:
            self._employers.clear()
        for stream, history in self.registry.histories(wanted - self._employers.keys()).items():
            state = history.now if history.events else None
            self._employers[stream] = state if isinstance(state, Employer) else None

    def _named(self, stream: UUID) -> Employer | None:
        if stream not in self._employers:
            state = self.registry.history(stream).state()
            self._employers[stream] = state if isinstance(state, Employer) else None
        return self._employers[stream]

    def _signer(self, shard: int, now: int) -> Signer:
        if shard not in self._signers:
            self._signers[shard] = self.registry.keyring.signer(shard, now=now)
        return self._signers[shard]

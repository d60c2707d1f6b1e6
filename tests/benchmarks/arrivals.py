"""Facts that come in at a steady pace, and the moment at which each was committed."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING
from uuid import uuid4

from domain import facts as f
from domain.decide import History
from keys.keyring import Keyring
from projections.runner import Runner
from registry.app import Registry
from registry.store import shard_of
from tests.benchmarks.newcomers import numbers
from tests.domain.given import OFFICER, a

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from domain.event import Event

LIFE = 6
"""Facts of each newcomer: registered, hired, two changes, a transfer, an end."""
Commit = tuple[float, dict[int, int]]
"""Moment (`time.monotonic`, one clock for all processes), and of each shard the last position that it brought."""


class Arrivals:
    """One that records lives of newcomers, so many facts a commit and so many a second."""

    def __init__(self, _: int, database_url: str, vault_url: str, keys: Path) -> None:
        self.registry = Registry(database_url, vault_url, Keyring.open(keys), pool_size=2)
        self.waiting: list[Event] = []

    def ready(self, events: int) -> None:
        """Decide them: what newcomers do first, then what they do next, and so on."""
        people = [("nik", number) for number, _ in islice(numbers(5_000_000), events // LIFE + 1)]
        claims = self.registry.vault.claim_all(people).values()
        lives = [_life(claim.stream, claim.commitment) for claim in claims]
        self.waiting = [event for together in zip(*lives, strict=True) for event in together][:events]

    def come(self, a_second: int, a_commit: int) -> list[Commit]:
        """Record them at this pace, as far as the registry can; when each commit was done, and where it stands."""
        found: list[Commit] = []
        began = time.monotonic()
        for n in range(0, len(self.waiting), a_commit):
            time.sleep(max(0.0, began + n / a_second - time.monotonic()))
            recordings = self.registry.save(*self.waiting[n : n + a_commit])
            at: dict[int, int] = {}
            for each in recordings:
                shard = shard_of(each.domain_event.originator_id)
                at[shard] = max(at.get(shard, 0), each.notification.id)
            found.append((time.monotonic(), at))
        return found


def _life(stream: UUID, commitment: str) -> list[Event]:
    history, during = History(stream), {"employment": uuid4()}
    for fact in (
        a(f.WorkerRegistered, "2020-01-01", key_commitment=commitment),
        a(f.Hired, "2024-01-15", **during),
        a(f.WageChanged, "2024-02-01", **during),
        a(f.PositionChanged, "2024-02-15", **during),
        a(f.EmployerTransferred, "2024-03-01", **during),
        a(f.EmploymentEnded, "2024-04-01", **during),
    ):
        history.record(fact, by=OFFICER, now=datetime.now(UTC))
    return history.events


class Follower:
    """The read models' runner in a process of its own."""

    def __init__(self, _: int, database_url: str) -> None:
        self.runner = Runner(database_url)

    def follow(self, until: Path) -> None:
        """Until there is a file `until`."""
        self.runner.follow(until.exists)

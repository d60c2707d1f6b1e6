"""One that writes: single commits by ours, by the stock library, and as bare INSERTs of the same bytes; or files."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from itertools import cycle
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
from eventsourcing.persistence import StoredEvent

from domain import facts as f
from domain.event import Actor, Event, Role
from keys.keyring import Keyring
from registry.app import Incoming, Registry
from registry.store import Submission
from registry.submissions.load import Loader
from tests.benchmarks import stock
from tests.benchmarks.newcomers import files, numbers

if TYPE_CHECKING:
    from pathlib import Path

    from registry.store import SubmittedRow

STREAMS = 64
CONTENT = os.urandom(300)
"""As long as the canonical bytes of a row that reports a wage."""


class Writer:
    """The `number`-th of several, who write to streams of their own."""

    def __init__(self, number: int, database_url: str, vault_url: str, keys: Path) -> None:
        self.registry = Registry(database_url, vault_url, Keyring.open(keys), pool_size=1)
        people = numbers(1_000_000 * (number + 1))
        claims = self.registry.vault.claim_all([("nik", next(people)[0]) for _ in range(STREAMS)])
        self.streams = cycle([[claim.stream, 0] for claim in claims.values()])
        self.organisation, self.submission, self.line = str(uuid4()), uuid4(), 0
        now, salt = datetime.now(UTC), os.urandom(16)
        self.registry.accept(
            Submission(id=self.submission, organisation="x", door="api", received_at=now, salt=salt, digest=bytes(32))
        )
        self.stock = stock.Facts(stock.environment(database_url) | {"CREATE_TABLE": "n"})  # two at once break
        self.conn = psycopg.connect(database_url, autocommit=True)
        event, row = self.next()
        self.stored = self.registry.sealed(event.originator_id, [event])[0]
        self.row = row

    def close(self) -> None:
        self.registry.close()
        self.stock.close()
        self.conn.close()

    def next(self) -> tuple[Event, SubmittedRow]:
        """A wage of somebody, decided, and the row that reports it."""
        place, self.line = next(self.streams), self.line + 1
        place[1] += 1
        event = Event(
            originator_id=place[0],
            originator_version=place[1],
            recorded_at=datetime.now(UTC),
            actor=Actor(organisation=self.organisation, role=Role.EMPLOYER),
            fact=f.WageChanged(
                effective_on=date(2026, 2, 2),
                employment=UUID(int=7),
                wage_band=5,
                personal=f.Wage(monthly=5_600_000),
            ),
            submission=self.submission,
            ref=f"w-{self.line}",
        )
        row = Incoming(self.organisation, f"w-{self.line}", CONTENT, self.submission, self.line)
        return event, self.registry.submitted(row, [event])

    def ours(self, times: int) -> None:
        """Encode, seal and store a fact and its row, a commit each."""
        for _ in range(times):
            event, row = self.next()
            self.registry.save(event, rows=[row])

    def bare(self, times: int) -> None:
        """The same bytes, in no order, by one statement a commit."""
        event, row = tuple(self.stored)[1:], tuple(self.row)
        for _ in range(times):
            stream = uuid4()
            ref = stream.hex[: len(row[1])]
            place = (0, int.from_bytes(stream.bytes[:7], "big"), stream)
            self.conn.execute(
                BARE, (row[0], stream.hex + ref, *row[2:5], stream, *row[6:], *place, *event), prepare=True
            )

    def library(self, times: int) -> None:
        """The same event by the library's recorder, as bytes; it keeps no row."""
        state = self.stored.clear + (self.stored.sealed or b"")
        for _ in range(times):
            self.stock.recorder.insert_events([StoredEvent(uuid4(), 1, self.stored.topic, state)])


BARE = (
    "WITH r AS (INSERT INTO bare_row VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s))"
    " INSERT INTO bare_event VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


class Filer:
    """One that loads files of newcomers, of an employer that is there."""

    def __init__(self, number: int, database_url: str, vault_url: str, keys: Path, folder: Path) -> None:
        self.registry = Registry(database_url, vault_url, Keyring.open(keys))
        self.folder, self.start = folder, 200_000 * (number + 1)
        self.waiting: list[Any] = []

    def ready(self, rows: int) -> None:
        """Write a file that is loaded next."""
        self.waiting.append(next(files(self.folder, rows, self.start)))
        self.start += rows

    def load(self) -> int:
        """Load it; how many rows."""
        summary = Loader(self.registry).load(self.waiting.pop())
        assert not summary.refused, summary.refused
        return summary.rows

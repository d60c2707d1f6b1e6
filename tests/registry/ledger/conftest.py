"""A site whose log takes events of any content at once, and its ledger."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keys.notes import NoteSigner
from registry.audit.run import audit
from registry.ledger import checkpoint, log
from registry.ledger.sequencer import Sequencer
from registry.ledger.tiles import Folder
from registry.sealing import SealedEvent
from tests.registry.ledger import naive

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Site

BEGUN = datetime(2026, 1, 5, 2, 3, 4, 567_891, tzinfo=UTC)
SECRET = bytes(range(32))


def signer() -> NoteSigner:
    return NoteSigner("kets.example/ledger", Ed25519PrivateKey.from_private_bytes(SECRET))


@dataclass
class Ledger:
    """A log of made-up rows and the folder of its ledger."""

    site: Site
    path: Path
    random: random.Random = field(default_factory=lambda: random.Random(7))

    def __post_init__(self) -> None:
        self.folder, self.signer = Folder(self.path), signer()
        self.conn: psycopg.Connection[Any] = self.site.reading()

    def add(self, count: int) -> list[SealedEvent]:
        """`count` new streams' first events, in one save."""
        events = [self.event(UUID(bytes=os.urandom(16), version=4), 1) for _ in range(count)]
        self.site.registry.recorder.insert_events(events)
        return events

    def event(self, stream: UUID, version: int) -> SealedEvent:
        sealed = self.random.randbytes(40) if self.random.random() < 0.7 else None
        return SealedEvent(
            originator_id=stream,
            originator_version=version,
            topic="worker.hired",
            state=b'{"fact":{"key_commitment":"n%d"}}' % self.random.randrange(10**9),
            recorded_at=BEGUN + timedelta(microseconds=self.random.randrange(10**12)),
            submission=None,
            salt=self.random.randbytes(16),
            sealed_hash=sealed and sha256(sealed).digest(),
            sealed=sealed,
        )

    def sequencer(self, folder: Folder | None = None, batch: int = 1000) -> Sequencer:
        return Sequencer(self.site.database_url, folder or self.folder, self.signer, batch=batch)

    def sequence(self, batch: int = 1000) -> int:
        with self.sequencer(batch=batch) as sequencer:
            return sequencer.catch_up()

    def audited(self) -> list[tuple[str, str]]:
        """Code and what it is about, of each difference; the keys of made-up rows are nobody's."""
        found = audit(self.conn, self.folder.path, self.signer.verifier, vault=None).findings.kept
        return [(each.code, each.about) for each in found]

    def published(self) -> checkpoint.Checkpoint:
        return checkpoint.opened(str(self.folder.checkpoint()), self.signer.verifier)

    def leaves(self) -> list[bytes]:
        """Leaf hashes in the ledger's order, laid out here by hand."""
        found = []
        query = (
            "SELECT e.*, s.digest FROM event e LEFT JOIN submission s ON s.id = e.submission"
            " WHERE e.shard = %s AND e.position = %s"
        )
        for _, shard, first, count in log.segments(self.conn):
            for position in range(first, first + count):
                cur = self.conn.cursor(row_factory=psycopg.rows.dict_row)
                row: Any = cur.execute(query, (shard, position)).fetchone()
                found.append(by_hand(row))
        return found

    def check_whole(self) -> None:
        """Every event is in exactly one segment; head, tiles and published checkpoint are those of the plain tree."""
        count = int(self.conn.execute("SELECT count(*) FROM event").fetchone()[0])  # type: ignore[index]
        places = [(shard, first + n) for _, shard, first, count_ in log.segments(self.conn) for n in range(count_)]
        assert len(places) == len(set(places)) == count
        assert set(places) == set(self.conn.execute("SELECT shard, position FROM event").fetchall())
        root = naive.root(self.leaves())
        assert log.head(self.conn)[:2] == (count, root)
        assert self.published()[1:] == (count, root)
        assert self.audited() == []


def by_hand(row: dict[str, Any]) -> bytes:
    """The leaf hash of a row, by docs/how-to/ledger.md."""
    micros = round((row["recorded_at"] - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
    leaf = b"\x01" + row["stream"].bytes + row["version"].to_bytes(8, "big")
    leaf += bytes([len(row["topic"])]) + row["topic"].encode() + micros.to_bytes(8, "big")
    leaf += sha256(bytes(row["salt"]) + bytes(row["clear"])).digest()
    leaf += bytes(row["sealed_hash"] or bytes(32)) + bytes(row["digest"] or bytes(32))
    return sha256(b"\x00" + leaf).digest()


@pytest.fixture
def ledger(site: Site, tmp_path: Path) -> Ledger:
    return Ledger(site, tmp_path / "ledger")

"""Writers of mixed batches, each a process, which say what they were told: shard and position of every event."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

from registry import layout
from registry.roles import DatabaseRole
from registry.sealing import Sealed, SealedEvent
from registry.store import SHARDS, Datastore, ShardRecorder, columns, shard_of

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCHES = {1: 30, 5: 12, 300: 2, 900: 1}
"""Events of a batch, and how often of forty-five."""


def event(stream: UUID, draw: random.Random) -> SealedEvent:
    sealed = draw.randbytes(40)
    return SealedEvent(
        originator_id=stream,
        originator_version=1,
        topic="worker.hired",
        state=b'{"n":%d}' % draw.randrange(10**9),
        recorded_at=datetime.now(UTC),
        submission=None,
        salt=draw.randbytes(16),
        sealed_hash=sha256(sealed).digest(),
        sealed=sealed,
    )


def batches(draw: random.Random, total: int) -> Iterator[int]:
    """Sizes that come to `total`."""
    while total:
        size = min(total, draw.choices(list(BATCHES), list(BATCHES.values()))[0])
        yield size
        total -= size


def write(url: str, seed: int, total: int, told: Any) -> None:
    """Append `total` events: 300 and 900 to one shard by COPY, the others wherever their streams are.

    `told` gets a list of (shard, position) of each batch, once it is committed, and at the end None.
    """
    draw = random.Random(seed)
    datastore = Datastore(url, 2, DatabaseRole.WRITE)
    recorder = ShardRecorder(datastore)
    for size in batches(draw, total):
        streams = [UUID(bytes=os.urandom(16), version=4) for _ in range(size)]
        if size >= 300:
            shard = draw.randrange(SHARDS)
            streams = [UUID(bytes=stream.bytes[:15] + bytes([stream.bytes[15] & 0xF0 | shard])) for stream in streams]
            laid_out = [layout.event(Sealed._make(columns(event(stream, draw)))) for stream in streams]
            places = [(shard, position) for position in recorder.append(shard, laid_out, []).positions]
        else:
            positions = recorder.insert_events([event(stream, draw) for stream in streams])
            places = list(zip(map(shard_of, streams), positions, strict=True))
        told.send(places)
    told.send(None)
    datastore.close()

"""A random sample that anybody draws again, from a seed and a checkpoint's root alone.

    block(n)  = SHA-256("kets/sample/v1" || root, 32 bytes || seed, 8 bytes || n, 8 bytes), numbers big-endian
    draw(n)   = the first 8 bytes of block(n) as a number, unless it is 2^64 - (2^64 mod size) or more: then none
    index(n)  = draw(n) mod size

for n = 0, 1, 2 and on, `size` being the leaves of the checkpoint. A draw that is none, and an index that came before,
is passed over. A sample of facts is the first so many indexes. A sample of workers is the first so many whose leaf is
the registration of a worker (version 1, topic `worker.registered`): every worker has one such leaf, so each is as
likely as any other, however long the history. It ends early when all leaves, or 1,000,000, have been drawn.

Nobody could have chosen the log for a seed that was drawn after the checkpoint was kept: let the auditor name it, and
name it then.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from domain.event import topic_of
from domain.facts import WorkerRegistered
from registry.ledger import log

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

    from registry.ledger.leaf import Entry

LABEL = b"kets/sample/v1"
SEEDS = 1 << 64
DRAWS = 1_000_000
MOST = 10_000
REGISTERED = topic_of(WorkerRegistered)


def indexes(root: bytes, seed: int, size: int) -> Iterator[int]:
    """Leaf indexes below `size` as they are drawn, each once."""
    seen: set[int] = set()
    bound, n = SEEDS - SEEDS % size if size else 0, 0
    while len(seen) < min(size, DRAWS):
        block = hashlib.sha256(LABEL + root + seed.to_bytes(8, "big") + n.to_bytes(8, "big")).digest()
        number = int.from_bytes(block[:8], "big")
        n += 1
        if number < bound and (index := number % size) not in seen:
            seen.add(index)
            yield index


def drawn(
    conn: Connection[Any], root: bytes, seed: int, size: int, count: int, *, workers: bool
) -> list[tuple[int, Entry]]:
    """The sample: index and entry of each, in the order of the draw. `size` leaves of the ledger must be there.

    Raises: Refused("position-missing").
    """
    found: list[tuple[int, Entry]] = []
    for index in indexes(root, seed, size):
        if len(found) == count:
            break
        (entry,) = log.between(conn, index, 1)
        if not workers or (entry.version, entry.topic) == (1, REGISTERED):
            found.append((index, entry))
    return found

"""Where listed facts stand in the ledger, and the proof of each: all under one checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.rows import tuple_row

from domain.errors import Refused
from registry.audit.bundle import b64
from registry.ledger import log, proof
from registry.ledger.leaf import Entry, leaf_hash
from registry.ledger.merkle import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg import Connection

    from registry.ledger.log import Head
    from registry.ledger.tiles import Folder

AT_ONCE = 500
_PLACED = """
SELECT e.position, l.start + e.position - l.first, e.stream, e.version, e.topic, e.recorded_at, e.salt, e.clear,
    e.sealed_hash, s.digest
FROM event_{shard:02d} e LEFT JOIN submission s ON s.id = e.submission
LEFT JOIN LATERAL (
    SELECT start, first, count FROM ledger_segment
    WHERE shard = {shard} AND first <= e.position ORDER BY first DESC LIMIT 1
) l ON e.position < l.first + l.count
WHERE e.position = ANY(%s)
"""


class Placed(NamedTuple):
    """A row, and its leaf's place in the ledger; None when no checkpoint covers it yet."""

    number: int | None
    entry: Entry


def placed(conn: Connection[Any], at: Sequence[tuple[int, int]]) -> Iterator[Placed]:
    """The rows at (shard, position), in that order."""
    cur = conn.cursor(binary=True, row_factory=tuple_row)
    for first in range(0, len(at), AT_ONCE):
        some, found = at[first : first + AT_ONCE], dict[tuple[int, int], Placed]()
        for shard in {shard for shard, _ in some}:
            wanted = [position for of, position in some if of == shard]
            for position, number, *columns in cur.execute(_PLACED.format(shard=shard), (wanted,)).fetchall():
                found[shard, position] = Placed(number, Entry(*columns))
        yield from (found[each] for each in some)


def committed(conn: Connection[Any], folder: Folder) -> tuple[Head, str]:
    """The head and its signed checkpoint. Raises: Refused("ledger-empty")."""
    head = log.head(conn)
    if head.checkpoint is None:
        raise Refused("ledger-empty", folder=str(folder.path))
    return head, head.checkpoint


def proofs(folder: Folder, head: Head, rows: Sequence[Placed]) -> Iterator[dict[str, Any] | None]:
    """The proof of each row as `kets ledger check` reads it; None of one that no checkpoint covers yet.

    Raises: Refused("proof-differs") when row and tiles disagree (run the audit), ("tile-missing").
    """
    tree = Tree(folder.read, head.size)
    for count, (number, entry) in enumerate(rows):
        if count % AT_ONCE == 0:
            tree = Tree(folder.read, head.size)  # what it has read is kept, so now and then another
            if tree.root() != head.root:
                raise Refused("proof-differs", event=entry.id)
        if number is None:
            yield None
            continue
        if tree.leaf(number) != leaf_hash(entry):
            raise Refused("proof-differs", event=entry.id)
        yield {
            "format": proof.FORMAT,
            "event": entry.id,
            "leaf": proof.parts(entry),
            "index": number,
            "path": [b64(each) for each in tree.inclusion(number)],
            "checkpoint": head.checkpoint,
        }

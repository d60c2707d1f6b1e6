"""The audit: every leaf computed again from its row, and all that was made of the leaves held against that."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from domain.errors import Refused
from registry.ledger import checkpoint, log
from registry.ledger.leaf import leaf_hash
from registry.ledger.merkle import HASH, WIDTH, Tile, Tree, extended
from registry.ledger.tiles import tile_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from psycopg import Connection

    from keys.notes import NoteVerifier
    from registry.ledger.checkpoint import Checkpoint
    from registry.ledger.leaf import Entry
    from registry.ledger.log import Segment
    from registry.ledger.tiles import Folder

MOST = 20


class Finding(NamedTuple):
    """Something that differs: `kind` event, segment, head, tile or checkpoint, and what it is about."""

    kind: str
    what: str


class Audited(NamedTuple):
    """What was recomputed; `findings` is empty when everything agrees, and the first differences otherwise."""

    size: int
    root: bytes
    findings: list[Finding]


def recompute(
    conn: Connection[Any], folder: Folder, verifier: NoteVerifier, *, notes: Iterable[str] = (), most: int = MOST
) -> Audited:
    """Recompute the log from the rows and compare segments, head, tiles, published checkpoint and `notes`.

    `notes` are checkpoints that were kept outside: what they cover is proved, later events need a newer one. At most
    `most` findings of a kind. Holds 32 bytes an event. Raises: KeysError for a note that this key did not sign.
    """
    with conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        head, segments, waiting = log.head(conn), log.segments(conn), log.waiting(conn)
        leaves, about = _leaves(conn, segments)
    tiles = extended(dict[Tile, bytes]().__getitem__, 0, leaves)
    tree = Tree(tiles.__getitem__, len(leaves))
    findings = _some(_segments(segments, waiting), most)
    if (tree.size, tree.root()) == head[:2]:
        findings += _some(_tiles(folder, tiles), most)
    else:  # the tiles say which leaves were promised; when they are the very leaves of the rows, the head is wrong
        findings += _some(_events(folder, tiles, about), most) or [Finding("head", f"{head.size} leaves, other root")]
    for note in (head.checkpoint, folder.checkpoint(), *notes):
        findings += _checkpoint(checkpoint.opened(note, verifier), tree) if note else []
    return Audited(tree.size, tree.root(), findings)


def _leaves(conn: Connection[Any], segments: Iterable[Segment]) -> tuple[list[bytes], list[str]]:
    """The leaf hash at each index and the event it is of; no hash for a position without a row."""
    leaves: list[bytes] = []
    about: list[str] = []
    for segment in segments:
        found = log.entries(conn, segment.shard, segment.first, segment.length)
        for position in range(segment.first, segment.first + segment.length):
            entry = found.get(position)
            leaves.append(leaf_hash(entry) if entry else bytes(32))
            about.append(_named(entry, segment.shard, position))
    return leaves, about


def _named(entry: Entry | None, shard: int, position: int) -> str:
    where = f"shard {shard}, position {position}"
    return f"{entry.id} ({where})" if entry else f"missing ({where})"


def _segments(segments: Iterable[Segment], waiting: dict[int, tuple[int, int]]) -> Iterator[Finding]:
    """Segments follow each other without gap in the ledger, those of a shard in the shard, and end before its head."""
    start, ends = 0, dict.fromkeys(waiting, 0)
    for segment in segments:
        if segment.start != start or segment.first != ends[segment.shard] + 1:
            yield Finding("segment", f"leaf {segment.start}: shard {segment.shard}, position {segment.first}")
        start = segment.start + segment.length
        ends[segment.shard] = segment.first + segment.length - 1
    for shard, (_, top) in waiting.items():
        if ends[shard] > top:
            yield Finding("segment", f"shard {shard} is in the ledger to position {ends[shard]}, in the log to {top}")


def _events(folder: Folder, tiles: dict[Tile, bytes], about: list[str]) -> Iterator[Finding]:
    """Events whose row gives another leaf than the tiles hold."""
    for tile, data in tiles.items():
        if tile.level:
            continue
        try:
            kept = folder.read(tile)
        except Refused:
            yield Finding("tile", f"{tile_path(tile)} is missing")
            continue
        for place in range(tile.width):
            if kept[place * HASH : (place + 1) * HASH] != data[place * HASH : (place + 1) * HASH]:
                yield Finding("event", about[tile.number * WIDTH + place])


def _tiles(folder: Folder, tiles: dict[Tile, bytes]) -> Iterator[Finding]:
    """Tiles that are not what the rows, which give the committed root, make them."""
    for tile, data in tiles.items():
        try:
            if folder.read(tile) != data:
                yield Finding("tile", tile_path(tile))
        except Refused:
            yield Finding("tile", f"{tile_path(tile)} is missing")


def _checkpoint(signed: Checkpoint, tree: Tree) -> list[Finding]:
    if signed.size > tree.size:
        return [Finding("checkpoint", f"covers {signed.size} events, the database holds {tree.size} of them")]
    return (
        [] if tree.root(signed.size) == signed.root else [Finding("checkpoint", f"of {signed.size} events: other root")]
    )


def _some(findings: Iterator[Finding], most: int) -> list[Finding]:
    return list(islice(findings, most))

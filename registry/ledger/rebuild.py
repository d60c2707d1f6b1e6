"""Tiles that were lost or altered, made again from the rows: nothing is replaced before the root is the committed one.

The steps, and what a crash after each leaves:

    1. the leaves hashed from the rows, by the committed segments     nothing
    2. their root compared with the committed one                     nothing
    3. each tile that differs written, fsynced, renamed into place    tiles that are right among those that are not
                                                                      yet: the next run does the rest
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.errors import Refused
from registry.ledger import log
from registry.ledger.leaf import leaf_hash
from registry.ledger.merkle import Tile, Tree, extended

if TYPE_CHECKING:
    from psycopg import Connection

    from registry.ledger.log import Head
    from registry.ledger.tiles import Folder

AT_ONCE = 256


def rebuild(conn: Connection[Any], folder: Folder) -> int:
    """Make the folder's tiles those of the committed log; how many were missing or differed.

    Holds the folder's lock, so no sequencer may run, and about 100 bytes an event.
    Raises: Refused: "ledger-in-use", "rows-differ" when the rows do not give the committed root: nothing is changed.
    """
    with folder.locked():
        tiles = recomputed(conn, log.head(conn))
        wrong = [tile for tile, data in tiles.items() if _kept(folder, tile) != data]
        for at in range(0, len(wrong), AT_ONCE):
            folder.write({tile: tiles[tile] for tile in wrong[at : at + AT_ONCE]})
        if wrong:
            folder.forget_inner()
        return len(wrong)


def recomputed(conn: Connection[Any], head: Head) -> dict[Tile, bytes]:
    """The tiles of the committed log, from its rows. Refused("rows-differ") when they do not give its root."""
    tiles = extended(dict[Tile, bytes]().__getitem__, 0, _leaves(conn, head.size))
    if Tree(tiles.__getitem__, head.size).root() != head.root:
        raise Refused("rows-differ", size=head.size)
    return tiles


def _leaves(conn: Connection[Any], size: int) -> list[bytes]:
    """The leaf hashes of the committed segments, from their rows."""
    leaves: list[bytes] = []
    for segment in log.segments(conn):
        found = log.entries(conn, segment.shard, segment.first, segment.length)
        if segment.start != len(leaves) or len(found) != segment.length:
            raise Refused("rows-differ", size=size)
        leaves += map(leaf_hash, found.values())
    if len(leaves) != size:
        raise Refused("rows-differ", size=size)
    return leaves


def _kept(folder: Folder, tile: Tile) -> bytes | None:
    try:
        return folder.read(tile)
    except Refused:
        return None

"""The sequencer: brings what was committed in 16 shards into one log, a batch at a time.

The order of writes, and what a crash after each step leaves:

    1. lock the head row; read a batch        nothing
    2. tiles, fsynced                         tiles beyond the committed size: nobody refers to them, the next batch
                                              writes over them; what stands before that size in them is the same
    3. commit {head swapped, segments}        the checkpoint is committed and not published: the next start does it.
                                              Was the commit's acknowledgement lost, the database says which it is
    4. checkpoint renamed into place          nothing to do
    5. partial tiles of full ones removed     partial tiles that nobody needs
    6. inner hashes of full tiles added       less of them, or half of one: the next step adds it

The next start is the same code after each of them. Two sequencers: the folder has a lock, and of two folders over
one database one wins the swap; the other is refused, and its tiles are then not the committed ones for good.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any, Self

import psycopg

from domain.errors import Refused
from registry.ledger import checkpoint, log
from registry.ledger.files import replace
from registry.ledger.leaf import leaf_hash
from registry.ledger.log import Head, Segment
from registry.ledger.merkle import Tree, extended
from registry.roles import DatabaseRole, connect
from registry.store import SEQUENCING, SHARDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from keys.notes import NoteSigner
    from registry.ledger.merkle import Tile
    from registry.ledger.tiles import Folder

BATCH = 4_000
POLL = 0.05


class Sequencer(AbstractContextManager["Sequencer"]):
    """The one writer of a ledger, for as long as it is entered."""

    def __init__(self, url: str, folder: Folder, signer: NoteSigner, *, batch: int = BATCH) -> None:
        self.url, self.folder, self.signer, self.batch = url, folder, signer, batch
        self._exit = ExitStack()
        self._turn = 0

    def __enter__(self) -> Self:
        """Raises: Refused: "ledger-in-use", and what `checked` raises."""
        with ExitStack() as undo:
            undo.callback(self._exit.close)
            self._exit.enter_context(self.folder.locked())
            self._conn = self._exit.enter_context(connect(self.url, DatabaseRole.LEDGER, autocommit=True))
            self._conn.execute("SELECT pg_advisory_lock_shared(%s)", (SEQUENCING,))  # loaders look whether we are here
            self.head = checked(self._conn, self.folder, self.signer)
            undo.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._exit.close()

    def step(self) -> int:
        """Sequence one batch; how many events. Refused("ledger-moved"): another sequencer did."""
        self.folder.keep_inner(self.head.size)
        with self._conn.transaction():
            if log.head(self._conn, lock=True)[:2] != self.head[:2]:
                raise Refused("ledger-moved", expected=self.head.size)
            segments, leaves = self._batch()
            if not leaves:
                return 0
            tiles = extended(self.folder.read, self.head.size, leaves)
            self.folder.write(tiles)
            new = self._grown(self.head.size + len(leaves), tiles)
            log.swap(self._conn, self.head, new, segments)
        self.head = new
        self.folder.publish(str(new.checkpoint))
        self.folder.prune(tiles)
        return len(leaves)

    def catch_up(self) -> int:
        """Sequence all that is there; how many events."""
        total = 0
        while done := self.step():
            total += done
        return total

    def follow(self, stopped: Callable[[], bool]) -> None:
        """Sequence what comes until `stopped()`."""
        while not stopped():
            if not self.step():
                time.sleep(POLL)

    def _batch(self) -> tuple[list[Segment], list[bytes]]:
        """Segments and leaf hashes of what waits, `batch` events at most; another shard is the first each time."""
        at = log.waiting(self._conn)
        segments: list[Segment] = []
        leaves: list[bytes] = []
        own = [log.INCIDENTS] if log.INCIDENTS in at else []  # before all else: the first leaf of a ledger it opened
        for shard in (*own, *range(self._turn, SHARDS), *range(self._turn)):
            last, top = at[shard]
            count = min(top - last, self.batch - len(leaves))
            if count > 0:
                found = log.entries(self._conn, shard, last + 1, count)
                missing = next((position for position in range(last + 1, last + 1 + count) if position not in found), 0)
                if missing:
                    raise Refused("position-missing", shard=shard, position=missing)
                segments.append(Segment(self.head.size + len(leaves), shard, last + 1, count))
                leaves += map(leaf_hash, found.values())
        self._turn = (self._turn + 1) % SHARDS
        return segments, leaves

    def _grown(self, size: int, tiles: dict[Tile, bytes]) -> Head:
        root = Tree(lambda tile: tiles.get(tile) or self.folder.read(tile), size).root()
        return Head(size, root, checkpoint.signed(self.signer, size, root))


def checked(conn: psycopg.Connection[Any], folder: Folder, signer: NoteSigner) -> Head:
    """The committed head, once tiles and published checkpoint agree with it; publishes the head's when it is newer.

    Raises: Refused: "database-older-than-checkpoint"; "tiles-differ" or "tile-missing" when the tiles do not give the
    committed root, or not the published one; KeysError when the published checkpoint is not this key's.
    """
    head, opened = log.head(conn), log.incident(conn)
    if opened and opened.origin != signer.name:
        raise Refused("ledger-moved", expected=head.size)
    if opened and not (folder.path / "incident").exists():
        replace(folder.path / "incident", opened.note)
    note = folder.checkpoint()
    published = checkpoint.opened(note, signer.verifier) if note else None
    if published and published.size > head.size:
        raise Refused("database-older-than-checkpoint", got=head.size, expected=published.size)
    tree = Tree(folder.read, head.size)
    if tree.root() != head.root:
        raise Refused("tiles-differ", size=head.size)
    if published and tree.root(published.size) != published.root:
        raise Refused("tiles-differ", size=published.size)
    if head.checkpoint and (published is None or published.size < head.size):
        folder.publish(head.checkpoint)
    return head

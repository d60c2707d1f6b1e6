"""The ledger's copy. Its checkpoint is read before the databases are backed up, its tiles after: so no database that
is brought back to its end is older than the checkpoint beside it, and the tiles reach as far as the database."""

from __future__ import annotations

import shutil
from itertools import islice
from typing import TYPE_CHECKING

from keys.errors import KeysError
from registry.ledger import checkpoint
from registry.ledger.merkle import HEIGHT, Tree, tiles_of
from registry.ledger.tiles import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from keys.notes import NoteVerifier
    from registry.ledger.merkle import Tile

AT_ONCE = 256


def copy_ledger(home: Folder, path: Path, note: str | None, verifier: NoteVerifier, *, now: datetime) -> int:
    """Copy what is new of the tiles to the folder at `path`, then `note` as its checkpoint; how many tiles.

    A copy of another log, such as the one before a restart, is kept beside, under the time it was put there.
    """
    latest = home.checkpoint()
    if note is None or latest is None:
        return 0
    size = checkpoint.opened(latest, verifier).size
    copied = _copied(Folder(path), home, size, verifier)
    if copied is None:
        path.rename(path.with_name(f"{path.name}.{now:%Y%m%dT%H%M%SZ}"))
    count, tiles = 0, _fresh(copied or 0, size)
    with Folder(path).locked():
        while some := list(islice(tiles, AT_ONCE)):
            Folder(path).write({tile: home.read(tile) for tile in some})
            Folder(path).prune(some)
            count += len(some)
        Folder(path).publish(note)
    return count


def place_ledger(path: Path, home: Folder) -> None:
    """Put the copy at `path` where the ledger's checkpoint is lost: tiles first, then the checkpoint."""
    note = Folder(path).checkpoint()
    with home.locked():
        home.forget_inner()
        shutil.copytree(path / "tile", home.path / "tile", dirs_exist_ok=True)
        if note:
            home.publish(note)


def _copied(there: Folder, home: Folder, size: int, verifier: NoteVerifier) -> int | None:
    """How many leaves of the log at `home` are copied; None when what is copied is not of that log."""
    note = there.checkpoint()
    if note is None:
        return 0
    try:
        before = checkpoint.opened(note, verifier)
    except KeysError:
        return None
    same = before.size <= size and Tree(home.read, size).root(before.size) == before.root
    return before.size if same else None


def _fresh(copied: int, size: int) -> Iterator[Tile]:
    """The tiles of a log of `size` leaves that a copy of its first `copied` lacks, or has not full."""
    return (tile for tile in tiles_of(size) if tile.number >= copied >> (HEIGHT * (tile.level + 1)))

"""The ledger's folder: tiles as C2SP tlog-tiles names them, the published checkpoint, a lock. What is here is public.

checkpoint                      the newest signed checkpoint
witnessed, witnessing           the newest that a quorum has cosigned, and the one under way (see witnessing)
refused                         why the sequencer stands still, while it does (see refusal)
tile/0/x001/234                 256 hashes of level 0
tile/0/x001/235.p/17            the first 17 of a tile that is not full yet
inner/0                         16 hashes of each full tile of level 0, in order: those over each 16 of its hashes.
                                They spare whoever makes paths most of the hashing, and are made again when lost
.new/                           files being written; whatever a crash leaves here is removed at the next start
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from domain.errors import Refused
from keys.files import sync_folder
from registry.ledger.merkle import HASH, HEIGHT, INNER, WIDTH, Tile, inner_hashes, tiles_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import TextIO

    from registry.ledger.merkle import Read

AT_ONCE = 64
"""Tiles whose inner hashes are made at once, some 10 ms: nobody waits for them."""


class Folder:
    """Files that are whole or not there. Only the holder of `locked` writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._new, self._inner, self._named = path / ".new", path / "inner", str(path)

    @contextmanager
    def locked(self, patience: float = 0) -> Iterator[None]:
        """Be the one writer; the lock ends with the process. Refused("ledger-in-use") after `patience` seconds."""
        self.path.mkdir(parents=True, exist_ok=True)
        until = time.monotonic() + patience
        with (self.path / ".lock").open("a") as lock:
            while not _taken(lock):
                if time.monotonic() >= until:
                    raise Refused("ledger-in-use", folder=str(self.path))
                time.sleep(0.02)
            shutil.rmtree(self._new, ignore_errors=True)
            self._new.mkdir()
            yield

    def read(self, tile: Tile) -> bytes:
        """A tile's hashes; of one that was pruned, the beginning of the full tile. Refused("tile-missing")."""
        for there in (tile, tile._replace(width=WIDTH)):
            try:
                with open(f"{self._named}/{tile_path(there)}", "rb", buffering=0) as file:  # noqa: PTH123 - a third of the time
                    data = file.read(WIDTH * HASH + 1)
            except FileNotFoundError:
                continue
            if len(data) == there.width * HASH:
                return data[: tile.width * HASH]
        raise Refused("tile-missing", tile=tile_path(tile))

    def write(self, tiles: Mapping[Tile, bytes]) -> None:
        """Make the tiles durable: contents, then names, then the folders that hold the names."""
        self._put({tile_path(tile): data for tile, data in tiles.items()})

    def prune(self, tiles: Iterable[Tile]) -> None:
        """Remove the partial tiles of those that are full; C2SP tlog-tiles allows it and `read` knows."""
        for tile in tiles:
            if tile.width == WIDTH:
                shutil.rmtree(self.path / f"{tile_path(tile)}.p", ignore_errors=True)

    def keep_inner(self, size: int) -> None:
        """Add to `inner` what it lacks of the full tiles of the first `size` leaves, `AT_ONCE` of a level at most.

        It is not synced, for nothing rests on it: who reads it compares it with the tiles.
        """
        level = 0
        while full := size >> (HEIGHT * (level + 1)):
            self._inner.mkdir(exist_ok=True)
            with (self._inner / str(level)).open("ab") as file:
                there = file.tell() // INNER
                if lacking := range(there, min(there + AT_ONCE, full)):
                    file.truncate(there * INNER)  # what a crash left half written
                    file.write(b"".join(self._inner_of(Tile(level, number)) for number in lacking))
            level += 1

    def forget_inner(self) -> None:
        """Remove `inner`, for the tiles are others."""
        shutil.rmtree(self._inner, ignore_errors=True)

    @contextmanager
    def inner(self) -> Iterator[Read]:
        """What `inner` has of a full tile, as `Tree` wants it; nothing of a tile that is not in it."""
        with ExitStack() as files:
            levels: list[int] = []
            with suppress(FileNotFoundError):
                while True:
                    path = self._inner / str(len(levels))
                    levels.append(files.enter_context(path.open("rb", buffering=0)).fileno())

            def read(tile: Tile) -> bytes:
                return os.pread(levels[tile.level], INNER, tile.number * INNER) if tile.level < len(levels) else b""

            yield read

    def checkpoint(self) -> str | None:
        """The published checkpoint's note; None before the first."""
        return self._note("checkpoint")

    def witnessing(self) -> str | None:
        """The checkpoint that is being cosigned, with the lines gathered so far; None before the first."""
        return self._note("witnessing")

    def witnessed(self) -> str | None:
        """The newest checkpoint that a quorum of witnesses has cosigned; None before the first."""
        return self._note("witnessed")

    def incident(self) -> str | None:
        """The note that says why this ledger follows another; None for the first."""
        return self._note("incident")

    def publish(self, note: str) -> None:
        """Put a checkpoint in the place of the one before."""
        self._put({"checkpoint": note.encode()})

    def export(self, read: Read, size: int, note: str) -> int:
        """Write a checkpoint and exactly the tiles of its tree here; how many tiles."""
        with self.locked():
            tiles = {tile_path(tile): read(tile) for tile in tiles_of(size)}
            self._put(tiles)
            self.publish(note)
        return len(tiles)

    def _inner_of(self, tile: Tile) -> bytes:
        try:
            return inner_hashes(self.read(tile))
        except Refused:  # a tile that is lost is the audit's matter
            return bytes(INNER)

    def _note(self, name: str) -> str | None:
        try:
            return (self.path / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def _put(self, files: Mapping[str, bytes]) -> None:
        for number, data in enumerate(files.values()):
            with (self._new / str(number)).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        changed = set()
        for number, name in enumerate(files):
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            (self._new / str(number)).rename(path)
            changed |= {folder for folder in path.parents if folder.is_relative_to(self.path)}
        for folder in changed:
            sync_folder(folder)


def _taken(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def tile_path(tile: Tile) -> str:
    """`tile/L/N[.p/W]`, N in groups of three digits, all but the last with an x before them."""
    groups, rest = [f"{tile.number % 1000:03}"], tile.number // 1000
    while rest:
        groups.append(f"x{rest % 1000:03}")
        rest //= 1000
    name = "/".join(("tile", str(tile.level), *reversed(groups)))
    return name if tile.width == WIDTH else f"{name}.p/{tile.width}"


_LEVEL, _NUMBER = "[0-9]|[1-5][0-9]|6[0-3]|entries", "(?:x[0-9]{3}/){0,5}[0-9]{3}"
_PATH = re.compile(rf"tile/({_LEVEL})/({_NUMBER})(?:\.p/([1-9][0-9]{{0,2}}))?", re.ASCII)


def read_tile_path(path: str) -> tuple[Tile | None, bool]:
    """The tile that a path names, None when it names none; and whether it is a bundle of entries (level 0) instead."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None, False
    level, number, width = found.groups()
    entries = level == "entries"
    digits = number.replace("x", "").replace("/", "")
    tile = Tile(0 if entries else int(level), int(digits), int(width or WIDTH))
    said = tile_path(tile)
    return (tile if path == (said.replace("tile/0/", "tile/entries/", 1) if entries else said) else None), entries

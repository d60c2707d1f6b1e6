"""A Merkle tree grown leaf by leaf in constant memory: one unfinished tile a level; files of finished ones compared."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from registry.audit.report import Findings
from registry.ledger.merkle import EMPTY, HASH, HEIGHT, WIDTH, Tile, Tree, extended
from registry.ledger.tiles import tile_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path


class Growing:
    """The tree of the leaves added so far; `roots` at the sizes asked for. `findings`: files that differ from it."""

    def __init__(self, folder: Path, sizes: Collection[int], most: int) -> None:
        self.size = 0
        self.roots = {0: EMPTY}
        self.findings = Findings(most)
        self._folder, self._sizes = folder, frozenset(sizes)
        self._edge: dict[int, tuple[Tile, bytes]] = {}
        self._pending: list[bytes] = []

    def fork(self) -> Growing:
        """A second tree that has begun as this one."""
        other = Growing(self._folder, self._sizes, self.findings.most)
        other.size, other.roots = self.size, dict(self.roots)
        other.findings.take(self.findings)
        other._edge, other._pending = dict(self._edge), list(self._pending)
        return other

    def add(self, leaf: bytes) -> None:
        self._pending.append(leaf)
        self.size += 1
        if self.size in self._sizes:
            self.roots[self.size] = self.root()
        elif len(self._pending) == WIDTH:
            self._grow()

    def root(self) -> bytes:
        """The root over all leaves so far."""
        self._grow()
        return Tree(self._read, self.size).root()

    def finish(self) -> None:
        """Compare what is not full."""
        self._grow()
        for tile, data in self._edge.values():
            self._compare(tile, data)

    def _grow(self) -> None:
        new = extended(self._read, self.size - len(self._pending), self._pending)
        self._pending.clear()
        for tile, data in new.items():
            self._edge[tile.level] = (tile, data)
            if tile.width == WIDTH:
                self._compare(tile, data)
                del self._edge[tile.level]

    def _read(self, tile: Tile) -> bytes:
        return self._edge[tile.level][1]

    def _compare(self, tile: Tile, data: bytes) -> None:
        """The files of a tile: the whole one, or as wide as it was at one of the sizes; others may be of a crash."""
        spans = ((size >> (HEIGHT * tile.level)) - tile.number * WIDTH for size in self._sizes)
        widths = {tile.width, WIDTH, *(span for span in spans if 0 < span < WIDTH)}
        there = False
        for width, path, kept in files_of(self._folder, tile.level, tile.number):
            if width not in widths:
                continue
            common = min(width, tile.width) * HASH
            there = there or width in (tile.width, WIDTH)
            if len(kept) != width * HASH or kept[:common] != data[:common]:
                self.findings.add("tile-differs", str(path.relative_to(self._folder)))
        if not there:
            self.findings.add("tile-missing", tile_path(tile))


class Committed:
    """The leaf hashes that the tiles of a folder hold, read in order; None where there is no tile."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number, self._data = -1, b""

    def leaf(self, index: int) -> bytes | None:
        number, place = divmod(index, WIDTH)
        if number != self._number:
            self._number = number
            self._data = next((data for _, _, data in files_of(self._folder, 0, number)), b"")
        found = self._data[place * HASH : (place + 1) * HASH]
        return found if len(found) == HASH else None


def files_of(folder: Path, level: int, number: int) -> Iterator[tuple[int, Path, bytes]]:
    """The files of one tile, each with the width that its name says; the widest first. A sequencer at work may take
    narrow ones away meanwhile.
    """
    whole = folder / tile_path(Tile(level, number))
    part = whole.with_name(f"{whole.name}.p")
    names: list[str] = []
    with suppress(FileNotFoundError):
        names = [path.name for path in part.iterdir()]
    widths = sorted((int(name) for name in names if name.isdecimal() and 0 < int(name) < WIDTH), reverse=True)
    for width, path in ((WIDTH, whole), *((width, part / str(width)) for width in widths)):
        with suppress(FileNotFoundError):
            yield width, path, path.read_bytes()

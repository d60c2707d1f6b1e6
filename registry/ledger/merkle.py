"""The Merkle tree of RFC 6962 kept in tiles of 256 hashes (C2SP tlog-tiles): growing, roots, proofs. No IO.

A tile is a run of up to 256 hashes of one level; level 0 are leaf hashes, a hash of level l + 1 is the root over one
full tile of level l. Whoever calls gives `read`: the bytes of a tile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import chain
from struct import iter_unpack
from typing import NamedTuple

HEIGHT = 8
WIDTH = 1 << HEIGHT
GROUP = 1 << HEIGHT // 2
"""Hashes of a tile under one inner hash. As many groups make a tile, so a path takes 30 hashes instead of 255."""
HASH = 32
INNER = WIDTH // GROUP * HASH
"""Bytes of a tile's inner hashes."""
PAIR = f"{2 * HASH}s"
EMPTY = sha256(b"").digest()
_NODE = sha256(b"\x01")
_FULL = {WIDTH ** (level + 1): level for level in range(64 // HEIGHT)}
"""Leaves under a full tile -> its level."""


class Tile(NamedTuple):
    """`width` hashes of a level, from hash `number` * 256; partial when fewer than 256."""

    level: int
    number: int
    width: int = WIDTH


Read = Callable[[Tile], bytes]


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right), RFC 6962 section 2.1."""
    return sha256(b"\x01" + left + right).digest()


def tile_in(size: int, level: int, number: int) -> Tile:
    """A tile as wide as it is in a tree of `size` leaves."""
    return Tile(level, number, min(WIDTH, (size >> (HEIGHT * level)) - number * WIDTH))


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile of a tree of `size` leaves."""
    level = 0
    while hashes := size >> (HEIGHT * level):
        for number in range(-(-hashes // WIDTH)):
            yield tile_in(size, level, number)
        level += 1


def extended(read: Read, size: int, leaves: Sequence[bytes]) -> dict[Tile, bytes]:
    """The tiles that are new or wider once `leaves` (hashes) follow the first `size`. Reads only partial tiles."""
    new: dict[Tile, bytes] = {}
    level, hashes = 0, list(leaves)
    while hashes:
        number, width = divmod(size >> (HEIGHT * level), WIDTH)
        run = (read(Tile(level, number, width)) if width else b"") + b"".join(hashes)
        hashes = []
        for at in range(0, len(run), WIDTH * HASH):
            part = run[at : at + WIDTH * HASH]
            new[Tile(level, number + at // (WIDTH * HASH), len(part) // HASH)] = part
            if len(part) == WIDTH * HASH:
                hashes.append(_perfect(part))
        level += 1
    return new


def inner_hashes(tile: bytes) -> bytes:
    """The hashes over each `GROUP` hashes of a full tile."""
    return _rows_over(tile, HEIGHT // 2)[-1]


class Tree:
    """The tree of the first `size` leaves. Tiles are read once, and what is hashed inside one is kept.

    `inner` gives what `inner_hashes` made of a full tile, or anything else where that is not kept. It spares hashing,
    and is believed only where it leads to the hash that the level above has of the tile.
    """

    def __init__(self, read: Read, size: int, inner: Read | None = None) -> None:
        self.size, self._read, self._inner = size, read, inner
        self._tiles: dict[Tile, list[bytes]] = {}
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._groups: dict[tuple[Tile, int], list[bytes]] = {}
        self._over_groups: dict[Tile, list[bytes]] = {}

    def root(self, size: int | None = None) -> bytes:
        """The root over all leaves, or over the first `size`."""
        size = self.size if size is None else size
        return self._hash(0, size) if size else EMPTY

    def leaf(self, index: int) -> bytes:
        """The leaf hash at `index`."""
        return self._hash(index, index + 1)

    def inclusion(self, index: int) -> list[bytes]:
        """PATH(index, D[size]) of RFC 6962 section 2.1.1. ValueError when there is no such leaf."""
        if not 0 <= index < self.size:
            raise ValueError(f"got index {index}, expected 0 to {self.size - 1}")
        path, low, high = list[bytes](), 0, self.size
        while high - low > 1:
            if high - low in _FULL:  # all of one tile: what was split off before it are multiples of its width
                inside = [self._inside(level, index >> (HEIGHT * level)) for level in range(_FULL[high - low] + 1)]
                return list(chain(*inside, path[::-1]))
            middle = low + _split(high - low)
            if index < middle:
                path.append(self._node(middle, high))
                high = middle
            else:
                path.append(self._node(low, middle))
                low = middle
        return path[::-1]

    def _inside(self, level: int, place: int) -> list[bytes]:
        """The part of a path that is inside a tile, which is full, from the hash at `place` of its level on."""
        number, at = divmod(place, WIDTH)
        tile, (group, within) = Tile(level, number), divmod(at, GROUP)
        if above := self._over(tile):
            below = self._group(tile, group)
            if below[-1] == above[0][group * HASH : (group + 1) * HASH]:
                return _siblings(below[:-1], within) + _siblings(above[:-1], group)
        return _siblings(self._rows(tile, HEIGHT - 1)[:HEIGHT], at)

    def _over(self, tile: Tile) -> list[bytes]:
        """The rows of a full tile from its inner hashes to its root; none when these are not kept, or another's."""
        if tile not in self._over_groups:
            kept = self._inner(tile) if self._inner else b""
            rows = _rows_over(kept, HEIGHT // 2) if len(kept) == INNER else []
            leaves = WIDTH ** (tile.level + 1)
            right = rows and rows[-1] == self._hash(tile.number * leaves, (tile.number + 1) * leaves)
            self._over_groups[tile] = rows if right else []
        return self._over_groups[tile]

    def _group(self, tile: Tile, group: int) -> list[bytes]:
        """The rows over one group of a full tile, from its hashes to the one over all of them."""
        if (tile, group) not in self._groups:
            run = self._rows(tile, 0)[0][group * GROUP * HASH : (group + 1) * GROUP * HASH]
            self._groups[tile, group] = _rows_over(run, HEIGHT // 2)
        return self._groups[tile, group]

    def _node(self, low: int, high: int) -> bytes:
        """As `_hash`; what is over more than a tile is kept, for other paths have it too."""
        if high - low <= WIDTH:
            return self._hash(low, high)
        if (low, high) not in self._nodes:
            self._nodes[low, high] = self._hash(low, high)
        return self._nodes[low, high]

    def consistency(self, old: int) -> list[bytes]:
        """PROOF(old, D[size]) of RFC 6962 section 2.1.2. ValueError unless 0 < old <= size."""
        if not 0 < old <= self.size:
            raise ValueError(f"got an old size of {old}, expected 1 to {self.size}")
        proof, low, high = [], 0, self.size
        while old != high:
            middle = low + _split(high - low)
            if old <= middle:
                proof.append(self._hash(middle, high))
                high = middle
            else:
                proof.append(self._hash(low, middle))
                low = middle
        if low:  # the old tree is no whole subtree here: the proof begins with its last one
            proof.append(self._hash(low, high))
        return proof[::-1]

    def _hash(self, low: int, high: int) -> bytes:
        """MTH(D[low:high]) for a range that RFC 6962 splits off: its whole powers of two are aligned."""
        count = high - low
        if count & (count - 1):
            middle = low + _split(count)
            return node_hash(self._hash(low, middle), self._hash(middle, high))
        level, above = divmod(count.bit_length() - 1, HEIGHT)
        number, first = divmod(low >> (HEIGHT * level), WIDTH)
        rows = self._rows(tile_in(self.size, level, number), above)
        return rows[above][(first >> above) * HASH : ((first >> above) + 1) * HASH]

    def _rows(self, tile: Tile, above: int) -> list[bytes]:
        """The hashes of a tile, those over each pair of them, and so on: `above` times at least."""
        rows = self._tiles.get(tile)
        if rows is None:
            rows = self._tiles[tile] = [self._read(tile)]
        while len(rows) <= above:
            rows.append(_paired(rows[-1]))
        return rows


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def _rows_over(run: bytes, above: int) -> list[bytes]:
    """A run of hashes, the hashes over each pair of them, and so on, `above` times."""
    rows = [run]
    for _ in range(above):
        rows.append(_paired(rows[-1]))
    return rows


def _siblings(rows: Sequence[bytes], at: int) -> list[bytes]:
    """Of each row the hash beside the path that begins at place `at` of the first."""
    return [row[((at >> up) ^ 1) * HASH : (((at >> up) ^ 1) + 1) * HASH] for up, row in enumerate(rows)]


def _perfect(run: bytes) -> bytes:
    """The root over a power of two of hashes."""
    while len(run) > HASH:
        run = _paired(run)
    return run


def _paired(run: bytes) -> bytes:
    """The hashes over each two of a run; one that is left over at its end has none yet."""
    hashes = []
    for (pair,) in iter_unpack(PAIR, run[: len(run) // (2 * HASH) * 2 * HASH]):
        node = _NODE.copy()  # a seventh faster than one made anew
        node.update(pair)
        hashes.append(node.digest())
    return b"".join(hashes)


def included(*, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf hash stands at `index` of the tree with this root: RFC 9162 section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def consistent(*, old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of `size` begins with the tree of `old` leaves: RFC 9162 section 2.1.4.2."""
    if old == size:
        return not proof and old_root == root
    if not 0 < old < size or not proof:
        return False
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == root

"""The tree in tiles against RFC 6962 word for word, and verifiers that accept nothing else."""

from __future__ import annotations

import random
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.ledger.merkle import (
    EMPTY,
    HASH,
    INNER,
    WIDTH,
    Tile,
    Tree,
    consistent,
    extended,
    included,
    inner_hashes,
    tile_in,
    tiles_of,
)
from registry.ledger.tiles import tile_path
from tests.registry.ledger import naive

LEAVES = [sha256(b"\x00" + n.to_bytes(4, "big")).digest() for n in range(70_000)]
SIZES = [1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 513, 1000, 4096, 65_535, 65_536, 65_537, 66_000]


def grown(*sizes: int) -> dict[Tile, bytes]:
    """Tiles after growing to each of `sizes`."""
    tiles: dict[Tile, bytes] = {}
    at = 0
    for size in sizes:
        tiles |= extended(tiles.__getitem__, at, LEAVES[at:size])
        at = size
    return tiles


WHOLE = grown(len(LEAVES))


def read(tile: Tile) -> bytes:
    """Any tile of a tree over LEAVES."""
    for wider, data in WHOLE.items() if tile._replace(width=256) not in WHOLE else ():
        if wider[:2] == tile[:2]:
            return data[: tile.width * HASH]
    return WHOLE[tile._replace(width=256)][: tile.width * HASH]


@pytest.mark.parametrize("size", SIZES)
def test_the_root_is_that_of_rfc_6962(size: int) -> None:
    assert Tree(grown(size).__getitem__, size).root() == naive.root(LEAVES[:size])


def test_the_root_of_nothing() -> None:
    assert Tree(read, 0).root() == EMPTY == naive.root([])
    assert list(tiles_of(0)) == []


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 1200), min_size=1, max_size=8))
def test_growing_by_any_steps_gives_the_same_tiles(sizes: list[int]) -> None:
    sizes = sorted(sizes)
    tiles = grown(*sizes)
    size = sizes[-1]
    assert {tile: tiles[tile] for tile in tiles_of(size)} == {tile: grown(size)[tile] for tile in tiles_of(size)}
    for smaller in sizes:
        assert Tree(tiles.__getitem__, smaller).root() == naive.root(LEAVES[:smaller])
        assert Tree(tiles.__getitem__, size).root(smaller) == naive.root(LEAVES[:smaller])


@settings(deadline=None, max_examples=150)
@given(st.data(), st.integers(1, 900))
def test_proofs_are_those_of_rfc_6962_and_hold(data: st.DataObject, size: int) -> None:
    tree, leaves = Tree(read, size), LEAVES[:size]
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    path, proof = tree.inclusion(index), tree.consistency(old)
    assert path == naive.path(index, leaves)
    assert proof == naive.proof(old, leaves)
    assert tree.leaf(index) == leaves[index]
    assert included(leaf=leaves[index], index=index, size=size, path=path, root=tree.root())
    assert consistent(old=old, old_root=tree.root(old), size=size, root=tree.root(), proof=proof)


@settings(deadline=None, max_examples=40)
@given(st.data(), st.integers(1, len(LEAVES)))
def test_proofs_of_large_trees_hold(data: st.DataObject, size: int) -> None:
    tree = Tree(read, size)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    assert included(leaf=LEAVES[index], index=index, size=size, path=tree.inclusion(index), root=tree.root())
    assert consistent(old=old, old_root=tree.root(old), size=size, root=tree.root(), proof=tree.consistency(old))


INNERS = {tile: inner_hashes(data) for tile, data in WHOLE.items() if tile.width == WIDTH}


def test_inner_hashes_are_the_roots_over_16_hashes_each() -> None:
    assert {len(each) for each in INNERS.values()} == {INNER}
    assert INNERS[Tile(0, 3)][HASH : 2 * HASH] == naive.root(LEAVES[3 * WIDTH + 16 : 3 * WIDTH + 32])
    assert INNERS[Tile(1, 0)][:HASH] == naive.root(LEAVES[: 16 * WIDTH])


@settings(deadline=None, max_examples=60)
@given(st.data(), st.integers(1, len(LEAVES)))
def test_a_path_is_the_same_by_inner_hashes_whatever_they_are(data: st.DataObject, size: int) -> None:
    index, random_ = data.draw(st.integers(0, size - 1)), data.draw(st.randoms(use_true_random=False))

    def inner(tile: Tile) -> bytes:
        kept = INNERS[tile]
        at = random_.randrange(INNER)
        wrong = kept[:at] + bytes([kept[at] ^ 1 << random_.randrange(8)]) + kept[at + 1 :]
        return random_.choice([kept, kept, wrong, bytes(INNER), kept[: at - 1], b""])

    assert Tree(read, size, inner).inclusion(index) == Tree(read, size).inclusion(index)


@pytest.mark.parametrize("size", [256, 65_536, 70_000])
def test_inner_hashes_spare_all_of_a_tile_but_one_group(size: int) -> None:
    """What is altered of a tile besides stays unseen, and the path holds; without inner hashes it would not."""

    def altered(tile: Tile) -> bytes:
        return read(tile)[: 16 * HASH] + bytes(240 * HASH) if tile == Tile(0, 0) else read(tile)

    for inner, holds in ((INNERS.__getitem__, True), (None, False)):
        path, root = Tree(altered, size, inner).inclusion(5), Tree(read, size).root()
        assert included(leaf=LEAVES[5], index=5, size=size, path=path, root=root) is holds
    path = Tree(altered, size, INNERS.__getitem__).inclusion(20)
    assert not included(leaf=LEAVES[20], index=20, size=size, path=path, root=root)


def altered(hashes: list[bytes], random_: random.Random) -> list[list[bytes]]:
    """A bit flipped, one hash gone, one more, two swapped."""
    found = [[*hashes, bytes(HASH)], [*hashes, hashes[-1]] if hashes else [EMPTY]]
    if hashes:
        at, bit = random_.randrange(len(hashes)), random_.randrange(256)
        flipped = (int.from_bytes(hashes[at], "big") ^ 1 << bit).to_bytes(HASH, "big")
        found += [[*hashes[:at], flipped, *hashes[at + 1 :]], hashes[:at] + hashes[at + 1 :]]
    if len(hashes) > 1:
        found.append([hashes[1], hashes[0], *hashes[2:]])
    return found


@settings(deadline=None, max_examples=100)
@given(st.integers(2, 2000), st.randoms(use_true_random=False))
def test_altered_inclusion_proofs_do_not_hold(size: int, random_: random.Random) -> None:
    tree = Tree(read, size)
    index = random_.randrange(size)
    good = {"leaf": LEAVES[index], "index": index, "size": size, "path": tree.inclusion(index), "root": tree.root()}
    others = [{"path": path} for path in altered(good["path"], random_)]  # type: ignore[arg-type]
    others += [{"index": each} for each in (index - 1, index + 1, -1, size) if each != index]
    others += [{"leaf": LEAVES[index - 1]}, {"root": tree.root(size - 1)}]
    assert [other for other in others if included(**{**good, **other})] == []  # type: ignore[arg-type]


@settings(deadline=None, max_examples=100)
@given(st.integers(2, 2000), st.randoms(use_true_random=False))
def test_altered_consistency_proofs_do_not_hold(size: int, random_: random.Random) -> None:
    tree = Tree(read, size)
    old = random_.randrange(1, size)
    proof = tree.consistency(old)
    good = {"old": old, "old_root": tree.root(old), "size": size, "root": tree.root(), "proof": proof}
    others = [{"proof": each} for each in altered(proof, random_)]
    others += [{"old_root": LEAVES[0] if old > 1 else LEAVES[1]}, {"root": EMPTY}, {"proof": []}, {"old": 0}]
    others += [{"old": size + 1}, {"old": size}]
    assert [other for other in others if consistent(**{**good, **other})] == []  # type: ignore[arg-type]


def test_what_is_not_in_the_tree_has_no_proof() -> None:
    tree = Tree(read, 10)
    for index in (-1, 10):
        with pytest.raises(ValueError, match="index"):
            tree.inclusion(index)
    for old in (0, 11):
        with pytest.raises(ValueError, match="old size"):
            tree.consistency(old)
    assert consistent(old=10, old_root=tree.root(), size=10, root=tree.root(), proof=[])


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 5, 17), "tile/0/005.p/17"),
        (Tile(1, 273), "tile/1/273"),
        (Tile(2, 1_234_067), "tile/2/x001/x234/067"),
        (Tile(0, 1000, 1), "tile/0/x001/000.p/1"),
    ],
)
def test_tiles_are_named_as_c2sp_names_them(tile: Tile, path: str) -> None:
    assert tile_path(tile) == path


def test_the_tiles_of_a_tree_are_those_that_growing_makes() -> None:
    for size in SIZES:
        assert set(tiles_of(size)) == set(grown(size))
        assert all(tile_in(size, tile.level, tile.number) == tile for tile in tiles_of(size))

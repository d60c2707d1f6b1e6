"""Inner hashes beside the tiles: they make paths cheaper, and nothing rests on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from registry.ledger import tiles
from registry.ledger.merkle import HASH, INNER, Tile, inner_hashes
from registry.ledger.rebuild import rebuild
from registry.replay.proofs import Ledger as Proving
from registry.replay.proofs import proofs
from tests.registry.ledger import naive

if TYPE_CHECKING:
    from uuid import UUID

    from tests.registry.ledger.conftest import Ledger


def states(ledger: Ledger, streams: list[UUID]) -> set[str]:
    proving = Proving(ledger.folder, ledger.signer.verifier)
    return {proof.state for stream in streams for proof in proofs(ledger.conn, proving, stream).values()}


def kept(ledger: Ledger) -> bytes:
    return (ledger.path / "inner" / "0").read_bytes()


def test_they_are_kept_of_full_tiles_and_no_proof_rests_on_them(ledger: Ledger) -> None:
    streams: list[UUID] = [event.originator_id for event in ledger.add(530)]  # type: ignore[misc]  # ours are UUIDs
    ledger.sequence(batch=100)
    leaves = ledger.leaves()
    right = b"".join(naive.root(leaves[at : at + 16]) for at in range(0, 512, 16))
    assert kept(ledger) == right
    some, more = streams[::25], streams[:40]
    assert states(ledger, some) == {"proved"}
    path = ledger.path / "inner" / "0"
    for wrong in (bytes(len(right)), right[INNER:] + right[:INNER], right[: HASH - 1] + b"!" + right[HASH:], b"?"):
        path.write_bytes(wrong)
        assert states(ledger, some) == {"proved"}
    ledger.folder.forget_inner()
    assert states(ledger, some) == {"proved"}
    assert ledger.audited() == []
    tile = ledger.path / "tile" / "0" / "000"
    tile.write_bytes(tile.read_bytes()[:HASH] + bytes(255 * HASH))
    assert states(ledger, more) == {"proved", "differs"}
    ledger.sequence()  # inner hashes of what is there now
    assert states(ledger, more) == {"proved", "differs"}
    assert rebuild(ledger.conn, ledger.folder) == 1
    assert not path.exists()
    ledger.sequence()
    assert kept(ledger) == right


def test_what_lacks_or_was_half_written_is_added_bit_by_bit(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.add(1100)
    ledger.sequence()
    right = kept(ledger)
    assert len(right) == 4 * INNER
    monkeypatch.setattr(tiles, "AT_ONCE", 1)
    (ledger.path / "inner" / "0").write_bytes(right[: INNER + 5])
    (ledger.path / "tile" / "0" / "002").unlink()
    for there in (2, 3, 4, 4):
        ledger.folder.keep_inner(1100)
        assert len(kept(ledger)) == there * INNER
    assert kept(ledger) == right[: 2 * INNER] + bytes(INNER) + right[3 * INNER :], "none of a tile that is lost"
    assert right[3 * INNER :] == inner_hashes(ledger.folder.read(Tile(0, 3)))

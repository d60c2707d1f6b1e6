"""A sample is drawn again from what is public: by other code here, from leaves as auditors fetch them."""

from __future__ import annotations

import json
import struct
from base64 import b64decode
from collections import Counter
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from registry.ledger.leaf import leaf_bytes
from registry.ledger.log import between
from registry.ledger.place import folder_of, signer_of
from registry.ledger.sequencer import Sequencer
from registry.population.sample import drawn, indexes
from tests.registry.ledger.test_ledger_cli import kets  # noqa: F401 - a fixture
from tests.registry.people import founded, hired, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Site


def again(root: bytes, seed: int, size: int) -> Iterator[int]:
    """docs/how-to/audit.md, read a second time."""
    n, drawn = 0, list[int]()
    while len(drawn) < size:
        (number,) = struct.unpack(">Q", sha256(b"kets/sample/v1" + root + struct.pack(">QQ", seed, n)).digest()[:8])
        n += 1
        if number < 2**64 - 2**64 % size and number % size not in drawn:
            drawn.append(number % size)
            yield drawn[-1]


@pytest.mark.parametrize("size", [1, 2, 3, 17, 256, 1000])
def test_all_leaves_are_drawn_each_once_and_by_anybody(size: int) -> None:
    for seed in (0, 1, 2**64 - 1):
        root = sha256(bytes([seed % 256])).digest()
        found = list(indexes(root, seed, size))
        assert sorted(found) == list(range(size))
        assert found == list(again(root, seed, size))
    assert list(indexes(bytes(32), 1, 0)) == []


def test_vectors() -> None:
    """Kept for whoever writes it anew."""
    root = bytes(range(32))
    assert [list(islice(indexes(root, seed, size), 6)) for seed, size in ((7, 10), (8, 1_000_000))] == VECTORS


VECTORS = [[9, 6, 5, 7, 8, 0], [408905, 668004, 900031, 847212, 130364, 630037]]


def test_each_leaf_is_as_likely_as_any_other() -> None:
    counted = Counter(next(indexes(bytes(32), seed, 10)) for seed in range(5_000))
    expected = 500
    assert sum((counted[n] - expected) ** 2 / expected for n in range(10)) < 27.9, "chi square, 9 degrees, p = 0.001"


def test_the_command_draws_what_others_draw(site: Site, kets: Callable[..., tuple[int, Any]], tmp_path: Path) -> None:  # noqa: F811 - the fixture
    load(site, *founded(), *(hired(n) for n in range(1, 13)))
    folder = folder_of(site.settings)
    with Sequencer(site.database_url, folder, signer_of(site.settings)) as sequencer:
        sequencer.catch_up()
    kept = str(folder.checkpoint())
    (tmp_path / "kept").write_text(kept)
    size, root = int(kept.split("\n")[1]), b64decode(kept.split("\n")[2])
    leaves = [leaf_bytes(entry) for entry in between(site.reading(), 0, size)]  # as /ledger/tile/entries gives them
    load(site, *(hired(n) for n in range(13, 20)))
    with Sequencer(site.database_url, folder, signer_of(site.settings)) as sequencer:
        sequencer.catch_up()

    _, said = kets("audit", "sample", "--seed", 11, "--size", 5, "--checkpoint", "kept")
    expected = [(n, name(leaves[n])) for n in again(root, 11, size)]
    assert [(each["index"], each["event"]) for each in said["drawn"]] == expected[:5]
    assert (said["size"], said["root"]) == (size, root.hex())
    _, said = kets("audit", "sample", "--seed", 11, "--size", 40, "--checkpoint", "kept", "--workers")
    workers = [(n, event) for n, event in expected if event.endswith(":1") and b"worker.registered" in leaves[n]]
    assert [(each["index"], each["event"]) for each in said["drawn"]] == workers
    assert len(workers) == 12
    _, other = kets("audit", "sample", "--seed", 12, "--size", 5)
    assert other["size"] > size, "the newest checkpoint"
    (tmp_path / "forged").write_text(kept.replace(kept.split("\n")[1], str(size - 1), 1))
    assert kets("audit", "sample", "--seed", 1, "--size", 1, "--checkpoint", "forged")[1]["code"] == "note-signature"
    foreign = signer_of(site.settings).sign(f"{kept.splitlines()[0]}\n{size}\n{'A' * 43}=\n")
    (tmp_path / "forged").write_text(foreign)
    assert kets("audit", "sample", "--seed", 1, "--size", 1, "--checkpoint", "forged")[1]["code"] == "bundle-unlinked"
    with site.reading().transaction():
        found = drawn(site.reading(), root, 11, size, 3, workers=False)
    assert [index for index, _ in found] == [n for n, _ in expected[:3]]

    late = ("backdated", "--days", 10, "--topic", "worker.hired")
    _, said = kets("audit", "query", *late, "--most", 4, "--out", "late.ndjson")
    assert (said["found"], len(said["facts"])) == (19, 4)
    key = kets("ledger", "key")[1]["key"]
    for line in (tmp_path / "late.ndjson").read_text().splitlines():
        proof = json.loads(line)["proof"]
        (tmp_path / "proof.json").write_text(json.dumps(proof))
        status, proved = kets("ledger", "check", "proof.json", "--key", key)
        assert (status, proved["event"]) == (0, json.loads(line)["event"])
    employer = said["facts"][0]["organisation"]
    assert kets("audit", "query", *late, "--organisation", employer)[1]["found"] == 19
    assert kets("audit", "query", *late, "--known-until", "2026-03-01")[1]["found"] == 0
    assert kets("audit", "query", "mass", "--count", 1)[1]["found"] == 0


def name(leaf: bytes) -> str:
    return f"{UUID(bytes=leaf[1:17])}:{int.from_bytes(leaf[17:25], 'big')}"

"""Witnesses cosign what extends what they saw, and refuse a rollback and a fork; a quorum of them is published."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.errors import Refused
from keys.cosignatures import Cosigner
from keys.errors import KeysError
from keys.notes import NoteSigner
from registry.ledger import checkpoint
from registry.ledger.merkle import Tile, Tree, extended
from registry.ledger.policy import Policy, policy_of
from registry.ledger.witness import LONGEST, SIZE, Request, Witness, read_request, write_request
from registry.ledger.witness_server import WitnessServer
from registry.ledger.witnessing import Cosigning
from tests.registry.ledger.conftest import signer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.registry.ledger.conftest import Ledger

AT = 1_700_000_000


def cosigner(number: int) -> Cosigner:
    return Cosigner(f"w{number}.example/w", Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    folder = tmp_path / "witness"
    folder.mkdir()
    return Witness(folder, cosigner(1), [signer().verifier])


def policy(*urls: str, quorum: str = "all") -> Policy:
    lines = [f"witness w{number} {cosigner(number).witness.key} {url}" for number, url in enumerate(urls, 1)]
    names = " ".join(f"w{number}" for number in range(1, len(urls) + 1))
    return policy_of("\n".join([*lines, f"group all {quorum} {names}", "quorum all", ""]))


LOG = signer()
LEAVES = [sha256(bytes([number % 256, number // 256])).digest() for number in range(300)]


def tree(size: int) -> Tree:
    return Tree(extended(dict[Tile, bytes]().__getitem__, 0, LEAVES[:size]).__getitem__, size)


def body(old: int, size: int, **changed: object) -> bytes:
    whole = tree(size)
    proof = whole.consistency(old) if 0 < old < size else []
    note = checkpoint.signed(LOG, size, whole.root())
    return write_request(Request(old, proof, note)._replace(**changed))  # type: ignore[arg-type]


# -- the witness ------------------------------------------------------------------------------------------------------
def test_it_cosigns_what_grows(witness: Witness) -> None:
    last = 0
    for size in (1, 7, 256, 257, 300, 300):
        answer = witness.add_checkpoint(body(last, size), AT + size)
        assert answer.status == 200
        note = read_request(body(last, size)).note + answer.body
        assert witness.cosigner.witness.cosigned_at(note) == AT + size
        last = size


def test_it_refuses_a_rollback_and_a_fork_also_after_a_restart(witness: Witness) -> None:
    assert witness.add_checkpoint(body(0, 280), AT).status == 200
    again = Witness(witness.folder, witness.cosigner, [LOG.verifier])
    for told in (witness, again):
        assert told.add_checkpoint(body(100, 200), AT) == (409, "280\n", SIZE), "a rollback"
        assert told.add_checkpoint(body(0, 290), AT) == (409, "280\n", SIZE), "it was not asked from 280"
        other = checkpoint.signed(LOG, 280, bytes(32))
        assert told.add_checkpoint(write_request(Request(280, [], other)), AT) == (409, "280\n", SIZE), "a fork"
        longer = checkpoint.signed(LOG, 300, bytes(32))
        assert told.add_checkpoint(body(280, 300, note=longer), AT).status == 422, "a fork that is longer"
        assert told.add_checkpoint(body(280, 300, proof=[]), AT).status == 422
    assert again.add_checkpoint(body(280, 300), AT).status == 200


def test_it_answers_what_is_wrong_with_a_request(witness: Witness) -> None:
    right = body(0, 300)
    stranger = NoteSigner("other.example/ledger", LOG.secret)
    impostor = NoteSigner(LOG.name, Ed25519PrivateKey.generate())
    root = tree(300).root()
    extended = LOG.sign(f"{LOG.name}\nmany\nroot\n")
    asked = {
        404: [write_request(Request(0, [], checkpoint.signed(stranger, 300, root)))],
        403: [
            write_request(Request(0, [], checkpoint.signed(impostor, 300, root))),
            right.replace(b"\n300\n", b"\n299\n"),
        ],
        422: [write_request(Request(0, [root], read_request(right).note))],
        400: [
            b"",
            b"old 0\n",
            right.replace(b"old 0", b"old 00"),
            right.replace(b"old 0", b"old -1"),
            right.replace(b"old 0", b"new 0"),
            right.replace(b"old 0", b"old " + b"9" * 20),
            right.replace(b"old 0", b"old 301"),
            right.replace(b"old 0\n", b"old 0\nx\n"),
            right.replace(b"old 0\n", b"old 0\nAAAA\n"),
            write_request(Request(0, [root] * 64, read_request(right).note)),
            right.removesuffix(b"\n"),
            write_request(Request(0, [], extended)),
            b"\xff" + right,
            right + b"x" * LONGEST,
        ],
    }
    for status, bodies in asked.items():
        assert [witness.add_checkpoint(each, AT).status for each in bodies] == [status] * len(bodies)
    assert witness.add_checkpoint(right, AT).status == 200, "none of it was taken for the last one seen"


# -- asking -----------------------------------------------------------------------------------------------------------
@contextmanager
def serving(folder: Path, number: int) -> Iterator[str]:
    folder.mkdir(exist_ok=True)
    with WitnessServer(Witness(folder, cosigner(number), [signer().verifier]), "127.0.0.1", 0) as server:
        running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        running.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            running.join()


def cosigning(ledger: Ledger, rules: Policy) -> Cosigning:
    return Cosigning(ledger.folder, ledger.signer.verifier, rules, str(ledger.folder.checkpoint()))


def test_a_quorum_is_gathered_and_published(ledger: Ledger, tmp_path: Path) -> None:
    with serving(tmp_path / "one", 1) as one, serving(tmp_path / "two", 2) as two:
        rules = policy(one, two)
        for size in (30, 60):
            ledger.add(30)
            ledger.sequence()
            way = cosigning(ledger, rules)
            assert way.ask(rules.witnesses["w1"]).keys() == {"w1"}
            before = ledger.folder.witnessed()
            assert before is None or f"\n{size}\n" not in before, "half a quorum is not published"
            assert way.ask(rules.witnesses["w2"], old=0).keys() == {"w1", "w2"}
            published = str(ledger.folder.witnessed())
            assert checkpoint.opened(published, ledger.signer.verifier).size == size
            assert rules.required(published).keys() == {"w1", "w2"}
        lines = len(published.splitlines())
        way.ask(rules.witnesses["w1"], old=60)
        assert len(str(ledger.folder.witnessed()).splitlines()) == lines, "one line a witness, the latest"
        assert ledger.published().size == 60
        ledger.check_whole()


def test_an_older_checkpoint_does_not_take_the_place_of_a_newer_one(ledger: Ledger, tmp_path: Path) -> None:
    rules = policy("http://127.0.0.1:1")
    ledger.add(30)
    ledger.sequence()
    older = cosigning(ledger, rules)
    ledger.add(30)
    ledger.sequence()
    for way in (cosigning(ledger, rules), older):
        line = cosigner(1).cosign(way.note.partition("\n\n")[0] + "\n", AT)
        assert way.add(line + cosigner(2).cosign("another\n", AT)) == {"w1": AT}
    assert "\n60\n" in str(ledger.folder.witnessed())
    with pytest.raises(KeysError, match=r"^note-signature"):
        older.add(cosigner(1).cosign("another\n", AT))


def test_what_a_witness_will_not_do_is_told(ledger: Ledger, tmp_path: Path) -> None:
    ledger.add(30)
    ledger.sequence()
    with serving(tmp_path / "one", 1) as url:
        rules = policy(url)
        one = rules.witnesses["w1"]
        cosigning(ledger, rules).ask(one)
        seen = next((tmp_path / "one").glob("*[0-9a-f]"))
        seen.write_text(checkpoint.signed(ledger.signer, 30, bytes(32)))
        with pytest.raises(Refused, match=r"^witness-refused, witness=w1.example/w, got=409"):
            cosigning(ledger, rules).ask(one)
        seen.write_text(checkpoint.signed(ledger.signer, 31, bytes(32)))
        with pytest.raises(Refused, match=r"^witness-ahead, got=31, expected=30"):
            cosigning(ledger, rules).ask(one)
        with pytest.raises(Refused, match=r"^witness-refused"):
            cosigning(ledger, rules).ask(one._replace(url=f"{url}/elsewhere"))
        for data, length in ((b"x", "x"), (b"x", str(LONGEST + 1))):
            asked = urllib.request.Request(f"{url}/add-checkpoint", data, {"Content-Length": length})  # noqa: S310 - loopback
            with pytest.raises(urllib.error.HTTPError, match="400") as refused:
                urllib.request.urlopen(asked, timeout=5)  # noqa: S310 - loopback
            refused.value.close()
    with pytest.raises(Refused, match=r"^witness-silent"):
        cosigning(ledger, rules).ask(one)
    (ledger.path / "tile/0/000.p/30").write_bytes(bytes(30 * 32))
    with pytest.raises(Refused, match=r"^tiles-differ"):
        cosigning(ledger, rules)

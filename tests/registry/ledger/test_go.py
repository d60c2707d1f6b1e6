"""The independent checker: Go's x/mod/sumdb reads what we export and accepts it, and nothing that was altered."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keys.cosignatures import Cosigner
from registry.ledger import proof
from registry.ledger.merkle import Tree
from registry.ledger.tiles import Folder
from tests.require import require

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.registry.ledger.conftest import Ledger

SOURCE = Path(__file__).parent / "go" / "main.go"
GOPATH = Path("/usr/share/gocode")
SIZE = 1_000_000 if os.environ.get("KETS_FAULTS") == "all" else 1_300
STEP = 10_000


@pytest.fixture(scope="session")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The Go program, built once."""
    go = shutil.which("go")
    require(go and (GOPATH / "src/golang.org/x/mod/sumdb/tlog").exists(), "Go with golang-golang-x-mod-dev")
    folder = tmp_path_factory.mktemp("go")
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GOPATH), "GOCACHE": str(folder / "cache")}
    command = [str(go), "build", "-o", str(folder / "checker"), str(SOURCE)]
    subprocess.run(command, env={**environment, "GOFLAGS": ""}, check=True, timeout=300)

    def check(*words: Path | str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(folder / "checker"), *map(str, words)], capture_output=True, text=True, check=False, timeout=900
        )

    return check


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_go_accepts_checkpoint_and_proofs_and_rejects_altered_ones(
    ledger: Ledger, checker: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """200 inclusion proofs and 200 consistency proofs of a log that grew in uneven steps."""
    events = []
    for count in (1, 2, 253, 1, 300, *[STEP] * ((SIZE - 557) // STEP), (SIZE - 557) % STEP):
        added = ledger.add(count)
        events += added if SIZE < STEP else ledger.random.sample(added, min(count, 5))
        ledger.sequence(batch=170 if SIZE < STEP else 4_000)
    out, given = tmp_path / "export", tmp_path / "proofs.json"
    exported = Folder(out)
    note = str(ledger.folder.checkpoint())
    exported.export(ledger.folder.read, SIZE, note)
    (out / "verifier-key").write_text(ledger.signer.verifier.key + "\n")

    chosen = ledger.random.sample(events, 200)
    tree = Tree(exported.read, SIZE)
    sizes = [1, 256, 512, SIZE, *ledger.random.sample(range(1, SIZE), 196)]
    proofs: dict[str, Any] = {
        "events": [proof.prove(ledger.conn, ledger.folder, event.originator_id, 1) for event in chosen],
        "trees": [
            {"size": size, "root": b64(tree.root(size)), "path": [b64(each) for each in tree.consistency(size)]}
            for size in sizes
        ],
    }

    def checked() -> subprocess.CompletedProcess[str]:
        given.write_text(json.dumps(proofs))
        return checker(out, given)

    accepted = checked()
    assert (accepted.stdout, accepted.stderr) == (f"200 200 {SIZE}\n", "")

    path = proofs["trees"][-1]["path"]
    path[0], kept = b64(bytes(32)), path[0]
    assert "consistency: " in checked().stderr
    path[0] = kept
    leaf = proofs["events"][-1]["leaf"]
    leaf["clear"], kept = leaf["clear"].replace("n", "m"), leaf["clear"]
    assert "inclusion: " in checked().stderr
    leaf["clear"] = kept
    assert checked().returncode == 0

    tile = out / "tile/0/002"
    data = tile.read_bytes()
    tile.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert checked().returncode != 0
    tile.write_bytes(data)
    (out / "checkpoint").write_text(note.replace(f"\n{SIZE}\n", f"\n{SIZE - 1}\n"))
    assert "checkpoint: " in checked().stderr


def test_go_accepts_cosignatures_and_rejects_altered_ones(
    ledger: Ledger, checker: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """By a verifier of a few lines, since x/mod has none for cosignature/v1; the witnessed log is the older one."""
    ledger.add(280)
    ledger.sequence()
    cosigners = [Cosigner(f"w{n}.example/w", Ed25519PrivateKey.generate()) for n in range(3)]
    keys = [cosigner.witness.key for cosigner in cosigners]
    older = str(ledger.folder.checkpoint())
    lines = [cosigner.cosign(older.partition("\n\n")[0] + "\n", 1_700_000_000) for cosigner in cosigners]
    ledger.add(20)
    ledger.sequence()
    out, given = tmp_path / "export", tmp_path / "proofs.json"
    Folder(out).export(ledger.folder.read, 300, str(ledger.folder.checkpoint()))
    (out / "verifier-key").write_text(ledger.signer.verifier.key)
    given.write_text("{}")

    def checked(note: str, *asked: str) -> str:
        (out / "witnessed").write_text(note)
        return checker(out, given, *asked).stderr

    assert checked(older + "".join(lines), *keys) == ""
    assert checked(older + "".join(lines), *keys[:2]) == "", "an unknown line is passed over"
    assert "expected 3" in checked(older + "".join(lines[:2]), *keys)
    bad = cosigners[2].cosign("another\n", 1_700_000_000)
    assert "invalid signature" in checked(older + "".join(lines[:2]) + bad, *keys)
    assert "witness key" in checked(older, ledger.signer.verifier.key)

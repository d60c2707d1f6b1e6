"""One history in one file: ours and a Go program that shares no code accept it, and nothing that was altered."""

from __future__ import annotations

import base64
import copy
import json
import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.errors import Refused
from keys.errors import KeysError
from keys.notes import NoteSigner
from registry.audit.bundle import make, written
from registry.audit.check import check
from registry.audit.vault import key_of, unwrapping
from registry.ledger import checkpoint
from tests.registry.people import founded, hired, load, stream_of
from tests.require import require

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tests.conftest import Site
    from tests.registry.audit.conftest import Audits

SOURCE = Path(__file__).parent / "go" / "main.go"
GOPATH = Path("/usr/share/gocode")


@pytest.fixture(scope="session")
def go(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The Go program, built once."""
    compiler = shutil.which("go")
    require(compiler and (GOPATH / "src/golang.org/x/mod/sumdb/tlog").exists(), "Go with golang-golang-x-mod-dev")
    folder = tmp_path_factory.mktemp("go")
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GOPATH), "GOCACHE": str(folder / "cache")}
    command = [str(compiler), "build", "-o", str(folder / "bundle"), str(SOURCE)]
    subprocess.run(command, env={**environment, "GOFLAGS": ""}, check=True, timeout=300)

    def run(given: bytes | Path, key: str, *more: Path) -> subprocess.CompletedProcess[str]:
        if isinstance(given, bytes):
            (folder / "given").write_bytes(given)
            given = folder / "given"
        words = [str(folder / "bundle"), str(given), key, *map(str, more)]
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)

    return run


def stream(audits: Audits, events: int) -> UUID:
    """Somebody with so many facts, not erased."""
    query = (
        "SELECT stream FROM event WHERE stream <> %s GROUP BY 1 HAVING count(*) = %s AND bool_or(sealed IS NOT NULL)"
    )
    found: UUID = audits.alter(query + " ORDER BY 1 LIMIT 1", audits.erased, events)[0][0]
    return found


def bundled(audits: Audits, who: UUID, *, older: str | None = None, personal: bool = False) -> dict[str, Any]:
    key = key_of(audits.vault, unwrapping(audits.keyring), who) if personal else None
    made = make(audits.conn, audits.folder, who, audits.signer.verifier, older=older, data_key=key)
    assert made.later == 0
    found: dict[str, Any] = json.loads(json.dumps(made.bundle))
    return found


def refused(audits: Audits, bundle: Any, kept: str | None = None) -> str:
    """The code that a bundle is refused with."""
    data = bundle if isinstance(bundle, bytes) else written(bundle)
    try:
        check(data, audits.signer.verifier, kept=kept)
    except (Refused, KeysError) as refusal:
        return refusal.code
    return ""


def test_a_history_is_proved_without_what_is_personal(audits: Audits, go: Callable[..., Any]) -> None:
    who = stream(audits, 3)
    bundle = bundled(audits, who)
    data = written(bundle)
    found = check(data, audits.signer.verifier)
    assert [entry.version for entry in found.facts] == [1, 2, 3]
    assert (found.older, found.opened, found.complete) == (0, {}, False)
    assert b"Siti" not in data
    assert written(bundled(audits, who)) == data, "the same again"
    said = go(data, audits.signer.verifier.key)
    assert (said.stdout, said.stderr) == (f"3 {found.checkpoint.size} 0 0\n", "")


def test_with_the_key_what_was_sealed_is_proved_too(audits: Audits, go: Callable[..., Any]) -> None:
    who = stream(audits, 3)
    data = written(bundled(audits, who, personal=True))
    found = check(data, audits.signer.verifier)
    sealed = [entry.version for entry in found.facts if entry.sealed_hash]
    assert sealed == list(found.opened)
    assert found.opened[1]["nik"].startswith("3275014101")
    assert go(data, audits.signer.verifier.key).stdout == f"3 {found.checkpoint.size} 0 {len(sealed)}\n"


def test_who_kept_a_checkpoint_sees_it_continued(audits: Audits, go: Callable[..., Any], tmp_path: Path) -> None:
    who = stream(audits, 3)
    old = checkpoint.opened(audits.old, audits.signer.verifier)
    data = written(bundled(audits, who, older=audits.old))
    for kept in (audits.old, audits.new):
        assert check(data, audits.signer.verifier, kept=kept).older == old.size
        (tmp_path / "kept").write_text(kept)
        assert go(data, audits.signer.verifier.key, tmp_path / "kept").stdout.split()[2] == str(old.size)
    assert refused(audits, bundled(audits, who), kept=audits.old) == "bundle-unlinked"
    forged = checkpoint.signed(audits.signer, old.size, bytes(32))
    assert refused(audits, data, kept=forged) == "bundle-unlinked"
    (tmp_path / "kept").write_text(forged)
    assert "not continued" in go(data, audits.signer.verifier.key, tmp_path / "kept").stderr
    with pytest.raises(Refused, match=r"^bundle-unlinked"):
        bundled(audits, who, older=forged)


def test_no_fact_in_the_middle_can_be_hidden(audits: Audits, go: Callable[..., Any]) -> None:
    good = bundled(audits, stream(audits, 3))
    for hide in (0, 1):
        bad = copy.deepcopy(good)
        del bad["facts"][hide]
        assert refused(audits, bad) == "bundle-differs"
        assert "version" in go(written(bad), audits.signer.verifier.key).stderr
    swapped = {**good, "facts": [good["facts"][n] for n in (1, 0, 2)]}
    assert refused(audits, swapped) == "bundle-differs"
    assert check(written({**good, "facts": good["facts"][:2]}), audits.signer.verifier).complete is False


def test_an_erased_history_is_complete(audits: Audits) -> None:
    assert audits.erased
    bundle = bundled(audits, audits.erased)
    found = check(written(bundle), audits.signer.verifier)
    assert found.complete
    assert found.facts[-1].topic == "worker.key-destroyed"


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where the plain values of a JSON object stand."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    return [at] if items is None else [path for key, inner in items for path in places(inner, (*at, key))]


@pytest.mark.parametrize("personal", [False, True])
def test_no_altered_bundle_is_accepted(audits: Audits, go: Callable[..., Any], personal: bool) -> None:
    """Every value altered, by us; every tenth of them put before the Go program too."""
    good = bundled(audits, stream(audits, 3), older=audits.old, personal=personal)
    tried = 0
    for path in places(good):
        bad = copy.deepcopy(good)
        place = bad
        for name in path[:-1]:
            place = place[name]
        was = place[path[-1]]
        if isinstance(was, int):
            others: list[Any] = [was + 1, -1, str(was)]
        elif isinstance(was, str):
            middle = len(was) // 2
            others = ["", was[:middle] + ("A" if was[middle] != "A" else "B") + was[middle + 1 :], 7]
        else:
            others = [base64.b64encode(bytes(32)).decode()]
        for other in others:
            place[path[-1]] = other
            assert refused(audits, bad), (path, was, other)
            tried += 1
            if tried % 10 == 0:
                assert go(written(bad), audits.signer.verifier.key).returncode == 1, path
    assert tried > 80


def test_what_is_no_bundle(audits: Audits) -> None:
    good = bundled(audits, stream(audits, 2))
    for bad in (b"", b"\xff", b"{}", b"[]", b"[" * 100_000, b'{"format": 1, "format": 2}', written(good)[:-9]):
        assert refused(audits, bad) == "bundle-malformed"
    for changed in ({"facts": []}, {"format": "kets-bundle/2"}, {"more": 1}, {"older": 7}, {"data_key": "AA=="}):
        assert refused(audits, {**good, **changed}) == "bundle-malformed"
    assert refused(audits, {**good, "data_key": "AA==", "facts": [[*good["facts"][0]]]}) == "bundle-malformed"
    half = good["checkpoint"].replace("\n", "\n\ud800", 1)
    assert refused(audits, json.dumps({**good, "checkpoint": half}).encode()) == "note-malformed"
    stranger = NoteSigner(audits.signer.name, Ed25519PrivateKey.generate())
    with pytest.raises(KeysError, match=r"^note-unsigned"):
        check(written(good), stranger.verifier)


def test_what_cannot_be_bundled(audits: Audits) -> None:
    with pytest.raises(Refused, match=r"^event-unknown"):
        bundled(audits, uuid4())
    who = stream(audits, 2)
    audits.alter("UPDATE event SET topic = 'worker.hired' WHERE stream = %s AND version = 1", who)
    with pytest.raises(Refused, match=r"^proof-differs"):
        bundled(audits, who)


def test_random_bytes_changed(audits: Audits) -> None:
    data = written(bundled(audits, stream(audits, 3), personal=True))
    chance = random.Random(5)
    for _ in range(300):
        bit = chance.randrange(8 * len(data))
        bad = bytearray(data)
        bad[bit // 8] ^= 1 << bit % 8
        if json_equal(bytes(bad), data):
            continue  # blanks between values
        assert refused(audits, bytes(bad))


def json_equal(one: bytes, other: bytes) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False


def test_the_commands(site: Site, kets: Callable[..., tuple[int, dict[str, Any]]]) -> None:
    load(site, *founded(), hired(1), hired(2))
    who = stream_of(site, 1)
    assert kets("audit", "bundle", who, "--out", "b.json")[1]["code"] == "ledger-empty"
    from registry.ledger.place import folder_of, signer_of
    from registry.ledger.sequencer import Sequencer

    with Sequencer(site.database_url, folder_of(site.settings), signer_of(site.settings)) as sequencer:
        sequencer.catch_up()
    (site.settings.home / "kept").write_text(str(folder_of(site.settings).checkpoint()))
    key = kets("ledger", "key")[1]["key"]
    status, said = kets("audit", "bundle", who, "--out", "b.json", "--personal", "--checkpoint", "kept")
    assert (status, said["facts"], said["later"], said["personal"]) == (0, 2, 0, True)
    assert Path("b.json").stat().st_mode & 0o077 == 0, "the data key is in it"
    for words in ((), ("--key", key), ("--checkpoint", "kept")):
        status, said = kets("audit", "check", "b.json", *words)
        assert (status, said["worker"], said["facts"], said["complete"]) == (0, str(who), 2, False)
        assert said["opened"]["1"]["nik"]
    Path("b.json").write_text(Path("b.json").read_text().replace("worker.registered", "worker.hired"))
    assert kets("audit", "check", "b.json")[1]["code"] == "proof-differs"
    site.registry.vault.destroy(who)
    assert kets("audit", "bundle", who, "--out", "b.json", "--personal")[1]["code"] == "key-destroyed"

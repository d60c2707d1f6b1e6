"""`kets ledger` and `kets audit` as programs are used: by their last line and exit code."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from keys.cosignatures import Cosigner
from keys.notes import NoteVerifier
from registry.cli import main
from registry.cli.ledger import backoff
from registry.ledger.checkpoint import opened
from tests.conftest import administering
from tests.registry.people import founded, hired, load, stream_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Site


@pytest.fixture
def kets(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, dict[str, Any]]]:
    """`kets` in this process, on the site's databases: exit code and the JSON of the last line."""
    for name, value in site.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> tuple[int, dict[str, Any]]:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["kets", *map(str, words), "--json"])
        status: object = 0
        try:
            main()
        except SystemExit as left:
            status = left.code
        found: dict[str, Any] = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
        return int(str(status or 0)), found

    return run


def started(site: Site, says: str) -> subprocess.Popen[str]:
    """The program, once it has said that it is at work."""
    command = [sys.executable, "-m", "registry", "ledger", "run"]
    running = subprocess.Popen(command, env=site.environment, stdout=subprocess.PIPE, text=True)
    assert running.stdout
    assert running.stdout.readline().startswith(says)
    return running


def sequenced(site: Site, kets: Callable[..., tuple[int, dict[str, Any]]]) -> None:
    """Run the program until nothing waits; a second one takes over when the first is told to stop."""
    with started(site, "Sequencing into ") as first, started(site, "Waiting: ") as second:
        try:
            first.send_signal(signal.SIGTERM)
            assert first.wait(60) == 0
            assert second.stdout
            assert second.stdout.readline().startswith("Sequencing into ")
            until = time.monotonic() + 60
            while kets("ledger", "status")[1]["behind"] and time.monotonic() < until:
                time.sleep(0.1)
            second.send_signal(signal.SIGTERM)
            assert second.wait(60) == 0
        finally:
            first.kill()
            second.kill()


def test_a_fact_goes_in_and_a_proof_comes_out(site: Site, kets: Callable[..., tuple[int, dict[str, Any]]]) -> None:
    assert kets("ledger", "export", "out")[1]["code"] == "ledger-empty"
    load(site, *founded(), hired(1), hired(2))
    event = f"{stream_of(site, 1)}:1"
    assert kets("ledger", "prove", event, "--out", "early.json")[1]["code"] == "not-sequenced"
    sequenced(site, kets)

    status = kets("ledger", "status")[1]
    assert (status["behind"], status["published"]) == (0, status["size"])
    key = kets("ledger", "key")[1]["key"]
    assert kets("ledger", "export", "out")[1]["size"] == status["size"]
    exported = opened(Path("out/checkpoint").read_text(), NoteVerifier.of(Path("out/verifier-key").read_text()))
    assert (exported.origin, exported.root.hex()) == ("kets.example/ledger", status["root"])

    assert kets("ledger", "prove", event, "--out", "proof.json")[0] == 0
    for verifier in (key, "out/verifier-key"):
        code, proved = kets("ledger", "check", "proof.json", "--key", verifier)
        assert (code, proved["event"], proved["topic"]) == (0, event, "worker.registered")
    Path("bad.json").write_text(Path("proof.json").read_text().replace("worker.registered", "worker.hired"))
    Path("none.json").write_text("{")
    assert kets("ledger", "check", "bad.json", "--key", key)[1]["code"] == "proof-differs"
    assert kets("ledger", "check", "none.json", "--key", key)[1]["code"] == "proof-malformed"
    assert kets("ledger", "check", "proof.json", "--key", key[:-4])[1]["code"] == "verifier-key"
    assert kets("ledger", "prove", "nothing", "--out", "x")[1]["code"] == "event-unknown"

    assert kets("audit")[0] == 0
    site.reading().execute("UPDATE event SET topic = 'worker.hired' WHERE stream = %s", (stream_of(site, 1),))
    code, audited = kets("audit", "--checkpoint", "out/checkpoint")
    assert (code, audited["ok"]) == (1, False)
    assert {"code": "event-differs", "about": event} in [
        {name: each[name] for name in ("code", "about")} for each in audited["findings"]
    ]


def said(path: Path) -> str:
    """What a refusal asks for: the command between backquotes that comes last."""
    return re.findall(r"`(kets [^`]*)`", json.loads(path.read_text())["message"])[-1]


def test_a_refused_ledger_stands_still_until_it_can_go_on(
    site: Site, kets: Callable[..., tuple[int, dict[str, Any]]], tmp_path: Path
) -> None:
    """The program does not end; what it says to do is done, and it goes on by itself."""
    load(site, *founded(), hired(1))
    sequenced(site, kets)
    folder = tmp_path / "ledger"
    shutil.rmtree(folder / "tile")
    command = [sys.executable, "-m", "registry", "ledger", "run"]
    with subprocess.Popen(command, env=site.environment, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stderr
            assert running.stderr.readline().startswith("tile-missing: ")
            assert kets("ledger", "status")[1]["refused"]["code"] == "tile-missing"
            assert kets(*shlex.split(said(folder / "refused"))[1:])[1]["tiles"] == 1
            load(site, hired(2))
            until = time.monotonic() + 60
            while (status := kets("ledger", "status")[1])["behind"] and time.monotonic() < until:
                time.sleep(0.1)
            assert (status["refused"], status["behind"]) == (None, 0)
            running.send_signal(signal.SIGTERM)
            assert running.wait(60) == 0
        finally:
            running.kill()
    assert kets("audit")[0] == 0


def test_tries_become_rarer_up_to_a_minute() -> None:
    assert list(islice(backoff(), 8)) == [1, 2, 4, 8, 16, 32, 60, 60]


def test_witnesses_cosign_over_http_and_by_hand(
    site: Site, kets: Callable[..., tuple[int, dict[str, Any]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kets("ledger", "cosign")[1]["code"] == "policy-missing"
    key = kets("ledger", "key")[1]["key"]
    command = [sys.executable, "-m", "registry", "ledger", "witness", "near", "--log", key, "--port", "0"]
    with subprocess.Popen(command, env=site.environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as near:
        try:
            assert near.stdout
            near_key, url = near.stdout.readline().split()
            far = Cosigner.kept(tmp_path, "far.example/w")
            (tmp_path / "far").mkdir()
            (tmp_path / "witness.json").rename(tmp_path / "far/witness.json")
            Path("policy").write_text(
                f"witness near {near_key} {url}\nwitness far {far.witness.key}\ngroup g all near far\nquorum g\n"
            )
            monkeypatch.setenv("KETS_WITNESSES", "policy")
            assert kets("ledger", "cosign")[1]["code"] == "ledger-empty"
            load(site, *founded(), hired(1))
            sequenced(site, kets)
            event = f"{stream_of(site, 1)}:1"

            code, said = kets("ledger", "cosign")
            assert (code, said["quorum"], [*said["cosigned"]]) == (1, False, ["near"])
            assert kets("ledger", "cosign", "--write", "request")[0] == 0
            assert kets("ledger", "cosign")[1]["quorum"] is False, "asked again, and what was carried still counts"
            carried = ("--request", "request", "--out", "line")
            assert kets("ledger", "witness", "far", "--log", key, *carried)[0] == 0
            code, said = kets("ledger", "cosign", "--read", "line")
            assert (code, said["quorum"], {*said["cosigned"]}) == (0, True, {"near", "far"})
        finally:
            near.terminate()
            assert near.wait(60) == 0
    witnessed = tmp_path / "ledger/witnessed"
    assert [*kets("audit", "--checkpoint", witnessed)[1]["witnessed"]] == ["near", "far"]
    assert [*kets("audit", "--checkpoint", witnessed, "--policy", "policy")[1]["witnessed"]] == ["near", "far"]
    plain = tmp_path / "ledger/checkpoint"
    assert kets("audit", "--checkpoint", plain, "--policy", "policy")[1]["code"] == "quorum-unmet"
    assert kets("audit", "--policy", "policy")[1]["code"] == "usage", "a policy that nothing is held against"

    kets("ledger", "prove", event, "--out", "proof.json")
    checked = kets("ledger", "check", "proof.json", "--key", key, "--policy", "policy")[1]
    assert {*checked["witnessed"]} == {"near", "far"}
    proof = json.loads(Path("proof.json").read_text())
    Path("bare.json").write_text(json.dumps(proof | {"checkpoint": plain.read_text()}))
    assert kets("ledger", "check", "bare.json", "--key", key)[0] == 0
    assert kets("ledger", "check", "bare.json", "--key", key, "--policy", "policy")[1]["code"] == "quorum-unmet"


# -- after a loss -----------------------------------------------------------------------------------------------------
def as_it_was(site: Site) -> Callable[[], None]:
    """The database at this moment; call it to have it back, as a restore of an older backup does."""
    conn = site.reading()
    shards = conn.execute("SELECT shard, position FROM event_head").fetchall()
    (head,) = conn.execute("SELECT size, root, checkpoint FROM ledger_head").fetchall()

    def restore() -> None:
        with administering(site.database_url) as owner:
            for shard, position in shards:
                gone = "SELECT stream FROM event WHERE shard = %s AND position > %s"
                owner.execute(f"DELETE FROM submission_row WHERE stream IN ({gone})", (shard, position))  # noqa: S608 - the query above
                owner.execute("DELETE FROM event WHERE shard = %s AND position > %s", (shard, position))
                owner.execute("UPDATE event_head SET position = %s WHERE shard = %s", (position, shard))
            owner.execute("DELETE FROM ledger_segment WHERE start >= %s", (head[0],))
            owner.execute("UPDATE ledger_head SET size = %s, root = %s, checkpoint = %s", head)

    return restore


def test_after_a_loss_the_instruction_that_is_printed_works(
    site: Site, kets: Callable[..., tuple[int, dict[str, Any]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = shutil.copytree(site.settings.key_folder, tmp_path / "keys")
    site.settings = site.settings.model_copy(update={"keys": keys})
    monkeypatch.setenv("KETS_KEYS", str(keys))
    load(site, *founded(), hired(1))
    sequenced(site, kets)
    assert kets("ledger", "restart", "--after", "1")[1]["code"] == "restart-needless"
    held = kets("ledger", "status")[1]["size"]
    restore = as_it_was(site)
    load(site, hired(2))
    sequenced(site, kets)
    old, lost = kets("ledger", "status")[1], f"{stream_of(site, 2)}:1"
    old_key = kets("ledger", "key")[1]["key"]
    kept = f"{stream_of(site, 1)}:1"
    for event, name in ((lost, "lost.json"), (kept, "kept.json")):
        kets("ledger", "prove", event, "--out", name)
    Path("told.json").write_text(json.dumps({"events": [lost.replace(":1", ":2"), kept]}))
    restore()

    command = [sys.executable, "-m", "registry", "ledger", "run"]
    with subprocess.Popen(command, env=site.environment, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stderr
            assert running.stderr.readline().startswith("database-older-than-checkpoint: ")
            words = shlex.split(said(tmp_path / "ledger/refused"))[1:]
            assert kets(*words[:-1], str(old["size"] + 1))[1]["code"] == "restart-differs"
            for none in ("[]", '{"results": [1]}', '{"events": [[]]}'):
                Path("no.json").write_text(none)
                assert kets(*words, "--lost", "no.json")[1]["code"] == "receipt-malformed"
            receipts = [word for name in ("lost", "kept", "told") for word in ("--lost", f"{name}.json")]
            done = kets(*words, *receipts, "--because", "the disk burnt")[1]
            assert (done["ok"], done["number"], done["lost"]) == (True, 2, 2)
            until = time.monotonic() + 60
            while (status := kets("ledger", "status")[1])["refused"] and time.monotonic() < until:
                time.sleep(0.1)
            load(site, hired(2), hired(3))
            while (status := kets("ledger", "status")[1])["behind"] and time.monotonic() < until:
                time.sleep(0.1)
            assert (status["refused"], status["behind"], status["published"]) == (None, 0, status["size"])
            running.send_signal(signal.SIGTERM)
            assert running.wait(60) == 0
        finally:
            running.kill()
    assert kets("audit")[1]["findings"] == []

    key = kets("ledger", "key")[1]["key"]
    assert (NoteVerifier.of(key).name, key != old_key) == ("kets.example/ledger/2", True)
    assert kets("ledger", "export", "out")[1]["size"] == status["size"]
    assert kets("ledger", "prove", f"{UUID(int=0)}:2", "--out", "first.json")[0] == 0
    code, first = kets("ledger", "check", "first.json", "--key", key)
    assert (code, first["index"], first["topic"]) == (0, 0, "ledger.restarted")
    all_drawn = ("--query", "mass", "--seed", "1", "--size", str(status["size"]))
    assert kets("audit", "papers", "--out", "papers", *all_drawn)[1]["drawn"] == status["size"], "the incident too"
    assert kets("audit", "check", "papers", "--key", key)[1]["drawn"] == status["size"]
    note = (tmp_path / "ledger-2/incident").read_text()
    assert NoteVerifier.of(old_key).open(note) == NoteVerifier.of(key).open(note) == first["clear"]
    proof = json.loads(Path("lost.json").read_text())
    lines = first["clear"].splitlines()
    assert lines[2:4] == ["origin kets.example/ledger/2", f"key {key}"]
    assert lines[4].startswith(f"after kets.example/ledger {old['size']} ")
    assert lines[5:7] == [f"held {held}", "because the disk burnt"]
    assert [line.split()[:4] for line in lines[7:]] == [
        ["lost", "claimed", lost.replace(":1", ":2")],
        ["lost", "proved", lost, str(proof["index"])],
    ]
    assert kets("ledger", "check", "lost.json", "--key", old_key)[0] == 0, "the old receipt still proves what was"
    assert kets("ledger", "restart", "--after", str(status["size"]))[1]["code"] == "restart-needless"
    assert kets("ledger", "prove", f"{UUID(int=0)}:1", "--out", "x")[1]["code"] == "event-unknown"

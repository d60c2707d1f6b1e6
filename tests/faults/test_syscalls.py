"""Each system call of the sequencer's write path fails once: EIO, ENOSPC, and SIGKILL before it.

The calls are those of one clean run, from opening the ledger until all is sequenced: reads and talk to the database
included, memory, time and signals not. Every run begins at the same state: 250 leaves, the checkpoint of the last 50
committed and not published, 20 facts waiting, two batches, a tile that becomes full. After each fault the sequencer is
started again without one, and then the ledger must be whole.

A send that fails while the server still listens makes libpq wait for an end of the connection that never comes (a
socket whose send fails is dead in life). Such a run is ended by SIGKILL after a while and counted as `waits`; at any
other call waiting is a failure.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import psycopg
import pytest

from registry.audit import outside
from registry.audit.run import audit
from registry.ledger.sequencer import Sequencer
from registry.ledger.tiles import Folder
from tests.conftest import opened
from tests.faults import stepping, strace
from tests.faults.report import report, sized
from tests.faults.strace import Fault, Traced
from tests.registry.ledger.conftest import Ledger, signer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Server
    from tests.faults.golang import Go

CALLS = ["%file", "%desc", "%network"]
ERRORS = ("EIO", "ENOSPC", "KILL")
SIZE = 270
SENDS = {"sendto", "sendmsg"}
WAITS = 1000
HANGS = 1.5
"""Seconds after which a run whose send failed is taken to wait for ever."""
CONTEXT = multiprocessing.get_context("forkserver")


class Base(NamedTuple):
    """The state that every run begins at: a database to clone, a folder to copy."""

    server: Server
    database: str
    folder: Path

    @contextmanager
    def copied(self, folder: Path) -> Iterator[str]:
        """The URL of a copy of the database, with the ledger's folder at `folder`."""
        shutil.copytree(self.folder, folder)
        name = f"{self.database}_copy"
        with psycopg.connect(self.server.url(), autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {name} TEMPLATE {self.database} STRATEGY FILE_COPY")
            try:
                yield self.server.url(name)
            finally:
                conn.execute(f"DROP DATABASE {name} WITH (FORCE)")
                shutil.rmtree(folder)


class Outcome(NamedTuple):
    """How a run with a fault ended: whether it came about, the exit code, what the program said, which calls."""

    injected: bool
    code: int | None
    said: str
    calls: Counter[str]


@pytest.fixture
def place(run_folder: Path) -> Path:
    """A folder that is in memory where that is roomy: what is tried are failures, not a disk."""
    place = run_folder / "syscalls"
    place.mkdir()
    return place


@pytest.fixture
def base(server: Server, key_folder: Path, place: Path) -> Iterator[Base]:
    with opened(server, key_folder, place) as site:
        ledger = Ledger(site, place / "base")
        ledger.add(200)
        ledger.sequence()
        published = str(ledger.folder.checkpoint())
        ledger.add(50)
        ledger.sequence()
        (ledger.path / "checkpoint").write_text(published)
        ledger.add(SIZE - 250)
        database = ledger.conn.info.dbname
        site.closing.close()  # a database that is cloned has no sessions
        yield Base(server, database, ledger.path)


def test_any_system_call_may_fail_once_and_nothing_is_lost_or_forked(base: Base, go: Go, place: Path) -> None:
    strace.needed()
    clean = run(base, place, None)
    assert (clean.code, clean.said) == (0, "")
    faults = [
        Fault(name, n + 1, error)
        for name, count in sorted(clean.calls.items())
        for n in range(count)
        for error in ERRORS
    ]
    chosen = random.Random(20).sample(faults, sized(12, len(faults)))
    wrong: list[str] = []
    ended: Counter[str] = Counter()
    reached = 0
    for fault in chosen:
        try:
            outcome = run(base, place, fault, go)
        except Exception as error:  # noqa: BLE001 - every fault is tried, and the test fails with all that went wrong
            wrong.append(f"{fault}: {type(error).__name__} {error}")
            continue
        reached += outcome.injected
        ended[_how(outcome)] += 1
    report(
        "syscalls",
        calls=sum(clean.calls.values()),
        kinds=len(clean.calls),
        faults=len(chosen),
        reached=reached,
        ended=dict(ended),
        wrong=len(wrong),
    )
    assert wrong == []
    assert reached >= 0.95 * len(chosen), "the calls of a run are not those of the clean one"


def run(base: Base, place: Path, fault: Fault | None, go: Go | None = None) -> Outcome:
    """A run with a fault; then one without, and the check of all."""
    folder, said, trace = place / "ledger", place / "said", place / "trace"
    said.unlink(missing_ok=True)
    trace.unlink(missing_ok=True)
    with base.copied(folder) as url:
        before = (folder / "checkpoint").read_text()
        outcome = traced(url, folder, said, trace, fault)
        if go:
            found = (folder / "checkpoint").read_text()
            with Sequencer(url, Folder(folder), signer(), batch=stepping.BATCH) as sequencer:
                sequencer.catch_up()
            check(url, folder, go, [before, found])
    return outcome


def traced(url: str, folder: Path, said: Path, trace: Path, fault: Fault | None) -> Outcome:
    CONTEXT.set_forkserver_preload(["tests.faults.stepping"])
    ready = CONTEXT.Event()
    process = CONTEXT.Process(target=stepping.sequencing, args=(url, folder, ready, said))
    process.start()
    tracing = None
    try:
        assert ready.wait(30)
        assert process.pid
        tracing = Traced(process.pid, CALLS, trace, fault)
        os.kill(process.pid, signal.SIGUSR1)
        process.join(HANGS if fault and fault.name in SENDS else 30)
        waits = process.exitcode is None
        assert not waits or (fault and fault.name in SENDS), "it hangs"
    finally:
        process.kill()
        process.join()
        if tracing:
            tracing.ended()
    code = WAITS if waits else process.exitcode
    return Outcome(tracing.injected(), code, said.read_text() if said.exists() else "", tracing.calls())


def check(url: str, folder: Path, go: Go, notes: list[str]) -> None:
    """The ledger holds every fact once, by our audit and by the program that shares nothing with it."""
    with psycopg.connect(url, autocommit=True) as conn:
        kept = outside.opened(signer().verifier, notes=notes)
        found = audit(conn, folder, signer().verifier, vault=None, outside=kept)
        assert (found.size, found.findings.kept) == (SIZE, [])
    paths = [folder.parent / f"note-{n}" for n in range(len(notes))]
    for path, note in zip(paths, notes, strict=True):
        path.write_text(note)
    assert go.once(folder, signer().verifier.key, *paths) == SIZE


def _how(outcome: Outcome) -> str:
    if outcome.code == WAITS:
        return "waits"
    if outcome.code == -signal.SIGKILL:
        return "killed"
    if outcome.code == stepping.FAILED:
        return outcome.said.partition(" ")[0] or "error without words"
    return "went on" if outcome.code == 0 else f"exit code {outcome.code}"

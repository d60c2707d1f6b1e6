"""The rest of the runbook, and a trial restore of a damaged backup. Run by `make failover`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg

from registry.backup.programs import programs_of
from registry.backup.sets import sets_in
from registry.cli.site import Site
from registry.postgres import server
from registry.postgres.account import account_for
from registry.postgres.binaries import runnable
from registry.postgres.cluster import ROLE, Cluster
from registry.postgres.pair import EVENTS
from tests.registry.people import founded, hired

if TYPE_CHECKING:
    from pathlib import Path

    from tests.registry.backup.conftest import Operator


def test_the_vault_is_lost(operator: Operator) -> None:
    operator.load(*founded(), hired(1))
    operator.done("backup", operator.root)
    operator.lose("pg-vault")
    ((status, said),) = operator.runbook("The vault is lost")
    assert (status, said["destroyed"]) == (0, 0), said
    with Site() as site:
        stream = operator.stream(1)
        assert stream is not None
        assert site.registry.vault.key(stream) is not None


def test_the_tiles_are_lost(operator: Operator) -> None:
    operator.load(*founded(), hired(1))
    operator.done("backup", operator.root)
    operator.load(hired(2))  # the copy is older than the database: the rest is made from the rows
    newest, ledger = operator.folder / "newest", operator.home / "ledger"
    shutil.copy(ledger / "checkpoint", newest)
    size = operator.size()

    steps = operator.runbook("The ledger's tiles are lost", CHECKPOINT=newest)
    shutil.rmtree(ledger / "tile")
    status, said = next(steps)
    assert (status, said["tiles"] > 0) == (0, True), said
    shutil.rmtree(ledger)
    status, said = next(steps)
    assert (status, said["size"]) == (0, size), said
    assert operator.done("audit")["findings"] == []


def test_the_newest_checkpoint_is_held_outside(operator: Operator) -> None:
    """The disk is lost after the last pass: what an auditor holds keeps a second history from being signed."""
    operator.load(*founded(), hired(1))
    operator.done("backup", operator.root)
    operator.load(hired(2))
    held = operator.folder / "held"
    shutil.copy(operator.home / "ledger" / "checkpoint", held)
    operator.lose("pg", "pg-vault", "ledger")
    restored, *_ = operator.runbook("The disk is lost", CHECKPOINT=held)
    assert (restored[0], restored[1]["code"]) == (1, "database-older-than-checkpoint")
    assert operator.sequenced() is False


def test_servers_of_ones_own_recover_when_they_are_started(operator: Operator) -> None:
    with Site() as site, psycopg.connect(site.database_url, autocommit=True) as conn:
        conn.execute("CREATE TABLE moments (n int)")
        conn.execute("INSERT INTO moments VALUES (1)")
        operator.done("backup", operator.root)
        moment = datetime.now(UTC).isoformat()
        conn.execute("INSERT INTO moments VALUES (2)")
        operator.done("backup", operator.root)
        slots = "SELECT count(*) FROM pg_replication_slots"
        assert conn.execute(slots).fetchone() == (1,)
        operator.done("backup", operator.root, "--end")
        assert conn.execute(slots).fetchone() == (0,)
    major = sets_in(operator.root / "events")[0].about.major
    for to, expected in (((), [1, 2]), (("--to", moment), [1])):
        into = operator.folder / f"into-{len(expected)}"
        folders = operator.done("restore", operator.root, "--into", into, *to)["folders"]
        assert folders == {name: str(into / name) for name in ("events", "vault")}
        assert (
            rows_of(into / "events", major, (operator.home / "pg" / "data" / "password").read_text().strip())
            == expected
        )


def rows_of(data: Path, major: int, password: str) -> list[int]:
    """What stands in the table once the data folder's server has recovered."""
    folder = data.parent / "server"
    folder.mkdir()
    account = account_for(folder / "nobody's yet")
    data.rename(folder / "cluster")
    cluster, sockets = Cluster(folder, account), server.new_socket_folder(account)
    sockets.mkdir(mode=0o700)
    if account:
        for path in (folder, sockets, *folder.rglob("*")):
            account.given(path)
    binaries = runnable(programs_of(major), account)
    process = server.start(cluster, binaries, sockets=sockets, settings={}, log=folder / "log")
    try:
        with psycopg.connect(host=str(sockets), port=server.PORT, user=ROLE, password=password, dbname=EVENTS) as conn:
            return [n for (n,) in conn.execute("SELECT n FROM moments ORDER BY n").fetchall()]
    finally:
        server.stop(process)
        shutil.rmtree(sockets)


def test_it_goes_on_until_it_is_told_to_stop(operator: Operator) -> None:
    operator.done("backup", operator.root)
    (held,) = sets_in(operator.root / "events")
    process = subprocess.Popen([sys.executable, "-m", "registry", "backup", operator.root, "--every", "1"])
    try:
        reached, until = held.about.until, time.monotonic() + 60
        for _ in range(2):
            while (now := sets_in(operator.root / "events")[0].about.until) == reached:
                assert time.monotonic() < until
                time.sleep(0.1)
            reached = now
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def test_a_backup_is_tried_and_a_damaged_one_is_noticed(operator: Operator) -> None:
    operator.load(*founded(), hired(1))
    assert operator.done("backup", operator.root, "--verify")["audited"] == operator.size()
    (held,) = sets_in(operator.root / "vault")
    table = max(
        (path for path in (held.base / "base").rglob("[0-9]*") if path.is_file()), key=lambda path: path.stat().st_size
    )
    content = bytearray(table.read_bytes())
    content[len(content) // 2] ^= 1
    table.write_bytes(content)
    status, said = operator.kets("backup", operator.root, "--verify")
    assert (status, said["code"]) == (1, "backup-failed"), said

"""A server's data folder made from a set: the base, the log put where recovery finds it, and recovery itself."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from registry.backup.programs import programs_of, run
from registry.postgres import server
from registry.postgres.binaries import runnable
from registry.postgres.cluster import ROLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from registry.backup.sets import BackupSet
    from registry.postgres.cluster import Cluster

DAY = 86_400.0
SETTINGS = "postgresql.auto.conf"
# The log lies in pg_wal already, where recovery looks for what the command does not fetch; some command must stand.
RECOVERY = """
# written by kets restore
restore_command = 'false'
recovery_target_timeline = 'current'
recovery_target_action = 'promote'
"""
ALONE = {"hot_standby": "off", "archive_mode": "off", "synchronous_standby_names": "", "max_connections": "100"}


def lay_out(held: BackupSet, data: Path, moment: datetime | None) -> None:
    """Make `data` a data folder that recovers to `moment`, or to the end, when a server is started on it.

    Raises: Refused("backup-failed") when the base is not as its manifest says.
    """
    shutil.copytree(held.base, data, symlinks=True)
    run(programs_of(held.about.major) / "pg_verifybackup", "--quiet", data)
    for file in held.wal.iterdir():
        shutil.copyfile(file, data / "pg_wal" / file.name.removesuffix(".partial"))
    target = f"recovery_target_time = '{moment.isoformat()}'\n" if moment else ""
    with (data / SETTINGS).open("a") as settings:
        settings.write(RECOVERY + target)
    (data / "recovery.signal").touch()
    data.chmod(0o700)


def recover(held: BackupSet, cluster: Cluster, moment: datetime | None, *, log: Path) -> None:
    """Make `cluster`, whose folder is there and empty, one that the embedded server can start, with a new password.

    Raises: Refused("backup-failed"), PostgresError("postgres-failed") with what the server said.
    """
    lay_out(held, cluster.data, moment)
    as_it_was = (held.base / SETTINGS).read_text()
    trusting = cluster.folder / "hba"
    trusting.write_text("local all all trust\n")  # of a socket in a private folder, until the password is a new one
    _given(cluster)
    with _started(held, cluster, trusting, log) as url:
        password = secrets.token_urlsafe(24)
        with psycopg.connect(url, autocommit=True) as conn:
            if not conn.execute("SELECT FROM pg_roles WHERE rolname = %s", (ROLE,)).rowcount:
                conn.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(ROLE)))  # of a server of one's own
            alter = sql.SQL("ALTER ROLE {} LOGIN SUPERUSER PASSWORD {}")
            conn.execute(alter.format(sql.Identifier(ROLE), password))
            conn.execute("CHECKPOINT")
    (cluster.data / SETTINGS).write_text(as_it_was)
    trusting.unlink()
    secret = cluster.folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(f"{password}\n")
    _given(cluster)


@contextmanager
def _started(held: BackupSet, cluster: Cluster, trusting: Path, log: Path) -> Iterator[str]:
    """Start the server, wait until it has recovered, and end it afterwards."""
    binaries = runnable(programs_of(held.about.major), cluster.account)
    sockets = server.new_socket_folder(cluster.account)
    sockets.mkdir(mode=0o700)
    try:
        if cluster.account:
            cluster.account.given(sockets)
        settings = ALONE | {"hba_file": str(trusting)}
        process = server.start(cluster, binaries, sockets=sockets, settings=settings, log=log, within=DAY)
        try:
            yield make_conninfo(
                "", host=str(sockets), port=server.PORT, user=held.about.owner, dbname="postgres", connect_timeout=10
            )
        finally:
            server.stop(process)
    finally:
        shutil.rmtree(sockets, ignore_errors=True)


def _given(cluster: Cluster) -> None:
    """Let the server's account own what root has put there."""
    if cluster.account:
        for folder, _, files in os.walk(cluster.folder):
            for name in ("", *files):
                os.chown(os.path.join(folder, name), cluster.account.uid, cluster.account.gid, follow_symlinks=False)  # noqa: PTH118 - by the hundred thousand

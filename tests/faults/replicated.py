"""A house with a synchronous standby of each of its servers, on one machine that may die and one that takes over."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from registry.backup.programs import programs_of, run
from registry.postgres.account import account_for
from registry.postgres.binaries import ENVIRONMENT, runnable
from registry.postgres.launch import launch
from registry.postgres.pair import EVENTS, VAULT
from registry.postgres.server import PORT, new_socket_folder
from tests.faults.house import House
from tests.faults.served import children

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.served import Served

NAME = "standby"
WITHIN = 30.0


class Standby:
    """A server in `folder` that follows `primary`; started when made, as docs/how-to/recovery.md says."""

    def __init__(self, folder: Path, primary: Served) -> None:
        account = account_for(folder)
        with psycopg.connect(primary.url(), autocommit=True) as conn:
            binaries = programs_of(conn.info.server_version // 10_000)
        data = folder / "data"
        run(
            binaries / "pg_basebackup", f"--pgdata={data}", "--write-recovery-conf", "--wal-method=stream",
            "--checkpoint=fast", "--create-slot", f"--slot={NAME}", url=primary.url(),
        )  # fmt: skip
        self.sockets = new_socket_folder(account)
        self.sockets.mkdir(mode=0o700)
        if account:
            for path in (folder, self.sockets, *folder.rglob("*")):
                account.given(path)
        settings = {"listen_addresses": "", "unix_socket_directories": self.sockets, "cluster_name": NAME}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._process = launch(
            [runnable(binaries, account) / "postgres", "-D", data, *options],
            account=account,
            environment=ENVIRONMENT,
            log=folder / "log",
            parting=signal.SIGINT,
        )
        self._login = {name: conninfo_to_dict(primary.url())[name] for name in ("user", "password")}
        self._follow(primary)

    def url(self, database: str = "postgres") -> str:
        return make_conninfo("", host=str(self.sockets), port=PORT, dbname=database, **self._login)

    def promote(self) -> None:
        """Be a primary; returns when it is one."""
        with psycopg.connect(self.url(), autocommit=True) as conn:
            assert conn.execute("SELECT pg_promote()").fetchone() == (True,)

    def signal(self, number: signal.Signals) -> None:
        """To every process of the server."""
        for pid in (self._process.pid, *children(self._process.pid)):
            os.kill(pid, number)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _follow(self, primary: Served) -> None:
        """Let the primary's commits wait for this standby, once it follows."""
        until = time.monotonic() + WITHIN
        with psycopg.connect(primary.url(), autocommit=True) as conn:
            conn.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{NAME}'")
            conn.execute("SELECT pg_reload_conf()")
            query = "SELECT sync_state FROM pg_stat_replication WHERE application_name = %s"
            while conn.execute(query, (NAME,)).fetchone() != ("sync",):
                assert time.monotonic() < until, "the standby does not follow"
                time.sleep(0.05)


class Replicated(House):
    """Programs are given both addresses of each database, and find the one that takes writes."""

    def __enter__(self) -> Replicated:
        super().__enter__()
        self.standbys = {}
        for name, server in self.servers.items():
            folder = self.folder / f"{name}-{NAME}"
            folder.mkdir()
            self.standbys[name] = Standby(folder, server)
        self.addresses = {
            "DATABASE_URL": self._address("events", EVENTS),
            "KETS_VAULT_URL": self._address("vault", VAULT),
        }
        return self

    def __exit__(self, *leaving: Any) -> None:
        for standby in self.standbys.values():
            standby.stop()
        super().__exit__(*leaving)

    def machine_dies(self) -> None:
        """SIGKILL to every process of both primaries."""
        for server in self.servers.values():
            server.kill()

    def take_over(self) -> None:
        for standby in self.standbys.values():
            standby.promote()

    def connections(self) -> dict[str, psycopg.Connection[Any]]:
        events, vault = self.addresses.values()
        return {"events": psycopg.connect(events, autocommit=True), "vault": psycopg.connect(vault, autocommit=True)}

    @property
    def environment(self) -> dict[str, str]:
        keys = {"KETS_KEYS": str(self.settings.key_folder), "KETS_HOME": str(self.folder)}
        return {**self.addresses, **keys}

    def _address(self, name: str, database: str) -> str:
        """Of the primary, whichever of the two it is."""
        told = conninfo_to_dict(self.servers[name].url(database))
        where = {"host": f"{told['host']},{self.standbys[name].sockets}", "port": f"{PORT},{PORT}"}
        which = urlencode({**where, "target_session_attrs": "read-write"}, safe="/,")
        return f"postgresql://{told['user']}:{told['password']}@/{database}?{which}"

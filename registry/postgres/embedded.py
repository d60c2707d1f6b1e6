"""A PostgreSQL server of our own, which lives as long as the process that started it."""

import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from registry.postgres import server, state
from registry.postgres.account import account_for
from registry.postgres.binaries import find_binaries, major, runnable
from registry.postgres.cluster import ROLE, Cluster, settled
from registry.postgres.errors import PostgresError
from registry.postgres.lock import Lock
from registry.postgres.processes import runs

if TYPE_CHECKING:
    import subprocess

ATTACH = 300.0  # seconds another process may take to get its server ready, recovery included
SILENT = 5.0  # seconds a server may refuse connections after its owner called it ready


class Embedded:
    """The server whose folder is `home`: ours if nobody runs it yet, else shared with whoever does.

    `settings` are PostgreSQL's (`fsync`, ...), as the owner gives them; `binaries` are found by find_binaries() unless
    given. A context manager. It may be started from any thread, but one instance serves one thread at a time.
    """

    def __init__(self, home: Path, *, binaries: Path | None = None, settings: Mapping[str, str] | None = None) -> None:
        self.home = home.absolute()
        self.binaries = binaries
        self.settings = dict(settings or {})
        self.log = self.home / "server.log"
        self._lock = Lock(self.home / "lock")
        self._state_file = self.home / "state.json"
        self._state: state.State | None = None
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def owner(self) -> bool:
        """Whether this instance runs the server; False when it is attached to another's, or stopped."""
        return self._lock.held

    def url(self, database: str = "postgres") -> str:
        """The connection URL of `database`, over the unix socket, password included.

        Raises: PostgresError("postgres-stopped") when the server has ended since start(), which may be called again.
        """
        if not self._running():
            raise PostgresError(
                "postgres-stopped", f"the server in {self.home} is not running: start it (again); it logs to {self.log}"
            )
        socket_folder = quote(self._state.socket_folder, safe="/") if self._state else ""
        password = self._cluster().password
        return f"postgresql://{ROLE}:{password}@/{quote(database, safe='')}?host={socket_folder}&port={server.PORT}"

    def start(self) -> Self:
        """Own the server or attach to it; return when it takes connections.

        Raises: PostgresError with the codes of docs/how-to/database.md.
        """
        if os.environ.get("KETS_ENV", "").strip().lower() == "production":
            raise PostgresError(
                "embedded-in-production",
                "KETS_ENV is production, which takes no embedded server: set DATABASE_URL to a server of your own",
            )
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            # A guest asks for the lock even while the server runs: its owner may have died this very moment.
            if not (self.owner and self._running()):
                self._own_or_attach()
        except PermissionError as denied:
            raise PostgresError(
                "postgres-permission",
                f"{denied.filename}: {denied.strerror}; start as the account that owns the data or runs the server",
            ) from denied
        return self

    def stop(self) -> None:
        """End the server if it is ours; leave it to its owner if not."""
        try:
            self._stop_server()
        finally:
            self._state = None
            if self.owner:
                self._sweep()
                self._lock.release()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _own_or_attach(self) -> None:
        begun = starting = time.monotonic()
        while not self._lock.acquire():
            now = time.monotonic()
            told = state.read(self._state_file)
            # A dead owner's word counts no more: its server is ending, and its heir has yet to replace the file.
            if told is None or told.server is None or not runs(told.owner):
                starting = now
            elif server.answers(Path(told.socket_folder)):
                self._state = told
                return
            if now > starting + SILENT or now > begun + ATTACH:
                raise PostgresError(
                    "postgres-silent",
                    f"process {told.owner if told else 'unknown'} owns the server in {self.home},"
                    " which takes no connections: stop that process",
                )
            time.sleep(0.02)
        try:
            self._own()
        except BaseException:
            self.stop()
            raise

    def _own(self) -> None:
        """Start the server, the lock being ours; every step finds what a kill after any other left behind."""
        account = account_for(self.home / "data")
        cluster = Cluster(settled(self.home, account), account)
        binaries = self.binaries or find_binaries()
        version = major(binaries)
        binaries = runnable(binaries, account)
        self._stop_server()
        cluster.end_orphan()
        self._sweep()
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))
        if not cluster.made:
            cluster.make(binaries, log=self.log, durable=self.settings.get("fsync") != "off")
        cluster.fits(binaries, version)
        sockets = server.new_socket_folder(account)
        # Written down before it is made: a kill between the two leaves a name without a folder, not the reverse.
        self._state = state.State(owner=os.getpid(), socket_folder=str(sockets))
        self._announce(None)
        sockets.mkdir(mode=0o700)
        if account:
            account.given(sockets)
        self._server = server.start(cluster, binaries, sockets=sockets, settings=self.settings, log=self.log)
        self._announce(self._server.pid)

    def _stop_server(self) -> None:
        if self._server and self.owner:
            self._announce(None)  # first, so that nobody attaches to a server that ends
            server.stop(self._server)
        self._server = None

    def _announce(self, pid: int | None) -> None:
        if self._state:
            self._state = state.State(self._state.owner, self._state.socket_folder, pid)
            state.write(self._state_file, self._state)

    def _sweep(self) -> None:
        """Remove what the last owner left outside `home`."""
        told = state.read(self._state_file)
        if told and Path(told.socket_folder).name.startswith("kets-"):
            shutil.rmtree(told.socket_folder, ignore_errors=True)
        self._state_file.unlink(missing_ok=True)

    def _cluster(self) -> Cluster:
        return Cluster((self.home / "data").resolve(), None)

    def _running(self) -> bool:
        pid = self._state.server if self._state else None
        return pid is not None and runs(pid, self._cluster().data)

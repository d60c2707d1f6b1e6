"""A durable registry: events and vault on a server each, settings as they come, keys, one employer."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Self

import psycopg

from keys.keyring import Keyring
from projections.runner import Runner
from registry.app import Registry
from registry.cli.ledger import folder_of, signer_of
from registry.migrate import migrate
from registry.postgres import create_database
from registry.postgres.pair import EVENTS, FOLDERS, VAULT
from registry.settings import Settings
from registry.submissions.load import Loader
from tests.faults.served import DURABLE, Served
from tests.registry.people import founded
from tests.registry.submissions.employer_files import ndjson_file

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from keys.notes import NoteVerifier


class House(AbstractContextManager["House"]):
    """In `folder`; entered, both servers run and an employer is registered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers = {name: Served(folder / FOLDERS[name]) for name in FOLDERS}
        self.settings = Settings(home=folder, keys=folder / "keys", DATABASE_URL=None)

    def __enter__(self) -> Self:
        for name, database in zip(self.servers, (EVENTS, VAULT), strict=True):
            self.servers[name].start()
            create_database(self.servers[name].url(), database)
            with psycopg.connect(self.servers[name].url()) as conn:
                assert [conn.execute(f"SHOW {each}").fetchone() for each in DURABLE] == [("on",)] * len(DURABLE)
        migrate(self.events, self.vault)
        runner = Runner(self.events)
        runner.install()
        runner.close()
        registry = Registry(self.events, self.vault, Keyring.create(self.settings.key_folder))
        Loader(registry).load(ndjson_file(self.folder / "founded.ndjson", *founded()))
        registry.close()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for server in self.servers.values():
            server.stop()

    @property
    def events(self) -> str:
        return self.servers["events"].url(EVENTS)

    @property
    def vault(self) -> str:
        return self.servers["vault"].url(VAULT)

    def connections(self) -> dict[str, psycopg.Connection[Any]]:
        """A new connection to each server's database."""
        return {
            "events": psycopg.connect(self.events, autocommit=True),
            "vault": psycopg.connect(self.vault, autocommit=True),
        }

    @property
    def environment(self) -> dict[str, str]:
        """What our programs need to work here."""
        return {
            "DATABASE_URL": self.events,
            "KETS_VAULT_URL": self.vault,
            "KETS_KEYS": str(self.settings.key_folder),
            "KETS_HOME": str(self.folder),
        }

    @property
    def ledger(self) -> Path:
        """The ledger's folder."""
        return folder_of(self.settings).path

    @property
    def verifier(self) -> NoteVerifier:
        return signer_of(self.settings).verifier

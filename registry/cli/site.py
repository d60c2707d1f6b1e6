"""One running place: settings, databases, keys and the application, opened for as long as a command lasts."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from projections.runner import Runner
from registry.app import Registry
from registry.erasure import replay
from registry.migrate import migrate
from registry.postgres import create_database, embedded_pair
from registry.postgres.pair import EVENTS
from registry.roles import DatabaseRole, connect
from registry.settings import Settings

if TYPE_CHECKING:
    from types import TracebackType

    from keys.keyring import Keyring


class Databases(AbstractContextManager["Databases"]):
    """Both databases up and their tables in place. Without `DATABASE_URL`, an embedded server's."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(self._exit.close)
            self.open()
            undo.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._exit.close()

    def open(self) -> None:
        self.database_url, self.vault_url = self._urls()
        self.revisions = migrate(self.database_url, self.vault_url)
        self.runner = Runner(self.database_url)
        self._exit.callback(self.runner.close)
        self.runner.install()

    def reading(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection that may only read: events, read models, the ledger's tables."""
        return connect(self.database_url, DatabaseRole.READ, autocommit=True)

    def _urls(self) -> tuple[str, str]:
        return urls(self.settings, self._exit)


class Site(Databases):
    """The databases, the keys and the application. `make_keys` makes keys where there are none yet."""

    def __init__(self, settings: Settings | None = None, *, make_keys: bool = False) -> None:
        super().__init__(settings)
        self._make_keys = make_keys

    def open(self) -> None:
        self.keyring = self._keys()
        super().open()
        self.registry = Registry(self.database_url, self.vault_url, self.keyring)
        self._exit.callback(self.registry.close)
        replay(self.registry, self.settings.erasure_list)

    def _keys(self) -> Keyring:
        folder = self.settings.key_folder
        if self._make_keys and not folder.exists():
            return self.settings.create_keys()
        return self.settings.open_keys()


def urls(settings: Settings, until: ExitStack) -> tuple[str, str]:
    """Where events and vault are. Embedded servers run until `until` closes."""
    if settings.database_url is None:
        return embedded_pair(settings.home, until)
    return settings.database_url, settings.vault_url or vault_beside(settings.database_url)


def vault_beside(url: str) -> str:
    """The vault's database on the same server, made when it is missing and this role may make it.

    Raises: PostgresError("database-missing"); then have it made, or set KETS_VAULT_URL.
    """
    name = f"{conninfo_to_dict(url).get('dbname') or EVENTS}_vault"
    create_database(url, name)
    return make_conninfo(url, dbname=name)

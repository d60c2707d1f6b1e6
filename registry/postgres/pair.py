"""The embedded default: two servers, one for events and one for the vault, so that each has backups of its own."""

from __future__ import annotations

import fcntl
from typing import TYPE_CHECKING

import psycopg

from registry.postgres.databases import create_database
from registry.postgres.embedded import Embedded

if TYPE_CHECKING:
    from contextlib import ExitStack
    from pathlib import Path

EVENTS, VAULT = "kets", "kets_vault"
FOLDERS = {"events": "pg", "vault": "pg-vault"}
"""Where below KETS_HOME each server keeps its data."""


def embedded_pair(home: Path, until: ExitStack) -> tuple[str, str]:
    """The URLs of both databases, on embedded servers that run until `until` closes.

    A home whose events server holds a vault already keeps it there.
    """
    home.mkdir(parents=True, exist_ok=True)
    # One starter at a time: of two, one owns both servers and the other attaches to both.
    with (home / "start.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        events = until.enter_context(Embedded(home / FOLDERS["events"]))
        create_database(events.url(), EVENTS)
        vault = events if _holds(events, VAULT) else until.enter_context(Embedded(home / FOLDERS["vault"]))
        create_database(vault.url(), VAULT)
    return events.url(EVENTS), vault.url(VAULT)


def _holds(server: Embedded, name: str) -> bool:
    with psycopg.connect(server.url()) as connection:
        return connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount > 0

"""One pass over everything: the ledger's checkpoint, events, vault, the ledger's tiles."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import psycopg

from domain.errors import Refused
from registry.backup.ledger_copy import copy_ledger
from registry.backup.source import sources
from registry.backup.take import back_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from keys.notes import NoteVerifier
    from registry.backup.sets import BackupSet
    from registry.ledger.tiles import Folder

LEDGER = "ledger"


class Place(NamedTuple):
    """What is backed up, and the rules: how many days backups of each kind lie, and where the erasure list is."""

    database_url: str
    vault_url: str
    ledger: Folder
    verifier: NoteVerifier
    erasures: Path
    events_days: int
    vault_days: int


class Pass(NamedTuple):
    """What a pass did: the set each server's log went into, the ledger's tiles that were copied."""

    sets: dict[str, BackupSet]
    tiles: int


def take_backup(place: Place, root: Path, *, now: datetime | None = None) -> Pass:
    """Bring the backup folder `root` up to the present. Raises: Refused("backup-running") and what `back_up` raises."""
    now = now or datetime.now(UTC)
    with locked(root):
        note = place.ledger.checkpoint()
        sets = {}
        for source in sources(
            place.database_url, place.vault_url, events_days=place.events_days, vault_days=place.vault_days
        ):
            before = _forgetting(place) if source.forgets else None
            sets[source.name] = back_up(source, root, now=now, before_base=before)
        return Pass(sets, copy_ledger(place.ledger, root / LEDGER, note, place.verifier, now=now))


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Be the one that works in a backup folder. Raises: Refused("backup-running")."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (root / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused("backup-running", folder=str(root)) from error
        yield


def _forgetting(place: Place) -> Callable[[datetime | None], None]:
    """Before a base of the vault: write its tables anew when somebody was erased since the base before. A deleted row
    lies in its file until something else is written over it, and a base backup is a copy of the files."""

    def forget(since: datetime | None) -> None:
        if not place.erasures.exists():
            return
        if since and datetime.fromtimestamp(place.erasures.stat().st_mtime, UTC) < since:
            return
        with psycopg.connect(place.vault_url, autocommit=True) as conn:
            conn.execute("VACUUM (FULL) data_key, identity, legal_hold")

    return forget

"""Bringing back: each server from its newest set that reaches the moment, the ledger's folder where it is lost.

The events go to any moment. The vault goes to its end unless it is restored by itself: going back would bring back keys
that were destroyed since and lose those made since. A vault that is later than its events has every key they need.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import Refused
from registry.backup.ledger_copy import place_ledger
from registry.backup.recover import lay_out, recover
from registry.backup.sets import BackupSet, covering, sets_in
from registry.ledger import checkpoint
from registry.ledger.tiles import Folder
from registry.postgres.account import account_for
from registry.postgres.cluster import Cluster, settled
from registry.postgres.lock import Lock

if TYPE_CHECKING:
    from keys.notes import NoteVerifier


def chosen(root: Path, moment: datetime | None, only: str | None) -> dict[str, BackupSet]:
    """The set of each server that is to be restored. A backup of one server for both databases has events alone.

    Raises: Refused("backup-empty"), Refused("backup-not-covering").
    """
    names = [name for name in ("events", "vault") if only in (None, name) and (root / name).is_dir()]
    if not names:
        raise Refused("backup-empty")
    first = names[0]
    return {name: covering(sets_in(root / name), moment if name == first else None) for name in names}


def restore_embedded(held: BackupSet, home: Path, moment: datetime | None, *, replace: bool) -> Path | None:
    """Make the embedded server whose folder is `home` from a set; where what it had before is kept.

    Raises: Refused: "restore-running" while it runs, "restore-occupied" when it has data and `replace` is not set.
    """
    home.mkdir(parents=True, exist_ok=True)
    lock = Lock(home / "lock")
    if not lock.acquire():
        raise Refused("restore-running", folder=str(home))
    try:
        account = account_for(home / "data")
        folder = settled(home, account)
        if folder.exists() and not replace:
            raise Refused("restore-occupied", folder=str(home))
        new = Path(tempfile.mkdtemp(prefix=f"{folder.name}.new-", dir=folder.parent))
        try:
            recover(held, Cluster(new, account), moment, log=home / "restore.log")
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        before = folder.with_name(f"{folder.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        if folder.exists():
            folder.rename(before)
        new.rename(folder)
        return before if before.exists() else None
    finally:
        lock.release()


def restore_into(held: BackupSet, data: Path, moment: datetime | None) -> None:
    """Make `data` a data folder for a server of one's own, which recovers when it is started.

    Raises: Refused("restore-occupied").
    """
    if data.exists() and any(data.iterdir()):
        raise Refused("restore-occupied", folder=str(data))
    data.parent.mkdir(parents=True, exist_ok=True)
    if data.exists():
        data.rmdir()
    lay_out(held, data, moment)


def restore_ledger(root: Path, home: Folder, note: str | None, verifier: NoteVerifier) -> None:
    """Put the ledger's folder back where it is lost, and publish `note`, a checkpoint kept outside, if it is newer.

    The newest checkpoint that anybody holds must stand in the folder, or the sequencer would sign another history: when
    the folder is lost it has to be named. Raises: Refused("checkpoint-needed"), KeysError for a note of another key.
    """
    lost = home.checkpoint() is None
    copy = root / "ledger"
    if lost and note is None and copy.is_dir():
        raise Refused("checkpoint-needed", expected=str(copy / "checkpoint"))
    outside = checkpoint.opened(note, verifier) if note else None
    if lost and copy.is_dir():
        place_ledger(copy, home)
    if note and outside:
        with home.locked():
            there = home.checkpoint()
            if there is None or checkpoint.opened(there, verifier).size < outside.size:
                home.publish(note)

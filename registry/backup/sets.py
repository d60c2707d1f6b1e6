"""What lies in a backup folder. Nothing in it opens a sealed part: the keys that wrap are not in it.

.lock
events/20261122T090312Z-1f2e3d4c/     a set: one base backup and the write-ahead log since
    base/                             pg_basebackup, with its manifest
    wal/                              pg_receivewal; the last file is .partial
    set.json
vault/...                             the same
ledger/                               checkpoint and tiles
"""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from domain.errors import Refused
from keys.files import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NEW, GONE = ".new-", ".gone-"


class About(msgspec.Struct, frozen=True):
    """Of a set: the server it is of, its first superuser, and the moments it can bring back, `ended` to `until`
    by the server's clock. `began` is when the base was begun: what was deleted before is not in the set."""

    system: str
    timeline: int
    major: int
    owner: str
    began: datetime
    ended: datetime
    until: datetime


class BackupSet:
    """A set in its folder."""

    def __init__(self, path: Path, about: About) -> None:
        self.path, self.about = path, about

    @property
    def base(self) -> Path:
        return self.path / "base"

    @property
    def wal(self) -> Path:
        return self.path / "wal"

    @property
    def slot(self) -> str:
        return slot_of(self.path)

    def write(self, about: About) -> None:
        """Put `about` in the place of what stood there, durably."""
        new = self.path / "set.json.new"
        with new.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(about), indent=1))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path / "set.json")
        sync_folder(self.path)
        self.about = about

    def remove(self) -> None:
        """Delete the set; a crash leaves a folder that is no set any more, which `sweep` deletes."""
        gone = self.path.with_name(GONE + self.path.name)
        self.path.rename(gone)
        sync_folder(gone.parent)
        shutil.rmtree(gone)


def sets_in(folder: Path) -> list[BackupSet]:
    """The sets of one server, oldest first."""
    found = [BackupSet(path.parent, _read(path)) for path in folder.glob("[0-9]*/set.json")]
    return sorted(found, key=lambda one: one.about.began)


def slot_of(path: Path) -> str:
    """The replication slot that keeps the write-ahead log for a set."""
    return f"kets_{path.name.rpartition('-')[2]}"


def covering(sets: Iterable[BackupSet], moment: datetime | None) -> BackupSet:
    """The newest set that can bring back `moment`, or with None the newest of all.

    Raises: Refused("backup-empty"), Refused("backup-not-covering").
    """
    held = list(sets)
    if not held:
        raise Refused("backup-empty")
    if moment is None:
        return held[-1]
    for one in reversed(held):
        if one.about.ended <= moment <= one.about.until:
            return one
    spans = ", ".join(f"{one.about.ended.isoformat()} to {one.about.until.isoformat()}" for one in held)
    raise Refused("backup-not-covering", got=moment.isoformat(), expected=spans)


def sweep(folder: Path) -> list[str]:
    """Remove what passes that were killed have left; the slots of the sets that they had begun."""
    broken = [*folder.glob(f"{NEW}*"), *folder.glob(f"{GONE}*")]
    for path in broken:
        shutil.rmtree(path)
    return [slot_of(path) for path in broken]


def _read(path: Path) -> About:
    try:
        return msgspec.json.decode(path.read_bytes(), type=About)
    except msgspec.MsgspecError as error:
        raise Refused("backup-damaged", got=str(path)) from error

"""Whom the server runs as: PostgreSQL refuses root, so root drops to an ordinary account."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from registry.postgres.errors import PostgresError

NAMES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    def given(self, path: Path) -> None:
        """Make the account the owner of `path`, which root has just made."""
        os.chown(path, self.uid, self.gid)

    def passes(self, folder: Path) -> bool:
        """Whether the account can walk down to `folder` and into it, by the mode bits of every step."""
        return all(self._enters(step.stat()) for step in (folder, *folder.parents))

    def _enters(self, status: os.stat_result) -> bool:
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        if status.st_gid == self.gid:
            return bool(status.st_mode & 0o010)
        return bool(status.st_mode & 0o001)


def account_for(data: Path) -> Account | None:
    """The account to drop to, None when we are not root and run the server as ourselves.

    A data folder keeps the account that made it, so that `sudo` on one's own folder works.
    Raises: PostgresError("postgres-account") when root finds nobody to drop to.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and (made_by := data.stat()).st_uid != 0:
        return Account(made_by.st_uid, made_by.st_gid)
    for name in NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise PostgresError(
        "postgres-account",
        f"PostgreSQL does not run as root, and this machine has none of the accounts {', '.join(NAMES)}:"
        " make one of them, or start as an ordinary user",
    )

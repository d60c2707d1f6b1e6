"""The intake: files as they came in and their result files, sealed, each under a key of its own, until an end date.

The bytes lie in a folder; the keys, wrapped, in the vault, so that a backup of one is nothing without the other and
the vault's backups die young. Whoever deletes a row of `intake` has destroyed the file; its bytes are swept away by the
next purge. Each object is marked with keyed digests of the numbers its rows name, refused rows too: erasing a person
destroys every object that names them.

    1. row    key, end date, marks        crash here: a key without a file; it goes at its end date
    2. file   sealed, synced, renamed     crash before the rename: a `.part` that the next purge sweeps away
"""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple
from uuid import UUID, uuid4

from domain.errors import Refused
from keys import chunks, datakeys
from keys.files import sync_folder
from registry import live_keys
from registry.roles import DatabaseRole, connect

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import date, datetime
    from pathlib import Path

    from registry.vault import Vault

Kind = Literal["upload", "results"]
SWEEP_AFTER = 3600
"""Seconds that a file without a row may be on its way."""


class Kept(NamedTuple):
    """What is known of an object without opening it."""

    id: UUID
    submission: UUID
    kind: Kind
    organisation: str
    kept_at: datetime
    ends_on: date


class Intake:
    """What the API keeps of what came in. `folder` is made when it is first needed."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self.folder, self.vault = folder, vault

    def keep(
        self,
        content: IO[bytes],
        *,
        submission: UUID,
        kind: Kind,
        organisation: str,
        numbers: Iterable[str],
        kept_at: datetime,
        ends_on: date,
    ) -> None:
        """Seal what came in. `numbers`: every identifier that its rows name."""
        number, key = uuid4(), datakeys.new_key()
        marks = sorted({mark(self.vault, each) for each in numbers})
        with connect(self.vault.url, DatabaseRole.WRITE, autocommit=True) as conn, conn.transaction():
            live_keys.hold_gate(conn)
            kek = self.vault.keyring.kek_of(f"kek-{live_keys.live(conn).kek}")
            wrapped = datakeys.wrap(kek, number.bytes, key)
            row = (number, submission, kind, organisation, kept_at, ends_on, kek.kid, wrapped)
            conn.execute("INSERT INTO intake VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", row)
            conn.execute("INSERT INTO intake_mark SELECT unnest(%s::bytea[]), %s", (marks, number))
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.folder / f"{number}.part"
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            chunks.seal(key, content, file)
            file.flush()
            os.fsync(file.fileno())
        part.rename(self.folder / str(number))
        sync_folder(self.folder)

    def read(self, submission: UUID, kind: Kind, on: date) -> Iterator[bytes]:
        """What was kept, chunk by chunk; nothing after its end date, purged or not.

        Raises: Refused("intake-unknown"), KeysError("sealed-file-refused", "data-key-refused").
        """
        query = "SELECT id, kek, wrapped FROM intake WHERE submission = %s AND kind = %s AND ends_on >= %s"
        with connect(self.vault.url, DatabaseRole.WRITE, autocommit=True) as conn:
            row = conn.execute(query, (submission, kind, on)).fetchone()
        if row is None or not (self.folder / str(row[0])).exists():
            raise Refused("intake-unknown", submission=submission)
        number, kek, wrapped = row
        key = datakeys.unwrap(self.vault.keyring.kek_of(kek), number.bytes, wrapped)
        with (self.folder / str(number)).open("rb") as sealed:
            yield from chunks.opened(key, sealed)

    def listing(self) -> list[Kept]:
        """All there is, the oldest first."""
        query = "SELECT id, submission, kind, organisation, kept_at, ends_on FROM intake ORDER BY kept_at, kind DESC"
        with connect(self.vault.url, DatabaseRole.WRITE, autocommit=True) as conn:
            return [Kept(*row) for row in conn.execute(query).fetchall()]

    def purge(self, on: date, submission: UUID | None = None) -> int:
        """Destroy what is past its end date, or all of one submission; sweep away bytes without a key. How many."""
        there = list(self.folder.glob("*"))  # before the rows are read: a row is there before its file
        where = "ends_on < %s" if submission is None else "submission = %s"
        with connect(self.vault.url, DatabaseRole.ERASE, autocommit=True) as conn:
            gone = conn.execute(f"DELETE FROM intake WHERE {where}", (submission or on,)).rowcount  # noqa: S608 - our own words
            held = {str(number) for (number,) in conn.execute("SELECT id FROM intake").fetchall()}
        for path in there:
            if path.name not in held and (path.suffix != ".part" or path.stat().st_mtime < time.time() - SWEEP_AFTER):
                path.unlink(missing_ok=True)
        return gone


def mark(vault: Vault, number: str) -> bytes:
    """16 bytes that say whether an object names this number, and not which it is."""
    key = hmac.digest(vault.keyring.row_key, b"kets/intake-mark/v1", hashlib.sha256)
    plain = "".join(letter for letter in number if letter.isalnum()).upper()
    return hmac.digest(key, plain.encode(), hashlib.sha256)[:16]


def forget(vault: Vault, numbers: Collection[str]) -> int:
    """Destroy every object that names one of these numbers; how many."""
    marks = [mark(vault, number) for number in numbers]
    query = "DELETE FROM intake WHERE id IN (SELECT intake FROM intake_mark WHERE mark = ANY(%s))"
    return _erasing(vault, query, (marks,)) if marks else 0


def forget_all(vault: Vault) -> int:
    """Destroy everything kept; how many objects."""
    return _erasing(vault, "DELETE FROM intake", ())


def _erasing(vault: Vault, query: Any, parameters: tuple[object, ...]) -> int:
    with connect(vault.url, DatabaseRole.ERASE, autocommit=True) as conn:
        return conn.execute(query, parameters).rowcount

"""The erasure list: whose keys were destroyed, in a file outside both databases and their backups.

A restored vault brings keys back; the list says which of them are destroyed again before anything is opened. A line:

    stream  moment (UTC, ISO 8601)  HMAC-SHA-256 of both in hex

The MAC's key belongs to the registry's, so that nobody else can have a key destroyed by adding a line. What the MACs
do not show is that lines are missing: copy the file to a place of its own.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
from typing import TYPE_CHECKING
from uuid import UUID

from domain.errors import Refused
from keys.files import sync_folder

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from keys.keyring import Keyring


def append(path: Path, keyring: Keyring, stream: UUID, at: datetime) -> None:
    """Add a stream unless it is there. It is on disk when this returns; a crash leaves a torn line, which does not
    count and which the next append cuts off.

    Raises: Refused("erasure-list-altered").
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        whole, _, _ = file.read().rpartition(b"\n")
        if stream in _streams(whole.splitlines(), keyring):
            return
        file.seek(len(whole) + 1 if whole else 0)
        entry = f"{stream} {at.isoformat()}".encode()
        file.write(entry + b" " + _mac(keyring, entry) + b"\n")
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def read(path: Path, keyring: Keyring) -> list[UUID]:
    """The streams on the list; none when there is no list yet. Raises: Refused("erasure-list-altered")."""
    if not path.exists():
        return []
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    return _streams(whole.splitlines(), keyring)


def _streams(lines: list[bytes], keyring: Keyring) -> list[UUID]:
    streams = []
    for number, line in enumerate(lines, 1):
        entry, _, mac = line.rpartition(b" ")
        if not hmac.compare_digest(mac, _mac(keyring, entry)):
            raise Refused("erasure-list-altered", line=number)
        streams.append(UUID(entry.split()[0].decode()))
    return streams


def _mac(keyring: Keyring, entry: bytes) -> bytes:
    key = hmac.digest(keyring.row_key, b"kets/erasure-list/v1", hashlib.sha256)
    return hmac.digest(key, entry, hashlib.sha256).hex().encode()

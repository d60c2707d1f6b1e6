"""The log by streams: versions without gap, one key a stream, every sealed part opened under it."""

from __future__ import annotations

import hashlib
from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.event import topic_of
from domain.facts import KeyDestroyed
from keys import datakeys
from registry.sealing import NONCE, associated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from registry.audit.report import Findings
    from registry.audit.rows import Told
    from registry.audit.vault import Keys

DESTROYED = topic_of(KeyDestroyed)


class Streams:
    """`opened`: how many sealed parts opened; `closed`: how many are gone with their keys, on record."""

    def __init__(self, findings: Findings, keys: Keys | None) -> None:
        self.opened, self.closed = 0, 0
        self._findings, self._keys = findings, keys

    def read(self, rows: Iterator[Told], tell: Callable[[int], None]) -> None:
        """All streams, rows by stream and version."""
        seen = 0
        for stream, story in groupby(rows, key=lambda row: row.stream):
            seen += Story(stream, self._findings, self._keys, self).read(story)
            tell(seen)
        if self._keys:
            self._keys.finish()


class Story:
    """One stream. Names of rows are kept until its end says whether it was erased, `most` of them at most."""

    def __init__(self, stream: UUID, findings: Findings, keys: Keys | None, totals: Streams) -> None:
        self._stream, self._findings, self._keys, self._totals = stream, findings, keys, totals
        self._there, self._raw = keys.of(stream) if keys else (False, None)
        self._key: AESGCM | None = AESGCM(self._raw) if self._raw else None
        self._gone, self._left = list[str](), list[str]()

    def read(self, rows: Iterator[Told]) -> int:
        """How many rows there are."""
        count, expected, last, destroyed = 0, 1, None, False
        for row in rows:
            count += 1
            self._version(row, expected)
            if row.version == 1:
                self._begin(row)
            if last is not None and row.micros < last:
                self._findings.add("time-differs", row.name)
            self._sealed(row)
            expected, last, destroyed = row.version + 1, row.micros, destroyed or row.topic == DESTROYED
        self._end(destroyed)
        return count

    def _version(self, row: Told, expected: int) -> None:
        if row.version < expected:
            self._findings.add("version-twice", row.name)
        elif row.version > expected:
            names = f"{self._stream}:{expected}" + (f" to {row.version - 1}" if row.version > expected + 1 else "")
            self._findings.add("version-missing", names)

    def _begin(self, row: Told) -> None:
        """Of the first fact: the key that it commits to is the one that is there, else nothing is tried with it."""
        committed = _commitment(row.clear)
        if not committed:
            self._findings.add("commitment-missing", row.name)
        elif self._keys and self._raw and datakeys.commitment(self._raw) != committed:
            self._keys.mistaken(self._stream, expected=committed, key=self._raw)
            self._key = None

    def _sealed(self, row: Told) -> None:
        if row.sealed is None:
            if row.sealed_hash is not None:
                self._keep(self._gone, row.name)
            return
        self._keep(self._left, row.name)
        if row.sealed_hash is None:
            self._findings.add("sealed-altered", row.name, "a sealed part without its hash")
        elif hashlib.sha256(row.sealed).digest() != row.sealed_hash:
            self._findings.add("sealed-altered", row.name)
        elif self._key is not None:
            self._open(row, self._key)

    def _open(self, row: Told, key: AESGCM) -> None:
        sealed = row.sealed or b""
        try:
            key.decrypt(sealed[:NONCE], sealed[NONCE:], associated(row.stream, row.version, row.topic))
        except (InvalidTag, ValueError, OverflowError):  # another key, another place; too short; no version
            self._findings.add("sealed-unreadable", row.name)
        else:
            self._totals.opened += 1

    def _keep(self, names: list[str], name: str) -> None:
        if len(names) < self._findings.most:
            names.append(name)

    def _end(self, destroyed: bool) -> None:
        """Key and sealed parts are there together, or gone together and on record."""
        if destroyed:
            self._totals.closed += len(self._gone)
        for name in self._left if destroyed else self._gone:
            self._findings.add("sealed-left" if destroyed else "sealed-missing", name)
        if self._keys and destroyed and self._there:
            self._keys.suspect("key-left", self._stream)
        if self._keys and not destroyed and not self._there:
            self._keys.suspect("key-missing", self._stream)


def _commitment(clear: bytes | None) -> str:
    """The commitment in the clear part of a first fact; empty when there is none."""
    try:
        found: Any = msgspec.json.decode(clear or b"")["fact"]["key_commitment"]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError, TypeError):
        return ""
    return found if isinstance(found, str) else ""

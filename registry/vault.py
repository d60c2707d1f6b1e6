"""The vault: the identity index and the wrapped data keys, in a database of its own.

Two databases cannot commit together, so a claim is *pending* until its stream's first event is durable:

    1. claim   identity tag + wrapped key + batch, unconfirmed     crash here: nothing refers to it; `settle` removes it
    2. events  committed in the other database                     crash here: `settle` sees the first event, confirms
    3. confirm one row for the whole batch

Destroying a key is the only way to erase: from then on the sealed parts of that stream decode to `ERASED`.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg_pool import ConnectionPool

from keys import datakeys

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from keys.keyring import Keyring

INDEX_VERSION = 1
KEY_TTL = 30.0
"""Seconds that an unwrapped key is kept: as long as another process may go on reading after an erasure."""
KEY_CACHE = 4096
PENDING_FOR = 3600
"""Seconds before an unconfirmed claim may be settled: far longer than any commit is allowed to take."""


class Claim(NamedTuple):
    stream: UUID
    commitment: str
    is_new: bool
    batch: UUID | None


class Vault:
    """Who is who, and which key opens what."""

    def __init__(self, url: str, keyring: Keyring, *, pool_size: int = 4) -> None:
        self._kek, self._kek_id = keyring.kek, keyring.kek_id
        self._index_key, self._row_key = keyring.index_key, keyring.row_key
        self._pool = ConnectionPool(
            url, min_size=1, max_size=pool_size, open=True, kwargs={"autocommit": True}, name="vault"
        )
        self._keys: OrderedDict[UUID, tuple[float, AESGCM | None]] = OrderedDict()
        self._keys_lock = Lock()

    def close(self) -> None:
        self._pool.close()

    # -- identity ---------------------------------------------------------------------------------------------------
    def tag(self, scheme: str, value: str) -> bytes:
        """Keyed index entry of an identifier: HMAC-SHA-256, so that a list of all NIKs does not invert it."""
        return hmac.digest(self._index_key, f"{scheme}\0{value}".encode(), hashlib.sha256)

    def row_digest(self, row: bytes) -> bytes:
        """Keyed digest of a submitted row: says whether two rows have the same content, and nothing else."""
        return hmac.digest(self._row_key, row, hashlib.sha256)

    def find(self, scheme: str, value: str) -> UUID | None:
        """The stream of an identifier, or None."""
        with self._pool.connection() as conn:
            row = conn.execute(
                "SELECT stream FROM identity WHERE tag = %s", (self.tag(scheme, value),), prepare=True
            ).fetchone()
        return row[0] if row else None

    def claim(self, scheme: str, value: str) -> Claim:
        """The stream of an identifier; a new one with a new key, pending, when it has none yet."""
        tag = self.tag(scheme, value)
        query = "SELECT stream, batch, confirmed FROM identity JOIN claim_batch USING (batch) WHERE tag = %s"
        while True:
            with self._pool.connection() as conn:
                row = conn.execute(query, (tag,), prepare=True).fetchone()
            if row is None:
                try:
                    return self._insert(tag)
                except psycopg.errors.UniqueViolation:
                    continue  # another submission was first: look again
            stream, batch, confirmed = row
            if confirmed or self._renew(batch):
                key = self._unwrapped(stream)
                return Claim(stream, datakeys.commitment(key) if key else "", is_new=False, batch=batch)

    def _renew(self, batch: UUID) -> bool:
        """Give a pending claim its whole time again, lest `settle` takes it from under us; False when it is settled."""
        query = "UPDATE claim_batch SET claimed_at = now() WHERE batch = %s AND NOT confirmed"
        with self._pool.connection() as conn:
            return conn.execute(query, (batch,)).rowcount > 0

    def _insert(self, tag: bytes) -> Claim:
        stream, batch, key = new_stream(), UUID(bytes=os.urandom(16), version=4), datakeys.new_key()
        wrapped = datakeys.wrap(self._kek, stream.bytes, key)
        with self._pool.connection() as conn, conn.transaction():
            conn.execute("INSERT INTO claim_batch (batch) VALUES (%s)", (batch,))
            conn.execute("INSERT INTO identity VALUES (%s, %s, %s, %s)", (tag, INDEX_VERSION, stream, batch))
            conn.execute("INSERT INTO data_key VALUES (%s, %s, %s, %s)", (stream, self._kek_id, wrapped, batch))
        self._remember(stream, AESGCM(key))
        return Claim(stream, datakeys.commitment(key), is_new=True, batch=batch)

    def confirm(self, batch: UUID) -> None:
        with self._pool.connection() as conn:
            conn.execute("UPDATE claim_batch SET confirmed = true WHERE batch = %s AND NOT confirmed", (batch,))

    def settle(self, begun: Callable[[Collection[UUID]], Collection[UUID]], older_than: float = PENDING_FOR) -> int:
        """Resolve claims whose submitter died: `begun` says which of the streams have a first event.

        Returns how many claims were removed. Those whose stream began are confirmed.
        """
        removed = 0
        due = "NOT confirmed AND claimed_at < now() - make_interval(secs => %s)"
        with self._pool.connection() as conn:
            pending = conn.execute(
                f"SELECT batch, stream FROM data_key JOIN claim_batch USING (batch) WHERE {due}",  # noqa: S608 - our own words
                (older_than,),
            ).fetchall()
            kept = set(begun({stream for _, stream in pending})) if pending else set()
            for batch, stream in pending:
                with conn.transaction():
                    settled = f"UPDATE claim_batch SET confirmed = true WHERE batch = %s AND {due}"  # noqa: S608 - our own words
                    if not conn.execute(settled, (batch, older_than)).rowcount:
                        continue  # confirmed or claimed again since we looked
                    if stream not in kept:
                        conn.execute("DELETE FROM identity WHERE stream = %s AND batch = %s", (stream, batch))
                        conn.execute("DELETE FROM data_key WHERE stream = %s AND batch = %s", (stream, batch))
                        removed += 1
        return removed

    # -- keys -------------------------------------------------------------------------------------------------------
    def key(self, stream: UUID) -> AESGCM | None:
        """The data key of a stream; None when it was destroyed, or never made."""
        with self._keys_lock:
            held = self._keys.get(stream)
        if held is not None and held[0] > time.monotonic():
            return held[1]
        raw = self._unwrapped(stream)
        return self._remember(stream, None if raw is None else AESGCM(raw))

    def destroy(self, stream: UUID) -> bool:
        """Destroy a stream's key and its identity entries; True when there was one."""
        with self._pool.connection() as conn, conn.transaction():
            conn.execute("DELETE FROM identity WHERE stream = %s", (stream,))
            gone = conn.execute("DELETE FROM data_key WHERE stream = %s", (stream,)).rowcount
        with self._keys_lock:
            self._keys.pop(stream, None)
        return gone > 0

    def _unwrapped(self, stream: UUID) -> bytes | None:
        with self._pool.connection() as conn:
            row = conn.execute("SELECT wrapped FROM data_key WHERE stream = %s", (stream,), prepare=True).fetchone()
        return datakeys.unwrap(self._kek, stream.bytes, row[0]) if row else None

    def _remember(self, stream: UUID, key: AESGCM | None) -> AESGCM | None:
        with self._keys_lock:
            self._keys[stream] = (time.monotonic() + KEY_TTL, key)
            self._keys.move_to_end(stream)
            while len(self._keys) > KEY_CACHE:
                self._keys.popitem(last=False)
        return key


def new_stream() -> UUID:
    """A random stream id. Its last four bits name its shard."""
    return UUID(bytes=os.urandom(16), version=4)

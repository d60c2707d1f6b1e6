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
from itertools import repeat
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg_pool import ConnectionPool

from keys import datakeys
from registry.copying import copy_in
from registry.roles import DatabaseRole, as_role, connect
from registry.store import SHARDS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import date

    from keys.keyring import Keyring

INDEX_VERSION = 1
Identifier = tuple[str, str]
"""Scheme and value, such as ("nik", ...)."""
ALL_SHARDS = tuple(range(SHARDS))
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


class _Held(NamedTuple):
    """What the index holds of one identifier; the commitment is empty when the key is destroyed."""

    stream: UUID
    batch: UUID
    confirmed: bool
    commitment: str


class Hold(NamedTuple):
    """Why a person's data must not be erased, and the last day of that; None: until released."""

    reason: str
    until: date | None


class Vault:
    """Who is who, and which key opens what."""

    def __init__(self, url: str, keyring: Keyring, *, pool_size: int = 4) -> None:
        self._url, self._keyring = url, keyring
        self._index_key, self._row_key = keyring.index_key, keyring.row_key
        self._pool = ConnectionPool(
            as_role(url, DatabaseRole.WRITE),
            min_size=1,
            max_size=pool_size,
            open=True,
            kwargs={"autocommit": True},
            name="vault",
        )
        self._keys: OrderedDict[UUID, tuple[float, AESGCM | None]] = OrderedDict()
        self._keys_lock = Lock()

    def close(self) -> None:
        self._pool.close()

    def _as(self, role: DatabaseRole) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of its own, for what the pool's role may not."""
        return connect(self._url, role, autocommit=True)

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

    def find_all(self, identifiers: Collection[Identifier]) -> dict[Identifier, UUID]:
        """The streams of those identifiers that have one; their keys are at hand afterwards."""
        wanted = {self.tag(*identifier): identifier for identifier in identifiers}
        return {wanted[tag]: held.stream for tag, held in self._held(wanted).items()}

    def claim(self, scheme: str, value: str) -> Claim:
        """The stream of an identifier; a new one with a new key, pending, when it has none yet."""
        return self.claim_all([(scheme, value)])[scheme, value]

    def claim_all(
        self, identifiers: Collection[Identifier], shards: Sequence[int] = ALL_SHARDS
    ) -> dict[Identifier, Claim]:
        """As `claim`, of many at once; those that are new share one batch, and their streams are put on `shards`."""
        wanted = {self.tag(*identifier): identifier for identifier in identifiers}
        while True:
            held = self._held(wanted)
            pending = {one.batch for one in held.values() if not one.confirmed}
            if pending and not self._renew(pending):
                continue  # settled since we looked: look again
            fresh = sorted(wanted.keys() - held.keys())  # one order for all: no deadlock
            try:
                made = self._insert(fresh, shards) if fresh else {}
            except psycopg.errors.UniqueViolation:
                continue  # another submission was first: look again
            found = {tag: Claim(one.stream, one.commitment, is_new=False, batch=one.batch) for tag, one in held.items()}
            return {wanted[tag]: claim for tag, claim in (found | made).items()}

    def _held(self, tags: Collection[bytes]) -> dict[bytes, _Held]:
        """What is known of those tags that are claimed already."""
        query = (
            "SELECT i.tag, i.stream, i.batch, b.confirmed, k.kek, k.wrapped FROM identity i"
            " JOIN claim_batch b USING (batch)"
            " LEFT JOIN data_key k ON k.stream = i.stream WHERE i.tag = ANY(%s)"
        )
        with self._pool.connection() as conn, conn.cursor(binary=True) as cur:
            rows = cur.execute(query, (list(tags),), prepare=True).fetchall() if tags else []
        held = {}
        for tag, stream, batch, confirmed, kek, wrapped in rows:
            key = datakeys.unwrap(self._keyring.kek_of(kek), stream.bytes, wrapped) if wrapped else None
            self._remember(stream, AESGCM(key) if key else None)
            held[tag] = _Held(stream, batch, confirmed, datakeys.commitment(key) if key else "")
        return held

    def _renew(self, batches: Collection[UUID]) -> bool:
        """Give pending claims their whole time again, lest `settle` takes them from under us; False when one of them
        is settled."""
        query = "UPDATE claim_batch SET claimed_at = now() WHERE batch = ANY(%s) AND NOT confirmed"
        with self._pool.connection() as conn:
            return conn.execute(query, (list(batches),)).rowcount == len(batches)

    def _insert(self, tags: Sequence[bytes], shards: Sequence[int]) -> dict[bytes, Claim]:
        batch = UUID(bytes=os.urandom(16), version=4)
        first = os.urandom(1)[0]
        keys = {new_stream(shards[(first + n) % len(shards)]): datakeys.new_key() for n, _ in enumerate(tags)}
        streams, (kek_id, kek) = list(keys), self._keyring.wrapping()
        wrapped = [datakeys.wrap(kek, stream.bytes, key) for stream, key in keys.items()]
        of = repeat(batch)
        with self._pool.connection() as conn, conn.transaction():
            conn.execute("INSERT INTO claim_batch (batch) VALUES (%s)", (batch,), prepare=True)
            copy_in(conn.cursor(), "identity", "bytea, int2, uuid, uuid", zip(tags, repeat(INDEX_VERSION), streams, of))
            copy_in(conn.cursor(), "data_key", "uuid, text, bytea, uuid", zip(streams, repeat(kek_id), wrapped, of))
        for stream, key in keys.items():
            self._remember(stream, AESGCM(key))
        return {
            tag: Claim(stream, datakeys.commitment(key), is_new=True, batch=batch)
            for tag, (stream, key) in zip(tags, keys.items(), strict=True)
        }

    def confirm(self, *batches: UUID) -> None:
        """Confirm claims made one at a time, whose streams have begun. One that was made among many is left to those
        who made it or, if they died, to `settle`: the others of its batch may not have begun."""
        query = (
            "UPDATE claim_batch b SET confirmed = true WHERE batch = ANY(%s) AND NOT confirmed"
            " AND (SELECT count(*) FROM data_key k WHERE k.batch = b.batch) = 1"
        )
        with self._pool.connection() as conn:
            conn.execute(query, (list(batches),), prepare=True)

    def confirm_all(self, batch: UUID, unbegun: Collection[UUID]) -> None:
        """Confirm a batch of our own. Those of its streams that have not begun stay pending, in a batch of theirs:
        somebody else may be about to begin them."""
        with self._pool.connection() as conn, conn.transaction():
            if unbegun:
                rest, streams = UUID(bytes=os.urandom(16), version=4), list(unbegun)
                conn.execute("INSERT INTO claim_batch (batch) VALUES (%s)", (rest,))
                for table in ("identity", "data_key"):
                    move = f"UPDATE {table} SET batch = %s WHERE batch = %s AND stream = ANY(%s)"  # noqa: S608 - our own tables
                    conn.execute(move, (rest, batch, streams))
            conn.execute("UPDATE claim_batch SET confirmed = true WHERE batch = %s", (batch,))

    def settle(self, begun: Callable[[Collection[UUID]], Collection[UUID]], older_than: float = PENDING_FOR) -> int:
        """Resolve claims whose submitter died: `begun` says which of the streams have a first event.

        Returns how many claims were removed. Those whose stream began are confirmed.
        """
        removed = 0
        due = "NOT confirmed AND claimed_at < now() - make_interval(secs => %s)"
        with self._as(DatabaseRole.ERASE) as conn:
            pending = conn.execute(
                "SELECT batch, array_agg(stream) FROM data_key JOIN claim_batch USING (batch)"  # noqa: S608 - our own words
                f" WHERE {due} GROUP BY batch",
                (older_than,),
            ).fetchall()
            claimed = {stream for _, streams in pending for stream in streams}
            kept = set(begun(claimed)) if pending else set()
            for batch, streams in pending:
                with conn.transaction():
                    settled = f"UPDATE claim_batch SET confirmed = true WHERE batch = %s AND {due}"  # noqa: S608 - our own words
                    if not conn.execute(settled, (batch, older_than)).rowcount:
                        continue  # confirmed or claimed again since we looked
                    gone = [stream for stream in streams if stream not in kept]
                    conn.execute("DELETE FROM identity WHERE stream = ANY(%s) AND batch = %s", (gone, batch))
                    removed += conn.execute(
                        "DELETE FROM data_key WHERE stream = ANY(%s) AND batch = %s", (gone, batch)
                    ).rowcount
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
        return self.destroy_all([stream]) > 0

    def destroy_all(self, streams: Sequence[UUID]) -> int:
        """As `destroy`, of many; how many keys there were. When nothing is left of any, nothing asks for the role."""
        gone = self._destroyed(streams) if self._any_left(streams) else 0
        with self._keys_lock:
            for stream in streams:
                self._keys.pop(stream, None)
        return gone

    def _any_left(self, streams: Sequence[UUID]) -> bool:
        tables = ("data_key", "identity", "legal_hold")
        query = " UNION ALL ".join(f"SELECT FROM {table} WHERE stream = ANY(%(all)s)" for table in tables)
        with self._pool.connection() as conn:
            return conn.execute(f"{query} LIMIT 1", {"all": list(streams)}).rowcount > 0

    def _destroyed(self, streams: Sequence[UUID]) -> int:
        with self._as(DatabaseRole.ERASE) as conn, conn.transaction():
            conn.execute("DELETE FROM identity WHERE stream = ANY(%s)", (list(streams),))
            conn.execute("DELETE FROM legal_hold WHERE stream = ANY(%s)", (list(streams),))
            return conn.execute("DELETE FROM data_key WHERE stream = ANY(%s)", (list(streams),)).rowcount

    def rewrap(self, batch: int = 1000) -> Iterator[int]:
        """Wrap every data key by the newest key-encryption key, in small transactions beside readers and writers.

        Yields how many are done. Stopped anywhere and begun again, it goes on with what is left.
        """
        kek_id, kek = self._keyring.wrapping()
        done, after, clean = 0, UUID(int=0), False
        while not clean or after.int:
            moved = self._rewrap_some(kek_id, kek, after, batch)
            clean = not moved if not after.int else clean  # a whole pass, from the beginning, that finds nothing
            done, after = done + len(moved), moved[-1] if moved else UUID(int=0)
            yield done

    def _rewrap_some(self, kek_id: str, kek: bytes, after: UUID, batch: int) -> list[UUID]:
        query = (
            "SELECT stream, kek, wrapped FROM data_key WHERE stream > %s AND kek <> %s"
            " ORDER BY stream LIMIT %s FOR UPDATE"
        )
        update = (
            "UPDATE data_key d SET kek = %s, wrapped = n.wrapped"
            " FROM unnest(%s::uuid[], %s::bytea[]) AS n(stream, wrapped) WHERE d.stream = n.stream"
        )
        with self._as(DatabaseRole.KEYS) as conn, conn.transaction():
            rows = conn.execute(query, (after, kek_id, batch)).fetchall()
            streams = [stream for stream, _, _ in rows]
            keys = [datakeys.unwrap(self._keyring.kek_of(old), stream.bytes, held) for stream, old, held in rows]
            wrapped = [datakeys.wrap(kek, stream.bytes, key) for stream, key in zip(streams, keys, strict=True)]
            conn.execute(update, (kek_id, streams, wrapped))
        return streams

    def hold(self, stream: UUID, reason: str, until: date | None) -> None:
        """Keep a stream from being erased, through `until` or until released; a new hold takes the old one's place."""
        query = (
            "INSERT INTO legal_hold VALUES (%s, %s, %s)"
            " ON CONFLICT (stream) DO UPDATE SET reason = excluded.reason, until = excluded.until"
        )
        with self._as(DatabaseRole.ERASE) as conn:
            conn.execute(query, (stream, reason, until))

    def release(self, stream: UUID) -> bool:
        """Lift a hold; True when there was one."""
        with self._as(DatabaseRole.ERASE) as conn:
            return conn.execute("DELETE FROM legal_hold WHERE stream = %s", (stream,)).rowcount > 0

    def hold_on(self, stream: UUID, day: date) -> Hold | None:
        """The hold that is in force on `day`."""
        query = "SELECT reason, until FROM legal_hold WHERE stream = %s AND (until IS NULL OR until >= %s)"
        with self._pool.connection() as conn:
            row = conn.execute(query, (stream, day)).fetchone()
        return Hold(*row) if row else None

    def _unwrapped(self, stream: UUID) -> bytes | None:
        with self._pool.connection() as conn:
            query = "SELECT kek, wrapped FROM data_key WHERE stream = %s"
            row = conn.execute(query, (stream,), prepare=True).fetchone()
        return datakeys.unwrap(self._keyring.kek_of(row[0]), stream.bytes, row[1]) if row else None

    def _remember(self, stream: UUID, key: AESGCM | None) -> AESGCM | None:
        with self._keys_lock:
            self._keys[stream] = (time.monotonic() + KEY_TTL, key)
            self._keys.move_to_end(stream)
            while len(self._keys) > KEY_CACHE:
                self._keys.popitem(last=False)
        return key


def new_stream(shard: int | None = None) -> UUID:
    """A random stream id; on `shard`, which its last four bits name, if that is given."""
    noise = bytearray(os.urandom(16))
    if shard is not None:
        noise[15] = noise[15] & ~15 | shard
    return UUID(bytes=bytes(noise), version=4)

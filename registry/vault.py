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
from keys.errors import KeysError
from registry import layout, live_keys
from registry.roles import DatabaseRole, as_role, connect
from registry.store import SHARDS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import date

    from keys.keyring import Keyring
    from registry.live_keys import Live

Identifier = tuple[str, str]
"""Scheme and value, such as ("nik", ...)."""
ALL_SHARDS = tuple(range(SHARDS))
KEY_TTL = 30.0
"""Seconds that an unwrapped key is kept: as long as another process may go on reading after an erasure."""
KEY_CACHE = 4096
KEY_FIRST = ("data_key", "identity")
"""In this order, each in a statement of its own: who re-indexes a stream holds its data key's row, so that what waits
for it sees the entries that were added."""
WEEK = 7 * 24 * 3600
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


class _Behind(Exception):  # noqa: N818 - no error: another process rotates a key
    """What is live has changed since we looked."""


class Hold(NamedTuple):
    """Why a person's data must not be erased, and the last day of that; None: until released."""

    reason: str
    until: date | None


class Vault:
    """Who is who, and which key opens what."""

    def __init__(self, url: str, keyring: Keyring, *, pool_size: int = 4) -> None:
        self.url, self.keyring = url, keyring
        self._live: Live | None = None
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
        return connect(self.url, role, autocommit=True)

    # -- identity ---------------------------------------------------------------------------------------------------
    def tags(self, identifier: Identifier, versions: Sequence[int]) -> list[bytes]:
        """Keyed index entries: HMAC-SHA-256 under each version's key, so that a list of all NIKs does not invert it."""
        plain = "\0".join(identifier).encode()
        return [hmac.digest(self.keyring.index_key(version), plain, hashlib.sha256) for version in versions]

    def row_digest(self, row: bytes) -> bytes:
        """Keyed digest of a submitted row: says whether two rows have the same content, and nothing else."""
        return hmac.digest(self.keyring.row_key, row, hashlib.sha256)

    def find(self, scheme: str, value: str) -> UUID | None:
        """The stream of an identifier, or None."""
        query = (
            "SELECT (SELECT array_agg(number) FROM live_key WHERE use = 'index'),"
            " (SELECT stream FROM identity WHERE tag = ANY(%s) LIMIT 1)"
        )
        while True:
            versions, tags = self._live_tags([(scheme, value)])
            with self._pool.connection() as conn:
                ((live, stream),) = conn.execute(query, (list(tags),), prepare=True).fetchall()
            if stream is not None or self._knew(versions, live):
                return stream  # type: ignore[no-any-return]  # the column is a uuid

    def find_all(self, identifiers: Collection[Identifier]) -> dict[Identifier, UUID]:
        """The streams of those identifiers that have one; their keys are at hand afterwards."""
        return {identifier: held.stream for identifier, held in self._held(identifiers).items()}

    def claim(self, scheme: str, value: str) -> Claim:
        """The stream of an identifier; a new one with a new key, pending, when it has none yet."""
        return self.claim_all([(scheme, value)])[scheme, value]

    def claim_all(
        self, identifiers: Collection[Identifier], shards: Sequence[int] = ALL_SHARDS
    ) -> dict[Identifier, Claim]:
        """As `claim`, of many at once; those that are new share one batch, and their streams are put on `shards`."""
        while True:
            held = self._held(identifiers)
            pending = {one.batch for one in held.values() if not one.confirmed}
            if pending and not self._renew(pending):
                continue  # settled since we looked: look again
            fresh = [identifier for identifier in identifiers if identifier not in held]
            try:
                made = self._insert(fresh, shards) if fresh else {}
            except (psycopg.errors.UniqueViolation, _Behind):
                continue  # another submission was first, or another version is live: look again
            return made | {
                identifier: Claim(one.stream, one.commitment, is_new=False, batch=one.batch)
                for identifier, one in held.items()
            }

    def in_use(self, *, again: bool = False) -> Live:
        """Which keys are live, as far as we know; `again` asks the database."""
        if self._live is None or again:
            with self._pool.connection() as conn:
                self._live = live_keys.live(conn)
        return self._live

    def _live_tags(self, identifiers: Collection[Identifier]) -> tuple[Sequence[int], dict[bytes, Identifier]]:
        """The versions that are live, and the tags under each. Raises: KeysError("index-key-missing")."""
        try:
            versions = self.in_use().indexes
            return versions, {tag: one for one in identifiers for tag in self.tags(one, versions)}
        except KeysError:  # retired since we looked at what is live
            versions = self.in_use(again=True).indexes
            return versions, {tag: one for one in identifiers for tag in self.tags(one, versions)}

    def _knew(self, versions: Sequence[int], live: Sequence[int]) -> bool:
        """Whether who looked under `versions` has looked under all that were live; if not, what is live is asked."""
        knew = set(live) <= set(versions)
        if not knew:
            self.in_use(again=True)
        return knew

    def _held(self, identifiers: Collection[Identifier]) -> dict[Identifier, _Held]:
        """What is known of those identifiers that are claimed already, under any version of the index."""
        query = (
            "SELECT v.live, i.tag, i.stream, i.batch, b.confirmed, k.kek, k.wrapped"
            " FROM (SELECT array_agg(number) AS live FROM live_key WHERE use = 'index') v"
            " LEFT JOIN (identity i JOIN claim_batch b USING (batch) LEFT JOIN data_key k ON k.stream = i.stream)"
            " ON i.tag = ANY(%s)"
        )
        while identifiers:
            versions, wanted = self._live_tags(identifiers)
            with self._pool.connection() as conn, conn.cursor(binary=True) as cur:
                rows = cur.execute(query, (list(wanted),), prepare=True).fetchall()
            if self._knew(versions, rows[0][0]):
                found = {wanted[row[1]]: row[2:] for row in rows if row[1] is not None}
                return {identifier: self._opened(*row) for identifier, row in found.items()}
        return {}

    def _opened(self, stream: UUID, batch: UUID, confirmed: bool, kek: str | None, wrapped: bytes | None) -> _Held:
        key = datakeys.unwrap(self.keyring.kek_of(kek), stream.bytes, wrapped) if kek and wrapped else None
        self._remember(stream, AESGCM(key) if key else None)
        return _Held(stream, batch, confirmed, datakeys.commitment(key) if key else "")

    def _renew(self, batches: Collection[UUID]) -> bool:
        """Give pending claims their whole time again, lest `settle` takes them from under us; False when one of them
        is settled."""
        query = "UPDATE claim_batch SET claimed_at = now() WHERE batch = ANY(%s) AND NOT confirmed"
        with self._pool.connection() as conn:
            return conn.execute(query, (list(batches),)).rowcount == len(batches)

    def _insert(self, identifiers: Sequence[Identifier], shards: Sequence[int]) -> dict[Identifier, Claim]:
        """Raises: UniqueViolation, _Behind; nothing is claimed then."""
        batch, live = UUID(bytes=os.urandom(16), version=4), self.in_use()
        try:
            kek = self.keyring.kek_of(f"kek-{live.kek}")
        except KeysError:
            if self.in_use(again=True) == live:
                raise
            raise _Behind from None
        first = os.urandom(1)[0]
        week = week_of(self.keyring, time.time())
        keys = {
            new_stream(shards[(first + n) % len(shards)], week): datakeys.new_key() for n, _ in enumerate(identifiers)
        }
        streams, of = [stream.bytes for stream in keys], batch.bytes
        wrapped = [datakeys.wrap(kek, stream, key) for stream, key in zip(streams, keys.values(), strict=True)]
        entries = [
            layout.identity(tag, version, stream, of)
            for identifier, stream in zip(identifiers, streams, strict=True)
            for version, tag in zip(live.indexes, self.tags(identifier, live.indexes), strict=True)
        ]
        entries.sort()  # by tag, one order for all: no deadlock
        with self._pool.connection() as conn, conn.transaction():
            self._pass_in(conn, live)
            conn.execute("INSERT INTO claim_batch (batch) VALUES (%s)", (batch,), prepare=True)
            layout.copy_in(conn.cursor(), "identity", entries)
            layout.copy_in(
                conn.cursor(), "data_key", map(layout.data_key, streams, repeat(kek.kid), wrapped, repeat(of))
            )
        for stream, key in keys.items():
            self._remember(stream, AESGCM(key))
        return {
            identifier: Claim(stream, datakeys.commitment(key), is_new=True, batch=batch)
            for identifier, (stream, key) in zip(identifiers, keys.items(), strict=True)
        }

    def _pass_in(self, conn: psycopg.Connection[Any], expected: Live) -> None:
        """Hold the gate until the transaction ends. Raises: _Behind when what is live is not what was expected."""
        live_keys.hold_gate(conn)
        now = live_keys.live(conn)
        if now != expected:
            self._live = now
            raise _Behind

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
                for table in KEY_FIRST:
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
                    for table in KEY_FIRST:
                        delete = f"DELETE FROM {table} WHERE stream = ANY(%s) AND batch = %s"  # noqa: S608 - our own tables
                        done = conn.execute(delete, (gone, batch)).rowcount
                        removed += done if table == "data_key" else 0
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

    def fetch_keys(self, streams: Sequence[UUID]) -> None:
        """Have the data keys of many streams at hand, by one query; as many as are kept at once."""
        query = "SELECT stream, kek, wrapped FROM data_key WHERE stream = ANY(%s)"
        with self._pool.connection() as conn:
            rows = conn.execute(query, (list(streams),), prepare=True).fetchall()
        for stream, kek, wrapped in rows:
            self._remember(stream, AESGCM(datakeys.unwrap(self.keyring.kek_of(kek), stream.bytes, wrapped)))

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
            gone = conn.execute("DELETE FROM data_key WHERE stream = ANY(%s)", (list(streams),)).rowcount
            conn.execute("DELETE FROM identity WHERE stream = ANY(%s)", (list(streams),))
            conn.execute("DELETE FROM legal_hold WHERE stream = ANY(%s)", (list(streams),))
            return gone

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
        return datakeys.unwrap(self.keyring.kek_of(row[0]), stream.bytes, row[1]) if row else None

    def _remember(self, stream: UUID, key: AESGCM | None) -> AESGCM | None:
        with self._keys_lock:
            self._keys[stream] = (time.monotonic() + KEY_TTL, key)
            self._keys.move_to_end(stream)
            while len(self._keys) > KEY_CACHE:
                self._keys.popitem(last=False)
        return key


def week_of(keyring: Keyring, now: float) -> bytes:
    """How the ids of streams that begin in the week of `now` (Unix seconds) begin: two bytes, keyed, so that an id
    tells nobody which week it was."""
    return hmac.digest(keyring.row_key, b"streams of week %d" % (int(now) // WEEK), hashlib.sha256)[:2]


def new_stream(shard: int | None = None, begins: bytes = b"") -> UUID:
    """A random stream id that begins with `begins`; on `shard`, which its last four bits name, if that is given.

    People who come together are read and written together. In an index of a hundred million random ids each of them
    would be on a page of its own (docs/benchmarks.md, growth).
    """
    noise = bytearray(begins + os.urandom(16 - len(begins)))
    if shard is not None:
        noise[15] = noise[15] & ~15 | shard
    return UUID(bytes=bytes(noise), version=4)

"""Rotation of the vault's keys beside readers and writers: each may be stopped anywhere and begun again.

A key-encryption key:  made -> live, so that it wraps -> everything wrapped by it -> the older ones retired.
The index key:         made -> live, so that claims are entered under it too -> everybody entered under it -> the older
                       one out of use, its entries deleted, its key destroyed.

Claims are unique throughout: each is entered under every live version, and two versions that follow one another are
live together until nobody is missing from the newer one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from domain import facts as f
from keys import datakeys
from keys.errors import KeysError
from keys.keyring import number_of
from registry import live_keys
from registry.roles import DatabaseRole, connect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg import Connection

    from domain.event import Event
    from registry.app import Registry
    from registry.vault import Identifier, Vault

WRAPPED = {"data_key": "stream", "intake": "id"}
"""Tables of what is wrapped, and the column that it is bound to."""
FIRST, BEFORE_ALL = UUID(int=0), b""


def _keys(vault: Vault) -> Connection[tuple[Any, ...]]:
    return connect(vault.url, DatabaseRole.KEYS, autocommit=True)


# -- the key-encryption key -----------------------------------------------------------------------------------------
def new_kek(vault: Vault, *, in_token: bool = False) -> str:
    """Make the next key-encryption key, in a file or in the token; it wraps from now on, in every process. Its id.

    Raises: KeysError("token-missing", "token-refused", "token-unavailable").
    """
    number = vault.keyring.make_kek(in_token=in_token)
    with _keys(vault) as conn:
        live_keys.begin(conn, "kek", number)
    return f"kek-{number}"


def rewrap(vault: Vault, batch: int = 1000) -> Iterator[int]:
    """Wrap everything by the newest key-encryption key, in small transactions. Yields how many are done.

    The rows there are when it begins, and those that come meanwhile.
    """
    done = 0
    with _keys(vault) as conn:
        for table, bound in WRAPPED.items():
            after: UUID | None = FIRST
            while after is not None:
                moved, after = _rewrap_some(vault, conn, table, bound, after, batch)
                done += moved
                yield done


def _rewrap_some(
    vault: Vault, conn: Connection[Any], table: str, bound: str, after: UUID, batch: int
) -> tuple[int, UUID | None]:
    """How many were wrapped anew after the row of that id, and the last one's id; None when there are no more."""
    query = (
        f"SELECT {bound}, kek, wrapped FROM {table} WHERE {bound} > %s AND kek <> %s"  # noqa: S608 - our own tables
        f" ORDER BY {bound} LIMIT %s FOR UPDATE"
    )
    update = (
        f"UPDATE {table} d SET kek = %s, wrapped = n.wrapped"  # noqa: S608 - our own tables
        f" FROM unnest(%s::uuid[], %s::bytea[]) AS n(id, wrapped) WHERE d.{bound} = n.id"
    )
    with conn.transaction():
        live_keys.hold_gate(conn)
        kek = vault.keyring.kek_of(f"kek-{live_keys.live(conn).kek}")
        rows = conn.execute(query, (after, kek.kid, batch)).fetchall()
        found = [(i, datakeys.unwrap(vault.keyring.kek_of(old), i.bytes, held)) for i, old, held in rows]
        wrapped = [datakeys.wrap(kek, i.bytes, key) for i, key in found]
        conn.execute(update, (kek.kid, [i for i, _ in found], wrapped))
    return len(found), found[-1][0] if found else None


def retire_kek(vault: Vault, kid: str) -> None:
    """Destroy a key-encryption key that nothing is wrapped by; done again, it completes what was begun.

    Raises: KeysError("kek-missing"): there never was one; KeysError("kek-in-use"); as the token does.
    """
    number = number_of(kid)
    if kid != f"kek-{number}" or not 0 < number <= vault.keyring.count("kek"):
        raise KeysError("kek-missing", f"got {kid}, expected one that `kets keys list` shows")
    with _keys(vault) as conn:
        if number == live_keys.live(conn).kek:
            raise KeysError("kek-in-use", f"got {kid}, which wraps every new key: make a newer one first")
        live_keys.pass_gate(conn)  # whatever was still being wrapped by it is there now, and no more comes
        left = sum(_count(conn, f"SELECT count(*) FROM {table} WHERE kek = %s", kid) for table in WRAPPED)  # noqa: S608 - our own tables
        if left:
            raise KeysError("kek-in-use", f"got {kid} with {left} keys wrapped by it: `kets keys rotate-kek --resume`")
        live_keys.end(conn, "kek", number)
    vault.keyring.retire("kek", number)


def _count(conn: Connection[Any], query: str, *parameters: object) -> int:
    ((count,),) = conn.execute(query, parameters).fetchall()
    return int(count)


# -- the identity index ---------------------------------------------------------------------------------------------
class Rotated(NamedTuple):
    """Where a rotation of the index stands: the newest version, how many were entered under it now, how many are still
    missing from it. It is over when none is."""

    version: int
    entered: int
    left: int


def new_index(vault: Vault) -> int:
    """Make the next index key and take it into use beside the one there is; its version.

    Raises: KeysError("index-rotating") when a rotation is not over.
    """
    if len(versions := vault.in_use(again=True).indexes) > 1:
        raise KeysError("index-rotating", f"got versions {versions} in use: `kets keys rotate-index --resume`")
    version = vault.keyring.make_index_key()
    with _keys(vault) as conn:
        live_keys.begin(conn, "index", version)
    return version


def rotate_index(registry: Registry, batch: int = 500) -> Iterator[Rotated]:
    """Enter everybody under the newest version, then retire the others. Yields how far it is.

    Left over are claims whose person has no fact yet: they are entered, or gone, an hour later at the latest.
    Whoever is erased has no entry to carry over.
    """
    vault = registry.vault
    registry.settle_claims()
    newest, entered = vault.in_use(again=True).indexes[-1], 0
    with _keys(vault) as conn:
        for version in vault.in_use().indexes[:-1]:
            after: bytes | None = BEFORE_ALL
            while after is not None:
                made, after = _enter_some(registry, conn, version, newest, after, batch)
                entered += made
                yield Rotated(newest, entered, -1)
            left = _count(conn, f"SELECT count(*) {_MISSING}", version, newest)
            if left:
                yield Rotated(newest, entered, left)
                return
            live_keys.end(conn, "index", version)
        for version in range(1, newest):
            _delete_entries(conn, version)
            vault.keyring.retire("index", version)
    yield Rotated(newest, entered, 0)


_MISSING = (
    "FROM identity i JOIN data_key k ON k.stream = i.stream WHERE i.index_version = %s"
    " AND NOT EXISTS (SELECT FROM identity n WHERE n.stream = i.stream AND n.index_version = %s)"
)


def _enter_some(
    registry: Registry, conn: Connection[Any], version: int, newest: int, after: bytes, batch: int
) -> tuple[int, bytes | None]:
    """How many were entered of those after that tag, and the last tag looked at; None when there are no more.

    The data key's row is held meanwhile: nobody is erased, settled or moved to another batch half-way.
    """
    query = f"SELECT i.tag, k.stream, k.batch {_MISSING} AND i.tag > %s ORDER BY i.tag LIMIT %s FOR UPDATE OF k"
    vault = registry.vault
    with conn.transaction():
        rows = conn.execute(query, (version, newest, after, batch)).fetchall()
        found = identifiers_of(registry, [stream for _, stream, _ in rows])
        entries = []
        for tag, stream, claim_batch in rows:
            old, new = vault.tags(found[stream], (version, newest)) if stream in found else (None, None)
            if old == tag:
                entries.append((new, newest, stream, claim_batch))
        with conn.cursor() as cur:
            cur.executemany("INSERT INTO identity VALUES (%s, %s, %s, %s)", entries)
    return len(entries), rows[-1][0] if rows else None


def identifiers_of(registry: Registry, streams: Sequence[UUID]) -> dict[UUID, Identifier]:
    """The identifier that each stream's first fact names; none of one that has not begun, or is erased."""
    rows = registry.recorder.select_many(streams)
    registry.vault.fetch_keys(list(rows))
    named = {stream: _named(registry.mapper.to_domain_event(some[0])) for stream, some in rows.items()}  # type: ignore[arg-type]  # our mapper yields Event
    return {stream: identifier for stream, identifier in named.items() if identifier}


def _named(event: Event) -> Identifier | None:
    match event.fact:
        case f.EmployerRegistered(nib=nib):
            return "nib", nib
        case f.WorkerRegistered(personal=f.PersonDetails(nik=str(nik))):
            return "nik", nik
        case f.WorkerRegistered(nationality=nationality, personal=f.PersonDetails(passport=str(passport))):
            return f"passport/{nationality}", passport
        case _:
            return None


def _delete_entries(conn: Connection[Any], version: int, batch: int = 5000) -> None:
    """Delete the entries of a version that is out of use, some at a time along the tags."""
    query = "SELECT tag FROM identity WHERE index_version = %s AND tag > %s ORDER BY tag LIMIT %s"
    after = BEFORE_ALL
    while rows := conn.execute(query, (version, after, batch)).fetchall():
        tags = [tag for (tag,) in rows]
        conn.execute("DELETE FROM identity WHERE tag = ANY(%s)", (tags,))
        after = tags[-1]

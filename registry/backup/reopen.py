"""What a restored registry goes through before it is used: nobody comes back, and the ledger agrees or is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from domain.errors import Refused
from registry import erasure_list
from registry.ledger.rebuild import rebuild
from registry.ledger.sequencer import checked
from registry.roles import DatabaseRole, connect

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from keys.notes import NoteSigner
    from registry.app import Registry
    from registry.ledger.tiles import Folder


class Reopened(NamedTuple):
    """`destroyed`: keys that had come back with the vault though their destruction is on record. `tiles`: made again
    from the rows. `size`: facts in the ledger."""

    destroyed: int
    tiles: int
    size: int


def reopen(database_url: str, registry: Registry, ledger: Folder, signer: NoteSigner, erasures: Path) -> Reopened:
    """To be called on an open registry, which has destroyed again the keys that the erasure list names.

    Raises: Refused: "database-older-than-checkpoint", "rows-differ", "ledger-in-use".
    """
    with connect(database_url, DatabaseRole.READ, autocommit=True) as conn:
        destroyed = _destroy_again(conn, registry, erasures)
        try:
            with ledger.locked():
                return Reopened(destroyed, 0, checked(conn, ledger, signer).size)
        except Refused as refusal:
            if refusal.code not in ("tile-missing", "tiles-differ"):
                raise
        tiles = rebuild(conn, ledger)
        with ledger.locked():
            return Reopened(destroyed, tiles, checked(conn, ledger, signer).size)


def _destroy_again(conn: psycopg.Connection[Any], registry: Registry, erasures: Path) -> int:
    """Those whose erasure is on record and not on the list, should its file be lost."""
    query = "SELECT DISTINCT stream FROM event WHERE topic = 'worker.key-destroyed'"
    streams = [stream for (stream,) in conn.execute(query).fetchall()]
    for stream in set(streams) - set(erasure_list.read(erasures, registry.keyring)):
        erasure_list.append(erasures, registry.keyring, stream, registry.now())
    return registry.vault.destroy_all(streams) if streams else 0

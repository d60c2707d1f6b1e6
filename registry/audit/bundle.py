"""One history in one file that anybody checks offline: facts, proofs, checkpoint. docs/audit-bundle.md is the format.

Made from database, tiles and, for the sealed parts, the data key; checked with the ledger's verifier key alone.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.rows import tuple_row

from domain.errors import Refused
from registry.ledger import checkpoint, log, proof
from registry.ledger.leaf import Entry, leaf_hash
from registry.ledger.merkle import Tree
from registry.store import shard_of

if TYPE_CHECKING:
    from uuid import UUID

    from psycopg import Connection

    from keys.notes import NoteVerifier
    from registry.ledger.log import Head
    from registry.ledger.tiles import Folder

FORMAT = "kets-bundle/1"
MOST = 10_000
LONGEST = 64 * 2**20
_ROWS = (
    "SELECT e.position, e.sealed, e.stream, e.version, e.topic, e.recorded_at, e.salt, e.clear, e.sealed_hash, s.digest"
    " FROM event_{:02d} e LEFT JOIN submission s ON s.id = e.submission WHERE e.stream = %s ORDER BY e.version LIMIT %s"
)


class Made(NamedTuple):
    """A bundle, and how many facts of the stream are recorded and not under its checkpoint."""

    bundle: dict[str, Any]
    later: int


def make(
    conn: Connection[Any],
    folder: Folder,
    stream: UUID,
    verifier: NoteVerifier,
    *,
    older: str | None = None,
    data_key: bytes | None = None,
) -> Made:
    """All facts of a stream under the committed checkpoint; `older`: a checkpoint that somebody kept, to be continued.

    With `data_key` also the sealed parts, and the key: for who may know all that is and will be sealed of the person.
    Raises: Refused: "event-unknown", "not-sequenced" when no fact is in the ledger, "ledger-empty",
    "proof-differs" when row and tiles disagree (run the audit), "bundle-too-long".
    """
    with conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return within(conn, folder, stream, verifier, log.head(conn), older=older, data_key=data_key)


def within(
    conn: Connection[Any],
    folder: Folder,
    stream: UUID,
    verifier: NoteVerifier,
    head: Head,
    *,
    older: str | None = None,
    data_key: bytes | None = None,
) -> Made:
    """As `make`, under this head, in a transaction of the caller's that sees one moment."""
    rows = _rows(conn, stream)
    if head.checkpoint is None:
        raise Refused("ledger-empty", folder=str(folder.path))
    tree, facts = Tree(folder.read, head.size), list[dict[str, Any]]()
    for position, sealed, entry in rows:
        try:
            index = log.index_of(conn, shard_of(stream), position)
        except Refused:
            break  # positions come into the ledger in order: none of the later ones is there either
        facts.append(_fact(tree, entry, index, sealed if data_key else None))
    if not facts:
        raise Refused("not-sequenced", shard=shard_of(stream), position=rows[0][0])
    if tree.root() != head.root:
        raise Refused("proof-differs", event=str(stream))
    bundle = {
        "format": FORMAT,
        "stream": str(stream),
        "checkpoint": head.checkpoint,
        "older": _older(tree, older, verifier),
        "data_key": data_key and b64(data_key),
        "facts": facts,
    }
    return Made(bundle, len(rows) - len(facts))


def written(bundle: dict[str, Any]) -> bytes:
    """The file: the same history under the same checkpoint gives the same bytes. Refused("bundle-too-long")."""
    data = (json.dumps(bundle, indent=1, ensure_ascii=False) + "\n").encode()
    if len(data) > LONGEST:
        raise Refused("bundle-too-long", expected=f"{LONGEST} bytes")
    return data


def _rows(conn: Connection[Any], stream: UUID) -> list[tuple[int, bytes | None, Entry]]:
    cur = conn.cursor(binary=True, row_factory=tuple_row)
    found = cur.execute(_ROWS.format(shard_of(stream)), (stream, MOST + 1)).fetchall()
    if not found:
        raise Refused("event-unknown", event=f"{stream}:1")
    if len(found) > MOST:
        raise Refused("bundle-too-long", expected=f"{MOST} facts")
    return [(position, sealed, Entry(*columns)) for position, sealed, *columns in found]


def _fact(tree: Tree, entry: Entry, index: int, sealed: bytes | None) -> dict[str, Any]:
    if tree.leaf(index) != leaf_hash(entry):
        raise Refused("proof-differs", event=entry.id)
    path = [b64(each) for each in tree.inclusion(index)]
    return {"leaf": proof.parts(entry), "index": index, "path": path, "sealed": sealed and b64(sealed)}


def _older(tree: Tree, note: str | None, verifier: NoteVerifier) -> dict[str, Any] | None:
    """How a checkpoint that was kept is continued. Refused("proof-differs") when it is not."""
    if note is None:
        return None
    signed = checkpoint.opened(note, verifier)
    if not 0 < signed.size <= tree.size or tree.root(signed.size) != signed.root:
        raise Refused("bundle-unlinked", size=signed.size)
    return {"checkpoint": note, "path": [b64(each) for each in tree.consistency(signed.size)]}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")

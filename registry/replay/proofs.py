"""The state of each fact's proof: its leaf made from the row, the path to a signed root walked, who cosigned that.

Nothing is taken for granted but the verifier key: the checkpoints' signatures are checked, and each path is followed
to the root that was signed, so that an altered row, tile or checkpoint shows beside the very fact it concerns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec
from psycopg.rows import tuple_row

from domain.errors import Refused
from keys.errors import KeysError
from registry.ledger import checkpoint, log, policy
from registry.ledger.leaf import Entry, leaf_hash
from registry.ledger.merkle import Tree, included
from registry.ledger.place import folder_of, signer_of
from registry.store import shard_of

if TYPE_CHECKING:
    from uuid import UUID

    from psycopg import Connection

    from keys.notes import NoteVerifier
    from registry.ledger.checkpoint import Checkpoint
    from registry.ledger.merkle import Read
    from registry.ledger.policy import Policy
    from registry.ledger.tiles import Folder
    from registry.settings import Settings

State = Literal["proved", "waiting", "differs", "unchecked"]
_ROWS = """
SELECT l.start + e.position - l.first, e.stream, e.version, e.topic, e.recorded_at, e.salt, e.clear, e.sealed_hash,
    s.digest
FROM event_{shard:02d} e LEFT JOIN submission s ON s.id = e.submission
LEFT JOIN LATERAL (
    SELECT start, first, count FROM ledger_segment
    WHERE shard = {shard} AND first <= e.position ORDER BY first DESC LIMIT 1
) l ON e.position < l.first + l.count
WHERE e.stream = %s ORDER BY e.version
"""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """`proved`: the row's leaf stands at `index` under the checkpoint of `size` leaves. `waiting`: recorded and not yet
    under a checkpoint. `differs`: what is stored does not lead to the signed root. `unchecked`: `why` says what lacks.

    `witnessed`: who cosigned that checkpoint, name -> Unix seconds; of the witnesses of KETS_WITNESSES alone.
    """

    state: State
    index: int | None = None
    size: int | None = None
    witnessed: dict[str, int] = {}
    why: str | None = None


WAITING = Proof(state="waiting")


class Ledger(NamedTuple):
    """What proofs are made from and held against; `policy` names the witnesses that count."""

    folder: Folder
    verifier: NoteVerifier
    policy: Policy | None = None


def ledger_of(settings: Settings) -> Ledger | None:
    """The ledger of a site; None before its first checkpoint. Raises: Refused("policy-malformed")."""
    folder = folder_of(settings)
    if folder.checkpoint() is None:
        return None
    known = settings.witnesses
    return Ledger(folder, signer_of(settings).verifier, policy.read(known) if known else None)


class Under(NamedTuple):
    """A checkpoint whose signature holds, its tree and who cosigned it."""

    signed: Checkpoint
    tree: Tree
    witnessed: dict[str, int]


def proofs(conn: Connection[Any], ledger: Ledger | None, stream: UUID) -> dict[int, Proof]:
    """Version -> the state of its proof; every fact of the stream is there.

    Under the checkpoint that witnesses have cosigned when that covers the fact, else under the committed one.
    """
    cur = conn.cursor(binary=True, row_factory=tuple_row)
    rows = cur.execute(_ROWS.format(shard=shard_of(stream)), (stream,), prepare=True).fetchall()
    if ledger is None:
        return {row[2]: WAITING for row in rows}
    head = log.head(conn)  # after the rows: it covers whatever place they have in the ledger
    with ledger.folder.inner() as inner:
        try:
            known = [_under(note, ledger, inner) for note in (ledger.folder.witnessed(), head.checkpoint) if note]
        except (Refused, KeysError) as refusal:
            return {row[2]: Proof(state="unchecked", why=refusal.code) for row in rows}
        return {row[2]: _proof(row[0], Entry(*row[1:]), known) for row in rows}


def _under(note: str, ledger: Ledger, inner: Read) -> Under:
    """Raises: Refused("checkpoint-malformed") and KeysError of a note that the ledger's key, or a witness, did not
    sign so."""
    signed = checkpoint.opened(note, ledger.verifier)
    tree = Tree(ledger.folder.read, signed.size, inner)
    return Under(signed, tree, ledger.policy.cosigned(note) if ledger.policy else {})


def _proof(index: int | None, entry: Entry, known: list[Under]) -> Proof:
    if index is None:
        return WAITING
    covering = next((each for each in known if index < each.signed.size), None)
    if covering is None:
        return Proof(state="waiting", index=index)
    signed, tree, witnessed = covering
    try:
        path = tree.inclusion(index)
    except Refused as refusal:
        return Proof(state="unchecked", index=index, size=signed.size, why=refusal.code)
    if not included(leaf=leaf_hash(entry), index=index, size=signed.size, path=path, root=signed.root):
        return Proof(state="differs", index=index, size=signed.size)
    return Proof(state="proved", index=index, size=signed.size, witnessed=witnessed)

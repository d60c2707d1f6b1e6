"""The whole audit. The moments it looks at, in this order:

1. the published checkpoints    read first, so that what is committed covers it
2. the log, one snapshot        rows, segments, head
3. the vault, a later snapshot  so that every stream of 2 has its key, unless it is erased meanwhile
4. what 2 and 3 disagree about  looked at again in both as they are then
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.rows import tuple_row

from domain.errors import Refused
from keys.errors import KeysError
from registry.audit import rows
from registry.audit.outside import Anchor, Outside, text
from registry.audit.places import Places
from registry.audit.report import MOST, Audited, Findings
from registry.audit.streams import DESTROYED, Streams
from registry.audit.vault import Keys
from registry.ledger import checkpoint, log

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from psycopg import Connection

    from keys.notes import NoteVerifier
    from registry.audit.tree import Growing
    from registry.audit.vault import Unwrap
    from registry.ledger.log import Head

_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


class Vault(NamedTuple):
    """What keys are audited with: a connection to the vault and what unwraps."""

    conn: Connection[Any]
    unwrap: Unwrap


def audit(
    conn: Connection[Any],
    folder: Path,
    verifier: NoteVerifier,
    *,
    vault: Vault | None,
    outside: Outside | None = None,
    most: int = MOST,
    tell: Callable[[int], None] = lambda _: None,
) -> Audited:
    """Recompute and compare everything; `most` findings are kept. Both connections commit by themselves.

    `folder` is the ledger's; `tell` is called with how many rows were read, each twice. Memory does not grow with the
    log. Without `vault` no key is looked at and no sealed part opened.
    """
    findings, outside = Findings(most), outside or Outside()
    names = ("published checkpoint", "checkpoint"), ("witnessed checkpoint", "witnessed")
    published = [_stored(about, folder / name, verifier, findings) for about, name in names]
    with conn.transaction():
        conn.execute(_SNAPSHOT)
        head = log.head(conn)
        committed = _stored("committed checkpoint", head.checkpoint, verifier, findings)
        known = Anchor("ledger head", head.size, head.root)
        signed = [anchor for anchor in (*published, committed) if anchor]
        places = Places(conn, folder, [*outside.anchors, *signed, known], outside, findings, tell)
        tree = places.read()
        keys, streams = _by_stream(conn, vault, findings, lambda done: tell(tree.size + places.uncovered + done))
    findings.take(tree.findings)
    _roots(tree, [*outside.anchors, *filter(None, published)], findings)
    _head(tree, head, committed, findings)
    if vault and keys:
        _again(conn, vault.conn, keys, findings)
    return Audited(
        size=tree.size,
        root=tree.root(),
        findings=findings,
        outside=min(outside.covered, tree.size),
        uncovered=places.uncovered,
        waiting=places.waiting,
        opened=streams.opened,
        unchecked=_unchecked(vault, outside, places, streams, tree),
    )


def _by_stream(
    conn: Connection[Any], vault: Vault | None, findings: Findings, tell: Callable[[int], None]
) -> tuple[Keys | None, Streams]:
    if vault is None:
        streams = Streams(findings, None)
        streams.read(rows.told(conn), tell)
        return None, streams
    with vault.conn.transaction():
        vault.conn.execute(_SNAPSHOT)
        keys = Keys(vault.conn, vault.unwrap, findings)
        streams = Streams(findings, keys)
        streams.read(rows.told(conn), tell)
    return keys, streams


def _stored(about: str, note: Path | str | None, verifier: NoteVerifier, findings: Findings) -> Anchor | None:
    """A checkpoint that the registry keeps itself; None when there is none or it cannot be believed."""
    try:
        told = text(note) if note is not None and not isinstance(note, str) else note
        signed = checkpoint.opened(told, verifier) if told is not None else None
    except FileNotFoundError:
        return None
    except (Refused, KeysError) as error:
        findings.add("checkpoint-malformed", about, f"{error.code}: {error}")
        return None
    return Anchor(about, signed.size, signed.root) if signed else None


def _roots(tree: Growing, anchors: list[Anchor], findings: Findings) -> None:
    good = [anchor.size for anchor in anchors if tree.roots.get(anchor.size) == anchor.root]
    for anchor in anchors:
        if anchor.size > tree.size:
            findings.add("checkpoint-ahead", anchor.about, f"covers {anchor.size} facts, {tree.size} are there")
        elif tree.roots.get(anchor.size) != anchor.root:
            since = max((size for size in good if size < anchor.size), default=0)
            said = f"rewritten after the first {since}" if since else "another root"
            findings.add("checkpoint-differs", anchor.about, f"of {anchor.size} facts: {said}")


def _head(tree: Growing, head: Head, committed: Anchor | None, findings: Findings) -> None:
    if head.size != tree.size:
        findings.add("ledger-head-differs", "ledger head", f"says {head.size} facts, expected {tree.size}")
    elif tree.roots.get(head.size) != head.root:
        findings.add("ledger-head-differs", "ledger head", "another root")
    if committed is not None and committed[1:] != (head.size, head.root):
        findings.add("ledger-head-differs", "committed checkpoint", f"of {committed.size} facts: not the head's")
    if head.checkpoint is None and head.size:
        findings.add("ledger-head-differs", "committed checkpoint", "there is none")


def _again(conn: Connection[Any], vault: Connection[Any], keys: Keys, findings: Findings) -> None:
    """What was suspected because two databases are read one after the other is told only when it is still so."""
    streams = [stream for _, stream in keys.suspects]
    if not streams:
        return
    begun = _among(conn, "SELECT DISTINCT stream FROM event WHERE stream = ANY(%s)", streams)
    gone = "SELECT DISTINCT stream FROM event WHERE stream = ANY(%s) AND topic = %s"
    destroyed = _among(conn, gone, streams, DESTROYED)
    held = _among(vault, "SELECT stream FROM data_key WHERE stream = ANY(%s)", streams)
    still = {
        "key-left": held & destroyed,
        "key-missing": begun - held - destroyed,
        "key-unbegun": held - begun,
    }
    for code, stream in keys.suspects:
        if stream in still[code]:
            findings.add(code, str(stream))


def _among(conn: Connection[Any], query: Any, *parameters: Any) -> set[Any]:
    return {stream for (stream,) in conn.cursor(row_factory=tuple_row).execute(query, parameters)}


def _unchecked(vault: Vault | None, outside: Outside, places: Places, streams: Streams, tree: Growing) -> list[str]:
    """What this audit cannot say, in plain words."""
    said = []
    if vault is None:
        said.append("keys and sealed parts: the vault was not opened")
    elif streams.closed:
        said.append(f"{streams.closed} sealed parts that were erased, on record: only their hashes are left")
    if not outside.anchors:
        said.append(
            "whether the whole log was rewritten: no checkpoint kept outside was given, only those of the registry"
        )
    elif outside.covered < tree.size:
        said.append(f"whether facts {outside.covered} and on were rewritten: no checkpoint from outside covers them")
    if places.uncovered:
        said.append(f"{places.uncovered} facts that are recorded and not sequenced: the database alone holds them")
    return said

"""After a loss that cannot be made good: a new ledger, whose first leaf says what became of the one before.

The steps, and what a crash after each leaves:

    1. lock the old folder; look whether it is so    nothing
    2. the key of the new origin                     a key that nobody uses: the next try takes it
    3. commit {incident, segments removed, head      the new ledger is the one that counts, and holds nothing yet: the
       of an empty log}                              sequencer publishes the incident and begins
    4. the incident published in the new folder      nothing to do

The old folder stays as it is. The incident is a text of lines, signed by both keys:

    kets-incident/1
    opened TIME
    origin NAME                      of the new ledger
    key VKEY                         its verifier key
    after NAME SIZE ROOT             the last published checkpoint of the ledger before
    held COUNT                       so many of its first leaves the database had in its own, older ledger
    because TEXT
    lost proved EVENT INDEX LEAF     a receipt with a proof under the old key, of a fact that is not there any more
    lost claimed EVENT               one without proof
"""

from __future__ import annotations

import base64
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from domain.errors import Refused
from registry.ledger import checkpoint, log, proof
from registry.ledger.files import replace
from registry.ledger.leaf import leaf_hash
from registry.ledger.merkle import Tree
from registry.ledger.place import numbered
from registry.ledger.rebuild import recomputed
from registry.ledger.sequencer import checked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from psycopg import Connection

    from keys.notes import NoteSigner, NoteVerifier
    from registry.ledger.checkpoint import Checkpoint
    from registry.ledger.log import Head
    from registry.ledger.tiles import Folder
    from registry.settings import Settings

MOST = 10_000
LONGEST = 500
PATIENCE = 10.0
"""Seconds to wait for the old folder: a sequencer that stands still takes it for a moment whenever it looks again."""


class Restarted(NamedTuple):
    """What a restart opened: the number of the ledger, its origin, the incident's note, how many lost receipts."""

    number: int
    origin: str
    note: str
    lost: int


def restart(
    conn: Connection[Any], settings: Settings, *, after: int, because: str, receipts: Iterable[Any], now: datetime
) -> Restarted:
    """Open a new ledger after the published checkpoint of size `after`. `receipts`: JSON that holders still have.

    Raises: Refused: "ledger-in-use"; "restart-needless" when the ledger can go on; "restart-differs" when the newest
    published checkpoint has another size than `after`; "receipt-malformed"; as `proof.check` for a receipt's proof.
    """
    number = log.number(conn)
    folder, signer = numbered(settings, number)
    with ExitStack() as exit_:
        exit_.enter_context(folder.locked(PATIENCE))
        old = _published(conn, folder, signer)
        if old.size != after:
            raise Refused("restart-differs", got=after, expected=old.size)
        new_folder, new = numbered(settings, number + 1)
        lost = sorted(set(_lost(conn, signer.verifier, receipts)))
        text = _text(_held(folder, old, log.head(conn)), old, new, because, lost, now)
        note = signer.sign(text) + new.sign(text).rpartition("\n\n")[2]
        with conn.transaction():
            log.reopen(conn, log.Incident(number + 1, new.name, now, os.urandom(16), text.encode(), note))
        new_folder.path.mkdir(parents=True, exist_ok=True)
        replace(new_folder.path / "incident", note)
    return Restarted(number + 1, new.name, note, len(lost))


def _published(conn: Connection[Any], folder: Folder, signer: NoteSigner) -> Checkpoint:
    """The checkpoint after which nothing can go on. Refused("restart-needless") when something can."""
    note = folder.checkpoint()
    try:
        checked(conn, folder, signer)
    except Refused as refusal:
        if refusal.code != "database-older-than-checkpoint" and _rebuildable(conn):
            raise Refused("restart-needless", expected="kets ledger rebuild-tiles") from refusal
    else:
        raise Refused("restart-needless", expected="kets ledger run")
    if note is None:
        raise Refused("ledger-empty", folder=str(folder.path))
    return checkpoint.opened(note, signer.verifier)


def _rebuildable(conn: Connection[Any]) -> bool:
    try:
        recomputed(conn, log.head(conn))
    except Refused:
        return False
    return True


def _lost(conn: Connection[Any], verifier: NoteVerifier, receipts: Iterable[Any]) -> Iterator[str]:
    """A line for each fact that a receipt names and the database does not hold."""
    for count, (event, given) in enumerate((pair for each in receipts for pair in _named(each)), 1):
        if count > MOST:
            raise Refused("receipt-malformed", expected=f"at most {MOST} facts")
        if given is None:
            if _leaf(conn, event) is None:
                yield f"lost claimed {event}"
            continue
        found = proof.check(given, verifier)
        leaf = leaf_hash(found.entry)
        if _leaf(conn, event) != leaf:
            yield f"lost proved {event} {found.place} {base64.b64encode(leaf).decode()}"


def _named(receipt: Any) -> Iterator[tuple[str, Any]]:
    """The facts that a receipt names, each with the proof when it is one."""
    match receipt:
        case {"format": proof.FORMAT, "event": str(event)}:
            yield _id(event), receipt
        case {"proof": {"format": proof.FORMAT} as inner}:
            yield from _named(inner)
        case {"events": [*events]}:
            yield from ((_id(event), None) for event in events)
        case {"results": [*rows]} if all(isinstance(row, dict) for row in rows):
            yield from (pair for row in rows if row.get("receipt") for pair in _named(row["receipt"]))
        case _:
            raise Refused("receipt-malformed", expected="a proof, a receipt or an answer with receipts, as JSON")


def _id(event: Any) -> str:
    try:
        stream, _, version = str(event).rpartition(":")
        return f"{UUID(stream)}:{int(version)}"
    except ValueError as error:
        raise Refused("receipt-malformed", expected="facts as STREAM:VERSION") from error


def _leaf(conn: Connection[Any], event: str) -> bytes | None:
    stream, _, version = event.rpartition(":")
    try:
        return leaf_hash(log.entry(conn, UUID(stream), int(version))[0])
    except Refused:
        return None


def _text(held: int, old: Checkpoint, new: NoteSigner, because: str, lost: list[str], now: datetime) -> str:
    lines = [
        "kets-incident/1",
        f"opened {now.isoformat(timespec='microseconds')}",
        f"origin {new.name}",
        f"key {new.verifier.key}",
        f"after {old.origin} {old.size} {base64.b64encode(old.root).decode()}",
        f"held {held}",
        f"because {' '.join(because.split())[:LONGEST]}",
        *lost,
    ]
    return "\n".join(lines) + "\n"


def _held(folder: Folder, old: Checkpoint, head: Head) -> int:
    """How many of the old ledger's first leaves the database's own, older ledger has; 0 when it is another."""
    if not 0 < head.size <= old.size:
        return 0
    try:
        root = Tree(folder.read, old.size).root(head.size)
    except Refused:
        return 0
    return head.size if root == head.root else 0

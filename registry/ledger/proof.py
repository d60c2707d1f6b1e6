"""The proof that one event is in the log: made from database and tiles, checked with neither.

A JSON object:

    format       "kets-inclusion/1"
    event        "stream:version"
    leaf         stream, version, topic, recorded_at (ISO 8601, UTC), salt, clear (text), sealed_hash,
                 submission_digest; bytes in base64, null where nothing was sealed or submitted
    index        the leaf's place in the log, from 0
    path         inclusion hashes in base64, lowest first (RFC 6962 section 2.1.1)
    checkpoint   the signed note whose size and root the path leads to

`clear` opens the leaf: who checks sees what was recorded, not only that something was. It holds no personal data;
the salt is given with it, so a proof is for whoever may know the fact.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from domain.errors import Refused
from registry.ledger import checkpoint, log
from registry.ledger.leaf import Entry, hash_of, leaf_bytes, leaf_hash, leaf_id
from registry.ledger.log import Head
from registry.ledger.merkle import Tree, included

if TYPE_CHECKING:
    from psycopg import Connection

    from keys.notes import NoteVerifier
    from registry.ledger.checkpoint import Checkpoint
    from registry.ledger.tiles import Folder

FORMAT = "kets-inclusion/1"
TEXT = "c2sp.org/tlog-proof@v1"


class Proved(NamedTuple):
    """What a proof that holds says."""

    entry: Entry
    place: int
    checkpoint: Checkpoint


def prove(conn: Connection[Any], folder: Folder, stream: UUID, version: int) -> dict[str, Any]:
    """The proof of one event under the checkpoint that witnesses have cosigned, or under the committed one.

    Raises: Refused: "event-unknown", "not-sequenced", "proof-differs" when row and tiles disagree (run the audit).
    """
    entry, position = log.entry(conn, stream, version)
    index = log.index_of(conn, log.place_of(stream), position)
    head = log.head(conn)
    signed = _under(folder, head, index)
    tree = Tree(folder.read, signed.size)
    if tree.leaf(index) != leaf_hash(entry) or tree.root() != signed.root:
        raise Refused("proof-differs", event=entry.id)
    return {
        "format": FORMAT,
        "event": entry.id,
        "leaf": parts(entry),
        "index": index,
        "path": [_b64(each) for each in tree.inclusion(index)],
        "checkpoint": signed.checkpoint,
    }


def _under(folder: Folder, head: Head, index: int) -> Head:
    """What a leaf is proved under: the checkpoint that witnesses have cosigned when it covers the leaf, or the newest.

    A file says which that is; `prove` holds its root against the tiles.
    """
    note = folder.witnessed()
    if note is None or head.checkpoint is None:
        return head
    witnessed = checkpoint.read(note, head.checkpoint.partition("\n")[0])
    return Head(witnessed.size, witnessed.root, note) if index < witnessed.size <= head.size else head


def as_text(proof: dict[str, Any], entry: Entry) -> str:
    """The proof as C2SP tlog-proof has it. Its extra data are the bytes of the leaf, which hold nothing personal."""
    lines = [TEXT, f"extra {_b64(leaf_bytes(entry))}", f"index {proof['index']}", *proof["path"], "", ""]
    return "\n".join(lines) + str(proof["checkpoint"])


class ProvedLeaf(NamedTuple):
    """What a tlog-proof that holds says: these bytes are the leaf at `place` under the checkpoint."""

    leaf: bytes
    place: int
    checkpoint: Checkpoint


def check_text(text: str, verifier: NoteVerifier) -> ProvedLeaf:
    """A tlog-proof whose extra data are the leaf. Raises: as `check`."""
    head, _, note = text.partition("\n\n")
    match head.split("\n"):
        case [first, extra, number, *path] if first == TEXT and len(path) < 64:
            pass
        case _:
            raise Refused("proof-malformed", expected=TEXT)
    try:
        leaf = base64.b64decode(extra.removeprefix("extra "), validate=True)
        index, hashes = int(number.removeprefix("index ")), [_bytes(each, 32) for each in path]
    except (ValueError, binascii.Error) as error:
        raise Refused("proof-malformed", expected=TEXT) from error
    if (extra, number) != (f"extra {_b64(leaf)}", f"index {index}"):
        raise Refused("proof-malformed", expected=TEXT)
    signed = checkpoint.opened(note, verifier)
    hashed = hash_of(leaf)
    if not included(leaf=hashed, index=index, size=signed.size, path=hashes, root=signed.root):
        raise Refused("proof-differs", event=leaf_id(leaf))
    return ProvedLeaf(leaf, index, signed)


def check(proof: Any, verifier: NoteVerifier) -> Proved:
    """1. The form. 2. The checkpoint's signature. 3. The leaf from its parts. 4. The path from leaf to root.

    Raises: Refused: "proof-malformed", "checkpoint-malformed", "proof-differs"; KeysError about the note.
    """
    try:
        entry, index, path, note = _read(proof)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, binascii.Error) as error:
        raise Refused("proof-malformed", expected=FORMAT) from error
    signed = checkpoint.opened(note, verifier)
    if not included(leaf=leaf_hash(entry), index=index, size=signed.size, path=path, root=signed.root):
        raise Refused("proof-differs", event=entry.id)
    return Proved(entry, index, signed)


def parts(entry: Entry) -> dict[str, Any]:
    """The leaf of a proof, as JSON."""
    return {
        "stream": str(entry.stream),
        "version": entry.version,
        "topic": entry.topic,
        "recorded_at": entry.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "salt": _b64(entry.salt),
        "clear": entry.clear.decode(),
        "sealed_hash": entry.sealed_hash and _b64(entry.sealed_hash),
        "submission_digest": entry.submission_digest and _b64(entry.submission_digest),
    }


def _read(proof: Any) -> tuple[Entry, int, list[bytes], str]:
    leaf, index, note = proof["leaf"], proof["index"], proof["checkpoint"]
    entry = Entry(
        stream=UUID(leaf["stream"]),
        version=leaf["version"],
        topic=leaf["topic"],
        recorded_at=datetime.fromisoformat(leaf["recorded_at"]),
        salt=_bytes(leaf["salt"], 16),
        clear=leaf["clear"].encode(),
        sealed_hash=None if leaf["sealed_hash"] is None else _bytes(leaf["sealed_hash"], 32),
        submission_digest=None if leaf["submission_digest"] is None else _bytes(leaf["submission_digest"], 32),
    )
    leaf_hash(entry)  # whatever cannot be a leaf is told here
    typed = type(index) is int and type(entry.version) is int and isinstance(note, str)
    if not typed or (proof["format"], proof["event"], leaf) != (FORMAT, entry.id, parts(entry)):
        raise ValueError(f"got another form than {FORMAT}")
    return entry, index, [_bytes(each, 32) for each in proof["path"]], note


def _bytes(text: str, length: int) -> bytes:
    data = base64.b64decode(text, validate=True)
    if len(data) != length or _b64(data) != text:
        raise ValueError(f"got {len(data)} bytes, expected {length} in plain base64")
    return data


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")

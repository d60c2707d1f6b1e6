"""A bundle checked with nothing but the ledger's verifier key: no database, no network. docs/audit-bundle.md."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import Refused
from keys import datakeys
from registry.audit.bundle import FORMAT, LONGEST, MOST
from registry.audit.streams import DESTROYED
from registry.ledger import checkpoint, proof
from registry.ledger.leaf import NONE
from registry.ledger.merkle import consistent
from registry.sealing import NONCE, associated

if TYPE_CHECKING:
    from keys.notes import NoteVerifier
    from registry.ledger.checkpoint import Checkpoint
    from registry.ledger.leaf import Entry

_FIELDS = ("format", "stream", "checkpoint", "older", "data_key", "facts")
_FACT = ("leaf", "index", "path", "sealed")


class Checked(NamedTuple):
    """What a bundle that holds says. `older`: the size of the checkpoint that it continues, 0 for none; `opened`: the
    personal parts, by version; `complete`: its last fact is one that nothing may follow."""

    facts: list[Entry]
    checkpoint: Checkpoint
    older: int
    opened: dict[int, Any]
    complete: bool


def check(data: bytes, verifier: NoteVerifier, *, kept: str | None = None) -> Checked:
    """1. Form and bounds. 2. Each checkpoint's signature. 3. The older one continued. 4. Each fact: leaf and path.
    5. Versions 1, 2, 3 and on, times and places in order. 6. With a data key: it is the one committed to, and every
    sealed part opens under it.

    `kept`: a checkpoint of one's own, which the bundle must be under or continue.
    Raises: Refused: "bundle-malformed", "bundle-differs", "bundle-unlinked", "checkpoint-malformed", "proof-malformed",
    "proof-differs"; KeysError about a note.
    """
    bundle = _read(data)
    signed = checkpoint.opened(bundle["checkpoint"], verifier)
    older = _continued(bundle["older"], signed, verifier)
    _kept(kept, signed, older, verifier)
    proved = [_proved(fact, bundle["checkpoint"], verifier) for fact in bundle["facts"]]
    facts, places = [each.entry for each in proved], [each.place for each in proved]
    for n, entry in enumerate(facts):
        _expect(str(entry.stream) == bundle["stream"], entry, "another stream")
        _expect(entry.version == n + 1, entry, f"expected version {n + 1}")
        _expect(NONE not in (entry.sealed_hash, entry.submission_digest), entry, "a hash of zeros, which means none")
        _expect(n == 0 or places[n] > places[n - 1], entry, "stands in the ledger before the fact that precedes it")
        _expect(n == 0 or entry.recorded_at >= facts[n - 1].recorded_at, entry, "recorded before the one before it")
    opened = _opened(bundle, facts) if bundle["data_key"] is not None else {}
    return Checked(facts, signed, older.size if older else 0, opened, facts[-1].topic == DESTROYED)


def _read(data: bytes) -> dict[str, Any]:
    """Exactly the fields of the format, within its bounds."""
    if len(data) > LONGEST:
        raise Refused("bundle-malformed", expected=f"{FORMAT}, at most {LONGEST} bytes")
    try:
        return _shaped(json.loads(data.decode("utf-8"), object_pairs_hook=_once))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Refused("bundle-malformed", expected=FORMAT) from error


def _shaped(read: dict[str, Any]) -> dict[str, Any]:
    """Raises: ValueError, TypeError, KeyError."""
    if tuple(read) != _FIELDS or read["format"] != FORMAT or not 0 < len(read["facts"]) <= MOST:
        raise ValueError(f"expected the fields of {FORMAT} and 1 to {MOST} facts")
    if any(not isinstance(fact, dict) or tuple(fact) != _FACT for fact in read["facts"]):
        raise ValueError("expected the fields of a fact")
    if read["data_key"] is None and any(fact["sealed"] is not None for fact in read["facts"]):
        raise ValueError("got a sealed part without a key")
    notes = [read["checkpoint"], *([read["older"]["checkpoint"]] if read["older"] is not None else [])]
    if not all(isinstance(text, str) for text in (read["stream"], *notes)):
        raise ValueError("expected text")
    return read


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("got a name twice")
    return found


def _continued(older: Any, signed: Checkpoint, verifier: NoteVerifier) -> Checkpoint | None:
    if older is None:
        return None
    before = checkpoint.opened(older["checkpoint"], verifier)
    try:
        path = [_bytes(each, 32) for each in older["path"]]
    except (ValueError, TypeError, KeyError) as error:
        raise Refused("bundle-malformed", expected=FORMAT) from error
    if not consistent(old=before.size, old_root=before.root, size=signed.size, root=signed.root, proof=path):
        raise Refused("bundle-unlinked", size=before.size)
    return before


def _kept(kept: str | None, signed: Checkpoint, older: Checkpoint | None, verifier: NoteVerifier) -> None:
    own = checkpoint.opened(kept, verifier) if kept is not None else signed
    if own not in (signed, older):
        raise Refused("bundle-unlinked", size=own.size)


def _proved(fact: dict[str, Any], note: str, verifier: NoteVerifier) -> proof.Proved:
    leaf = fact["leaf"] if isinstance(fact["leaf"], dict) else {}
    event = f"{leaf.get('stream')}:{leaf.get('version')}"
    rest = {name: fact[name] for name in ("leaf", "index", "path")}
    return proof.check({"format": proof.FORMAT, "event": event, "checkpoint": note, **rest}, verifier)


def _opened(bundle: dict[str, Any], facts: list[Entry]) -> dict[int, Any]:
    """Every sealed part, opened under the key that the first fact commits to."""
    try:
        key = _bytes(bundle["data_key"], 32)
        sealed = [None if fact["sealed"] is None else _bytes(fact["sealed"], None) for fact in bundle["facts"]]
    except (ValueError, TypeError) as error:
        raise Refused("bundle-malformed", expected=FORMAT) from error
    _expect(_commitment(facts[0]) == datakeys.commitment(key), facts[0], "commits to another data key")
    found = {}
    for entry, part in zip(facts, sealed, strict=True):
        hashed = None if part is None else hashlib.sha256(part).digest()
        _expect(hashed == entry.sealed_hash, entry, "another sealed part")
        if part is not None:
            found[entry.version] = _personal(key, part, entry)
    return found


def _personal(key: bytes, sealed: bytes, entry: Entry) -> Any:
    try:
        place = associated(entry.stream, entry.version, entry.topic)
        return msgspec.json.decode(AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], place))
    except (InvalidTag, ValueError, RecursionError, msgspec.DecodeError) as error:
        raise Refused("bundle-differs", event=entry.id, why="the sealed part does not open") from error


def _commitment(first: Entry) -> Any:
    try:
        return msgspec.json.decode(first.clear)["fact"]["key_commitment"]
    except (msgspec.DecodeError, RecursionError, KeyError, TypeError):
        return None


def _expect(true: bool, entry: Entry, why: str) -> None:
    if not true:
        raise Refused("bundle-differs", event=entry.id, why=why)


def _bytes(text: Any, length: int | None) -> bytes:
    """Plain base64 of so many bytes. ValueError, TypeError."""
    data = base64.b64decode(text, validate=True)
    if length not in (None, len(data)) or base64.b64encode(data).decode() != text:
        raise binascii.Error(f"got {len(data)} bytes, expected {length} in plain base64")
    return data

"""A checkpoint: origin, size and root of the log, signed as a note (C2SP tlog-checkpoint)."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, NamedTuple

from domain.errors import Refused
from registry.ledger.merkle import HASH

if TYPE_CHECKING:
    from keys.notes import NoteSigner, NoteVerifier

MOST = 1 << 63
"""Leaves: what any reader counts with 64 bits, and a draw by 64 bits can reach."""


class Checkpoint(NamedTuple):
    """The log named `origin` has `size` leaves with this root."""

    origin: str
    size: int
    root: bytes


def origin_of(issuer: str) -> str:
    """The ledger's name, from the address of the registry: the address without its scheme, and `/ledger`."""
    return f"{issuer.partition('://')[2].rstrip('/') or issuer}/ledger"


def signed(signer: NoteSigner, size: int, root: bytes) -> str:
    """The note of a checkpoint; its origin is the signer's name."""
    return signer.sign(f"{signer.name}\n{size}\n{base64.b64encode(root).decode()}\n")


def opened(note: str, verifier: NoteVerifier) -> Checkpoint:
    """The checkpoint that this key signed. KeysError as `NoteVerifier.open`; Refused("checkpoint-malformed")."""
    return read(verifier.open(note), verifier.name)


def read(text: str, name: str) -> Checkpoint:
    """The checkpoint that a note's text is, whoever signed it. Refused("checkpoint-malformed")."""
    lines = text.split("\n")
    try:
        origin, size, root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError, binascii.Error) as error:
        raise Refused("checkpoint-malformed", expected="origin, size, root") from error
    if origin != name or str(size) != lines[1] or not 0 <= size < MOST or len(root) != HASH:
        raise Refused("checkpoint-malformed", expected=f"origin {name}, a size below 2^63, a root of {HASH} bytes")
    return Checkpoint(origin, size, root)

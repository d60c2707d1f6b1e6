"""Signed notes with Ed25519 (C2SP signed-note): a text, a blank line, one line a signature.

text of lines, each ending in a newline

— NAME base64(key hash of 4 bytes || signature of 64)
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from keys.errors import KeysError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ED25519 = b"\x01"
LONGEST = 1_000_000
_DASH = "\u2014"


def check_name(name: str) -> str:
    """`name`, if a note may be signed in it: no space, no plus. KeysError("note-name")."""
    if not name or "+" in name or any(letter.isspace() for letter in name):
        raise KeysError("note-name", f"got {name!r}, expected a name without spaces or plus signs")
    return name


def key_hash(name: str, public: bytes, kind: bytes = ED25519) -> bytes:
    """The 4 bytes that tell keys apart: the beginning of SHA-256(name || newline || kind || public key)."""
    return hashlib.sha256(name.encode() + b"\n" + kind + public).digest()[:4]


def verifier_key(name: str, public: bytes, kind: bytes = ED25519) -> str:
    """The verifier key `name+hash+key`."""
    return f"{name}+{key_hash(name, public, kind).hex()}+{_b64(kind + public)}"


def read_verifier_key(key: str, kind: bytes = ED25519) -> tuple[str, bytes]:
    """Name and the 32 bytes of public key of a verifier key of this kind. KeysError("verifier-key")."""
    name, _, rest = key.strip().partition("+")
    told, _, encoded = rest.partition("+")
    try:
        public = _unb64(encoded)
    except ValueError as error:
        raise KeysError("verifier-key", "got a key that is not base64, expected name+hash+key") from error
    if len(public) != 33 or public[:1] != kind or key_hash(name, public[1:], kind).hex() != told:
        raise KeysError("verifier-key", f"got {key.strip()[:80]!r}, expected name+hash+key of Ed25519, kind {kind[0]}")
    return check_name(name), public[1:]


@dataclass(frozen=True)
class NoteVerifier:
    """Whose signature is looked for: `name` and 32 bytes of public key."""

    name: str
    public: bytes

    @property
    def key(self) -> str:
        """The verifier key `name+hash+key`: what an auditor is given."""
        return verifier_key(self.name, self.public)

    @classmethod
    def of(cls, key: str) -> NoteVerifier:
        """The verifier that a `name+hash+key` describes. KeysError("verifier-key")."""
        return cls(*read_verifier_key(key))

    def open(self, note: str) -> str:
        """The signed text. KeysError: "note-malformed", "note-unsigned" by this key, or "note-signature" wrong.

        Signatures of others are passed over, as the format asks.
        """
        text, signatures = parted(note)
        for name, sealed in signatures:
            if name == self.name and sealed[:4] == key_hash(self.name, self.public):
                try:
                    Ed25519PublicKey.from_public_bytes(self.public).verify(sealed[4:], text.encode())
                except InvalidSignature as error:
                    raise KeysError(
                        "note-signature", f"got a signature of {name} that is not over this text"
                    ) from error
                return text
        raise KeysError("note-unsigned", f"got no signature of {self.name}")


@dataclass(frozen=True)
class NoteSigner:
    """An Ed25519 key that signs notes in its name."""

    name: str
    secret: Ed25519PrivateKey = field(repr=False)

    @property
    def verifier(self) -> NoteVerifier:
        return NoteVerifier(self.name, self.secret.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The note of `text`, which ends in a newline. The same text gives the same note."""
        if not text.endswith("\n"):
            raise KeysError("note-malformed", "got a text that does not end in a newline")
        _check_letters(text)
        sealed = key_hash(self.name, self.verifier.public) + self.secret.sign(text.encode())
        return f"{text}\n{signature_line(self.name, sealed)}"


def signature_line(name: str, sealed: bytes) -> str:
    """One signature of a note; `sealed` = key hash || signature."""
    return f"{_DASH} {name} {_b64(sealed)}\n"


def parted(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Text and signatures (name, key hash || signature) of a note."""
    body, blank, lines = note.rpartition("\n\n")
    if len(note) > LONGEST or not blank or not lines.endswith("\n"):
        raise KeysError("note-malformed", "expected a text, a blank line and signatures, each line ended")
    _check_letters(note)
    return body + "\n", [_signature(line) for line in lines[:-1].split("\n")]


def _check_letters(text: str) -> None:
    """Refuse what no note may hold: control characters, and halves of a letter, which UTF-8 has no bytes for."""
    if any((letter < " " and letter != "\n") or "\ud800" <= letter <= "\udfff" for letter in text):
        raise KeysError("note-malformed", "got a control character or half a letter")


def _signature(line: str) -> tuple[str, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != _DASH:
        raise KeysError("note-malformed", f"got the signature line {line[:80]!r}")
    try:
        sealed = _unb64(parts[2])
    except ValueError as error:
        raise KeysError("note-malformed", f"got a signature of {parts[1]} that is not base64") from error
    if len(sealed) < 5:
        raise KeysError("note-malformed", f"got a signature of {len(sealed)} bytes")
    return check_name(parts[1]), sealed


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _unb64(text: str) -> bytes:
    """The bytes of base64; ValueError also for stray bits, so that no two notes hold the same signature."""
    data = base64.b64decode(text, validate=True)
    if _b64(data) != text:
        raise ValueError("got stray bits at the end of base64")
    return data

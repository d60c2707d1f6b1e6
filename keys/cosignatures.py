"""Cosignatures of witnesses (C2SP tlog-cosignature, cosignature/v1): a date, and that one log is one log.

A line of a signed note whose signature is an 8-byte time (Unix seconds, big-endian) and 64 bytes of Ed25519 over

    cosignature/v1
    time SECONDS
    the note's text

It says: at that time this was the largest checkpoint of its origin that the witness had seen, and extends all others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from keys import files
from keys.encoding import b64url, unb64url
from keys.errors import KeysError
from keys.notes import check_name, key_hash, parted, read_verifier_key, signature_line, verifier_key

if TYPE_CHECKING:
    from pathlib import Path

COSIGNATURE = b"\x04"


@dataclass(frozen=True)
class WitnessKey:
    """Whose cosignature is looked for: `name` and 32 bytes of public key."""

    name: str
    public: bytes

    @property
    def key(self) -> str:
        """The verifier key, of kind 4."""
        return verifier_key(self.name, self.public, COSIGNATURE)

    @property
    def mark(self) -> tuple[str, bytes]:
        """What its signature lines begin with: name and key hash."""
        return self.name, key_hash(self.name, self.public, COSIGNATURE)

    @classmethod
    def of(cls, key: str) -> WitnessKey:
        """The witness that a verifier key of kind 4 describes. KeysError("verifier-key")."""
        return cls(*read_verifier_key(key, COSIGNATURE))

    def cosigned_at(self, note: str) -> int | None:
        """Unix seconds at which this witness cosigned, the latest; None when it did not. Others' lines are passed over.

        Raises: KeysError: "note-malformed"; "note-signature" when a line of this witness is not over this text.
        """
        text, signatures = parted(note)
        at = None
        for name, sealed in signatures:
            if (name, sealed[:4]) == self.mark:
                at = max(at or 0, self._time(text, sealed[4:]))
        return at

    def _time(self, text: str, signature: bytes) -> int:
        at = int.from_bytes(signature[:8], "big")
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature[8:], _message(text, at))
        except InvalidSignature as error:
            raise KeysError("note-signature", f"got a cosignature of {self.name} that is not over this text") from error
        return at


@dataclass(frozen=True)
class Cosigner:
    """A witness's own key. Used for cosignatures alone: what is signed does not name the witness."""

    name: str
    secret: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def kept(cls, folder: Path, name: str) -> Cosigner:
        """The key in `folder`/witness.json, made in this name at the first asking; the name it has stays."""
        path = folder / "witness.json"
        if not path.exists():
            secret = b64url(Ed25519PrivateKey.generate().private_bytes_raw())
            files.write_once(path, {"kty": "OKP", "crv": "Ed25519", "d": secret, "name": check_name(name)})
        content = files.read(path)
        return cls(content["name"], Ed25519PrivateKey.from_private_bytes(unb64url(content["d"])))

    @property
    def witness(self) -> WitnessKey:
        return WitnessKey(self.name, self.secret.public_key().public_bytes_raw())

    def cosign(self, text: str, at: int) -> str:
        """The line that says that `text` was seen at `at`, Unix seconds."""
        name, mark = self.witness.mark
        return signature_line(name, mark + at.to_bytes(8, "big") + self.secret.sign(_message(text, at)))


def _message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()

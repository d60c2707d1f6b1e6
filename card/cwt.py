"""The card as CWT: deterministic CBOR in a COSE_Sign1 of one exact shape (docs/card-profile.md section 4).

D2 84                          tag 18, array of four
4D A2 01 26 04 48 kid          protected {1: -7 (ES256), 4: kid of 8 bytes}
A0                             unprotected {}
58|59|5A length payload        the claims set; 5A is too long for a card, and comes with a status list
58 40 signature                r || s
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from card import plain
from card.errors import CardError
from card.payload import read
from card.projection import PROFILE_VERSION, WORKER, encode_cwt

if TYPE_CHECKING:
    from card.claims import CardClaims
    from keys.signer import Signer

MAX_BYTES = 16_384
_START = b"\xd2\x84"
_ES256 = b"\xa2\x01\x26"  # a map of two, of which 1 (alg): -7
_KID = b"\x04\x48"  # 4 (kid): 8 bytes
_UNPROTECTED = b"\xa0"
_SIGNATURE = b"\x58\x40"  # 64 bytes


class Sign1(msgspec.Struct, frozen=True, kw_only=True):
    """A COSE_Sign1 taken apart, not believed. `kid` is empty when the header is not of our shape."""

    protected: bytes
    payload: bytes
    signature: bytes

    @property
    def kid(self) -> bytes:
        return self.protected[-8:] if self.protected[-10:-8] == _KID else b""

    @property
    def is_es256(self) -> bool:
        return self.protected[:-10] == _ES256

    @property
    def signed_bytes(self) -> bytes:
        """The Sig_structure of RFC 9052 section 4.4, no external data."""
        return b"\x84\x6aSignature1" + _bytes(self.protected) + b"\x40" + _bytes(self.payload)


def sign(claims: CardClaims, signer: Signer) -> bytes:
    """The card as COSE_Sign1, signed. ES256 is randomised: the same claims give other bytes each time."""
    return sign1(protected(signer.kid), encode_cwt(claims), signer)


def protected(kid: bytes) -> bytes:
    """The protected header of what a document signer signs."""
    return _ES256 + _KID + kid


def sign1(protected: bytes, payload: bytes, signer: Signer) -> bytes:
    """Any COSE_Sign1 of this shape, signed."""
    unsigned = Sign1(protected=protected, payload=payload, signature=b"")
    signature = signer.sign(unsigned.signed_bytes)
    return _START + _bytes(protected) + _UNPROTECTED + _bytes(payload) + _SIGNATURE + signature


def parse(cose: bytes, *, limit: int = MAX_BYTES) -> Sign1:
    """Take a COSE_Sign1 of at most `limit` bytes apart; ValueError when it is not one of this shape, to the last."""
    if len(cose) > limit or not cose.startswith(_START):
        raise ValueError(f"got {len(cose)} bytes starting {cose[:2].hex()}, expected a COSE_Sign1 of this profile")
    protected, at = _byte_string(cose, len(_START))
    if not cose.startswith(_UNPROTECTED, at):
        raise ValueError("got an unprotected header, expected an empty one")
    payload, at = _byte_string(cose, at + len(_UNPROTECTED))
    if not cose.startswith(_SIGNATURE, at) or len(cose) - at != 66:
        raise ValueError("got another signature than 64 bytes at the end")
    return Sign1(protected=protected, payload=payload, signature=cose[at + 2 :])


def claims_of(payload: bytes) -> CardClaims:
    """The claims of a payload whose signature was verified. CardError: "newer-format" or "claims-malformed"."""
    try:
        return read(payload)
    except (CardError, ValueError) as error:
        raise _unread(payload, error) from error


def _unread(payload: bytes, why: Exception) -> CardError:
    """What to say of a payload that is not ours: of another version, or of none."""
    try:
        version = plain.loads(payload)[WORKER][0]
    except (LookupError, TypeError, ValueError) as error:
        return CardError("claims-malformed", f"got a payload that is no claims set: {error!r}")
    if version != PROFILE_VERSION:
        return CardError("newer-format", f"got profile version {version!r}, expected {PROFILE_VERSION}")
    return CardError("claims-malformed", f"got claims that this profile has not: {why}")


def _bytes(value: bytes) -> bytes:
    """A byte string in its shortest form."""
    length = len(value)
    if length < 24:
        return bytes((0x40 + length,)) + value
    if length < 256:
        return bytes((0x58, length)) + value
    return (b"\x59" + length.to_bytes(2, "big") if length < 65_536 else b"\x5a" + length.to_bytes(4, "big")) + value


def _byte_string(data: bytes, at: int) -> tuple[bytes, int]:
    """The byte string in its shortest form at `at` of `data`, and where it ends."""
    first = data[at] if at < len(data) else 0
    if 0x40 <= first < 0x58:
        start, length, least = at + 1, first - 0x40, 0
    elif first == 0x58:
        start, length, least = at + 2, int.from_bytes(data[at + 1 : at + 2], "big"), 24
    elif first == 0x59:
        start, length, least = at + 3, int.from_bytes(data[at + 1 : at + 3], "big"), 256
    elif first == 0x5A:
        start, length, least = at + 5, int.from_bytes(data[at + 1 : at + 5], "big"), 65_536
    else:
        raise ValueError(f"got CBOR item {first:#04x}, expected a byte string")
    end = start + length
    if length < least or end > len(data):
        raise ValueError("got a byte string that is cut or not in its shortest form")
    return data[start:end], end

"""The live presentation: the worker's phone signs the moment and the card (docs/card-profile.md section 11).

The outer COSE_Sign1 has the shape of the card's; its protected header says what it is, so that neither passes for the
other:

A2 01 26 10 78 19 "application/kets-live+cwt"   {1: -7 (ES256), 16 (typ): 25 characters}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec

from card import cwt, plain, qr
from card.errors import CardError, VerificationError
from card.number import ALPHABET
from card.projection import CNF, IAT, cbor
from keys import es256

if TYPE_CHECKING:
    from card.cwt import Sign1
    from keys.signer import Signer

TYP = "application/kets-live+cwt"
PROTECTED = cbor({1: -7, 16: TYP})
WINDOW = 60
"""Seconds that the phone's clock and the verifier's may differ, either way."""
NONCE, CARD = 10, -65_538
NONCE_BYTES = (8, 16)
CHALLENGE = 8
_COSE_KEY, _KTY, _CRV, _X, _Y = 1, 1, -1, -2, -3
_SPELLING = str.maketrans("OIL", "011", " -")


@dataclass(frozen=True, kw_only=True)
class Presentation:
    """A live presentation taken apart, not believed. `nonce` is None where the phone was given none."""

    issued_at: int
    nonce: bytes | None
    key: ec.EllipticCurvePublicKey
    card: bytes
    sign1: Sign1

    def check(self, named: bytes | None, *, nonce: bytes | None, now: int) -> None:
        """Believe it, for a card that was verified and names this `holder_key`, or raise VerificationError.

        invalid: "live-key" when the card names no phone or another one, "live-signature".
        cannot-check, since the card may well be good: "live-nonce", "live-expired".
        """
        if named != holder_key(es256.public_jwk(self.key)):
            raise VerificationError("live-key")
        if not es256.verify(self.key, self.sign1.signed_bytes, self.sign1.signature):
            raise VerificationError("live-signature")
        if self.nonce != nonce:
            raise VerificationError("live-nonce", f"got {_shown(self.nonce)}, expected {_shown(nonce)}")
        if abs(now - self.issued_at) > WINDOW:
            raise VerificationError("live-expired", f"got a code of {self.issued_at}, now is {now}")


def present(card: bytes, phone: Signer, *, now: int, nonce: bytes | None = None) -> str:
    """The text of the QR that a phone shows at `now`: `card` is the COSE_Sign1 of the card."""
    jwk = phone.public_jwk
    point = es256.public_key(jwk).public_numbers()
    key = {_KTY: 2, _CRV: 1, _X: point.x.to_bytes(32, "big"), _Y: bool(point.y % 2)}
    payload: dict[int, Any] = {IAT: now, CNF: {_COSE_KEY: key}, CARD: card}
    if nonce is not None:
        payload[NONCE] = nonce
    return qr.text(cwt.sign1(PROTECTED, cbor(payload), phone))


def parse(sign1: Sign1) -> Presentation | None:
    """Take a live presentation apart; None when it does not say that it is one.

    ValueError when it says so and is not of this profile, to the last byte.
    """
    if sign1.protected != PROTECTED:
        return None
    try:
        payload = plain.loads(sign1.payload)
        key = payload[CNF][_COSE_KEY]
        read = _read(payload[IAT], payload.get(NONCE), key[_X], key[_Y], payload[CARD], sign1)
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"got a live presentation of another form: {error!r}") from error
    exact = {IAT: read.issued_at, CNF: {_COSE_KEY: {_KTY: 2, _CRV: 1, _X: key[_X], _Y: key[_Y]}}, CARD: read.card}
    if cbor(exact if read.nonce is None else {**exact, NONCE: read.nonce}) != sign1.payload:
        raise ValueError("got a live presentation with other members, or not in deterministic CBOR")
    return read


def holder_key(jwk: es256.PublicJwk) -> bytes:
    """What a card says of its holder's phone: the first 16 bytes of the key's RFC 7638 thumbprint."""
    return es256.thumbprint(jwk)[:16]


def challenge(text: str) -> bytes:
    """The nonce that a person typed. CardError("challenge") when it is none."""
    return spelled(text, CHALLENGE).encode()


def spelled(typed: str, count: int) -> str:
    """`count` characters as in a card number; spaces, hyphens and small letters forgiven. CardError("challenge")."""
    text = typed.upper().translate(_SPELLING)
    if len(text) != count or not set(text) <= set(ALPHABET):
        raise CardError("challenge", f"got {typed[:40]!r}, expected {count} letters and digits")
    return text


def _read(issued_at: int, nonce: bytes | None, x: bytes, odd: bool, card: bytes, sign1: Sign1) -> Presentation:
    kinds = (type(issued_at), type(x), type(odd), type(card)) == (int, bytes, bool, bytes)
    if not kinds or not 0 <= issued_at < 2**40 or len(x) != 32:
        raise TypeError("got a time, a key or a card of another type or length")
    if nonce is not None and not (type(nonce) is bytes and NONCE_BYTES[0] <= len(nonce) <= NONCE_BYTES[1]):
        raise TypeError(f"got a nonce that is not {NONCE_BYTES[0]} to {NONCE_BYTES[1]} bytes")
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes([2 + odd]) + x)
    return Presentation(issued_at=issued_at, nonce=nonce, key=key, card=card, sign1=sign1)


def _shown(nonce: bytes | None) -> str:
    return "none" if nonce is None else nonce.hex()

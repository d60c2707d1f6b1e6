"""The back of a card: a second code, with a thumbnail of the face, bound to the card's number (profile section 12).

A COSE_Sign1 of the card's own signer, as the card is, whose payload is of one exact shape:

A4 04 1A expiry  06 1A issue  18A9 A1 01 6E number  3A00010000 A2 00 01 08 byte string of the frame

By itself it proves nothing: its front does, and the back adds a face to compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from card import avif, cwt, qr
from card.errors import VerificationError
from card.projection import EXP, IAT, IDENTITY, PROFILE_VERSION, WORKER, cbor
from keys import es256

if TYPE_CHECKING:
    from card.claims import CardClaims
    from card.cwt import Sign1
    from card.trust import TrustedKey, TrustList
    from keys.signer import Signer

MAX_TEXT = 734
LEVEL: qr.Level = "l"
"""Larger modules are worth more than error correction here (docs/card-back.md)."""
FACE = 8
"""Key of the frame in the worker claim, which a card has not."""
_MARK = bytes.fromhex("3A00010000A2000108")
_AT = 32


@dataclass(frozen=True, kw_only=True)
class Back:
    """What a back says: which card it belongs to, and the frame of the thumbnail (`card.avif`)."""

    number: str
    issued_at: int
    expires_at: int
    frame: bytes

    @property
    def avif(self) -> bytes:
        """The picture as a file, 54 x 72 pixels."""
        return avif.avif(self.frame)

    @property
    def payload(self) -> bytes:
        identity: dict[int, Any] = {1: self.number}
        worker = {0: PROFILE_VERSION, FACE: self.frame}
        return cbor({EXP: self.expires_at, IAT: self.issued_at, IDENTITY: identity, WORKER: worker})


def sign(claims: CardClaims, frame: bytes, signer: Signer) -> bytes:
    """The back of the card that says `claims`, for the signer of that card."""
    back = Back(number=claims.number, issued_at=claims.issued_at, expires_at=claims.expires_at, frame=frame)
    return cwt.sign1(cwt.protected(signer.kid), back.payload, signer)


def parse(sign1: Sign1) -> Back | None:
    """Take a back apart, not believed; None for what is no back.

    ValueError for a back that is not of this shape to the last byte.
    """
    payload = sign1.payload
    if not payload.startswith(_MARK, _AT):
        return None
    start = _AT + len(_MARK)
    start += {0x58: 2, 0x59: 3}.get(payload[start] if start < len(payload) else 0, 1)
    back = Back(
        number=payload[_AT - 14 : _AT].decode("ascii"),
        issued_at=int.from_bytes(payload[9:13], "big"),
        expires_at=int.from_bytes(payload[3:7], "big"),
        frame=payload[start:],
    )
    if not 0 < len(back.frame) <= avif.MAX_BYTES or back.payload != payload:
        raise ValueError("got a back of another shape")
    return back


def is_back(text: str) -> bool:
    """Whether the text of a QR says that it is a back; nothing of it is believed."""
    try:
        return parse(cwt.parse(qr.cose(text))) is not None
    except ValueError:
        return False


def verify(text: str, *, front: CardClaims, trust: TrustList) -> Back:
    """The back of a card whose front was verified just now, by the same `trust`. Nothing else makes it worth a look.

    Raises VerificationError: "too-long", "not-a-card" for what is no code of ours; cannot-check, "not-a-back", for a
    code of another kind; "unknown-key", "algorithm", "bad-signature", "signer-revoked" as `card.verify` does;
    invalid, "back-differs", for the back of another card.
    """
    if len(text) > qr.MAX_TEXT:
        raise VerificationError("too-long", f"got {len(text)} characters, expected at most {qr.MAX_TEXT}")
    try:
        sign1 = cwt.parse(qr.cose(text))
        back = parse(sign1)
    except ValueError as error:
        raise VerificationError("not-a-card", str(error)) from error
    if back is None:
        raise VerificationError("not-a-back")
    key = _signer(sign1, trust)
    mine = (front.number, front.issued_at, front.expires_at, front.status.shard)
    if (back.number, back.issued_at, back.expires_at, key.shard) != mine:
        raise VerificationError("back-differs", f"got the back of {back.number}, expected that of {front.number}")
    return back


def _signer(sign1: Sign1, trust: TrustList) -> TrustedKey:
    key = trust.keys.get(sign1.kid)
    if key is None:
        raise VerificationError("unknown-key", f"got kid {sign1.kid.hex()}")
    if not sign1.is_es256:
        raise VerificationError("algorithm")
    if not es256.verify(key.public_key, sign1.signed_bytes, sign1.signature):
        raise VerificationError("bad-signature")
    if key.revoked_at is not None:
        raise VerificationError("signer-revoked", f"got a signer revoked at {key.revoked_at}")
    return key

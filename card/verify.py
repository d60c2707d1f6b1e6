"""Verification of a card: pure, offline, bounded. Four outcomes a person can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from card import back, cwt, jws, live, qr
from card.errors import CardError, VerificationError
from card.judge import Signed, judge
from keys import es256
from keys import jws as compact

if TYPE_CHECKING:
    from card.claims import CardClaims
    from card.judge import StatusLookup
    from card.live import Presentation
    from card.messages import Outcome
    from card.trust import TrustedKey, TrustList

_Opened: TypeAlias = "tuple[Signed[CardClaims], Presentation | None]"


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """A card that is accepted. `outcome` is "valid" or "status-old"; `code` picks the sentence.

    `status` 0 or 3; `status_age_days` how old our knowledge of it is; `proves` and `compare` are what the card
    shows by itself and what a person still has to compare (keys of `card.messages.PROVES` and `COMPARE`).
    `live`: the holder's phone showed it just now.
    """

    outcome: Outcome
    code: str
    claims: CardClaims
    status: int
    status_age_days: int
    proves: tuple[str, ...] = ("document-genuine",)
    compare: tuple[str, ...] = ("face", "name", "birth-date")
    live: bool = False


def verify(
    data: str | bytes, *, trust: TrustList, status: StatusLookup, now: int, nonce: bytes | None = None
) -> Verified:
    """Verify a card: the text of its QR, its JWT, or the bytes of its COSE_Sign1. `now` in Unix seconds.

    A live presentation is a card with more around it. `nonce`: what this verifier just gave the holder's phone to
    sign; then nothing but a live presentation that carries it is accepted.

    1. Open the wrapping within bounds, else invalid: "too-long", "not-a-card". The code of a card's back is no card:
       cannot-check, "back-alone".
    2. Find the signer by its kid among the keys in date, else cannot-check: "unknown-key".
    3. The algorithm is the signer's, ES256, else invalid: "algorithm".
    4. The signature is the signer's and low-S, else invalid: "bad-signature".
    5. The signer is not revoked, else invalid: "signer-revoked".
    6. Read the claims, every bound checked and the status in the signer's own shard, else cannot-check:
       "newer-format". What a listed signer signed and we do not understand is newer than we are; it is never the
       holder's fault.
    7. Look up the status. Revoked is invalid, "revoked", whatever the age of any list.
    8. The trust list is within its age, else cannot-check: "trust-stale".
    9. The card has begun, else cannot-check: "not-yet-valid", since cards are never post-dated and so our clock is
       wrong; it has not ended, else invalid: "expired". 5 minutes are granted.
    10. Weigh the status by its age: suspended is invalid, "suspended", by a list in date, and cannot-check,
        "suspension-old", by an older one. A list past its date gives the outcome status-old up to 30 days, then
        cannot-check: "status-too-old". Where there is no list, the issue of the card is the last we know of its
        status, and beyond 30 days it is cannot-check: "status-missing".
    11. The phone, of a live presentation: its key is the one that the card names, else invalid: "live-key"; the
        signature is that key's, else invalid: "live-signature"; the nonce is the one given, or there is none where
        none was given, else cannot-check: "live-nonce"; it was signed within a minute of now, else cannot-check:
        "live-expired", since a copy and a wrong clock look alike.
    """
    signed, presentation = _open(data)  # 1
    judged = judge(signed, trust=trust, status=status, now=now)  # 2 to 10
    verified = Verified(
        outcome=judged.outcome,
        code=judged.code,
        claims=judged.claims,
        status=judged.status,
        status_age_days=judged.status_age_days,
    )
    return _shown_by(presentation, verified, nonce, now)  # 11


def _open(data: str | bytes) -> _Opened:
    if len(data) > qr.MAX_TEXT and not (isinstance(data, bytes) and len(data) <= cwt.MAX_BYTES):
        raise VerificationError("too-long", f"got {len(data)} characters, expected at most {qr.MAX_TEXT}")
    try:
        if isinstance(data, str) and data.startswith("ey"):
            return _open_jwt(data)
        return _open_cwt(qr.cose(data) if isinstance(data, str) else data)
    except ValueError as error:
        raise VerificationError("not-a-card", str(error)) from error


def _open_cwt(cose: bytes) -> _Opened:
    sign1 = cwt.parse(cose)
    presentation = live.parse(sign1)
    if presentation is not None:
        sign1 = cwt.parse(presentation.card)
    if back.parse(sign1) is not None:
        raise VerificationError("back-alone")

    def claims(key: TrustedKey) -> CardClaims | None:
        genuine = es256.verify(key.public_key, sign1.signed_bytes, sign1.signature)
        return cwt.claims_of(sign1.payload) if genuine else None

    return Signed(kid=sign1.kid, is_es256=sign1.is_es256, claims=claims), presentation


def _open_jwt(token: str) -> _Opened:
    unverified = compact.parse(token)

    def claims(key: TrustedKey) -> CardClaims | None:
        payload = unverified.verified(key.public_key)
        if payload is not None and unverified.typ != jws.TYP:
            raise CardError("newer-format", f"got type {unverified.typ!r}, expected {jws.TYP!r}")
        return None if payload is None else jws.claims_of(payload)

    return Signed(kid=unverified.kid, is_es256=unverified.alg == "ES256", claims=claims), None


def _shown_by(presentation: Presentation | None, verified: Verified, nonce: bytes | None, now: int) -> Verified:
    if presentation is None:
        if nonce is not None:
            raise VerificationError("live-nonce", "got a card that no phone signed")
        return verified
    presentation.check(verified.claims.holder_key, nonce=nonce, now=now)
    return msgspec.structs.replace(verified, live=True, proves=(*verified.proves, "holder-phone"))

"""Verification of a card: pure, offline, bounded. Four outcomes a person can act on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from card import cwt, jws, live, qr
from card.errors import CardError, VerificationError
from card.messages import OUTCOME_OF
from card.status import DETAILS_OUTDATED, REVOKED, SUSPENDED, StatusList
from card.trust import CLOCK_SKEW, DAY
from keys import es256
from keys import jws as compact

if TYPE_CHECKING:
    from card.claims import CardClaims
    from card.live import Presentation
    from card.messages import Outcome
    from card.trust import TrustedKey, TrustList

StatusLookup: TypeAlias = Callable[[int], StatusList | None]
MAX_STATUS_AGE = 30 * DAY


@dataclass(frozen=True, kw_only=True)
class Verified:
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


@dataclass(frozen=True, kw_only=True)
class _Signed:
    """A card of either wrapping, opened but not believed."""

    kid: bytes
    is_es256: bool
    claims: Callable[[TrustedKey], CardClaims | None]  # None: the signature is not this key's
    presentation: Presentation | None = None


def verify(
    data: str | bytes, *, trust: TrustList, status: StatusLookup, now: int, nonce: bytes | None = None
) -> Verified:
    """Verify a card: the text of its QR, its JWT, or the bytes of its COSE_Sign1. `now` in Unix seconds.

    A live presentation is a card with more around it. `nonce`: what this verifier just gave the holder's phone to
    sign; then nothing but a live presentation that carries it is accepted.

    1. Open the wrapping within bounds, else invalid: "too-long", "not-a-card".
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
    signed = _open(data)  # 1
    key = trust.keys.get(signed.kid)
    if key is None or now > key.expires_at:  # 2
        raise VerificationError("unknown-key", f"got kid {signed.kid.hex()}")
    if not signed.is_es256:  # 3
        raise VerificationError("algorithm")
    claims = _claims(signed, key)  # 4, 5, 6
    shard_list = status(claims.status.shard)
    known = shard_list[claims.status.index] if shard_list else 0
    if known == REVOKED:  # 7
        raise VerificationError("revoked")
    if now > trust.expires_at:  # 8
        raise VerificationError("trust-stale", f"got a list that ended {trust.expires_at}, now is {now}")
    if claims.issued_at > now + CLOCK_SKEW:  # 9
        raise VerificationError("not-yet-valid", f"got issue {claims.issued_at}, now is {now}")
    if now > claims.expires_at + CLOCK_SKEW:
        raise VerificationError("expired", f"got expiry {claims.expires_at}, now is {now}")
    verified = _weighed(claims, shard_list, known, now)  # 10
    return _shown_by(signed.presentation, verified, nonce, now)  # 11


def _open(data: str | bytes) -> _Signed:
    if len(data) > qr.MAX_TEXT and not (isinstance(data, bytes) and len(data) <= cwt.MAX_BYTES):
        raise VerificationError("too-long", f"got {len(data)} characters, expected at most {qr.MAX_TEXT}")
    try:
        if isinstance(data, str) and data.startswith("ey"):
            return _open_jwt(data)
        return _open_cwt(qr.cose(data) if isinstance(data, str) else data)
    except ValueError as error:
        raise VerificationError("not-a-card", str(error)) from error


def _open_cwt(cose: bytes) -> _Signed:
    sign1 = cwt.parse(cose)
    presentation = live.parse(sign1)
    if presentation is not None:
        sign1 = cwt.parse(presentation.card)

    def claims(key: TrustedKey) -> CardClaims | None:
        genuine = es256.verify(key.public_key, sign1.signed_bytes, sign1.signature)
        return cwt.claims_of(sign1.payload) if genuine else None

    return _Signed(kid=sign1.kid, is_es256=sign1.is_es256, claims=claims, presentation=presentation)


def _open_jwt(token: str) -> _Signed:
    unverified = compact.parse(token)

    def claims(key: TrustedKey) -> CardClaims | None:
        payload = unverified.verified(key.public_key)
        if payload is not None and unverified.typ != jws.TYP:
            raise CardError("newer-format", f"got type {unverified.typ!r}, expected {jws.TYP!r}")
        return None if payload is None else jws.claims_of(payload)

    return _Signed(kid=unverified.kid, is_es256=unverified.alg == "ES256", claims=claims)


def _claims(signed: _Signed, key: TrustedKey) -> CardClaims:
    try:
        claims = signed.claims(key)
    except (CardError, ValueError) as error:
        problem = VerificationError("newer-format", str(error))
        raise (VerificationError("signer-revoked") if key.revoked_at is not None else problem) from error
    if claims is None:
        raise VerificationError("bad-signature")
    if key.revoked_at is not None:
        raise VerificationError("signer-revoked", f"got a signer revoked at {key.revoked_at}")
    if claims.status.shard != key.shard:  # else a leaked key could lean on another shard's list
        raise VerificationError("newer-format", f"got shard {claims.status.shard}, expected {key.shard}")
    return claims


def _weighed(claims: CardClaims, shard_list: StatusList | None, known: int, now: int) -> Verified:
    listed_at = shard_list.issued_at if shard_list else 0
    age = max(0, now - max(listed_at, claims.issued_at))
    fresh = shard_list is not None and now <= shard_list.expires_at
    if known == SUSPENDED:
        raise VerificationError("suspended" if fresh else "suspension-old")
    if not fresh and age > MAX_STATUS_AGE:
        raise VerificationError("status-too-old" if shard_list else "status-missing", f"got {age // DAY} days")
    valid = "details-outdated" if known == DETAILS_OUTDATED else "valid"
    code = valid if fresh else "status-old"
    return Verified(outcome=OUTCOME_OF[code], code=code, claims=claims, status=known, status_age_days=age // DAY)


def _shown_by(presentation: Presentation | None, verified: Verified, nonce: bytes | None, now: int) -> Verified:
    if presentation is None:
        if nonce is not None:
            raise VerificationError("live-nonce", "got a card that no phone signed")
        return verified
    presentation.check(verified.claims, nonce=nonce, now=now)
    return replace(verified, live=True, proves=(*verified.proves, "holder-phone"))

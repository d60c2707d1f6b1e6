"""Verify what a wallet shows: the SD-JWT VC of a card, offline, by the trust list and status lists that cards have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from card import sdjwt
from card.credential import ALWAYS_SHOWN, MAX_LIFETIME, TYP, reference
from card.credential_type import type_of
from card.errors import CardError, VerificationError
from card.holder import check_binding, public_jwk
from card.judge import Signed, judge
from keys import jws as compact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from card.claims import StatusReference
    from card.judge import StatusLookup
    from card.messages import Outcome
    from card.trust import TrustedKey, TrustList
    from keys.es256 import PublicJwk

_VALIDITY = ALWAYS_SHOWN | {"nbf", "aud", "aka_vcts"}
_COMPARED = {"name": "name", "birthdate": "birth-date"}


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """What this verifier gave the wallet to sign: its own name, and a nonce that it gives once."""

    audience: str
    nonce: str


@dataclass(frozen=True, kw_only=True)
class Disclosed:
    """A credential's claims: those always shown and those that the holder did not withhold."""

    issued_at: int
    expires_at: int
    status: StatusReference
    holder: PublicJwk | None
    shown: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Verified:
    """A credential that is accepted; members as of `card.verify.Verified`. What is not in `claims` was withheld."""

    outcome: Outcome
    code: str
    claims: Mapping[str, Any]
    status: int
    status_age_days: int
    proves: tuple[str, ...]
    compare: tuple[str, ...]


def verify(
    text: str, *, trust: TrustList, status: StatusLookup, now: int, challenge: Challenge | None = None
) -> Verified:
    """Verify an SD-JWT VC in its compact form. `now` in Unix seconds. Raises: VerificationError.

    Whether key binding is asked for is this verifier's policy and never follows from what is presented (RFC 9901
    section 7.3): it is by `challenge`. Without one, the document is judged and a key-binding JWT is not looked at.

    1. Take it apart within bounds, else invalid: "too-long", "not-a-card".
    2. to 5. The signer, as of a card (`card.verify.verify`).
    6. The type and the claims that always show are of this profile, the status in the signer's own shard, else
       cannot-check: "newer-format". Each disclosure is referred to by one digest, once, and of its form (RFC 9901
       section 7.1), and none of them decides what is valid, else invalid: "disclosure-refused".
    7. to 10. Status and dates, as of a card.
    11. With a challenge: the credential names a key and a key-binding JWT is there, else cannot-check:
        "binding-missing"; it is that key's, over exactly this, for this verifier and nonce, else invalid:
        "binding-refused"; it was made within 5 minutes of now, else cannot-check: "binding-old".
    """
    presented, signed = _open(text)  # 1
    judged = judge(signed, trust=trust, status=status, now=now)  # 2 to 10
    proves: tuple[str, ...] = ("document-genuine",)
    if challenge is not None:  # 11
        _check_bound(presented, judged.claims.holder, challenge, now)
        proves += ("wallet-key",)
    shown = judged.claims.shown
    return Verified(
        outcome=judged.outcome,
        code=judged.code,
        claims=shown,
        status=judged.status,
        status_age_days=judged.status_age_days,
        proves=proves,
        compare=tuple(code for name, code in _COMPARED.items() if name in shown),
    )


def _open(text: str) -> tuple[sdjwt.Presented, Signed[Disclosed]]:
    if len(text) > sdjwt.MAX_TEXT:
        raise VerificationError("too-long", f"got {len(text)} characters, expected at most {sdjwt.MAX_TEXT}")
    try:
        presented = sdjwt.parse(text)
        unverified = compact.parse(presented.issuer_jwt)
    except ValueError as error:
        raise VerificationError("not-a-card", str(error)) from error

    def claims(key: TrustedKey) -> Disclosed | None:
        payload = unverified.verified(key.public_key)
        if payload is not None and unverified.typ != TYP:
            raise CardError("newer-format", f"got type {unverified.typ!r}, expected {TYP!r}")
        return None if payload is None else _disclosed(payload, presented)

    return presented, Signed(kid=unverified.kid, is_es256=unverified.alg == "ES256", claims=claims)


def _disclosed(payload: dict[str, Any], presented: sdjwt.Presented) -> Disclosed:
    try:
        shown = sdjwt.reveal(payload, presented.disclosures)
    except ValueError as error:
        raise VerificationError("disclosure-refused", str(error)) from error
    if {name: shown[name] for name in _VALIDITY & shown.keys()} != {n: payload[n] for n in _VALIDITY & payload.keys()}:
        raise VerificationError("disclosure-refused", "got a disclosure of what decides whether it is valid")
    try:
        return _of_profile(payload, shown)
    except (LookupError, TypeError) as error:
        raise CardError("newer-format", f"got claims of another form: {error!r}") from error


def _of_profile(payload: dict[str, Any], shown: Mapping[str, Any]) -> Disclosed:
    issued_at, expires_at = payload["iat"], payload["exp"]
    dated = type(issued_at) is int and type(expires_at) is int and 0 < expires_at - issued_at <= MAX_LIFETIME
    if payload["vct"] != type_of(payload["iss"]) or not dated:
        raise CardError("newer-format", f"got type {str(payload['vct'])[:100]!r}, from {issued_at} to {expires_at}")
    return Disclosed(
        issued_at=issued_at,
        expires_at=expires_at,
        status=reference(payload),
        holder=public_jwk(payload["cnf"]["jwk"]) if "cnf" in payload else None,
        shown=shown,
    )


def _check_bound(presented: sdjwt.Presented, holder: PublicJwk | None, challenge: Challenge, now: int) -> None:
    if holder is None or not presented.key_binding:
        raise VerificationError("binding-missing")
    check_binding(
        presented.key_binding,
        jwk=holder,
        bound=presented.bound,
        audience=challenge.audience,
        nonce=challenge.nonce,
        now=now,
    )

"""What a wallet signs with the key that a credential is bound to.

The key proof when the credential is issued (OpenID4VCI 1.0 appendix F.1), and the key-binding JWT when it is shown
(RFC 9901 section 4.3). ES256 alone, whatever a header says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from card.errors import VerificationError
from card.sdjwt import digest
from keys import es256
from keys.encoding import unb64url
from keys.strict import strict_json

if TYPE_CHECKING:
    from keys.es256 import PublicJwk

PROOF_TYP, BINDING_TYP = "openid4vci-proof+jwt", "kb+jwt"
MAX_JWT = 8_192
CLOCK_OFF = 86_400
"""Seconds by which a wallet's clock may be off when it asks for a credential: what is fresh, our nonce says."""
BINDING_WINDOW = 300
"""Seconds between the making of a key-binding JWT and its check, either way."""
_MEMBERS = ("kty", "crv", "x", "y")


@dataclass(frozen=True, kw_only=True)
class HolderJwt:
    """A compact JWS taken apart, not believed."""

    header: dict[str, Any]
    payload: dict[str, Any]
    signed: bytes
    signature: bytes

    def is_signed_by(self, jwk: PublicJwk) -> bool:
        """ES256. Wallets do not all make s low, and a mirrored signature says nothing else: both are accepted."""
        s = int.from_bytes(self.signature[32:], "big")
        low = self.signature[:32] + min(s, es256.ORDER - s).to_bytes(32, "big") if 0 < s < es256.ORDER else b""
        return len(self.signature) == 64 and es256.verify(es256.public_key(jwk), self.signed, low)


@dataclass(frozen=True, kw_only=True)
class KeyProof:
    """A key that its holder has proved to have, and the nonce that says when."""

    jwk: PublicJwk
    nonce: str


def parse(token: str) -> HolderJwt:
    """Take a compact JWS apart; ValueError when it is not one, or names an extension that must be understood."""
    if len(token) > MAX_JWT or token.count(".") != 2:
        raise ValueError(f"got no compact JWS of at most {MAX_JWT} characters")
    head, body, signature = token.split(".")
    header, payload = strict_json(unb64url(head)), strict_json(unb64url(body))
    if not isinstance(header, dict) or not isinstance(payload, dict) or "crit" in header:
        raise ValueError("got a header or payload that is no object, or a critical extension")
    return HolderJwt(
        header=header, payload=payload, signed=f"{head}.{body}".encode("ascii"), signature=unb64url(signature)
    )


def public_jwk(given: Any) -> PublicJwk:
    """The four members of a P-256 key that somebody sent; ValueError for another kind, or with a private part."""
    if not isinstance(given, dict) or "d" in given or not all(isinstance(given.get(name), str) for name in _MEMBERS):
        raise ValueError("got no public key as a JWK of kty EC, crv P-256, x and y, without d")
    jwk: PublicJwk = {name: given[name] for name in _MEMBERS}
    es256.public_key(jwk)
    return jwk


def check_proof(token: str, *, audience: str, now: int) -> KeyProof:
    """Believe a key proof made for `audience`, our issuer identifier (F.1, F.4), or raise ValueError.

    The caller judges the nonce.
    """
    proof = parse(token)
    _expect("typ", proof.header.get("typ"), PROOF_TYP)
    _expect("alg", proof.header.get("alg"), "ES256")
    if {"kid", "x5c"} & proof.header.keys():
        raise ValueError("got kid or x5c in the header, expected jwk alone")
    jwk = public_jwk(proof.header.get("jwk"))
    _expect("aud", proof.payload.get("aud"), audience)
    _near(proof.payload, now, CLOCK_OFF)
    nonce = proof.payload.get("nonce")
    if not isinstance(nonce, str):
        raise ValueError("got no nonce, expected a c_nonce of the nonce endpoint")  # noqa: TRY004 - one error for all
    if not proof.is_signed_by(jwk):
        raise ValueError("got a signature that is not of the key in the header")
    return KeyProof(jwk=jwk, nonce=nonce)


def check_binding(token: str, *, jwk: PublicJwk, bound: str, audience: str, nonce: str, now: int) -> None:
    """Believe a key-binding JWT over `bound`, the SD-JWT before it (RFC 9901 section 7.3 step 5).

    VerificationError: "binding-refused" unless it is of this key, for this verifier, nonce and SD-JWT; "binding-old"
    when it was not made within 5 minutes of now.
    """
    try:
        shown = parse(token)
        _check_bound(shown, jwk, {"sd_hash": digest(bound), "aud": audience, "nonce": nonce})
    except ValueError as error:
        raise VerificationError("binding-refused", str(error)) from error
    try:
        _near(shown.payload, now, BINDING_WINDOW)
    except ValueError as error:
        raise VerificationError("binding-old", str(error)) from error


def _check_bound(shown: HolderJwt, jwk: PublicJwk, expected: dict[str, str]) -> None:
    _expect("typ", shown.header.get("typ"), BINDING_TYP)
    _expect("alg", shown.header.get("alg"), "ES256")
    for name, value in expected.items():
        _expect(name, shown.payload.get(name), value)
    if not shown.is_signed_by(jwk):
        raise ValueError("got a signature that is not of the credential's key")


def _expect(name: str, got: object, expected: str) -> None:
    if got != expected:
        raise ValueError(f"got {name} {str(got)[:100]!r}, expected {expected!r}")


def _near(payload: dict[str, Any], now: int, window: int) -> None:
    """`iat` within the window, and `nbf` and `exp`, where a wallet writes them, not against it."""
    iat, nbf, exp = (_moment(payload.get(name, now)) for name in ("iat", "nbf", "exp"))
    if "iat" not in payload or not (
        now - window <= iat <= now + window and nbf <= now + window and now - window <= exp
    ):
        raise ValueError(f"got iat {payload.get('iat')}, nbf {nbf}, exp {exp}, now is {now}")


def _moment(got: Any) -> float:
    """A NumericDate (RFC 7519 section 2); ValueError for what is no number."""
    if not isinstance(got, int | float) or isinstance(got, bool):
        raise ValueError(f"got a time {str(got)[:40]!r}, expected Unix seconds")  # noqa: TRY004 - one error for all
    return got

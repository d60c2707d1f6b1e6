"""Compact JWS with ES256, signed through PyJWT and read strictly: three header members, no aliases of the same token.

PyJWT 2.15 looks at each character of a token in Python: 50 ms for a list of 1 MB that anybody may have sent.

The algorithm is ours, never the token's: who verifies passes the key and the `typ` expected.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

import jwt
from jwt.algorithms import ECAlgorithm

from keys import es256
from keys.encoding import b64url, unb64url
from keys.strict import strict_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey


class CanSign(Protocol):
    """What holds a private key, or the way to one."""

    def sign(self, message: bytes) -> bytes: ...


class _Es256(ECAlgorithm):
    """ES256 whose private side is anything that signs."""

    def __init__(self) -> None:
        super().__init__(ECAlgorithm.SHA256)

    def prepare_key(self, key: Any) -> Any:
        return key

    def sign(self, msg: bytes, key: Any) -> bytes:
        return cast("CanSign", key).sign(msg)


def _es256_only() -> jwt.PyJWS:
    engine = jwt.PyJWS(algorithms=[])
    engine.register_algorithm("ES256", _Es256())
    return engine


_ENGINE = _es256_only()


def encode(payload: Mapping[str, Any], *, kid: bytes, typ: str, signer: CanSign) -> str:
    """Header {alg, kid, typ} and `payload`, signed."""
    body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    return _ENGINE.encode(body, cast("Any", signer), algorithm="ES256", headers={"kid": b64url(kid), "typ": typ})


@dataclass(frozen=True, kw_only=True)
class Unverified:
    """A token taken apart, not believed."""

    alg: str
    typ: str
    kid: bytes
    signed: str
    payload: bytes
    signature: bytes

    def verified(self, key: EllipticCurvePublicKey) -> dict[str, Any] | None:
        """The payload, or None when the signature is not ES256 of `key`; ValueError if it is no JSON object."""
        genuine = self.alg == "ES256" and es256.verify(key, self.signed.encode("ascii"), self.signature)
        return _json_object(self.payload) if genuine else None


def parse(token: str) -> Unverified:
    """Take a compact JWS apart; ValueError when it is not one, or not of the strict form."""
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError(f"got {len(parts)} parts, expected 3")
    head, payload, signature = map(unb64url, parts)
    header = _json_object(head)
    if set(header) != {"alg", "kid", "typ"} or not all(isinstance(value, str) for value in header.values()):
        raise ValueError(f"got header members {sorted(header)}, expected the texts alg, kid, typ")
    return Unverified(
        alg=header["alg"],
        typ=header["typ"],
        kid=unb64url(header["kid"]),
        signed=token[: token.rindex(".")],
        payload=payload,
        signature=signature,
    )


def _json_object(data: bytes) -> dict[str, Any]:
    value = strict_json(data)
    if not isinstance(value, dict):
        raise ValueError("got JSON that is not an object")  # noqa: TRY004 - one error for whatever comes from outside
    return value

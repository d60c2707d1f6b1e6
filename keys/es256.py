"""ES256 on P-256: raw signatures of 64 bytes r || s, s always low, and public keys as JWK (RFC 7517, 7638)."""

from __future__ import annotations

import hashlib
import json
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from keys.encoding import b64url, unb64url

PublicJwk: TypeAlias = dict[str, str]
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # FIPS 186-5, P-256
HALF = ORDER // 2
"""Of the two signatures that verify, s and n - s, the low one is at most this."""
_ECDSA = ec.ECDSA(hashes.SHA256())


def public_jwk(key: ec.EllipticCurvePublicKey) -> PublicJwk:
    """The public key as JWK: kty, crv, x, y."""
    numbers = key.public_numbers()
    x, y = (b64url(n.to_bytes(32, "big")) for n in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def public_key(jwk: PublicJwk) -> ec.EllipticCurvePublicKey:
    """The key a JWK names; ValueError when it is not a point of P-256."""
    if (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256"):
        raise ValueError(f"got a key {jwk.get('kty')}/{jwk.get('crv')}, expected EC/P-256")
    try:
        point = b"".join(_coordinate(unb64url(jwk[part])) for part in ("x", "y"))
    except (KeyError, TypeError) as error:
        raise ValueError(f"got a JWK without text member {error}") from error
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + point)


def _coordinate(value: bytes) -> bytes:
    if len(value) != 32:  # RFC 7518 section 6.2.1.2
        raise ValueError(f"got a coordinate of {len(value)} bytes, expected 32")
    return value


def thumbprint(jwk: PublicJwk) -> bytes:
    """The RFC 7638 SHA-256 thumbprint, 32 bytes."""
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    return hashlib.sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest()


def key_id(jwk: PublicJwk) -> bytes:
    """The first 8 bytes of the thumbprint."""
    return thumbprint(jwk)[:8]


def sign(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """64 bytes r || s. Of the two signatures that verify, s and n - s, always the low one."""
    r, s = decode_dss_signature(key.sign(message, _ECDSA))
    return r.to_bytes(32, "big") + min(s, ORDER - s).to_bytes(32, "big")


def verify(key: ec.EllipticCurvePublicKey, message: bytes, signature: bytes) -> bool:
    """Whether the signature is 64 bytes, low-S and of this key."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != 64 or s > HALF:
        return False
    try:
        key.verify(encode_dss_signature(r, s), message, _ECDSA)
    except InvalidSignature:
        return False
    return True

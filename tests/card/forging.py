"""What a forger, a careless issuer or a later profile may make, signed by whatever signs."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import cbor2

from card import cwt, status
from keys.signer import Signer

ES256_KID = b"\xa2\x01\x26\x04\x48"


def signed(payload: bytes, signer: Signer, *, head: bytes = ES256_KID) -> bytes:
    """A COSE_Sign1 of the profile's shape over any payload; `head` is the protected header up to the kid."""
    sign1 = cwt.Sign1(protected=head + signer.kid, payload=payload, signature=b"")
    signature = signer.sign(sign1.signed_bytes)
    parts = cbor2.dumps(sign1.protected), b"\xa0", cbor2.dumps(payload), cbor2.dumps(signature)
    return b"\xd2\x84" + b"".join(parts)


EMPTY_LIST = status.compressed(bytes(status.LIST_BYTES))


def listed(signer: Signer, claims: Any, *, head: bytes | None = None) -> bytes:
    """A status list over any claims, as bytes or as what becomes deterministic CBOR; `head`: its protected header."""
    payload = claims if isinstance(claims, bytes) else cbor2.dumps(claims, canonical=True)
    return cwt.sign1(status.protected(signer.kid) if head is None else head, payload, signer)


def list_claims(shard: int, at: int, **changes: Any) -> dict[Any, Any]:
    """The claims of a status list of `at` in which nothing is said; `changes` by name, None takes one away."""
    said = {"bits": 2, "lst": EMPTY_LIST, **{name: changes.pop(name) for name in ("bits", "lst") if name in changes}}
    names = {"sub": status.SUB, "exp": 4, "iat": 6, "status_list": status.STATUS_LIST, "ttl": status.TTL}
    usual = {"sub": f"kets:status:{shard}", "exp": at + 7 * 86_400, "iat": at, "status_list": said, "ttl": 43_200}
    return {names.get(name, name): value for name, value in {**usual, **changes}.items() if value is not None}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(header: Any, payload: Any, sign: Callable[[bytes], bytes]) -> str:
    """A compact JWS; header and payload as bytes, or as what becomes JSON."""
    parts = (part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload))
    text = ".".join(map(b64, parts))
    return f"{text}.{b64(sign(text.encode()))}"

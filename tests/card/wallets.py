"""A wallet, written against the specifications: it shares no code with what it tests."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def encoded(content: bytes | dict[str, Any]) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def jwt(header: dict[str, Any], payload: dict[str, Any], key: ec.EllipticCurvePrivateKey, *, high: bool = False) -> str:
    """ES256; `high`: of the two signatures that verify, the one with the larger s."""
    signed = f"{encoded(header)}.{encoded(payload)}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    s = max(s, ORDER - s) if high else min(s, ORDER - s)
    return f"{signed}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


@dataclass
class Wallet:
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def jwk(self) -> dict[str, str]:
        numbers = self.key.public_key().public_numbers()
        x, y = (encoded(part.to_bytes(32, "big")) for part in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    def proof(self, *, audience: str, nonce: str, now: int, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """The key proof of OpenID4VCI appendix F.1; None for a member leaves it out."""
        head = {"typ": "openid4vci-proof+jwt", "alg": "ES256", "jwk": self.jwk, **(header or {})}
        body = {"aud": audience, "iat": now, "nonce": nonce, **claims}
        return jwt(_present(head), _present(body), self.key)

    def present(
        self,
        credential: str,
        *names: str | int,
        audience: str,
        nonce: str,
        now: int,
        header: dict[str, Any] | None = None,
        high: bool = False,
        **claims: Any,
    ) -> str:
        """The credential with the disclosures of these names (RFC 9901 section 4.3), parents included by name.

        A number n shows the n-th element of an array, in the order of the disclosures.
        """
        shown = withheld(credential, *names)
        sd_hash = encoded(hashlib.sha256(shown.encode()).digest())
        head = {"typ": "kb+jwt", "alg": "ES256", **(header or {})}
        body = {"iat": now, "aud": audience, "nonce": nonce, "sd_hash": sd_hash, **claims}
        return shown + jwt(_present(head), _present(body), self.key, high=high)


def withheld(credential: str, *names: str | int) -> str:
    """The credential with the disclosures of these names alone, and no key binding."""
    issuer_jwt, *disclosures, _ = credential.split("~")
    contents = [(text, decoded(text)) for text in disclosures]
    elements = [text for text, content in contents if len(content) == 2]
    kept = {text for text, content in contents if len(content) == 3 and content[1] in names}
    kept |= {elements[number] for number in names if isinstance(number, int)}
    return "~".join([issuer_jwt, *(text for text in disclosures if text in kept), ""])


def payload_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = decoded(token.split("~")[0].split(".")[1])
    return found


def header_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = decoded(token.split(".")[0])
    return found


def _present(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}

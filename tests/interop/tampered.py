"""Cards that somebody tampered with: each a way to make one thing pass for another."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import zlib
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from card import base45, cwt, jws, qr
from card.projection import encode_cwt, to_jwt
from keys import es256
from keys.encoding import b64url, unb64url
from tests.card.cards import DAY, Ministry, claims, new_ministry

NOW = int(time.time())
"""The readers of others ask the machine's clock."""
HEADER = b"\xa2\x01\x26\x04\x48"


@dataclass
class Forge:
    """A ministry, a stranger who would be one, and a card of each."""

    ministry: Ministry = field(default_factory=lambda: new_ministry(listed_at=NOW - DAY))
    stranger: Ministry = field(default_factory=new_ministry)

    def __post_init__(self) -> None:
        self.signer = self.ministry.signer()
        self.dates: dict[str, Any] = {"issued_at": NOW - 10 * DAY, "expires_at": NOW + 720 * DAY}
        self.claims = claims(**self.dates)
        self.cose = cwt.sign(self.claims, self.signer)
        self.jwt = jws.encode(self.claims, self.signer)

    @property
    def point(self) -> bytes:
        """The signer's public key, uncompressed."""
        jwk = self.signer.public_jwk
        return b"\x04" + unb64url(jwk["x"]) + unb64url(jwk["y"])

    def cose_tampered(self) -> dict[str, bytes]:
        """COSE_Sign1 that nobody should take."""
        cose, kid = self.cose, self.signer.kid
        payload, signature = encode_cwt(self.claims), cose[-64:]
        other = cwt.sign(claims(name="Budi Santoso", **self.dates), self.signer)
        expired = cwt.sign(claims(issued_at=NOW - 800 * DAY, expires_at=NOW - DAY), self.signer)

        def under(header: bytes) -> bytes:
            return cose[:2] + bytes((0x40 + len(header),)) + header + cose[16:]

        return {
            "a letter of the name": cose.replace(b"Siti", b"Sita"),
            "a later end": cose.replace(b"\x04\x1a" + cose[22:26], b"\x04\x1a" + (NOW + 1000 * DAY).to_bytes(4, "big")),
            "another certificate": cose.replace(payload[-14:], payload[-14:-1] + b"\x01"),
            "a bit of the signature": cose[:-1] + bytes((cose[-1] ^ 1,)),
            "no signature at all": cose[:-66] + b"\x40",
            "a signature of zeros": cose[:-64] + bytes(64),
            "a stranger's signature": cwt.sign1(HEADER + kid, payload, self.stranger.signer()),
            "a stranger's card": cwt.sign(self.claims, self.stranger.signer()),
            "a stranger's key id": under(HEADER + self.stranger.signer().kid),
            "algorithm EdDSA": under(b"\xa2\x01\x27\x04\x48" + kid),
            "algorithm ES384": under(b"\xa2\x01\x38\x22\x04\x48" + kid),
            "algorithm 0": under(b"\xa2\x01\x00\x04\x48" + kid),
            "a MAC by the public key": self._mac(payload),
            "the signature of another card": cose[:-64] + other[-64:],
            "the payload of another card": other[:-64] + signature,
            "cut by a byte": cose[:-1],
            "a byte after it": cose + b"\x00",
            "expired": expired,
            "mirrored signature": cose[:-32] + (es256.ORDER - int.from_bytes(cose[-32:], "big")).to_bytes(32, "big"),
            "something unprotected": cose.replace(b"\xa0", b"\xa1\x18\x63\x01", 1),
            "a key id beside the protected one": cose.replace(b"\xa0", b"\xa1\x04\x41\x01", 1),
            "the length of the payload in four bytes": cose.replace(
                b"\xa0\x58" + bytes((len(payload),)), b"\xa0\x5a" + len(payload).to_bytes(4, "big"), 1
            ),
        }

    def _mac(self, payload: bytes) -> bytes:
        """COSE_Mac0, HMAC with the public key for a secret: what a verifier that obeys the header would check."""
        header = b"\xa1\x01\x05"
        structure = b"\x84\x64MAC0\x43" + header + b"\x40\x58" + bytes((len(payload),)) + payload
        tag = hmac.digest(self.point, structure, "sha256")
        return b"\xd1\x84\x43" + header + b"\xa0\x58" + bytes((len(payload),)) + payload + b"\x58\x20" + tag

    def text_tampered(self) -> dict[str, str]:
        """Texts of a QR whose wrapping was tampered with."""
        text = qr.text(self.cose)
        packed = base45.decode(text)
        return {
            "a character left over": text[: len(text) // 3 * 3 - 2],
            "cut in the middle": base45.encode(packed[: len(packed) // 2]),
            "a checksum cut short": base45.encode(packed[:-2]),
            "small letters": text.lower(),
            "a foreign letter": text[:40] + "!" + text[41:],
            "a group that is too large": ":::" + text[3:],
            "another checksum": base45.encode(packed[:-1] + bytes((packed[-1] ^ 1,))),
            "no zlib": base45.encode(self.cose),
            "a bomb": base45.encode(zlib.compress(bytes(2_000_000), 9)),
            "not base45 at all": "https://kets.example/card/1",
        }

    def jwt_tampered(self) -> dict[str, str]:
        """JWS that nobody should take."""
        head, body, signature = self.jwt.split(".")
        header, payload = json.loads(unb64url(head)), to_jwt(self.claims)
        renamed = _json({**payload, "name": "Budi Santoso"})
        raw = unb64url(signature)
        mirrored = raw[:32] + (es256.ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
        expired = claims(issued_at=NOW - 800 * DAY, expires_at=NOW - DAY)

        def signed(**changes: Any) -> str:
            signing = f"{_json({**header, **changes})}.{body}"
            return f"{signing}.{b64url(self.signer.sign(signing.encode()))}"

        return {
            "another name": f"{head}.{renamed}.{signature}",
            "a later end": f"{head}.{_json({**payload, 'exp': NOW + 1000 * DAY})}.{signature}",
            "a bit of the signature": f"{head}.{body}.{b64url(raw[:-1] + bytes((raw[-1] ^ 1,)))}",
            "no signature at all": f"{head}.{body}.",
            "algorithm none": f"{_json({**header, 'alg': 'none'})}.{renamed}.",
            "a MAC by the public key": self._hs256({**header, "alg": "HS256"}, renamed),
            "algorithm ES384": f"{_json({**header, 'alg': 'ES384'})}.{body}.{signature}",
            "a stranger's card": jws.encode(self.claims, self.stranger.signer()),
            "a stranger's key in the header": self._with_key(payload),
            "a stranger's key id": f"{_json({**header, 'kid': b64url(bytes(8))})}.{body}.{signature}",
            "the signature of another card": ".".join([head, renamed, signature]),
            "cut by a character": self.jwt[:-1],
            "four parts": f"{self.jwt}.{signature}",
            "padding": f"{self.jwt}==",
            "a type that is another's": signed(typ="statuslist+jwt"),
            "a critical extension": signed(crit=["kets"], kets=1),
            "expired": jws.encode(expired, self.signer),
            "mirrored signature": f"{head}.{body}.{b64url(mirrored)}",
            "one more member in the header": signed(cty="JWT"),
        }

    def _hs256(self, header: dict[str, Any], body: str) -> str:
        key: EllipticCurvePrivateKey = self.signer.key  # type: ignore[attr-defined]  # of a file, in tests
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        signing = f"{_json(header)}.{body}"
        return f"{signing}.{b64url(hmac.digest(pem, signing.encode(), hashlib.sha256))}"

    def _with_key(self, payload: dict[str, Any]) -> str:
        stranger = self.stranger.signer()
        header = {"alg": "ES256", "kid": b64url(self.signer.kid), "typ": jws.TYP, "jwk": stranger.public_jwk}
        signing = f"{_json(header)}.{_json(payload)}"
        return f"{signing}.{b64url(stranger.sign(signing.encode()))}"


def _json(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

"""Signatures are low-S and of a fixed algorithm; a token has one spelling."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from keys import es256, jws
from keys.encoding import b64url, unb64url
from keys.keyring import Keyring
from keys.signer import Signer


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    folder: Path = tmp_path_factory.mktemp("keyring")
    return Keyring.create(folder / "keys").signer(0)


# RFC 7638 has an RSA key only; this P-256 key and its thumbprint are those of RFC 9449 section 6 (DPoP)
JWK = {
    "kty": "EC",
    "crv": "P-256",
    "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
    "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
}


def test_key_id_is_the_start_of_the_published_thumbprint() -> None:
    assert es256.key_id(JWK) == unb64url("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")[:8]
    assert es256.public_jwk(es256.public_key(JWK)) == JWK


def test_signatures_are_low_s_and_the_high_one_is_refused(signer: Signer) -> None:
    key = es256.public_key(signer.public_jwk)
    for number in range(16):
        message = bytes([number])
        signature = signer.sign(message)
        s = int.from_bytes(signature[32:], "big")
        assert len(signature) == 64
        assert s <= es256.ORDER // 2
        assert es256.verify(key, message, signature)
        assert not es256.verify(key, message, signature[:32] + (es256.ORDER - s).to_bytes(32, "big"))
        assert not es256.verify(key, message + b"x", signature)
        assert not es256.verify(key, message, signature + b"x")
    assert not es256.verify(key, b"", bytes(64))


@pytest.mark.parametrize(
    "jwk",
    [
        {"kty": "oct", "k": "AAAA"},
        {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": "AA"},
        {"kty": "EC", "crv": "P-256", "x": 5, "y": 6},
        {"kty": "EC", "crv": "P-256", "x": b64url(bytes(31) + b"\x01"), "y": b64url(bytes(31) + b"\x01")},
        {**JWK, "x": b64url(b"\0" + unb64url(JWK["x"]))},
        {**JWK, "y": "AA"},
    ],
)
def test_what_is_no_key_of_p256_is_refused(jwk: Any) -> None:
    with pytest.raises(ValueError, match=r"got|on the curve|[Ii]nvalid"):
        es256.public_key(jwk)


@pytest.mark.parametrize("text", ["AA==", "AB", "A", "A+", "A A", "é", "AAA\n"])
def test_base64url_has_one_spelling(text: str) -> None:
    with pytest.raises(ValueError, match="base64url"):
        unb64url(text)


def test_other_libraries_read_our_tokens(signer: Signer) -> None:
    token = signer.jwt({"name": "Ni Luh", "n": 5}, {"typ": "a+jwt"})
    public = ec.EllipticCurvePublicNumbers(
        *(int.from_bytes(base64.urlsafe_b64decode(signer.public_jwk[part] + "="), "big") for part in "xy"),
        ec.SECP256R1(),
    ).public_key()
    assert jwt.decode(token, public, algorithms=["ES256"]) == {"name": "Ni Luh", "n": 5}
    assert jwt.get_unverified_header(token) == {"alg": "ES256", "kid": b64url(signer.kid), "typ": "a+jwt"}


def test_our_reader_wants_the_key_and_nothing_else(signer: Signer, tmp_path: Path) -> None:
    token = signer.jwt({"n": 5}, {"typ": "a+jwt"})
    unverified = jws.parse(token)
    other = Keyring.create(tmp_path / "keys").signer(0)
    assert (unverified.alg, unverified.typ, unverified.kid) == ("ES256", "a+jwt", signer.kid)
    assert unverified.verified(es256.public_key(signer.public_jwk)) == {"n": 5}
    assert unverified.verified(es256.public_key(other.public_jwk)) is None


def raw(header: object, payload: str = "{}") -> str:
    text = header if isinstance(header, str) else json.dumps(header)
    return raw_bytes(text.encode(), payload)


def raw_bytes(header: bytes, payload: str = "{}") -> str:
    return f"{b64url(header)}.{b64url(payload.encode())}.{b64url(bytes(64))}"


GOOD = {"alg": "ES256", "kid": "AAAA", "typ": "a"}


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        raw(GOOD) + ".x",
        raw(GOOD) + "=",
        raw([]),
        raw("{"),
        raw("[" * 100_000),
        raw({**GOOD, "crit": ["b64"]}),
        raw({**GOOD, "b64": False}),
        raw({**GOOD, "kid": 5}),
        raw({"alg": "ES256", "typ": "a"}),
        raw('{"alg":"ES256","alg":"none","kid":"AAAA","typ":"a"}'),
        raw('{"alg":"ES256","kid":NaN,"typ":"a"}'),
        raw({**GOOD, "kid": "A"}),
        raw_bytes(json.dumps(GOOD).encode("utf-16-le")),
        raw_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode()),
        raw_bytes(b'{"alg":"ES256","kid":"AAAA","typ":"\xff"}'),
    ],
)
def test_a_token_of_another_form_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match=r"got|Expecting|utf-8|BOM"):
        jws.parse(token)


@pytest.mark.parametrize("payload", ["[]", "5", '{"a":1,"a":1}', '{"a":Infinity}'])
def test_a_signed_payload_that_is_no_strict_object_is_refused(signer: Signer, payload: str) -> None:
    head = b64url(json.dumps({"alg": "ES256", "kid": b64url(signer.kid), "typ": "a"}).encode())
    signed = f"{head}.{b64url(payload.encode())}"
    token = f"{signed}.{b64url(signer.sign(signed.encode()))}"
    with pytest.raises(ValueError, match="got"):
        jws.parse(token).verified(es256.public_key(signer.public_jwk))

"""base45, zlib and COSE: one form going out, bounds and strictness coming in, and the size that a phone can read."""

from __future__ import annotations

import base64
import hashlib
import zlib

import base45 as published_base45
import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from card import base45, cwt, deflate, qr
from card.claims import CardClaims
from card.errors import CardError
from card.projection import cbor, to_cwt
from tests.card.cards import Ministry, certifications, claims, new_ministry
from tests.card.strategies import cards


@pytest.fixture(scope="module")
def ministry() -> Ministry:
    return new_ministry()


# base45


@given(data=st.binary())
def test_base45_is_that_of_the_published_package(data: bytes) -> None:
    text = base45.encode(data)
    assert text.encode() == published_base45.b45encode(data)
    assert base45.decode(text) == data


@given(text=st.text(alphabet=base45.ALPHABET + "a!\n", max_size=12))
def test_base45_has_one_spelling(text: str) -> None:
    try:
        data = base45.decode(text)
    except ValueError:
        return
    assert base45.encode(data) == text


def test_base45_of_the_rfc() -> None:
    assert base45.encode(b"AB") == "BB8"
    assert base45.encode(b"Hello!!") == "%69 VD92EX0"
    assert base45.decode("QED8WEX0") == b"ietf!"


@pytest.mark.parametrize("text", ["GGW", "::", "A", "ab1", "BB8\n"])
def test_base45_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="got"):
        base45.decode(text)


# zlib


@given(data=st.binary(max_size=600))
def test_no_stored_block_goes_out(data: bytes) -> None:
    body = deflate.deflate(data)
    assert body[:2] == b"\x78\xda"
    assert body[2] & 1, "one block only"
    assert body[2] >> 1 & 3 in (1, 2), "fixed or dynamic codes"
    assert zlib.decompress(body) == data == deflate.inflate(body)


def test_the_trap_is_there_and_is_avoided() -> None:
    """zlib stores what hardly compresses, even when told Z_FIXED: this would go out without a block of our own."""
    dense = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(8))
    compressor = zlib.compressobj(9, strategy=zlib.Z_FIXED)
    by_zlib = compressor.compress(dense) + compressor.flush()
    assert by_zlib[2] >> 1 & 3 == 0
    assert base45.decode(qr.text(dense))[2] >> 1 & 3 == 1
    assert qr.cose(qr.text(dense)) == dense


@given(card=cards())
@settings(deadline=None, max_examples=40)
def test_no_card_inflates_from_a_stored_block(ministry: Ministry, card: CardClaims) -> None:
    text = qr.text(cwt.sign(card, ministry.signer()))
    assert base45.decode(text)[2] >> 1 & 3 in (1, 2)


def good_zlib() -> bytes:
    return zlib.compress(b"card", 9)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        zlib.compress(b"card", 6),
        good_zlib() + b"\x00",
        good_zlib()[:-1],
        good_zlib()[:-1] + b"\x00",
        b"\x78\xda\xff\xff",
        zlib.compress(bytes(deflate.MAX_INFLATED + 1), 9),
    ],
    ids=["empty", "other header", "trailing", "cut", "checksum", "no deflate", "bomb"],
)
def test_zlib_of_another_form_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="got"):
        deflate.inflate(data)


def test_a_bomb_is_not_inflated_beyond_the_bound() -> None:
    assert len(deflate.inflate(zlib.compress(bytes(deflate.MAX_INFLATED), 9))) == deflate.MAX_INFLATED


def test_text_is_bounded() -> None:
    with pytest.raises(ValueError, match="4297 characters"):
        qr.cose("0" * 4_297)


# COSE


def test_the_bytes_are_those_of_the_profile(ministry: Ministry) -> None:
    signer = ministry.signer()
    cose = cwt.sign(claims(), signer)
    assert cose[:14] == b"\xd2\x84\x4d\xa2\x01\x26\x04\x48" + signer.kid[:6]
    tag = cbor2.loads(cose)
    protected, unprotected, payload, signature = tag.value
    assert tag.tag == 18
    assert cbor2.loads(protected) == {1: -7, 4: signer.kid}
    assert unprotected == {}
    assert len(signature) == 64
    assert cbor2.loads(payload) == to_cwt(claims())


def test_plain_cryptography_verifies_it(ministry: Ministry) -> None:
    """Nothing of ours but the bytes and the public key."""
    cose, jwk = ministry.cose(), ministry.signer().public_jwk
    protected, _, payload, signature = cbor2.loads(cose).value
    signed = cbor2.dumps(["Signature1", protected, b"", payload])
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    x, y = (int.from_bytes(published_b64(jwk[part]), "big") for part in "xy")
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))


def published_b64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")


def test_a_cose_taken_apart(ministry: Ministry) -> None:
    sign1 = cwt.parse(ministry.cose())
    assert (sign1.kid, sign1.is_es256) == (ministry.signer().kid, True)
    assert cwt.claims_of(sign1.payload) == claims()


PROTECTED, KID = b"\xa2\x01\x26\x04\x48", b"12345678"


def cose_of(
    *,
    start: bytes = b"\xd2\x84",
    head: bytes = b"\x4d" + PROTECTED + KID,
    middle: bytes = b"\xa0",
    body: bytes = b"\x41\x00",
) -> bytes:
    return start + head + middle + body + b"\x58\x40" + bytes(64)


@pytest.mark.parametrize(
    "cose",
    [
        b"",
        cose_of(start=b"\x84"),
        cose_of(start=b"\xd1\x84"),
        cose_of(start=b"\xd2\x85"),
        cose_of(start=b"\xd2\x9f"),
        cose_of(head=b"\x58\x0d" + PROTECTED + KID),
        cose_of(head=b"\xa2\x01\x26\x04\x48" + KID),
        cose_of(middle=b"\xa1\x04\x40"),
        cose_of(middle=b""),
        cose_of(body=b""),
        cose_of(body=b"\x5f\x41\x00\xff"),
        cose_of(body=b"\x58"),
        cose_of(body=b"\x59\x00\x01\x00"),
        cose_of(body=b"\x5a\x00\x00\x00\x01\x00"),
        cose_of(body=b"\x59\xff\xff"),
        cose_of() + b"\x00",
        cose_of()[:-1],
        cose_of() * 200,
    ],
)
def test_cose_of_another_form_is_refused(cose: bytes) -> None:
    with pytest.raises(ValueError, match="got"):
        cwt.parse(cose)


def test_the_frame_itself_is_good() -> None:
    assert cwt.parse(cose_of()).payload == b"\x00"


@pytest.mark.parametrize(
    ("protected", "kid", "is_es256"),
    [
        (PROTECTED + KID, KID, True),
        (b"\xa2\x01\x27\x04\x48" + KID, KID, False),
        (b"\xa2\x01\x38\x22\x04\x48" + KID, KID, False),
        (b"\xa2\x01\x05\x04\x48" + KID, KID, False),
        (b"\xa1\x01\x26", b"", False),
        (b"\xa2\x01\x26\x04\x49" + KID + b"9", b"", False),
    ],
)
def test_the_header_is_compared_not_obeyed(protected: bytes, kid: bytes, is_es256: bool) -> None:
    sign1 = cwt.Sign1(protected=protected, payload=b"", signature=b"")
    assert sign1.kid == kid
    assert sign1.is_es256 == is_es256


def test_cbor_that_is_not_deterministic_is_refused() -> None:
    payload = to_cwt(claims())
    backwards = cbor2.dumps(dict(reversed(payload.items())))
    assert cbor2.loads(backwards) == payload
    long_form = cbor(payload).replace(b"\x01\x6e", b"\x18\x01\x6e", 1)  # key 1 of the identity in two bytes
    assert cbor2.loads(long_form) == payload
    for other in (backwards, long_form):
        with pytest.raises(CardError, match=r"^claims-malformed: got .* in another form"):
            cwt.claims_of(other)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        cbor([1, 2]),
        cbor({4: 5}),
        b"\xa2\x01\x01\x01\x01",
        b"\xbf\x01\x01\xff",
        b"\x81" * 9 + b"\x00",
        cbor(to_cwt(claims())) + b"\x00",
        cbor(to_cwt(claims()))[:-1],
    ],
    ids=["empty", "break", "array", "no worker", "twice", "indefinite", "deep", "trailing", "cut"],
)
def test_a_payload_that_is_no_claims_set_is_refused(payload: bytes) -> None:
    with pytest.raises(CardError, match=r"^claims-malformed: got"):
        cwt.claims_of(payload)


def test_a_newer_profile_is_named_as_such() -> None:
    payload = to_cwt(claims())
    payload[-65537][0] = 2
    with pytest.raises(CardError, match="newer-format: got profile version 2, expected 1"):
        cwt.claims_of(cbor(payload))


# Size: hard gates


@pytest.mark.parametrize(("count", "characters"), [(3, 600), (10, 734)])
def test_size_gate(ministry: Ministry, count: int, characters: int) -> None:
    lengths = [len(ministry.text(certifications=certifications(count))) for _ in range(20)]
    assert max(lengths) <= characters


def test_the_longest_card_still_fits_a_qr(ministry: Ministry) -> None:
    """Every field at its bound, in letters of three bytes: not handy, but readable."""
    text = ministry.text(name="漢" * 80, employer_name="字" * 80, certifications=certifications(10))
    assert qr.symbol(text).error == "M"


def test_the_symbol_is_alphanumeric_m_of_fixed_mask(ministry: Ministry) -> None:
    symbol = qr.symbol(ministry.text())
    assert (symbol.mode, symbol.error, symbol.mask) == ("alphanumeric", "M", qr.MASK)
    assert symbol.version <= 15

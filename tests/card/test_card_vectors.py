"""Published test vectors, read where they stand: Claim 169 (idpass) and the IETF Token Status List draft."""

from __future__ import annotations

import json
import os
import re
import zlib
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from card import base45, cwt, deflate, plain, qr, status, status_jwt
from card.errors import CardError
from card.projection import STATUS, to_cwt
from keys import es256
from keys.encoding import b64url, unb64url
from tests.card.cards import claims, new_ministry
from tests.require import require

VECTORS = Path(os.environ.get("KETS_VECTORS") or Path(__file__).parents[3] / "shared" / "vectors")


def claim_169(name: str) -> dict[str, Any]:
    path = VECTORS / "claim-169" / f"{name}.json"
    require(path.exists(), f"published vectors in {VECTORS} (set KETS_VECTORS)")
    vector: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return vector


def rewrapped(text: str) -> str:
    """The same bytes under our zlib header (78 DA); the vectors carry that of zlib's default level (78 9C)."""
    return qr.text(zlib.decompress(base45.decode(text)))


def cose_of(name: str) -> cwt.Sign1:
    return cwt.parse(qr.cose(rewrapped(claim_169(name)["qr_data"])))


def test_a_claim_169_signed_by_es256_is_read_and_verified() -> None:
    vector = claim_169("valid/ecdsa-p256-signed")
    sign1 = cose_of("valid/ecdsa-p256-signed")
    point = bytes.fromhex(vector["signing_key"]["public_key_hex"])
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    assert es256.verify(key, sign1.signed_bytes, sign1.signature)
    assert not es256.verify(key, sign1.signed_bytes + b"\x00", sign1.signature)
    payload = cbor2.loads(sign1.payload)
    assert {1: "id", 4: "fullName"}.keys() == payload[169].keys()
    assert payload[169][1] == vector["expected_claim169"]["id"]
    assert payload[169][4] == vector["expected_claim169"]["fullName"]
    assert payload[4] == vector["expected_cwt_meta"]["expiresAt"]
    assert payload[6] == vector["expected_cwt_meta"]["issuedAt"]


def test_our_identity_uses_the_keys_and_forms_of_claim_169() -> None:
    vector = claim_169("valid/demographics-full")
    cose = zlib.decompress(base45.decode(vector["qr_data"]))
    published = cbor2.loads(cbor2.loads(cose).value[2])[169]
    expected = vector["expected_claim169"]
    members = {1: "id", 4: "fullName", 8: "dateOfBirth", 9: "gender"}
    assert {key: published[key] for key in members} == {key: expected[name] for key, name in members.items()}
    assert re.fullmatch(r"\d{8}", published[8])


@pytest.mark.parametrize(
    "name", ["valid/minimal", "valid/encrypted-aes256", "edge/expired", "invalid/not-cose", "invalid/missing-169"]
)
def test_what_is_unsigned_encrypted_or_no_cose_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="got"):
        cose_of(name)


def test_a_claims_set_that_is_not_ours_is_refused() -> None:
    with pytest.raises(CardError, match=r"^claims-malformed"):
        cwt.claims_of(cose_of("valid/ecdsa-p256-signed").payload)


@pytest.mark.parametrize("name", ["bad-base45", "bad-zlib"])
def test_what_is_badly_wrapped_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="got"):
        deflate.inflate(base45.decode(claim_169(f"invalid/{name}")["qr_data"]))


# Token Status List


def draft(name: str) -> str:
    path = VECTORS / "token-status-list" / f"{name}.md"
    require(path.exists(), f"published vectors in {VECTORS} (set KETS_VECTORS)")
    return path.read_text(encoding="utf-8")


def lst_of(text: str) -> tuple[int, str]:
    found = json.loads(re.sub(r"\n\s*", "", text[text.index("{") :].replace("```", "")))
    return found["bits"], found["lst"]


@pytest.mark.parametrize("bits", [1, 2])
def test_the_short_lists_of_the_draft(bits: int) -> None:
    text = draft("status_list_encoding_json" if bits == 1 else "status_list_encoding2_json")
    raw = bytes(int(byte, 16) for byte in re.findall(r"0x([0-9a-f]{2})", text.split("encoded")[0]))
    assert lst_of(text) == (bits, b64url(status.compressed(raw)))
    assert status.inflated(unb64url(lst_of(text)[1]), length=len(raw)) == raw
    entries = [status.entry(raw, index, bits=bits) for index in range(len(raw) * 8 // bits)]
    # the draft's own tables of these two examples, sections 4.1 and 4.2
    tables = {1: [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1], 2: [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]}
    assert entries == tables[bits]
    assert status.packed(enumerate(entries), size=len(entries), bits=bits) == raw


@pytest.mark.parametrize(
    ("name", "bits"),
    [
        ("status_list_encoding1_long_json", 1),
        ("status_list_encoding2_long_json", 2),
        ("status_list_encoding4_json", 4),
        ("status_list_encoding8_json", 8),
    ],
)
def test_the_long_lists_of_the_draft(name: str, bits: int) -> None:
    """2^20 entries, a few of them set; read, and written again to the same entries."""
    text = draft(name)
    assert lst_of(text)[0] == bits
    raw = status.inflated(unb64url(lst_of(text)[1]), length=2**20 * bits // 8)
    width = 8 // bits
    held = {
        place * width + part: status.entry(raw, place * width + part, bits=bits)
        for place, byte in enumerate(raw)
        if byte
        for part in range(width)
    }
    held = {index: value for index, value in held.items() if value}
    assert 0 < len(held) < 300
    assert status.packed(held.items(), bits=bits) == raw
    for index, value in APPENDIX[bits].items():
        assert held.get(index, 0) == value


# From the draft's appendix "Test vectors for Status List encoding".
APPENDIX = {
    1: {
        0: 1,
        1993: 1,
        25460: 1,
        159495: 1,
        495669: 1,
        554353: 1,
        645645: 1,
        723232: 1,
        854545: 1,
        934534: 1,
        1000345: 1,
    },
    2: {
        0: 1,
        1993: 2,
        25460: 1,
        159495: 3,
        495669: 1,
        554353: 1,
        645645: 2,
        723232: 1,
        854545: 1,
        934534: 2,
        1000345: 3,
    },
    4: {0: 1, 1993: 2, 35460: 3, 459495: 4, 595669: 5, 754353: 6, 845645: 7, 923232: 8, 924445: 9, 934534: 10},
    8: {233478: 0, 52451: 1, 576778: 2, 513575: 3, 468106: 4, 292632: 5, 214947: 6, 182323: 7, 884834: 8, 66653: 9},
}


def test_a_published_token_has_the_shape_of_ours() -> None:
    parts = draft("status_list_jwt").split("}\n.\n{")
    header, payload = json.loads(parts[0] + "}"), json.loads("{" + parts[1])
    assert header["typ"] == status_jwt.TYP
    assert {"sub", "iat", "exp", "ttl", "status_list"} == payload.keys()
    assert {"bits", "lst"} == payload["status_list"].keys()


def draft_bytes(name: str) -> bytes:
    """The last block of hexadecimal of an example."""
    return bytes.fromhex("".join(re.findall(r"^[0-9a-f]{2,}$", draft(name), re.MULTILINE)))


@pytest.mark.parametrize(
    ("cbor", "json_name", "bits"),
    [
        ("encoding", "encoding_json", 1),
        ("encoding2", "encoding2_json", 2),
        ("encoding1_long", "encoding1_long_json", 1),
        ("encoding2_long", "encoding2_long_json", 2),
        ("encoding4", "encoding4_json", 4),
        ("encoding8", "encoding8_json", 8),
    ],
)
def test_the_lists_in_cbor_are_those_in_json(cbor: str, json_name: str, bits: int) -> None:
    listed = plain.loads(draft_bytes(f"status_list_{cbor}_cbor"))
    assert listed == {"bits": bits, "lst": unb64url(lst_of(draft(f"status_list_{json_name}"))[1])}


def test_a_published_referenced_token_names_its_entry_as_ours_does() -> None:
    """COSE_Sign1 with its key id unprotected, which a card never has; the claim is that of a card."""
    token = draft_bytes("referenced_token_cwt")
    tag = cbor2.loads(token)
    assert tag.tag == 18
    claims_set = plain.loads(tag.value[2])
    assert {name: type(each) for name, each in claims_set[STATUS]["status_list"].items()} == {"idx": int, "uri": str}
    assert to_cwt(claims())[STATUS]["status_list"].keys() == claims_set[STATUS]["status_list"].keys()
    with pytest.raises(ValueError, match="unprotected header"):
        cwt.parse(token)


def test_a_published_status_list_has_the_claims_of_ours() -> None:
    """The CWT of the draft names its key outside what is signed and its claims in another order; they are the same."""
    token = draft_bytes("status_list_cwt")
    head, unprotected, payload, signature = cbor2.loads(token).value
    ministry = new_ministry()
    own = cwt.parse(ministry.status_token())
    published, ours = cbor2.loads(payload), cbor2.loads(own.payload)
    assert cbor2.loads(head) == {1: -7, 16: status.TYP}
    assert cbor2.loads(own.protected) == {1: -7, 4: ministry.signer().kid, 16: status.TYP}
    assert (unprotected.keys(), len(signature)) == ({4}, 64)
    assert {name: type(each) for name, each in published.items()} == {name: type(each) for name, each in ours.items()}
    listed = published[status.STATUS_LIST]
    assert {name: type(each) for name, each in listed.items()} == {"bits": int, "lst": bytes}
    assert ours[status.STATUS_LIST].keys() == listed.keys()
    assert status.inflated(listed["lst"], length=2) == bytes.fromhex("b9a3")
    assert published[status.TTL] == status.TIME_TO_LIVE == ours[status.TTL]
    with pytest.raises(ValueError, match="unprotected header"):
        cwt.parse(token)


PUBLISHED = sorted((VECTORS / "claim-169").glob("*/*.json"))


def test_each_text_of_claim_169_has_the_one_spelling_of_base45() -> None:
    require(PUBLISHED, f"published vectors in {VECTORS} (set KETS_VECTORS)")
    texts = {path.stem: json.loads(path.read_text(encoding="utf-8"))["qr_data"] for path in PUBLISHED}
    del texts["bad-base45"]
    assert {name for name, text in texts.items() if base45.encode(base45.decode(text)) != text} == set()


@pytest.mark.parametrize("name", ["with-face", "with-fingerprints", "with-all-biometrics", "ed25519-signed"])
def test_other_credentials_of_claim_169_are_opened_and_not_taken_for_a_card(name: str) -> None:
    text = claim_169(f"valid/{name}")["qr_data"]
    assert cbor2.loads(zlib.decompress(base45.decode(text))).tag in (18, 61)
    with pytest.raises(ValueError, match="got zlib header"):  # 78 9C; a card's is 78 DA
        qr.cose(text)
    try:
        sign1 = cwt.parse(qr.cose(rewrapped(text)))
    except ValueError:
        return  # unsigned
    assert not (sign1.is_es256 and sign1.kid)

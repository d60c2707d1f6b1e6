"""Readers that others wrote take our cards for what they say, and refuse what was tampered with; so do we.

Where another library takes what we refuse, `LAX` says so, and the test holds that it reads nothing but what we signed.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

import cbor2
import pytest

from card import qr, status
from card.claims import CardClaims
from card.errors import VerificationError
from card.projection import encode_cwt, to_cwt, to_jwt
from card.status import StatusList
from card.verify import verify
from keys.encoding import b64url
from tests.card.cards import SHARD
from tests.interop.conftest import Reader
from tests.interop.tampered import NOW, Forge

_ANY_CBOR = {
    "something unprotected": "headers that are not signed are taken",
    "a key id beside the protected one": "the same",
    "the length of the payload in four bytes": "CBOR is taken in any spelling",
}
LAX: dict[str, dict[str, str]] = {
    "cwt": {
        "mirrored signature": "of (r, s) and (r, n - s) both are taken",
        "a byte after it": "what follows is not looked at",
        **_ANY_CBOR,
    },
    "claim169": {
        "mirrored signature": "as cwt",
        **_ANY_CBOR,
        "a checksum cut short": "the checksum of zlib may be missing",
        "no zlib": "compression is guessed",
    },
    "pixelpass": {},
    "jose": {
        "mirrored signature": "as cwt",
        "padding": "base64url is taken in any spelling",
        "one more member in the header": "which it may ignore, by RFC 7515",
    },
}
"""What each takes beside what we wrote, and why."""


@pytest.fixture(scope="module")
def forge() -> Forge:
    return Forge()


def ours(forge: Forge, data: str | bytes) -> CardClaims | None:
    try:
        return verify(
            data, trust=forge.ministry.trust(), status={SHARD: forge.ministry.status_list()}.get, now=NOW
        ).claims
    except VerificationError:
        return None


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.hex() if isinstance(value, bytes) else value


def accepted(read: dict[str, Any]) -> set[str]:
    return {name for name, claims in read.items() if claims is not None}


def cose_cases(forge: Forge, reader: str, cards: dict[str, bytes]) -> dict[str, dict[str, str]]:
    key = {"point": forge.point.hex(), "kid": forge.signer.kid.hex()}
    written = {name: qr.text(cose) if reader == "claim169" else cose.hex() for name, cose in cards.items()}
    return {name: {"reader": reader, "data": data, **key} for name, data in written.items()}


def signed_by_us(forge: Forge) -> dict[str, Any]:
    claims: dict[str, Any] = plain(to_cwt(forge.claims))
    return claims


def seen_by(reader: str, claims: dict[str, Any]) -> dict[str, Any]:
    """What of our claims this reader knows."""
    return claims if reader == "cwt" else {key: claims[key] for key in ("4", "6", "169")}


@pytest.mark.parametrize("reader", ["cwt", "claim169"])
def test_a_genuine_card_says_the_same(python_reader: Reader, forge: Forge, reader: str) -> None:
    read = python_reader.read(cose_cases(forge, reader, {"genuine": forge.cose}))["genuine"]
    signed = read.pop("signed", None)
    assert read == seen_by(reader, signed_by_us(forge))
    assert signed in (None, ["verified", "ES256", forge.signer.kid.hex()])
    assert ours(forge, forge.cose) == forge.claims


@pytest.mark.parametrize("reader", ["cwt", "claim169"])
def test_a_tampered_cose_is_refused(python_reader: Reader, forge: Forge, reader: str) -> None:
    cards = forge.cose_tampered()
    assert len(cards) >= 12
    read = python_reader.read(cose_cases(forge, reader, cards))
    assert accepted(read) == LAX[reader].keys() & cards.keys()
    for claims in filter(None, read.values()):
        claims.pop("signed", None)
        assert claims == seen_by(reader, signed_by_us(forge))
    assert {name for name, cose in cards.items() if ours(forge, cose) is not None} == set()


def test_a_tampered_text_is_refused(python_reader: Reader, node_reader: Reader, forge: Forge) -> None:
    texts = forge.text_tampered()
    key = {"point": forge.point.hex(), "kid": forge.signer.kid.hex()}
    by_claim169 = python_reader.read({n: {"reader": "claim169", "data": t, **key} for n, t in texts.items()})
    by_pixelpass = node_reader.read({n: {"reader": "pixelpass", "data": t} for n, t in texts.items()})
    assert accepted(by_claim169) == LAX["claim169"].keys() & texts.keys()
    assert accepted(by_pixelpass) == LAX["pixelpass"].keys() & texts.keys()
    assert {name for name, text in texts.items() if ours(forge, text) is not None} == set()


def test_pixelpass_opens_the_envelope(node_reader: Reader, forge: Forge) -> None:
    """It opens base45, zlib and CBOR and checks no signature; ours is in its answer, byte for byte."""
    read = node_reader.read({"genuine": {"reader": "pixelpass", "data": qr.text(forge.cose)}})["genuine"]
    tag = cbor2.loads(forge.cose)
    assert read == [18, *(b64url(part) for part in (tag.value[0], encode_cwt(forge.claims), tag.value[3]))]


def jwt_cases(forge: Forge, tokens: dict[str, str]) -> dict[str, dict[str, Any]]:
    how = {"reader": "jose", "jwk": forge.signer.public_jwk, "typ": "kets-card+jwt"}
    return {name: {**how, "data": token} for name, token in tokens.items()}


def test_jose_reads_the_jwt(node_reader: Reader, forge: Forge) -> None:
    read = node_reader.read(jwt_cases(forge, {"genuine": forge.jwt}))["genuine"]
    assert read == json.loads(json.dumps(to_jwt(forge.claims)))
    assert ours(forge, forge.jwt) == forge.claims


def test_a_tampered_jwt_is_refused(node_reader: Reader, forge: Forge) -> None:
    tokens = forge.jwt_tampered()
    assert len(tokens) >= 12
    read = node_reader.read(jwt_cases(forge, tokens))
    assert accepted(read) == LAX["jose"].keys()
    assert all(claims in (None, to_jwt(forge.claims)) for claims in read.values())
    assert {name for name, token in tokens.items() if ours(forge, token) is not None} == set()


def test_cwt_reads_our_status_list(python_reader: Reader, forge: Forge) -> None:
    ministry = forge.ministry
    token = status.encode(status.packed([(7, 1)]), shard=SHARD, issued_at=NOW, signer=forge.signer)
    cut = token.index(b"\x63lst") + 40
    tampered = {
        "a bit of the list": token[:cut] + bytes((token[cut] ^ 1,)) + token[cut + 1 :],
        "no signature at all": token[:-66] + b"\x40",
        "a stranger's list": forge.stranger.status_token(issued_at=NOW),
        "cut by a byte": token[:-1],
    }
    read = python_reader.read(cose_cases(forge, "cwt", {"genuine": token, **tampered}))
    assert accepted(read) == {"genuine"}
    claims = read["genuine"]
    listed = claims.pop(str(status.STATUS_LIST))
    assert claims == {"2": "kets:status:3", "4": NOW + status.MAX_LIFETIME, "6": NOW, str(status.TTL): 43_200}
    assert listed["bits"] == 2
    entries = zlib.decompress(bytes.fromhex(listed["lst"]))
    mine = StatusList.verify(token, shard=SHARD, trust=ministry.trust(), now=NOW)
    assert (mine.entries, mine[7], mine[8]) == (entries, 1, 0)
    for other in tampered.values():
        with pytest.raises(VerificationError):
            StatusList.verify(other, shard=SHARD, trust=ministry.trust(), now=NOW)

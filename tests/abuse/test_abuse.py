"""Abuse drill: whatever is done to cards, lists and tokens, no altered claim is accepted, nothing crashes or is slow.

`make abuse` sets KETS_ABUSE_EACH to the number of cases of each test, and writes what came of them to var/abuse/.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cbor2
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from card import base45, cwt, qr, status
from card.number import new_number
from card.status import LIST_BYTES
from card.trust import DAY, MAX_AGE
from tests.abuse import attacks
from tests.abuse.scene import TALLY, Scene, is_one_spelling
from tests.card.cards import NOW, SHARD
from tests.card.forging import list_claims, listed, signed

MANY = int(os.environ.get("KETS_ABUSE_EACH", "0"))
RESULTS = Path(__file__).parents[2] / "var" / "abuse"
CASES = settings(
    deadline=None,
    max_examples=MANY or 60,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
SCENE = Scene()
FOREIGN: list[Any] = [
    SCENE.stranger.signer(),
    SCENE.stranger.keyring.root,
    SCENE.ministry.keyring.root,
    SCENE.neighbour,
]
"""None of these may sign a card or a list of our shard."""
which = st.integers(0, len(SCENE.claims) - 1)


@pytest.fixture(scope="module", autouse=True)
def report() -> Iterator[None]:
    yield
    found = {"tried": dict(TALLY.tried), "accepted": dict(TALLY.accepted), "slowest_ms": round(TALLY.slowest * 1000, 1)}
    print(f"\n{sum(TALLY.tried.values())} cases: {json.dumps(found)}")
    if MANY:
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / "python.json").write_text(json.dumps({"cases": sum(TALLY.tried.values()), **found}, indent=1) + "\n")


def test_the_genuine_are_accepted() -> None:
    for place, card in enumerate(SCENE.claims):
        for form in (SCENE.coses, SCENE.texts, SCENE.jwts):
            assert SCENE.card("genuine", form[place]) == card
        assert SCENE.shown("genuine", SCENE.credentials[place]) is not None
    for place, text in enumerate(SCENE.lives):
        assert SCENE.card("genuine", text) == SCENE.claims[place]
    for token in SCENE.status_tokens:
        assert SCENE.status_list("genuine", token) is not None
    for token in SCENE.trust_tokens:
        assert SCENE.trust_list("genuine", token) is not None


@CASES
@given(place=which, edit=attacks.edits(base45.ALPHABET))
def test_letters_of_a_text(place: int, edit: attacks.Edit) -> None:
    assert SCENE.card("text", edit(SCENE.texts[place])) in (None, SCENE.claims[place])


@CASES
@given(place=which, edit=attacks.byte_edits)
def test_bytes_of_a_cose(place: int, edit: Any) -> None:
    changed = edit(SCENE.coses[place])
    assert SCENE.card("bytes", changed) is None or changed == SCENE.coses[place]


@CASES
@given(data=st.data(), place=which)
def test_structure_algorithm_and_key_of_a_cose(data: st.DataObject, place: int) -> None:
    changed = data.draw(attacks.coses(SCENE.coses[place], [SCENE.signer, *FOREIGN]))
    assert SCENE.card("structure", changed) is None or changed == SCENE.coses[place]


@CASES
@given(data=st.data(), place=which)
def test_signed_by_who_may_not(data: st.DataObject, place: int) -> None:
    assert SCENE.card("wrong signer", data.draw(attacks.signed_by_others(SCENE.coses[place], FOREIGN))) is None


@CASES
@given(data=st.data(), place=which)
def test_even_our_own_signer_cannot_sign_another_form(data: st.DataObject, place: int) -> None:
    """Status out of range, unknown members, other types: a payload says what it says in one way, or is not read."""
    payload = data.draw(attacks.payloads(cwt.parse(SCENE.coses[place]).payload))
    assert is_one_spelling(SCENE.payload("payload", payload), payload)
    if len(payload) < 10_000:
        assert is_one_spelling(SCENE.card("signed payload", signed(payload, SCENE.signer)), payload)


@CASES
@given(data=st.data(), place=which)
def test_wrappings_bombs_and_aliases(data: st.DataObject, place: int) -> None:
    text = data.draw(attacks.wrappings(SCENE.coses[place]))
    assert SCENE.card("wrapping", text) in (None, SCENE.claims[place])


@CASES
@given(data=st.data(), place=which)
def test_look_alike_letters(data: st.DataObject, place: int) -> None:
    card, cose = SCENE.claims[place], SCENE.coses[place]
    name = data.draw(attacks.look_alikes(card.name))
    signer = data.draw(st.sampled_from([None, *FOREIGN]))
    assert SCENE.card("look-alike", attacks.renamed(cose, card, name, signer)) is None
    accepted = SCENE.card("look-alike, signed", attacks.renamed(cose, card, name, SCENE.signer))
    assert accepted is None or (accepted.name == name and not set(name) & set(attacks.HIDDEN))


@CASES
@given(place=st.integers(0, 1), edit=attacks.edits(base45.ALPHABET))
def test_letters_of_a_live_code(place: int, edit: attacks.Edit) -> None:
    assert SCENE.card("live", edit(SCENE.lives[place])) in (None, SCENE.claims[place])


@CASES
@given(data=st.data(), place=which, edit=attacks.edits(base45.ALPHABET))
def test_backs(data: st.DataObject, place: int, edit: attacks.Edit) -> None:
    """Altered, signed by another, of another card; and never taken for a front."""
    card, genuine = SCENE.claims[place], SCENE.backs[place]
    frame = SCENE.back("genuine", qr.text(genuine), card)
    assert frame is not None
    changed = data.draw(attacks.signed_by_others(genuine, FOREIGN))
    assert SCENE.back("back", qr.text(changed), card) is None
    text = edit(qr.text(genuine))
    assert SCENE.back("back", text, card) in (None, frame)
    other = msgspec.structs.replace(card, number=new_number(data.draw(st.binary(min_size=7, max_size=7))))
    assert SCENE.back("back", qr.text(genuine), other) is None or other.number == card.number
    assert SCENE.card("back", text) is None


@CASES
@given(data=st.data(), place=which)
def test_jwts(data: st.DataObject, place: int) -> None:
    changed, is_ours = data.draw(attacks.tokens(SCENE.jwts[place], FOREIGN, SCENE.signer))
    accepted = SCENE.card("jwt", changed)
    assert accepted is None or accepted == SCENE.claims[place] or is_ours


@CASES
@given(data=st.data(), place=which)
def test_credentials(data: st.DataObject, place: int) -> None:
    """An SD-JWT VC with its disclosures altered, taken from another, repeated, or under another JWT."""
    issuer_jwt, *disclosures, _ = SCENE.credentials[place].split("~")
    _, *others, _ = SCENE.credentials[data.draw(which)].split("~")
    kept: list[str] = data.draw(st.lists(st.sampled_from([*disclosures, *others]), max_size=12))
    if kept and data.draw(st.booleans()):
        kept[0] = data.draw(attacks.edits(attacks.BASE64URL))(kept[0])
    if data.draw(st.booleans()):
        issuer_jwt, is_ours = data.draw(attacks.tokens(issuer_jwt, FOREIGN, SCENE.signer))
        if is_ours:
            return  # then it is another credential of ours
    whole = SCENE.shown("genuine", SCENE.credentials[place])
    shown = SCENE.shown("credential", "~".join([issuer_jwt, *kept, ""]))
    assert whole is not None
    assert shown is None or is_part(shown, whole)


def is_part(part: Any, whole: Any) -> bool:
    """Whether nothing is in `part` that is not in `whole`: a holder may withhold, and no more."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and is_part(value, whole[name]) for name, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return all(any(is_part(one, other) for other in whole) for one in part)
    return type(part) is type(whole) and bool(part == whole)


@CASES
@given(data=st.data(), place=st.integers(0, 1))
def test_trust_lists(data: st.DataObject, place: int) -> None:
    root = SCENE.ministry.keyring.root
    strangers = [SCENE.stranger.keyring.root, SCENE.signer, SCENE.ministry.keyring.next_root]
    changed, is_ours = data.draw(attacks.tokens(SCENE.trust_tokens[place], strangers, root))
    listed = SCENE.trust_list("trust list", changed)
    assert listed is None or is_ours or changed == SCENE.trust_tokens[place]
    assert listed is None or listed.expires_at <= listed.issued_at + MAX_AGE


@CASES
@given(data=st.data(), place=st.integers(0, 2), shard=st.sampled_from([SHARD, SHARD, SHARD + 1]))
def test_status_lists(data: st.DataObject, place: int, shard: int) -> None:
    """Expired, of another shard or issuer, of another size or width, or changed in any way."""
    changed, is_ours = data.draw(attacks.status_lists(SCENE.status_tokens[place], FOREIGN, SCENE.signer))
    now = NOW + data.draw(st.sampled_from([0, -DAY, 6 * DAY, 40 * DAY]))
    listed = SCENE.status_list("status list", changed, shard=shard, now=now)
    if listed is None:
        return
    assert (shard, is_ours or changed == SCENE.status_tokens[place]) == (SHARD, True)
    assert len(listed.entries) == LIST_BYTES
    assert listed.expires_at <= listed.issued_at + status.MAX_LIFETIME


@CASES
@given(size=st.integers(0, 2**22), byte=st.integers(0, 255), bits=st.sampled_from([1, 2, 4, 8, 16]))
def test_status_lists_that_inflate_to_another_size(size: int, byte: int, bits: int) -> None:
    said = list_claims(SHARD, NOW, bits=bits, lst=status.compressed(bytes((byte,)) * size))
    found = SCENE.status_list("status bomb", listed(SCENE.signer, said))
    assert found is None or (size, bits) == (LIST_BYTES, 2)


@CASES
@given(noise=st.text() | st.binary() | st.text(base45.ALPHABET) | st.text(attacks.BASE64URL).map("ey".__add__))
def test_noise(noise: str | bytes) -> None:
    assert SCENE.card("noise", noise) is None
    if isinstance(noise, str):
        assert SCENE.trust_list("noise", noise) is SCENE.shown("noise", noise) is None
    else:
        assert SCENE.status_list("noise", noise) is None


HEAVY: dict[str, str | bytes] = {
    "a text of the greatest length": "%69 VD92EX0" * 390,
    "a text beyond it": "0" * 5_000_000,
    "bytes of the greatest length": b"\xd2\x84\x4d" + b"\xa2\x01\x26\x04\x48" + bytes(16_376),
    "bytes beyond it": bytes(20_000_000),
    "a token of dots": "ey" + "." * 4_000,
    "a deep header": "ey" + attacks.b64url(b"[" * 3_000) + "..",
    "CBOR of maps within maps": b"\xd2\x84\x4d\xa2\x01\x26\x04\x48"
    + bytes(8)
    + b"\xa0"
    + cbor2.dumps(b"\xa1\x00" * 8_000),
}


@pytest.mark.parametrize("name", HEAVY)
def test_what_is_heavy(name: str) -> None:
    assert SCENE.card("heavy", HEAVY[name]) is None


@pytest.mark.parametrize("filling", ["a.b.c", "[", "A", '{"kid":'])
def test_lists_of_the_greatest_size(filling: str) -> None:
    body = attacks.b64url((filling * (2**22 // len(filling)))[: 3 * 2**20 - 100].encode())
    header = attacks.b64url(
        json.dumps({"alg": "ES256", "kid": attacks.b64url(bytes(8)), "typ": "kets-trust+jwt"}).encode()
    )
    for token in (f"{header}.{body}.AAAA", body, f"{body}.{body}.{body}"):
        assert SCENE.trust_list("heavy list", token) is None
        assert SCENE.status_list("heavy list", token.encode()) is None


@pytest.mark.parametrize("filling", [b"\xd2\x84", b"\x81", b"\xa1\x00", b"\x5a\x00\x07\xff\xff", b"\x00"])
@pytest.mark.parametrize("size", [status.MAX_TOKEN - 100, status.MAX_TOKEN, 20_000_000])
def test_status_lists_of_the_greatest_size(filling: bytes, size: int) -> None:
    body = (filling * (size // len(filling) + 1))[:size]
    signed_body = listed(SCENE.signer, body[: status.MAX_TOKEN - 200])
    in_the_header = b"\xd2\x84" + cbor2.dumps(body) + b"\xa0\x40\x58\x40" + bytes(64)
    for token in (body, signed_body, in_the_header, signed_body[:-64] + bytes(64)):
        assert SCENE.status_list("heavy list", token) is None

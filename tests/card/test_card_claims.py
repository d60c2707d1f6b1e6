"""What a card may say, and that every wrapping says the same."""

from __future__ import annotations

import copy
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from card import cwt
from card.claims import CardClaims, Certification, StatusReference, shown
from card.errors import CardError
from card.number import ALPHABET, new_number, parse_number
from card.projection import cbor, encode_cwt, from_jwt, to_cwt, to_jwt
from tests.card.cards import NOW, certifications, claims
from tests.card.strategies import cards

PROFILE = Path(__file__).parents[2] / "docs" / "card-profile.md"


def refused(code: str) -> pytest.RaisesExc[CardError]:
    return pytest.raises(CardError, match=rf"^{code}: got .*expected")


def malformed() -> pytest.RaisesExc[CardError]:
    return pytest.raises(CardError, match=r"^claims-malformed: got")


@settings(deadline=None)
@given(card=cards())
def test_every_wrapping_says_the_same(card: CardClaims) -> None:
    assert encode_cwt(card) == cbor(to_cwt(card)), "laid out in the order of deterministic CBOR"
    assert from_jwt(to_jwt(card)) == card
    assert cwt.claims_of(cbor(to_cwt(card))) == card
    assert from_jwt(json.loads(json.dumps(to_jwt(card)))) == card


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("card-number", {"number": "0000-0000-0001"}),
        ("card-number", {"number": "000000000000"}),
        ("name", {"name": ""}),
        ("name", {"name": "a" * 81}),
        ("name", {"name": " Siti"}),
        ("name", {"name": "Siti  Aminah"}),
        ("name", {"name": "Siti\nAminah"}),
        ("name", {"name": "Siti\u00a0Aminah"}),
        ("name", {"name": "Siti\u202eAminah"}),
        ("name", {"name": "Siti\u200bAminah"}),
        ("name", {"name": "Ame\u0301lie"}),
        ("birth-date", {"birth_date": date(1899, 12, 31)}),
        ("birth-date", {"birth_date": date(2026, 11, 15)}),
        ("sex", {"sex": "L"}),
        ("standing", {"standing": "retired"}),
        ("employer-name", {"employer_name": "PT\tMaju"}),
        ("employer-nib", {"employer_nib": "220104950123"}),
        ("employer-nib", {"employer_nib": "٠٢٢٠١٠٤٩٥٠١٢٣"}),
        ("employer-nib", {"employer_name": None}),
        ("occupation", {"occupation": "72"}),
        ("occupation", {"occupation": "7212.01"}),
        ("certifications", {"certifications": certifications(1) * 2}),
        ("issued-at", {"issued_at": 1_577_836_799}),
        ("issued-at", {"issued_at": 1_795_320_000.0}),
        ("expires-at", {"expires_at": NOW - 10 * 86_400}),
        ("expires-at", {"expires_at": NOW + 1830 * 86_400}),
        ("expires-at", {"expires_at": True}),
        ("holder-key", {"holder_key": b"short"}),
        ("holder-key", {"holder_key": "sixteen letters."}),
    ],
)
def test_a_claim_out_of_bounds_is_refused(code: str, changes: dict[str, Any]) -> None:
    with refused(code):
        claims(**changes)


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("certification-code", {"code": "F.431000.001"}),
        ("certification-code", {"code": "skkni/F.431000.001.02"}),
        ("certification-code", {"code": "bnsp/" + "x" * 28}),
        ("certification-code", {"code": "bnsp/a b"}),
        ("certification-expiry", {"expires": date(2149, 6, 7)}),
        ("certification-standing", {"standing": "hearsay"}),
    ],
)
def test_a_certificate_out_of_bounds_is_refused(code: str, changes: dict[str, Any]) -> None:
    usual: dict[str, Any] = {"code": "bnsp/welding-3g", "expires": None, "standing": "self-declared"}
    Certification(**usual)
    with refused(code):
        Certification(**{**usual, **changes})


def test_at_most_ten_certificates() -> None:
    eleven = (*certifications(10), Certification(code="x/y", expires=None, standing="self-declared"))
    with refused("certifications"):
        claims(certifications=eleven)


@pytest.mark.parametrize(("shard", "index"), [(-1, 0), (65_536, 0), (0, -1), (0, 2**20), (0, 1.0), (True, 0)])
def test_a_status_reference_out_of_bounds_is_refused(shard: int, index: int) -> None:
    with refused("status-(shard|index)"):
        StatusReference(shard=shard, index=index)


@given(text=st.text())
def test_text_made_fit_is_accepted(text: str) -> None:
    fit = shown(text)
    assert fit == shown(fit)
    if fit:
        assert claims(name=fit).name == fit


def test_text_made_fit_keeps_what_it_can() -> None:
    assert shown("  Siti\u202e \n Ame\u0301lie ") == "Siti Am\u00e9lie"
    assert shown("x" * 81) == "x" * 79 + "…"


def test_days_are_those_of_jakarta() -> None:
    card = claims(issued_at=1_798_736_400, expires_at=1_830_272_400)  # 2027-01-01 and 2028-01-01, 00:00 +07:00
    assert (card.issued_on, card.last_day) == (date(2027, 1, 1), date(2027, 12, 31))


# The projection refuses what it would not itself have written.

CWT_CHANGES: dict[str, Any] = {
    "no identity": lambda p: p.pop(169),
    "no worker": lambda p: p.pop(-65537),
    "no status": lambda p: p.pop(65535),
    "an unknown claim": lambda p: p.update({1: "issuer"}),
    "an unknown identity member": lambda p: p[169].update({10: "address"}),
    "an unknown worker member": lambda p: p[-65537].update({7: bytes(16)}),
    "a null": lambda p: p[-65537].update({2: None}),
    "sex 3": lambda p: p[169].update({9: 3}),
    "sex as bool": lambda p: p[169].update({9: True}),
    "standing -1": lambda p: p[-65537].update({1: -1}),
    "standing 7": lambda p: p[-65537].update({1: 7}),
    "birth date with dashes": lambda p: p[169].update({8: "1991-05-07"}),
    "birth date of a number": lambda p: p[169].update({8: 19910507}),
    "time as float": lambda p: p.update({6: float(p[6])}),
    "thumbprint as text": lambda p: p[8].update({3: "sixteen letters."}),
    "occupation of five digits": lambda p: p[-65537].update({4: 17212}),
    "nib as text": lambda p: p[-65537].update({3: "0220104950123"}),
    "a unit as text": lambda p: p[-65537][5].__setitem__(0, ["F.431000.001.02", None, 0]),
    "a unit of letter 27": lambda p: p[-65537][5].__setitem__(0, [27 * 10**11, None, 0]),
    "a unit of letter 10^12": lambda p: p[-65537][5].__setitem__(0, [10**23, None, 0]),
    "a certificate of two parts": lambda p: p[-65537][5].__setitem__(0, ["a/b", None]),
    "an expiry beyond all dates": lambda p: p[-65537][5].__setitem__(0, ["a/b", 10**12, 0]),
    "another list": lambda p: p[65535]["status_list"].update({"uri": "https://other.example/3"}),
    "list 03": lambda p: p[65535]["status_list"].update({"uri": "kets:status:03"}),
    "identity a list": lambda p: p.update({169: []}),
}


@pytest.mark.parametrize("change", CWT_CHANGES)
def test_a_cwt_of_another_form_is_refused(change: str) -> None:
    payload = copy.deepcopy(to_cwt(claims()))
    CWT_CHANGES[change](payload)
    with malformed():
        cwt.claims_of(cbor(payload))


JWT_CHANGES: dict[str, Any] = {
    "no number": lambda p: p.pop("jti"),
    "an unknown claim": lambda p: p.update({"nik": "3275"}),
    "an unknown certificate member": lambda p: p["worker"]["certifications"][0].update({"grade": 1}),
    "a null": lambda p: p["worker"].update({"occupation": None}),
    "time as float": lambda p: p.update({"iat": float(p["iat"])}),
    "birth date without dashes": lambda p: p.update({"birthdate": "19910507"}),
    "an empty employer": lambda p: p["worker"].update({"employer": {}}),
    "employer a list": lambda p: p["worker"].update({"employer": []}),
    "gender other": lambda p: p.update({"gender": "other"}),
    "thumbprint with padding": lambda p: p["cnf"].update({"kid": p["cnf"]["kid"] + "=="}),
}


@pytest.mark.parametrize("change", JWT_CHANGES)
def test_a_jwt_of_another_form_is_refused(change: str) -> None:
    payload = copy.deepcopy(to_jwt(claims()))
    JWT_CHANGES[change](payload)
    with malformed():
        from_jwt(payload)


# Card numbers


def test_numbers_are_typable() -> None:
    number = new_number(bytes(range(7)))
    assert re.fullmatch(rf"([{ALPHABET}]{{4}}-){{2}}[{ALPHABET}]{{4}}", number)
    typed = number.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert parse_number(typed) == number


@given(random=st.binary(min_size=7, max_size=9), place=st.integers(0, 11), other=st.sampled_from(ALPHABET))
def test_a_wrong_character_is_noticed(random: bytes, place: int, other: str) -> None:
    plain = new_number(random).replace("-", "")
    changed = plain[:place] + other + plain[place + 1 :]
    if changed != plain:
        with refused("card-number"):
            parse_number(changed)


@given(random=st.binary(min_size=7, max_size=7), first=st.integers(0, 11), second=st.integers(0, 11))
def test_two_swapped_characters_are_noticed(random: bytes, first: int, second: int) -> None:
    plain = list(new_number(random).replace("-", ""))
    if plain[first] != plain[second]:
        plain[first], plain[second] = plain[second], plain[first]
        with refused("card-number"):
            parse_number("".join(plain))


@pytest.mark.parametrize("typed", ["", "1234", "ABCD-EFGH-JKMNP", "ABCD-EFGH-JKM*", "0000-0000-000U"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with refused("card-number"):
        parse_number(typed)


def test_a_number_needs_seven_random_bytes() -> None:
    with refused("card-number-random"):
        new_number(b"short")


# The profile's own example


def test_the_profile_shows_the_true_bytes() -> None:
    blocks = dict(re.findall(r"```(\w+)\n(.*?)```", PROFILE.read_text(encoding="utf-8"), re.S))
    payload = bytes.fromhex("".join(blocks["hex"].split()))
    shown_claims = json.loads(blocks["json"])
    card = cwt.claims_of(payload)
    assert to_jwt(card) == shown_claims
    assert cbor(to_cwt(card)) == payload
    assert cbor2.loads(payload)[-65537][0] == 1


def test_the_profile_names_every_claim() -> None:
    profile = PROFILE.read_text(encoding="utf-8")
    for field in CardClaims.__struct_fields__:
        assert f"`{field}`" in profile or f"`{field}." in profile, field

"""A payload is read in one form: what is accepted is written back as the very same bytes."""

from __future__ import annotations

import copy
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from card import cwt, payload, plain
from card.claims import CardClaims
from card.errors import CardError
from card.projection import cbor, encode_cwt, to_cwt
from tests.card.cards import claims
from tests.card.strategies import cards


def read_or_none(data: bytes) -> CardClaims | None:
    try:
        return payload.read(data)
    except (CardError, ValueError):
        return None


def is_one_spelling(data: bytes) -> bool:
    read = read_or_none(data)
    return read is None or encode_cwt(read) == data


@settings(deadline=None, max_examples=60)
@given(card=cards())
def test_what_is_written_is_read(card: CardClaims) -> None:
    assert payload.read(encode_cwt(card)) == card


@settings(deadline=None, max_examples=100)
@given(card=cards(), places=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=3))
def test_bytes_changed_anywhere(card: CardClaims, places: list[tuple[float, int]]) -> None:
    changed = bytearray(encode_cwt(card))
    for share, value in places:
        changed[int(share * len(changed))] = value
    assert is_one_spelling(bytes(changed))


def test_every_byte_of_a_card_changed() -> None:
    """Each to a quarter of the other values: all of them take four times as long and found no more."""
    data = encode_cwt(claims())
    accepted = 0
    for place in range(len(data)):
        for value in range(place % 4, 256, 4):
            changed = data[:place] + bytes((value,)) + data[place + 1 :]
            assert is_one_spelling(changed), f"byte {place} to {value}"
            accepted += read_or_none(changed) is not None
    assert accepted > 2_000  # another name, another date: a payload is refused for its form, not for being another


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**65), 2**65)
    | st.floats(allow_nan=False)
    | st.text(max_size=30)
    | st.binary(max_size=17)
    | st.sampled_from([0, 1, 2, "F.431000.001.02", "a/b", 643100000102, "kets:status:7", "kets:status:07"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(-1, 9), inner, max_size=4),
    max_leaves=5,
)
paths = st.sampled_from(
    [(4,), (6,), (8,), (8, 3), (169,), (169, 1), (169, 4), (169, 8), (169, 9), (65_535,), (65_535, "status_list")]
    + [(65_535, "status_list", "idx"), (65_535, "status_list", "uri"), (-65_537,)]
    + [(-65_537, key) for key in range(8)]
    + [(-65_537, 5, 0), *((-65_537, 5, 1, part) for part in range(3))]
)


@settings(deadline=None, max_examples=100)
@given(card=cards(), path=paths, value=values)
def test_any_value_at_any_place_of_the_structure(card: CardClaims, path: tuple[Any, ...], value: object) -> None:
    changed: Any = copy.deepcopy(to_cwt(card))
    inner = changed
    try:
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value
    except LookupError:
        return  # this card has no such place
    assert is_one_spelling(cbor(changed))


@pytest.mark.parametrize(
    ("written", "otherwise"),
    [
        ("a604", "b80604"),  # a map's count in two bytes
        ("19ffffa1", "1a0000ffffa1"),  # a key in five
        ("781f", "79001f"),  # a length in three
        ("191c2c", "1a00001c2c"),
        ("1b00000033", "1b0000000033"),
        ("0583", "0584"),  # a certificate too few
        ("0583", "0582"),
        ("a6041a", "a5041a"),
        ("00a6000101", "00a5000101"),
        ("6d6b6574733a", "6e6b6574733a"),  # a length that is not the text's
    ],
)
def test_another_spelling_is_refused(written: str, otherwise: str) -> None:
    data = encode_cwt(claims()).hex()
    assert written in data
    assert read_or_none(bytes.fromhex(data.replace(written, otherwise, 1))) is None


def test_text_is_measured_in_bytes_and_must_be_utf_8() -> None:
    data = encode_cwt(claims(name="Amélie Sukmawati"))
    assert payload.read(data).name == "Amélie Sukmawati"
    assert read_or_none(data.replace(b"\xc3\xa9", b"\xc3e")) is None
    assert cbor2.loads(data)[169][4] == "Amélie Sukmawati"


@pytest.mark.parametrize(
    "data",
    [
        "d824616104",
        "c074323032362d31312d3232",
        "c5821a7fffffff01",
        "d81c81d81d00",
        "d82362282b",
        "a1d28000",
        "d9d9f700",
    ],
)
def test_no_tag_is_obeyed(data: str) -> None:
    """Tags on numbers, of dates, of powers of two, of cycles, of patterns, on a key, on everything."""
    with pytest.raises(ValueError, match="got no plain CBOR"):
        plain.loads(bytes.fromhex(data))
    with pytest.raises(CardError, match="claims-malformed"):
        cwt.claims_of(bytes.fromhex(data))

"""No change of a card changes what is accepted: it is refused, or it still says exactly the same."""

from __future__ import annotations

import string
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from card import base45, status, trust
from card.claims import CardClaims
from card.errors import VerificationError
from card.verify import verify
from keys.signer import Signer
from tests.card.cards import NOW, SHARD, Ministry, claims, new_ministry
from tests.card.forging import list_claims, listed

BASE64URL = string.ascii_letters + string.digits + "-_."


class Gate:
    """A verifier with fresh lists, and genuine cards to tamper with."""

    def __init__(self) -> None:
        self.ministry: Ministry = new_ministry()
        self.trust = self.ministry.trust()
        self.lists = {SHARD: self.ministry.status_list()}
        self.text, self.cose, self.jwt = self.ministry.text(), self.ministry.cose(), self.ministry.jwt()
        self.signer: Signer = self.ministry.signer()

    def accepts(self, data: str | bytes) -> CardClaims | None:
        try:
            return verify(data, trust=self.trust, status=self.lists.get, now=NOW).claims
        except VerificationError:
            return None


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate()


def same_or_refused(gate: Gate, data: str | bytes) -> bool:
    return gate.accepts(data) in (None, claims())


def test_the_genuine_ones_are_accepted(gate: Gate) -> None:
    assert gate.accepts(gate.text) == gate.accepts(gate.cose) == gate.accepts(gate.jwt) == claims()


def test_no_single_character_of_the_text_changes_the_claims(gate: Gate) -> None:
    """Every place, with three other characters each: all of them take minutes and found no more."""
    aliases = 0
    for place, was in enumerate(gate.text):
        for step in (1, 17, 31):
            other = base45.ALPHABET[(base45.ALPHABET.index(was) + step) % 45]
            accepted = gate.accepts(gate.text[:place] + other + gate.text[place + 1 :])
            assert accepted in (None, claims()), f"character {place} to {other!r}"
            aliases += accepted is not None
    assert aliases < len(gate.text) / 10  # DEFLATE spells some cards in several ways; the COSE is then the same


def test_no_single_flip_of_the_cose_is_accepted(gate: Gate) -> None:
    for place in range(len(gate.cose)):
        for bit in (0, 3, 7):
            changed = bytearray(gate.cose)
            changed[place] ^= 1 << bit
            assert gate.accepts(bytes(changed)) is None, f"byte {place}, bit {bit}"


def test_no_single_character_of_the_jwt_is_accepted(gate: Gate) -> None:
    for place, was in enumerate(gate.jwt):
        other = BASE64URL[(BASE64URL.index(was) + 1) % len(BASE64URL)]
        assert gate.accepts(gate.jwt[:place] + other + gate.jwt[place + 1 :]) is None, f"character {place}"


Edit = Callable[[str], str]


def edits(alphabet: str) -> st.SearchStrategy[list[Edit]]:
    """Replace, insert, delete, repeat or swap, at places given as shares of the length."""
    place, letters = st.floats(0, 0.999), st.text(alphabet, min_size=1, max_size=3)

    def at(share: float, text: str) -> int:
        return int(share * len(text))

    replaced = st.builds(lambda p, x: lambda t: t[: at(p, t)] + x + t[at(p, t) + len(x) :], place, letters)
    inserted = st.builds(lambda p, x: lambda t: t[: at(p, t)] + x + t[at(p, t) :], place, letters)
    deleted = st.builds(lambda p, n: lambda t: t[: at(p, t)] + t[at(p, t) + n :], place, st.integers(1, 40))
    doubled = st.builds(lambda p, n: lambda t: t[: at(p, t) + n] + t[at(p, t) :], place, st.integers(1, 40))
    swapped = st.builds(lambda p: lambda t: t[at(p, t) :] + t[: at(p, t)], place)
    return st.lists(st.one_of(replaced, inserted, deleted, doubled, swapped), min_size=1, max_size=6)


def edited(text: str, changes: list[Edit]) -> str:
    for change in changes:
        text = change(text)
    return text


@settings(deadline=None, max_examples=300)
@given(changes=edits(base45.ALPHABET))
def test_many_changes_of_the_text(gate: Gate, changes: list[Edit]) -> None:
    assert same_or_refused(gate, edited(gate.text, changes))


@settings(deadline=None, max_examples=300)
@given(changes=edits("".join(map(chr, range(256)))))
def test_many_changes_of_the_cose(gate: Gate, changes: list[Edit]) -> None:
    assert same_or_refused(gate, edited(gate.cose.decode("latin-1"), changes).encode("latin-1"))


@settings(deadline=None, max_examples=300)
@given(changes=edits(BASE64URL + "=\n é"))
def test_many_changes_of_the_jwt(gate: Gate, changes: list[Edit]) -> None:
    assert same_or_refused(gate, edited(gate.jwt, changes))


@settings(deadline=None, max_examples=300)
@given(data=st.text() | st.binary() | st.text(base45.ALPHABET) | st.text(BASE64URL).map("ey".__add__))
def test_noise_is_refused_in_good_order(gate: Gate, data: str | bytes) -> None:
    assert gate.accepts(data) is None


@settings(deadline=None, max_examples=200)
@given(payload=st.binary(max_size=200))
def test_even_signed_noise_is_refused_in_good_order(gate: Gate, payload: bytes) -> None:
    """A signer that signs garbage makes no verifier crash."""
    from tests.card.test_card_outcomes import signed

    assert gate.accepts(signed(payload, gate.ministry)) is None


def or_refusal(reading: Callable[[], object]) -> object:
    try:
        return reading()
    except VerificationError as error:
        return error.outcome


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=300)
@given(
    member=st.sampled_from(["jti", "iat", "exp", "name", "birthdate", "gender", "status", "worker", "cnf"]),
    value=json_values,
)
def test_a_signed_jwt_with_any_member_of_any_kind(gate: Gate, member: str, value: object) -> None:
    from card.projection import from_jwt, to_jwt

    payload = {**to_jwt(claims()), member: value}
    token = gate.signer.jwt(payload, {"typ": "kets-card+jwt"})
    accepted = gate.accepts(token)
    assert accepted is None or to_jwt(accepted) == payload == to_jwt(from_jwt(payload))


@settings(deadline=None, max_examples=200)
@given(member=st.sampled_from(["version", "iat", "exp", "next_root", "titles_sha256", "keys"]), value=json_values)
def test_a_signed_trust_list_with_any_member_of_any_kind(gate: Gate, member: str, value: object) -> None:
    root = gate.ministry.keyring.root
    payload = {
        "version": 1,
        "iat": NOW,
        "exp": NOW + 5,
        "next_root": root.public_jwk,
        "titles_sha256": "",
        "keys": [],
        member: value,
    }
    token = root.jwt(payload, {"typ": trust.TYP})
    read = or_refusal(lambda: trust.TrustList.verify(token, roots=[root.public_jwk], now=NOW))
    if isinstance(read, trust.TrustList):
        assert read.expires_at <= read.issued_at + trust.MAX_AGE
    else:
        assert read == "cannot-check"


@settings(deadline=None, max_examples=200)
@given(member=st.sampled_from(["sub", "iat", "exp", "ttl", "status_list", "bits", "lst"]), value=json_values)
def test_a_signed_status_list_with_any_member_of_any_kind(gate: Gate, member: str, value: object) -> None:
    token = listed(gate.signer, list_claims(SHARD, NOW, **{member: value}))
    read = or_refusal(lambda: status.StatusList.verify(token, shard=SHARD, trust=gate.trust, now=NOW))
    if isinstance(read, status.StatusList):
        assert read.expires_at <= read.issued_at + status.MAX_LIFETIME
    else:
        assert read == "cannot-check"

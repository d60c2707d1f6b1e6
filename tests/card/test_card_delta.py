"""Signed changes of a status list: applied to a verified list they give the whole one, or nothing."""

from __future__ import annotations

import hashlib
import json
import random
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from card import delta, status
from card.errors import CardError, VerificationError
from card.status import StatusList
from keys.encoding import b64url, unb64url
from tests.card.cards import DAY, NOW, SHARD, Ministry, new_ministry

BASE = NOW - 2 * DAY


@pytest.fixture(scope="module")
def ministry() -> Ministry:
    return new_ministry()


def refused(code: str) -> pytest.RaisesExc[VerificationError]:
    return pytest.raises(VerificationError, match=rf"^{code}\b", check=lambda error: error.outcome == "cannot-check")


def listed(ministry: Ministry, statuses: dict[int, int], at: int = BASE) -> StatusList:
    token = status.encode(status.packed(statuses.items()), shard=SHARD, issued_at=at, signer=ministry.signer())
    return StatusList.verify(token, shard=SHARD, trust=ministry.trust(), now=NOW)


def signed(ministry: Ministry, changes: dict[int, int], after: dict[int, int], **changed: Any) -> str:
    usual: dict[str, Any] = {"shard": SHARD, "base": BASE, "issued_at": NOW - 60, "signer": ministry.signer()}
    return delta.encode(changes.items(), status.packed(after.items()), **{**usual, **changed})


def resigned(token: str, ministry: Ministry, typ: str = delta.TYP, signer: Any = None, **changes: Any) -> str:
    payload = json.loads(unb64url(token.split(".")[1]))
    payload = {name: value for name, value in {**payload, **changes}.items() if value is not None}
    return (signer or ministry.signer()).jwt(payload, {"typ": typ})


def applied(token: str, to: StatusList, ministry: Ministry, **changes: Any) -> StatusList:
    usual: dict[str, Any] = {"to": to, "trust": ministry.trust(), "now": NOW}
    return delta.applied(token, **{**usual, **changes})


BEFORE = {5: 1, 70: 2, 2**20 - 1: 3}
AFTER = {5: 1, 70: 0, 0: 2, 2**19: 3, 2**20 - 1: 1}
CHANGES = {70: 0, 0: 2, 2**19: 3, 2**20 - 1: 1}


def test_a_list_and_its_changes_are_the_later_list(ministry: Ministry) -> None:
    later = applied(signed(ministry, CHANGES, AFTER), listed(ministry, BEFORE), ministry)
    assert later.entries == bytes(status.packed(AFTER.items()))
    assert (later.issued_at, later.expires_at, later.shard) == (NOW - 60, NOW - 60 + 7 * DAY, SHARD)


def test_changes_fit_every_list_since_their_base(ministry: Ministry) -> None:
    token = signed(ministry, CHANGES, AFTER)
    for already in ({}, {70: 0}, CHANGES):
        between = listed(ministry, {**BEFORE, **already}, at=BASE + DAY)
        assert applied(token, between, ministry).entries == bytes(status.packed(AFTER.items()))
    again = applied(token, applied(token, listed(ministry, BEFORE), ministry), ministry)
    assert again.entries == bytes(status.packed(AFTER.items()))


def test_changes_that_do_not_reach_back_are_not_applied(ministry: Ministry) -> None:
    token = signed(ministry, CHANGES, AFTER)
    with refused("status-gap"):
        applied(token, listed(ministry, BEFORE, at=BASE - 1), ministry)
    with refused("status-gap"):  # a list that differs elsewhere too: half of the truth is not taken
        applied(token, listed(ministry, {**BEFORE, 99: 1}), ministry)


def test_changes_older_than_the_list_are_refused(ministry: Ministry) -> None:
    with refused("status-rollback"):
        applied(signed(ministry, CHANGES, AFTER), listed(ministry, AFTER, at=NOW - 59), ministry)


def test_changes_of_the_future_mean_a_slow_clock(ministry: Ministry) -> None:
    with refused("clock-behind"):
        applied(signed(ministry, CHANGES, AFTER, issued_at=NOW + 301), listed(ministry, BEFORE), ministry)


def test_only_a_signer_of_the_shard_signs_its_changes(ministry: Ministry) -> None:
    token, held = signed(ministry, CHANGES, AFTER), listed(ministry, BEFORE)
    own, other = ministry.signer(), ministry.signer(4)
    both = ministry.trust(signers=[own, other])
    head, body, signature = token.split(".")
    for forged, trust in (
        (resigned(token, ministry, signer=other), both),
        (resigned(token, ministry, signer=new_ministry().signer()), both),
        (f"{head}.{body}.{'AA' + signature[2:]}", both),
        (token, ministry.trust(revoked={own.kid: NOW})),
        (token, ministry.trust(ended={own.kid: NOW - 61 - 300})),
    ):
        with refused("status-signature"):
            applied(forged, held, ministry, trust=trust)


def test_no_changes_live_longer_than_seven_days(ministry: Ministry) -> None:
    token, held = signed(ministry, CHANGES, AFTER, lifetime=90 * DAY), listed(ministry, BEFORE)
    assert applied(token, held, ministry).expires_at == NOW - 60 + 7 * DAY
    assert applied(resigned(token, ministry, exp=2**40), held, ministry).expires_at == NOW - 60 + 7 * DAY


def coded(*numbers: bytes) -> str:
    return b64url(zlib.compress(b"".join(numbers), 9))


@pytest.mark.parametrize(
    "changes",
    [
        {"changes": coded(b"\x80")},  # does not end
        {"changes": coded(b"\x80\x80\x80\x80\x01")},  # longer than any entry
        {"changes": coded(b"\xff\xff\xff\x7f")},  # leads out of the list
        {"changes": coded(b"\xfc\xff\xff\x01", b"\x01")},  # and so does the one after the last entry
        {"changes": coded(bytes(delta.MAX_CODED + 1))},
        {"changes": b64url(zlib.compress(b"\x01")) + "AAAA"},
        {"changes": "AAAA"},
        {"changes": "%"},
        {"changes": 5},
        {"changes": None},
        {"sha256": None},
        {"sha256": "%"},
        {"base": -1},
        {"base": None},
        {"iat": 1.5},
        {"exp": None},
        {"bits": 1},
        {"sub": "kets:status:4"},
    ],
    ids=str,
)
def test_changes_of_another_form_are_refused(ministry: Ministry, changes: dict[str, Any]) -> None:
    token = resigned(signed(ministry, CHANGES, AFTER), ministry, **changes)
    if changes.get("changes") is None and "changes" in changes:
        token = resigned(signed(ministry, CHANGES, AFTER), ministry, changes=None)
    with refused("status-malformed"):
        applied(token, listed(ministry, BEFORE), ministry)


@pytest.mark.parametrize("token", ["", "a.b.c", "x" * (delta.MAX_TOKEN + 2)])
def test_what_is_no_delta(ministry: Ministry, token: str) -> None:
    with refused("status-malformed"):
        applied(token, listed(ministry, BEFORE), ministry)
    with refused("status-malformed"):
        applied(ministry.status_jwt(), listed(ministry, BEFORE), ministry)


def test_a_delta_is_made_by_the_signer_of_the_shard_of_few_enough_changes(ministry: Ministry) -> None:
    with pytest.raises(CardError, match=r"^status-list"):
        signed(ministry, CHANGES, AFTER, signer=ministry.signer(4))
    with pytest.raises(CardError, match=r"^status-delta"):
        signed(ministry, dict.fromkeys(range(delta.MAX_CHANGES + 1), 1), AFTER)


@settings(deadline=None, max_examples=60)
@given(
    before=st.dictionaries(st.integers(0, 2**20 - 1), st.integers(0, 3), max_size=40),
    changes=st.dictionaries(st.integers(0, 2**20 - 1), st.integers(0, 3), max_size=40),
)
def test_any_list_and_any_changes(ministry: Ministry, before: dict[int, int], changes: dict[int, int]) -> None:
    after = status.packed({**before, **changes}.items())
    assert bytes(
        delta._with(bytes(status.packed(before.items())), delta._decoded(delta._coded(sorted(changes.items()))))
    ) == bytes(after)


@settings(deadline=None, max_examples=200)
@given(place=st.integers(0), letter=st.sampled_from("AZaz09-_.=\x00é"))
def test_no_altered_letter_of_a_delta_is_taken(ministry: Ministry, place: int, letter: str) -> None:
    token, held = signed(ministry, CHANGES, AFTER), listed(ministry, BEFORE)
    at = place % len(token)
    altered = token[:at] + letter + token[at + 1 :]
    if altered != token:
        with pytest.raises(VerificationError):
            applied(altered, held, ministry)


def test_five_hundred_changes_are_little_to_fetch(ministry: Ministry) -> None:
    changed = dict.fromkeys(random.Random(4).sample(range(2**20), 500), 3)
    assert len(signed(ministry, changed, changed)) < 2_500


def test_a_delta_says_what_the_list_then_is(ministry: Ministry) -> None:
    payload = json.loads(unb64url(signed(ministry, CHANGES, AFTER).split(".")[1]))
    assert set(payload) == {"sub", "base", "iat", "exp", "bits", "changes", "sha256"}
    assert payload["sha256"] == b64url(hashlib.sha256(status.packed(AFTER.items())).digest())
    assert (
        zlib.decompress(unb64url(payload["changes"]))
        == bytes([2, 0x94, 2])[:1] + delta._coded(sorted(CHANGES.items()))[1:]
    )

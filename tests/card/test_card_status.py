"""Status lists: signed, of one form to the last byte, none older than what was seen; where a card stands in one."""

from __future__ import annotations

import zlib
from random import Random
from typing import Any

import cbor2
import jwt
import pytest

from card import cwt, status, status_jwt
from card.errors import CardError, VerificationError
from card.permutation import index_of
from card.projection import cbor
from card.status import StatusList
from keys import es256
from keys.encoding import b64url, unb64url
from tests.card.cards import DAY, NOW, SHARD, Ministry, new_ministry
from tests.card.forging import EMPTY_LIST, list_claims, listed


@pytest.fixture
def ministry() -> Ministry:
    return new_ministry()


def refused(code: str) -> pytest.RaisesExc[VerificationError]:
    return pytest.raises(VerificationError, match=rf"^{code}\b", check=lambda error: error.outcome == "cannot-check")


def verified(token: bytes, ministry: Ministry, **changes: Any) -> StatusList:
    usual: dict[str, Any] = {"shard": SHARD, "trust": ministry.trust(), "now": NOW}
    return StatusList.verify(token, **{**usual, **changes})


def test_a_status_list_says_what_was_put_in(ministry: Ministry) -> None:
    ministry.statuses = {0: 1, 1: 2, 2: 3, 2**20 - 1: 3}
    read_back = verified(ministry.status_token(), ministry)
    assert [read_back[index] for index in (0, 1, 2, 3, 2**20 - 2, 2**20 - 1)] == [1, 2, 3, 0, 0, 3]
    assert (read_back.issued_at, read_back.expires_at) == (NOW - DAY, NOW + 6 * DAY)


def test_a_later_status_replaces_an_earlier() -> None:
    entries = status.packed([(5, 3), (5, 1), (4, 2)])
    assert (status.entry(entries, 5), status.entry(entries, 4), status.entry(entries, 6)) == (1, 2, 0)


@pytest.mark.parametrize("changed", [(-1, 0), (2**20, 0), (0, 4), (0, -1)])
def test_an_entry_out_of_range_is_refused(changed: tuple[int, int]) -> None:
    with pytest.raises(CardError, match=r"^status-entry"):
        status.packed([changed])


def test_no_status_list_lives_longer_than_seven_days(ministry: Ministry) -> None:
    assert verified(ministry.status_token(lifetime=90 * DAY), ministry).expires_at == NOW + 6 * DAY
    eternal = listed(ministry.signer(), list_claims(SHARD, NOW - DAY, exp=2**40))
    assert verified(eternal, ministry).expires_at == NOW + 6 * DAY


def test_a_list_is_made_whole_and_by_its_own_signer(ministry: Ministry) -> None:
    for entries, signer in ((bytearray(5), ministry.signer()), (bytearray(status.LIST_BYTES), ministry.signer(4))):
        with pytest.raises(CardError, match=r"^status-list"):
            status.encode(entries, shard=SHARD, issued_at=NOW, signer=signer)


def test_only_a_signer_of_the_shard_signs_its_list(ministry: Ministry) -> None:
    other, both = ministry.signer(4), [ministry.signer(3), ministry.signer(4)]
    trusted = ministry.trust(signers=both)
    of_four = status.encode(bytearray(status.LIST_BYTES), shard=4, issued_at=NOW, signer=other)
    assert verified(of_four, ministry, shard=4, trust=trusted).shard == 4
    for token in (
        of_four,
        listed(other, list_claims(SHARD, NOW - DAY)),
        listed(new_ministry().signer(), list_claims(SHARD, NOW - DAY)),
        listed(other, list_claims(SHARD, NOW - DAY), head=status.protected(ministry.signer().kid)),
        ministry.status_token()[:-6] + bytes(6),
    ):
        with refused("status-signature"):
            verified(token, ministry, trust=trusted)


def test_a_withdrawn_signer_signs_no_status(ministry: Ministry) -> None:
    with refused("status-signature"):
        verified(ministry.status_token(), ministry, trust=ministry.trust(revoked={ministry.signer().kid: NOW}))


WHOLE = bytes(status.LIST_BYTES)
OTHER_CLAIMS: dict[str, dict[str, Any]] = {
    "no expiry": {"exp": None},
    "no issue": {"iat": None},
    "no time to live": {"ttl": None},
    "no name": {"sub": None},
    "no list": {"status_list": None},
    "a claim more": {"jti": 1},
    "another shard's name": {"sub": "kets:status:4"},
    "a web address": {"sub": "https://kets.example/3"},
    "a time that is a text": {"exp": "1795320000"},
    "a time that is a float": {"exp": float(NOW)},
    "a time that is true": {"ttl": True},
    "a time before all": {"iat": -1},
    "a time beyond all": {"exp": 2**53},
    "a list that is none": {"status_list": []},
    "one bit": {"bits": 1},
    "another name for two": {"bits": True},
    "a list as text": {"lst": "eNrbuRgAAhcBXQ"},
    "no zlib": {"lst": b"AAAA"},
    "an entry less": {"lst": status.compressed(WHOLE[:-1])},
    "an entry more": {"lst": status.compressed(WHOLE + b"\x00")},
    "a bomb": {"lst": status.compressed(bytes(5_000_000))},
    "zlib that is cut": {"lst": status.compressed(WHOLE)[:-1]},
    "bytes after zlib": {"lst": status.compressed(WHOLE) + b"AAAA"},
}


@pytest.mark.parametrize("name", OTHER_CLAIMS)
def test_a_status_list_of_other_claims_is_refused(ministry: Ministry, name: str) -> None:
    assert verified(listed(ministry.signer(), list_claims(SHARD, NOW - DAY)), ministry)[0] == 0
    with refused("status-malformed"):
        verified(listed(ministry.signer(), list_claims(SHARD, NOW - DAY, **OTHER_CLAIMS[name])), ministry)


def heads(kid: bytes) -> dict[str, bytes]:
    """Protected headers that are not that of a status list."""
    typ = status.protected(kid)[14:]
    return {
        "a card's": cwt.protected(kid),
        "another type": b"\xa3\x01\x26\x04\x48" + kid + b"\x10\x78\x1aapplication/statuslist+cwd",
        "a content format for a type": b"\xa3\x01\x26\x04\x48" + kid + b"\x10\x18\x3d",
        "another algorithm": b"\xa3\x01\x38\x22\x04\x48" + kid + typ,
        "a longer key id": b"\xa3\x01\x26\x04\x49" + kid + b"\x00" + typ,
        "a shorter key id": b"\xa3\x01\x26\x04\x47" + kid[1:] + typ,
        "no key id": b"\xa2\x01\x26" + typ,
        "a critical header": b"\xa4\x01\x26\x02\x81\x10\x04\x48" + kid + typ,
        "another order": b"\xa3" + typ + b"\x01\x26\x04\x48" + kid,
        "none": b"",
    }


@pytest.mark.parametrize("name", heads(bytes(8)))
def test_a_status_list_says_what_it_is_and_who_signed_in_one_way(ministry: Ministry, name: str) -> None:
    signer = ministry.signer()
    assert verified(listed(signer, list_claims(SHARD, NOW), head=status.protected(signer.kid)), ministry)[0] == 0
    with refused("status-malformed"):
        verified(listed(signer, list_claims(SHARD, NOW), head=heads(signer.kid)[name]), ministry)


def other_payloads() -> dict[str, bytes]:
    """The claims of a good list in CBOR that says them in another way."""
    said = list_claims(SHARD, NOW)
    good = cbor(said)
    assert good.startswith(b"\xa5\x02\x6d")
    return {
        "another order": cbor2.dumps(dict(reversed(said.items()))),
        "a head longer than it need be": b"\xb8\x05" + good[1:],
        "a map of indefinite length": b"\xbf" + good[1:] + b"\xff",
        "a tag": b"\xc0" + good,
        "a name twice": b"\xa6" + good[1:16] + good[1:],
        "bytes after it": good + b"\x00",
        "cut": good[:-1],
        "nothing": b"",
        "an array": cbor(list(said)),
        "a list in pieces": good.replace(
            cbor(EMPTY_LIST), b"\x5f" + cbor(EMPTY_LIST[:9]) + cbor(EMPTY_LIST[9:]) + b"\xff"
        ),
    }


@pytest.mark.parametrize("name", other_payloads())
def test_the_claims_of_a_status_list_have_one_spelling(ministry: Ministry, name: str) -> None:
    with refused("status-malformed"):
        verified(listed(ministry.signer(), other_payloads()[name]), ministry)


def test_what_is_no_status_list(ministry: Ministry) -> None:
    good = ministry.status_token()
    unprotected = good.index(b"\xa0", 40)
    jwt = status_jwt.encode(WHOLE, shard=SHARD, issued_at=NOW, signer=ministry.signer())
    others = (
        b"",
        good[1:],
        good[:-1],
        good + b"\x00",
        good[:unprotected] + b"\xa1\x04\x41\x00" + good[unprotected + 1 :],
        bytes(status.MAX_TOKEN + 1),
        ministry.cose(),
        jwt.encode(),
    )
    for other in others:
        with refused("status-malformed"):
            verified(other, ministry)


def test_a_long_list_is_not_cut_to_fit(ministry: Ministry) -> None:
    longest = listed(ministry.signer(), list_claims(SHARD, NOW, lst=bytes(status.MAX_TOKEN)))
    with refused("status-malformed: got 524[0-9]{3} bytes"):
        verified(longest, ministry)


def test_every_list_fits_even_one_that_does_not_compress(ministry: Ministry) -> None:
    noise = Random(5).randbytes(status.LIST_BYTES)
    token = status.encode(noise, shard=SHARD, issued_at=NOW, signer=ministry.signer())
    assert len(token) < status.MAX_TOKEN * 0.51
    assert verified(token, ministry).entries == noise


def test_the_jwt_of_a_list_says_the_same_for_other_readers(ministry: Ministry) -> None:
    noise, signer = Random(6).randbytes(status.LIST_BYTES), ministry.signer()
    for subject, expected in ((None, "kets:status:3"), ("https://kets.example/3", "https://kets.example/3")):
        token = status_jwt.encode(noise, shard=SHARD, issued_at=NOW, signer=signer, subject=subject)
        key = es256.public_key(signer.public_jwk)
        payload = jwt.decode(token, key, algorithms=["ES256"], options={"verify_exp": False, "verify_iat": False})
        assert jwt.get_unverified_header(token) == {"alg": "ES256", "kid": b64url(signer.kid), "typ": "statuslist+jwt"}
        assert (payload["sub"], payload["iat"], payload["exp"]) == (expected, NOW, NOW + 7 * DAY)
        assert payload["ttl"] == 43_200
        assert payload["status_list"]["bits"] == 2
        assert zlib.decompress(unb64url(payload["status_list"]["lst"])) == noise
    with pytest.raises(CardError, match=r"^status-list"):
        status_jwt.encode(noise, shard=4, issued_at=NOW, signer=signer)


def test_an_older_status_list_is_refused(ministry: Ministry) -> None:
    token = ministry.status_token()
    assert verified(token, ministry, oldest=NOW - DAY)[0] == 0
    with refused("status-rollback"):
        verified(token, ministry, oldest=NOW - DAY + 1)


def test_a_status_list_of_the_future_means_a_slow_clock(ministry: Ministry) -> None:
    with refused("clock-behind"):
        verified(ministry.status_token(issued_at=NOW + 301), ministry)


@pytest.mark.parametrize(
    ("share", "weights", "ratio", "at_most"),
    [
        (0.001, (8, 2, 90), 1.10, 3_000),
        (0.05, (8, 2, 90), 1.01, 56_000),
        (0.05, (1, 1, 1), 1.01, 65_000),
        (0.25, (0, 0, 1), 1.01, 130_000),
        (0.25, (8, 2, 90), 1.01, 150_000),
    ],
)
def test_a_list_is_hardly_more_than_its_zlib_stream(
    ministry: Ministry, share: float, weights: tuple[int, int, int], ratio: float, at_most: int
) -> None:
    """`weights` of revoked, suspended, outdated. Asked for: 1.4 times zlib at 5 %, 170 KB at 25 %."""
    draw = Random(4)
    places = draw.sample(range(2**20), int(share * 2**20))
    ministry.statuses = dict(zip(places, draw.choices((1, 2, 3), weights, k=len(places)), strict=True))
    bound = len(zlib.compress(status.packed(ministry.statuses.items()), 9))
    size = len(ministry.status_token())
    assert bound < size <= ratio * bound
    assert size <= at_most


# The permutation of indexes


def test_indexes_are_a_permutation() -> None:
    """On every 16th counter, since 2^20 HMACs take long: none twice; and the inverse, walked back, agrees."""
    indexes = {index_of(counter, b"key") for counter in range(0, 2**20, 16)}
    assert len(indexes) == 2**16
    assert min(indexes) >= 0
    assert max(indexes) < 2**20
    spread = [sum(1 for index in indexes if index >> 16 == part) for part in range(16)]
    assert min(spread) > 3_500
    assert max(spread) < 4_700


def test_every_index_has_one_counter() -> None:
    import hashlib
    import hmac

    def counter_of(index: int, key: bytes) -> int:
        left, right = index >> 10, index & 1023
        for round_number in reversed(range(8)):
            mixed = hmac.new(key, bytes((round_number, left >> 8, left & 255)), hashlib.sha256).digest()
            left, right = right ^ int.from_bytes(mixed[:2], "big") >> 6, left
        return left << 10 | right

    for counter in (0, 1, 2, 1023, 1024, 2**19, 2**20 - 1):
        assert counter_of(index_of(counter, b"key"), b"key") == counter


def test_another_key_gives_another_order() -> None:
    orders = [[index_of(counter, key) for counter in range(20)] for key in (b"a", b"b")]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) != orders[0]


@pytest.mark.parametrize("counter", [-1, 2**20])
def test_a_shard_has_2_to_the_20_places(counter: int) -> None:
    with pytest.raises(CardError, match=r"^status-counter"):
        index_of(counter, b"key")

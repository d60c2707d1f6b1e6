"""A verifier that slept through rotations of the root follows by the chain; nobody else's statements lead anywhere."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from card import trustdir
from card.errors import CardError, VerificationError
from card.roots import MAX_CHAIN, MAX_STEPS, chain_of, follow
from keys.roots import STEP
from tests.card.cards import DAY, NOW, Ministry, new_ministry

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ministry() -> Ministry:
    return new_ministry()


def refused(code: str) -> pytest.RaisesExc[VerificationError]:
    return pytest.raises(VerificationError, match=rf"^{code}\b", check=lambda error: error.outcome == "cannot-check")


def rotated(ministry: Ministry, times: int) -> list[str]:
    for _ in range(times):
        ministry.keyring.roots.rotate(now=NOW, in_token=False)
        ministry.version += 1
    return ministry.keyring.roots.chain()


def test_from_any_root_the_chain_leads_to_the_one_that_signs(ministry: Ministry) -> None:
    first = ministry.keyring.root.public_jwk
    chain = rotated(ministry, 4)
    roots = follow([first], chain)
    assert len(roots) == 5
    assert roots[-1] == ministry.keyring.root.public_jwk
    for known in range(5):
        assert follow(roots[known : known + 2], chain)[-1] == roots[-1]
    assert follow([first], []) == [first]


def test_a_verifier_that_slept_through_two_rotations_follows(ministry: Ministry, tmp_path: Path) -> None:
    trustdir.load(ministry.export(tmp_path), now=NOW)
    pinned = (tmp_path / "root.json").read_bytes()
    chain = rotated(ministry, 2)
    (tmp_path / "trust-list.jwt").write_text(ministry.trust_token())
    with refused("trust-signature"):
        trustdir.load(tmp_path, now=NOW)
    ministry.export(tmp_path, chain=chain)
    loaded = trustdir.load(tmp_path, now=NOW)
    assert loaded.trust.root == ministry.keyring.root.public_jwk
    assert (tmp_path / "root.json").read_bytes() == pinned
    (tmp_path / "roots.json").unlink()  # it is remembered
    assert trustdir.load(tmp_path, now=NOW).trust.version == ministry.version


def test_once_it_has_followed_the_old_root_is_done(ministry: Ministry, tmp_path: Path) -> None:
    old = ministry.keyring.root
    trustdir.load(ministry.export(tmp_path, chain=rotated(ministry, 2)), now=NOW)
    ministry.version += 1
    trustdir.export(
        tmp_path,
        root=ministry.keyring.root.public_jwk,
        trust_list=ministry.trust_token(root=old),
        statuses={},
        titles={},
        chain=ministry.keyring.roots.chain(),
    )
    with refused("trust-signature"):
        trustdir.load(tmp_path, now=NOW)


def test_a_chain_that_does_not_begin_at_the_pin_changes_no_pin(ministry: Ministry, tmp_path: Path) -> None:
    ministry.export(tmp_path)
    other = new_ministry()
    with pytest.raises(CardError, match=r"^root-differs"):
        other.export(tmp_path, chain=rotated(other, 2))
    assert follow([ministry.keyring.root.public_jwk], other.keyring.roots.chain()) == [ministry.keyring.root.public_jwk]


def test_a_forged_statement_is_refused(ministry: Ministry) -> None:
    root, thief = ministry.keyring.root, new_ministry().keyring.root
    (step,) = rotated(ministry, 1)
    head, body, signature = step.split(".")
    for forged in (f"{head}.{body}.{'AA' + signature[2:]}", root.jwt({"next_root": thief.public_jwk}, {"typ": "JWT"})):
        with refused("trust-signature"):
            follow([root.public_jwk], [forged])


@pytest.mark.parametrize("payload", [{}, {"next_root": 5}, {"next_root": {"kty": "oct"}}, {"next_root": None}])
def test_a_statement_of_another_form_is_refused(ministry: Ministry, payload: dict[str, Any]) -> None:
    root = ministry.keyring.root
    with refused("trust-malformed"):
        follow([root.public_jwk], [root.jwt(payload, {"typ": STEP})])


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[5]", b"[" * 50_000, b'"' + b"x" * MAX_CHAIN + b'"', json.dumps(["x"] * (MAX_STEPS + 1)).encode()],
)
def test_what_is_no_chain(content: bytes) -> None:
    with refused("trust-malformed"):
        chain_of(content)


def test_a_former_signer_lists_no_status_of_later(ministry: Ministry) -> None:
    former = ministry.signer()
    taken_over = NOW - 5 * DAY
    trust = ministry.trust(ended={former.kid: taken_over})
    key = trust.keys[former.kid]
    assert (key.signs_until, key.expires_at) == (taken_over, taken_over + 2 * 366 * DAY)
    from card.status import StatusList

    before = ministry.status_token(issued_at=taken_over + 300)
    assert StatusList.verify(before, shard=3, trust=trust, now=NOW).issued_at == taken_over + 300
    with refused("status-signature"):
        StatusList.verify(ministry.status_token(issued_at=taken_over + 301), shard=3, trust=trust, now=NOW)
    from card.verify import verify

    assert verify(ministry.text(), trust=trust, status=lambda _: ministry.status_list(), now=NOW).outcome == "valid"


def test_a_signer_whose_last_card_has_expired_is_listed_no_more(ministry: Ministry) -> None:
    former = ministry.signer()
    long_ago = ministry.listed_at - 2 * 366 * DAY
    assert former.kid in ministry.trust(ended={former.kid: long_ago}).keys
    assert former.kid not in ministry.trust(ended={former.kid: long_ago - 1}).keys


def test_the_trust_list_of_a_country_stays_small(ministry: Ministry) -> None:
    """180 shards: as it is, and as it is fetched with gzip. One more signer a shard doubles it."""
    token = ministry.trust_token(signers=[ministry.signer(shard) for shard in range(180)])
    assert len(token) < 64_000
    assert len(gzip.compress(token.encode(), 6)) < 22_000

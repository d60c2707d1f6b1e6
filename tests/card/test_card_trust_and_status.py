"""Trust lists and the folder a verifier keeps: signed, in order, never older than what was seen."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from card import status, status_jwt, trust, trustdir
from card.errors import CardError, VerificationError
from card.trust import TrustList
from card.trustupdate import Folder, update
from keys.encoding import b64url, unb64url
from keys.keyring import Keyring
from tests.card.cards import DAY, NOW, SHARD, TITLES, Ministry, new_ministry


@pytest.fixture
def ministry() -> Ministry:
    return new_ministry()


def refused(code: str) -> pytest.RaisesExc[VerificationError]:
    return pytest.raises(VerificationError, match=rf"^{code}\b", check=lambda error: error.outcome == "cannot-check")


def read(token: str, ministry: Ministry, **changes: Any) -> TrustList:
    usual: dict[str, Any] = {"roots": [ministry.keyring.root.public_jwk], "now": NOW}
    return TrustList.verify(token, **{**usual, **changes})


def infinite(token: str, signer: Any) -> str:
    """The same list with an `iat` that Python reads as infinity."""
    head, body, _ = token.split(".")
    text = re.sub(rb'"iat":[0-9]+', b'"iat":1e999', unb64url(body))
    signed = f"{head}.{b64url(text)}"
    return f"{signed}.{b64url(signer.sign(signed.encode()))}"


def resigned(token: str, signer: Any, typ: str, **changes: Any) -> str:
    """The same list with other members, signed again."""
    payload = json.loads(unb64url(token.split(".")[1]))
    payload = {name: value for name, value in {**payload, **changes}.items() if value is not None}
    return signer.jwt(payload, {"typ": typ})


# Trust list


def test_a_trust_list_says_what_was_put_in(ministry: Ministry) -> None:
    ministry.revoked = {ministry.signer(4).kid: NOW - 5}
    signers = [ministry.signer(3), ministry.signer(4)]
    listed = read(ministry.trust_token(signers=signers), ministry)
    assert (listed.version, listed.issued_at, listed.expires_at) == (7, NOW - DAY, NOW + 29 * DAY)
    assert [key.shard for key in listed.keys.values()] == [3, 4]
    assert [key.revoked_at for key in listed.keys.values()] == [None, NOW - 5]
    assert listed.keys[signers[0].kid].status_uri == "https://kets.example/v1/status/3"
    assert listed.titles_digest == trust.titles_digest(TITLES)
    assert listed.accepted_roots == (ministry.keyring.root.public_jwk, ministry.keyring.next_root.public_jwk)


def test_no_trust_list_lives_longer_than_thirty_days(ministry: Ministry) -> None:
    assert read(ministry.trust_token(max_age=400 * DAY), ministry).expires_at == NOW + 29 * DAY
    eternal = resigned(ministry.trust_token(), ministry.keyring.root, trust.TYP, exp=2**40)
    assert read(eternal, ministry).expires_at == NOW + 29 * DAY


def test_only_the_root_signs_trust_lists(ministry: Ministry) -> None:
    forged = new_ministry().trust_token()
    with refused("trust-signature"):
        read(forged, ministry)
    by_signer = resigned(ministry.trust_token(), ministry.signer(), trust.TYP)
    with refused("trust-signature"):
        read(by_signer, ministry)
    head, body, signature = ministry.trust_token().split(".")
    with refused("trust-signature"):
        read(f"{head}.{body}.{'AA' + signature[2:]}", ministry)


def test_the_next_root_takes_over_and_the_old_one_is_done(ministry: Ministry) -> None:
    old, new = ministry.keyring.root, ministry.keyring.next_root
    first = read(ministry.trust_token(), ministry)
    after_next = Keyring.create(ministry.keyring.folder.parent / "next").root
    handed_over = ministry.trust_token(root=new, next_root=after_next.public_jwk, version=8)
    with refused("trust-signature"):
        read(handed_over, ministry)
    second = read(handed_over, ministry, roots=first.accepted_roots)
    assert second.accepted_roots == (new.public_jwk, after_next.public_jwk)
    with refused("trust-signature"):
        read(ministry.trust_token(root=old, version=9), ministry, roots=second.accepted_roots)


def test_an_older_trust_list_is_refused(ministry: Ministry) -> None:
    assert read(ministry.trust_token(), ministry, oldest=7).version == 7
    with refused("trust-rollback: got version 7, expected 8 or later"):
        read(ministry.trust_token(), ministry, oldest=8)


def test_a_trust_list_of_the_future_means_a_slow_clock(ministry: Ministry) -> None:
    assert read(ministry.trust_token(issued_at=NOW + 300), ministry).issued_at == NOW + 300
    with refused("clock-behind"):
        read(ministry.trust_token(issued_at=NOW + 301), ministry)


@pytest.mark.parametrize("token", ["", "a.b.c", "x" * (trust.MAX_TOKEN + 2)])
def test_what_is_no_trust_list(ministry: Ministry, token: str) -> None:
    with refused("trust-malformed"):
        read(token, ministry)


def test_a_long_token_is_not_cut_to_fit(ministry: Ministry) -> None:
    big = resigned(ministry.trust_token(), ministry.keyring.root, trust.TYP, padding="x" * trust.MAX_TOKEN)
    with refused("trust-malformed"):
        read(big, ministry)


def test_another_type_or_form_is_no_trust_list(ministry: Ministry) -> None:
    root, token = ministry.keyring.root, ministry.trust_token()
    wrong_kid = [{**trust._entry(ministry.signer(), "u", 1, None), "kid": b64url(b"12345678")}]
    for other in (
        resigned(token, root, "JWT"),
        resigned(token, root, trust.TYP, version=None),
        resigned(token, root, trust.TYP, keys=wrong_kid),
        resigned(token, root, trust.TYP, keys=5),
        resigned(token, root, trust.TYP, keys={}),
        infinite(token, root),
        resigned(token, root, trust.TYP, next_root={"kty": "oct"}),
        resigned(token, root, trust.TYP, version="7"),
        resigned(token, root, trust.TYP, version=7.0),
        resigned(token, root, trust.TYP, exp=2**53),
        resigned(token, root, trust.TYP, titles_sha256=5),
    ):
        with refused("trust-malformed"):
            read(other, ministry)


@pytest.mark.parametrize("member", ["revoked_at", "signs_until"])
def test_what_is_not_there_is_left_out_and_never_null(ministry: Ministry, member: str) -> None:
    entry = {**trust._entry(ministry.signer(), "u", 1, None), member: None}
    with refused("trust-malformed"):
        read(resigned(ministry.trust_token(), ministry.keyring.root, trust.TYP, keys=[entry]), ministry)


# The folder


def test_a_folder_written_is_a_folder_loaded(ministry: Ministry, tmp_path: Path) -> None:
    ministry.statuses = {9: 3}
    folder = trustdir.load(ministry.export(tmp_path), now=NOW)
    assert folder.trust.version == 7
    assert folder.status(SHARD) is folder.status(SHARD)
    loaded = folder.status(SHARD)
    assert loaded is not None
    assert loaded[9] == 3
    assert folder.status(99) is None
    assert (folder.title("7212", "en"), folder.title("9999", "en")) == ("Welders and Flame Cutters", "9999")
    assert {path.name for path in tmp_path.iterdir()} == {
        "root.json",
        "roots.json",
        "trust-list.jwt",
        "status",
        "titles.json",
        "seen.json",
    }
    ministry.export(tmp_path)
    assert trustdir.load(tmp_path, now=NOW).trust.version == 7


@pytest.mark.parametrize("name", ["root.json", "trust-list.jwt", "titles.json"])
def test_without_a_file_nothing_is_checked(ministry: Ministry, tmp_path: Path, name: str) -> None:
    (ministry.export(tmp_path) / name).unlink()
    with refused("trust-missing"):
        trustdir.load(tmp_path, now=NOW)


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 50_000, '{"kty": "oct"}', "\xff"])
def test_a_root_that_cannot_be_read(ministry: Ministry, tmp_path: Path, content: str) -> None:
    (ministry.export(tmp_path) / "root.json").write_text(content, encoding="latin-1")
    with refused("trust-malformed"):
        trustdir.load(tmp_path, now=NOW)


def test_a_file_beyond_its_bound(ministry: Ministry, tmp_path: Path) -> None:
    ministry.export(tmp_path)
    (tmp_path / "status" / f"{SHARD}.cwt").write_bytes(bytes(status.MAX_TOKEN + 1))
    with refused("status-malformed"):
        trustdir.load(tmp_path, now=NOW).status(SHARD)
    (tmp_path / "trust-list.jwt").write_text("x" * (trustdir.MAX_FILE + 1))
    with refused("trust-malformed"):
        trustdir.load(tmp_path, now=NOW)


def as_it_once_was(ministry: Ministry, folder: Path, **changes: Any) -> bytes:
    """The list of a folder as JWT, under the name that it had then."""
    entries = status.packed(ministry.statuses.items())
    usual = {"issued_at": ministry.listed_at, "signer": ministry.signer()}
    token = status_jwt.encode(entries, shard=SHARD, **{**usual, **changes}).encode()
    (folder / "status" / f"{SHARD}.cwt").unlink()
    (folder / "status" / f"{SHARD}.jwt").write_bytes(token)
    return token


def test_a_folder_of_before_is_refused_until_it_is_updated(ministry: Ministry, tmp_path: Path) -> None:
    """A list of another form is not taken for a list that is missing: who was revoked in it would pass."""
    ministry.statuses = {912_345: 1}
    folder, published = ministry.export(tmp_path / "folder"), ministry.export(tmp_path / "published")
    as_it_once_was(ministry, folder)
    with refused("status-malformed: got status/3.jwt of an earlier version, expected status/3.cwt: update this folder"):
        trustdir.load(folder, now=NOW).status(SHARD)
    assert update(folder, Folder(published), now=NOW).whole == [SHARD]
    found = trustdir.load(folder, now=NOW).status(SHARD)
    assert found is not None
    assert found[912_345] == 1
    assert not (folder / "status" / f"{SHARD}.jwt").exists()


def test_an_export_of_before_is_refused_and_changes_nothing(ministry: Ministry, tmp_path: Path) -> None:
    folder, published = ministry.export(tmp_path / "folder"), ministry.export(tmp_path / "published")
    as_it_once_was(ministry, published)
    (folder / "titles.json").unlink()
    with refused("status-malformed: got status/3.jwt of an earlier version"):
        update(folder, Folder(published), now=NOW)
    assert not (folder / "titles.json").exists()
    ministry.export(published)
    assert {path.name for path in (published / "status").iterdir()} == {f"{SHARD}.cwt"}


def test_titles_that_were_changed_are_refused(ministry: Ministry, tmp_path: Path) -> None:
    ministry.export(tmp_path, titles={**TITLES, "7212": {"id": "Dokter", "en": "Doctor"}})
    with refused("titles-altered"):
        trustdir.load(tmp_path, now=NOW)


def test_a_folder_remembers_and_refuses_to_go_back(ministry: Ministry, tmp_path: Path) -> None:
    older = ministry.trust_token(), ministry.status_token()
    ministry.version, ministry.listed_at = 8, NOW
    trustdir.load(ministry.export(tmp_path), now=NOW).status(SHARD)
    (tmp_path / "status" / f"{SHARD}.cwt").write_bytes(older[1])
    with refused("status-rollback"):
        trustdir.load(tmp_path, now=NOW).status(SHARD)
    (tmp_path / "trust-list.jwt").write_text(older[0])
    with refused("trust-rollback"):
        trustdir.load(tmp_path, now=NOW)


def test_a_folder_follows_its_root_to_the_next(ministry: Ministry, tmp_path: Path) -> None:
    trustdir.load(ministry.export(tmp_path), now=NOW)
    after_next = Keyring.create(tmp_path / "keys").root.public_jwk
    handed_over = ministry.trust_token(root=ministry.keyring.next_root, next_root=after_next, version=8)
    (tmp_path / "trust-list.jwt").write_text(handed_over + "\n")
    assert trustdir.load(tmp_path, now=NOW).trust.version == 8
    (tmp_path / "trust-list.jwt").write_text(ministry.trust_token(version=9))
    with refused("trust-signature"):
        trustdir.load(tmp_path, now=NOW)


def test_a_new_pin_forgets_what_was_seen_under_the_old(ministry: Ministry, tmp_path: Path) -> None:
    trustdir.load(ministry.export(tmp_path), now=NOW)
    other = new_ministry(version=1)
    (tmp_path / "root.json").write_text(json.dumps(other.keyring.root.public_jwk))
    (tmp_path / "trust-list.jwt").write_text(other.trust_token())
    assert trustdir.load(tmp_path, now=NOW).trust.version == 1


def test_an_export_does_not_change_a_pin(ministry: Ministry, tmp_path: Path) -> None:
    ministry.export(tmp_path)
    with pytest.raises(CardError, match=r"^root-differs"):
        new_ministry().export(tmp_path)
    assert trustdir.load(tmp_path, now=NOW).trust.version == 7


@pytest.mark.parametrize("seen", ["", "[]", "{}", '{"pinned": 5, "version": 1, "roots": [], "status": {}}'])
def test_a_memory_that_cannot_be_read_is_none(ministry: Ministry, tmp_path: Path, seen: str) -> None:
    (ministry.export(tmp_path) / "seen.json").write_text(seen)
    assert trustdir.load(tmp_path, now=NOW).trust.version == 7


def test_a_folder_that_cannot_be_written_still_verifies(ministry: Ministry, tmp_path: Path) -> None:
    """As on a read-only medium: `seen.json` is a folder here, which not even root can replace by a file."""
    (ministry.export(tmp_path) / "seen.json").mkdir()
    folder = trustdir.load(tmp_path, now=NOW)
    assert folder.status(SHARD) is not None
    assert os.listdir(tmp_path / "seen.json") == []  # noqa: PTH208 - names are what is asked for
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]

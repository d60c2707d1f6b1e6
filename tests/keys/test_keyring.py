"""Keys are made once, kept to their owner, and never shown."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from keys import es256
from keys.encoding import b64url
from keys.errors import KeysError
from keys.kek import FileKek
from keys.keyring import KeyInfo, Keyring


def refused(code: str) -> pytest.RaisesExc[KeysError]:
    return pytest.raises(KeysError, match=f"^{code}: ")


def raw(keyring: Keyring, number: int = 1) -> bytes:
    """The bytes of a key-encryption key from a file."""
    kek = keyring.kek_of(f"kek-{number}")
    assert isinstance(kek, FileKek)
    return kek.key


def test_what_is_created_can_be_opened_and_is_the_same(tmp_path: Path) -> None:
    made = Keyring.create(tmp_path / "a" / "keys", now=1_700_000_000)
    opened = Keyring.open(tmp_path / "a" / "keys")
    secrets = [raw(made), made.index_key(1), made.row_key, made.status_key(0), made.status_key(1)]
    assert [raw(opened), opened.index_key(1), opened.row_key, opened.status_key(0), opened.status_key(1)] == secrets
    assert len(set(secrets)) == 5
    assert {len(secret) for secret in secrets} == {32}
    assert (opened.root.kid, opened.next_root.kid) == (made.root.kid, made.next_root.kid)
    assert opened.root.kid != opened.next_root.kid


def test_only_the_owner_can_read(tmp_path: Path) -> None:
    keyring = Keyring.create(tmp_path / "keys")
    keyring.signer(2)
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "keys").iterdir()} == {0o600}
    (tmp_path / "keys" / "root.json").chmod(0o640)
    with refused("keys-exposed"):
        Keyring.open(tmp_path / "keys")


@pytest.mark.parametrize("taken", ["keyring", "file in folder", "file"])
def test_nothing_is_overwritten_and_nothing_left_behind(tmp_path: Path, taken: str) -> None:
    folder = tmp_path / "keys"
    if taken == "keyring":
        Keyring.create(folder)
    elif taken == "file":
        folder.write_text("mine")
    else:
        folder.mkdir()
        (folder / "mine").write_text("mine")
    with refused("keys-exist"):
        Keyring.create(folder)
    assert list(tmp_path.iterdir()) == [folder]


def test_an_empty_folder_may_be_taken(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    assert raw(Keyring.create(tmp_path / "keys"))


@pytest.mark.parametrize("there", ["nothing", "a file", "half"])
def test_open_does_not_make_keys(tmp_path: Path, there: str) -> None:
    folder = tmp_path / "keys"
    if there == "a file":
        folder.write_text("")
    if there == "half":
        Keyring.create(folder)
        (folder / "row.json").unlink()
    with refused("keys-missing"):
        Keyring.open(folder)


@pytest.mark.parametrize("left", [b"", b'{"kid": "kek-1", "k": "QUJD', b"[1]", b"\xff"])
def test_a_file_that_is_cut_off_is_named_and_its_secret_is_not(tmp_path: Path, left: bytes) -> None:
    Keyring.create(tmp_path / "keys")
    (tmp_path / "keys" / "kek.json").write_bytes(left)
    with pytest.raises(KeysError, match=r"^keys-malformed: got kek\.json") as caught:
        Keyring.open(tmp_path / "keys")
    assert caught.value.__context__ is None


def test_a_signer_is_made_at_the_first_asking_and_kept(tmp_path: Path) -> None:
    keyring = Keyring.create(tmp_path / "keys", now=1_700_000_000)
    assert keyring.signers() == []
    signer = keyring.signer(17, now=1_700_000_500)
    assert (signer.shard, signer.not_before) == (17, 1_700_000_500)
    assert signer.kid == es256.key_id(signer.public_jwk)
    again = Keyring.open(tmp_path / "keys")
    assert again.signer(17, now=1_720_000_000).kid == signer.kid
    assert keyring.signer(16).kid != signer.kid
    assert [each.shard for each in again.signers()] == [16, 17]
    signed = again.signer(17, now=1_700_000_600).sign(b"m")
    assert es256.verify(es256.public_key(signer.public_jwk), b"m", signed)


def test_many_askers_at_once_get_one_signer(tmp_path: Path) -> None:
    Keyring.create(tmp_path / "keys")
    with ThreadPoolExecutor(8) as pool:
        kids = set(pool.map(lambda _: Keyring.open(tmp_path / "keys").signer(5).kid, range(32)))
    assert len(kids) == 1
    assert not list((tmp_path / "keys").glob(".*"))


def test_a_signer_made_meanwhile_by_another_process_is_the_one(tmp_path: Path) -> None:
    from keys import files

    keyring = Keyring.create(tmp_path / "keys")
    first = keyring.signer(5)
    path = tmp_path / "keys" / "signer-00005.json"
    assert files.write_once(path, {"d": "another"}) is False
    assert Keyring.open(tmp_path / "keys").signer(5).kid == first.kid


@pytest.mark.parametrize("shard", [-1, 65_536])
def test_there_are_65536_shards(tmp_path: Path, shard: int) -> None:
    keyring = Keyring.create(tmp_path / "keys")
    with refused("shard-range"):
        keyring.signer(shard)


def test_the_listing_shows_no_secret(tmp_path: Path) -> None:
    keyring = Keyring.create(tmp_path / "keys", now=1_700_000_000)
    signer = keyring.signer(3, now=1_700_000_001)
    listing = keyring.listing()
    assert [info.use for info in listing] == ["kek", "index", "row", "status", "root", "next-root", "signer"]
    expected = KeyInfo(kid=b64url(signer.kid), use="signer", shard=3, created=1_700_000_001, state="signs")
    assert listing[-1] == expected
    shown = repr(listing) + repr(signer) + repr(keyring)
    for file in (tmp_path / "keys").iterdir():
        content = json.loads(file.read_text())
        assert content.get("k", content.get("d")) not in shown


@pytest.mark.parametrize("kid", ["kek-0", "kek-2", "kek-01", "kdk-1", "kek1", "kek-", "", "index-1"])
def test_a_key_is_asked_for_by_its_very_name(tmp_path: Path, kid: str) -> None:
    """A name with a bit turned must not lead to the key that was meant: the audit would see nothing."""
    with refused("kek-missing"):
        Keyring.create(tmp_path / "keys").kek_of(kid)

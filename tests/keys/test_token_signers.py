"""Signers and roots in a PKCS#11 token (SoftHSM2): ES256 made there, low-S; the key never leaves it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from keys import es256
from keys.encoding import b64url, unb64url
from keys.errors import KeysError
from keys.keyring import Keyring
from keys.pairs import new_pair, signer_of
from keys.signer import TokenSigner
from keys.signers import Signers
from registry.settings import Settings
from tests.softhsm import PIN, Soft, soft_token

if TYPE_CHECKING:
    from pathlib import Path

T = 1_800_000_000


@pytest.fixture
def soft() -> Soft:
    return soft_token()


def refused(code: str) -> pytest.RaisesExc[KeysError]:
    return pytest.raises(KeysError, match=f"^{code}: ")


def objects(soft: Soft) -> int:
    return len(list(soft.token.session().get_objects()))


def test_what_the_token_signs_is_low_s_and_verifies_as_any_other(soft: Soft) -> None:
    signer = signer_of(new_pair("signer", shard=3, created=T, token=soft.token), soft.token)
    key = es256.public_key(signer.public_jwk)
    assert (signer.kid, signer.shard, signer.not_before) == (es256.key_id(signer.public_jwk), 3, T)
    with ThreadPoolExecutor(4) as pool:
        signatures = list(pool.map(lambda n: signer.sign(b"%d" % n), range(60)))
    assert all(es256.verify(key, b"%d" % n, signature) for n, signature in enumerate(signatures))
    assert all(int.from_bytes(signature[32:], "big") <= es256.ORDER // 2 for signature in signatures)
    token = signer.jwt({"sub": "x"}, {"typ": "JWT"})
    assert jwt.decode(token, key, algorithms=["ES256"]) == {"sub": "x"}


def test_the_private_half_cannot_be_read_out_and_its_file_holds_none(soft: Soft, tmp_path: Path) -> None:
    import pkcs11

    folder = tmp_path / "keys"
    keyring = Keyring.create(folder, token=soft.token, roots_in_token=True, signers_in_token=True, now=T)
    keyring.signer(3, now=T)
    for name in ("root.json", "next-root.json", "signer-00003.json"):
        content = json.loads((folder / name).read_text())
        assert "d" not in content
        key: Any = soft.token.session().get_key(
            object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=bytes.fromhex(content["pkcs11"])
        )
        assert (key[pkcs11.Attribute.SENSITIVE], key[pkcs11.Attribute.EXTRACTABLE]) == (True, False)
        with pytest.raises(pkcs11.AttributeSensitive):
            key[pkcs11.Attribute.VALUE]


def test_a_keyring_says_where_each_key_is_and_moves_by_rotation(soft: Soft, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    Keyring.create(folder, now=T).signer(3, now=T)
    keyring = Keyring.open(folder, token=soft.token, signers_in_token=True)
    keyring.document_signers.add(3, now=T + 9, starts=T + 9)
    keyring.roots.rotate(now=T + 9, in_token=True)
    where = [(i.use, i.where, i.state) for i in Keyring.open(folder).listing(now=T + 9) if i.state]
    assert where == [
        ("root", "file", "former"),
        ("root", "file", "signs"),
        ("next-root", "token", "next"),
        ("signer", "file", "former"),
        ("signer", "token", "signs"),
    ]
    assert isinstance(keyring.signer(3, now=T + 9), TokenSigner)
    assert Keyring.open(folder, token=soft.token).signer(3, now=T + 9).kid == keyring.signer(3, now=T + 9).kid
    keyring.roots.rotate(now=T + 10, in_token=False)
    assert isinstance(keyring.root, TokenSigner)
    assert len(keyring.roots.chain()) == 2
    with refused("token-missing"):
        Keyring.open(folder).signer(3, now=T + 9)


def test_a_withdrawn_signer_is_gone_from_the_token(soft: Soft, tmp_path: Path) -> None:
    signers = Signers(Keyring.create(tmp_path / "keys", now=T).folder, soft.token, in_token=True)
    signers.of(3, T)
    before = objects(soft)
    made = signers.add(3, now=T, starts=T + 9)
    assert objects(soft) == before + 2  # both halves
    assert signers.withdraw(3, now=T + 1) == unb64url(made["kid"])
    assert objects(soft) == before


def test_of_two_who_make_the_next_signer_one_leaves_nothing(
    soft: Soft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from keys import files

    folder = Keyring.create(tmp_path / "keys", now=T).folder
    slow, fast = (Signers(folder, soft.token, in_token=True) for _ in range(2))
    before, write = objects(soft), files.write_once

    def first_the_other(path: Path, content: dict[str, Any]) -> bool:
        monkeypatch.setattr(files, "write_once", write)
        fast.of(3, T)
        return write(path, content)

    monkeypatch.setattr(files, "write_once", first_the_other)
    assert slow.of(3, T).kid == fast.of(3, T).kid
    assert objects(soft) == before + 2


def test_a_pair_that_somebody_destroyed_is_missing(soft: Soft) -> None:
    content = new_pair("signer", shard=3, created=T, token=soft.token)
    soft.token.destroy(content["pkcs11"])
    with refused("signer-missing"):
        signer_of(content, soft.token).sign(b"")


def test_the_settings_say_where_new_ones_are_made(soft: Soft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**soft.environment, "KETS_PKCS11_PIN": PIN, "KETS_HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KETS_SIGNERS", "pkcs11")
    monkeypatch.setenv("KETS_ROOTS", "pkcs11")
    Settings().create_keys()
    keyring = Settings().open_keys()
    keyring.signer(3)
    assert {i.use: i.where for i in keyring.listing() if i.state} == dict.fromkeys(
        ("root", "next-root", "signer"), "token"
    )
    assert b64url(keyring.root.kid) == next(i.kid for i in keyring.listing() if i.use == "root")

"""A key-encryption key in a PKCS#11 token (SoftHSM2): used there, never read out, destroyed there."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from keys import datakeys
from keys.errors import KeysError
from keys.keyring import Keyring
from tests.softhsm import PIN, soft_token

if TYPE_CHECKING:
    from pathlib import Path

    from tests.softhsm import Soft


@pytest.fixture
def soft() -> Soft:
    return soft_token()


def refused(code: str) -> pytest.RaisesExc[KeysError]:
    return pytest.raises(KeysError, match=f"^{code}: ")


def objects(soft: Soft) -> list[Any]:
    return list(soft.token.session().get_objects())


def test_what_the_token_wrapped_only_the_token_opens(soft: Soft, tmp_path: Path) -> None:
    keyring = Keyring.create(tmp_path / "keys", token=soft.token, in_token=True)
    kek, key = keyring.kek_of("kek-1"), datakeys.new_key()
    wrapped = datakeys.wrap(kek, b"stream", key)
    assert len(wrapped) == datakeys.WRAPPED_BYTES
    assert key not in wrapped
    assert datakeys.wrap(kek, b"stream", key) != wrapped
    again = Keyring.open(tmp_path / "keys", token=soft.token).kek_of("kek-1")
    assert datakeys.unwrap(again, b"stream", wrapped) == key
    for place in range(len(wrapped)):
        altered = bytearray(wrapped)
        altered[place] ^= 1
        with refused("data-key-refused"):
            datakeys.unwrap(kek, b"stream", bytes(altered))
    with refused("data-key-refused"):
        datakeys.unwrap(kek, b"another", wrapped)
    number = keyring.make_kek(in_token=True)
    with refused("data-key-refused"):
        datakeys.unwrap(keyring.kek_of(f"kek-{number}"), b"stream", wrapped)


def test_the_key_cannot_be_read_out_and_its_file_holds_none(soft: Soft, tmp_path: Path) -> None:
    import pkcs11

    Keyring.create(tmp_path / "keys", token=soft.token, in_token=True)
    path = tmp_path / "keys" / "kek.json"
    content = json.loads(path.read_text())
    assert set(content) == {"pkcs11", "kid", "kets_use", "created"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key: Any = soft.token.session().get_key(id=bytes.fromhex(content["pkcs11"]))
    assert key.label == "kets-kek-1"
    assert (key[pkcs11.Attribute.SENSITIVE], key[pkcs11.Attribute.EXTRACTABLE]) == (True, False)
    with pytest.raises(pkcs11.AttributeSensitive):
        key[pkcs11.Attribute.VALUE]


def test_many_threads_share_the_process_session(soft: Soft, tmp_path: Path) -> None:
    kek = Keyring.create(tmp_path / "keys", token=soft.token, in_token=True).kek_of("kek-1")

    def there_and_back(n: int) -> bool:
        key = datakeys.new_key()
        return datakeys.unwrap(kek, b"%d" % n, datakeys.wrap(kek, b"%d" % n, key)) == key

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(there_and_back, range(400)))


def test_another_process_finds_a_key_that_was_made_since(soft: Soft, tmp_path: Path) -> None:
    keyring = Keyring.create(tmp_path / "keys", token=soft.token, in_token=True)
    opened = keyring.kek_of("kek-1")
    datakeys.wrap(opened, b"", bytes(32))  # the session is in use before the other process makes its key
    program = (
        "import sys; from pathlib import Path; from keys.keyring import Keyring; from keys.token import Token;"
        "k = Keyring.open(Path(sys.argv[1]), token=Token(module=Path(sys.argv[2]), label=sys.argv[3], pin='7391'));"
        "n = k.make_kek(in_token=True); print(k.kek_of(f'kek-{n}').seal(bytes(range(32)), b'other').hex())"
    )
    arguments = [str(tmp_path / "keys"), str(soft.token.module), soft.token.label]
    done = subprocess.run([sys.executable, "-c", program, *arguments], check=True, capture_output=True, text=True)
    assert datakeys.unwrap(keyring.kek_of("kek-2"), b"other", bytes.fromhex(done.stdout)) == bytes(range(32))


def test_a_retired_key_is_gone_from_the_token(soft: Soft, tmp_path: Path) -> None:
    keyring = Keyring.create(tmp_path / "keys", token=soft.token, in_token=True)
    wrapped = datakeys.wrap(keyring.kek_of("kek-1"), b"", bytes(32))
    keyring.make_kek(in_token=True)
    before = len(objects(soft))
    keyring.retire("kek", 1, now=1_700_000_000)
    keyring.retire("kek", 1)  # again, as after a crash
    assert len(objects(soft)) == before - 1
    for each in (keyring, Keyring.open(tmp_path / "keys", token=soft.token)):
        with refused("kek-missing"):
            datakeys.unwrap(each.kek_of("kek-1"), b"", wrapped)
        assert [(info.kid, info.where) for info in each.listing()][:2] == [("kek-1", "retired"), ("kek-2", "token")]


def test_an_object_that_somebody_destroyed_is_missing(soft: Soft, tmp_path: Path) -> None:
    keyring = Keyring.create(tmp_path / "keys", token=soft.token, in_token=True)
    soft.token.destroy(json.loads((tmp_path / "keys" / "kek.json").read_text())["pkcs11"])
    with refused("kek-missing"):
        keyring.kek_of("kek-1").seal(bytes(32), b"")
    with refused("kek-missing"):
        keyring.kek_of("kek-1").open(bytes(60), b"")


def test_a_token_that_is_not_there(soft: Soft, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    Keyring.create(folder, token=soft.token, in_token=True)
    with refused("token-missing"):
        Keyring.open(folder).kek_of("kek-1")
    with refused("token-missing"):
        Keyring.open(folder).make_kek(in_token=True)
    for token in (replace(soft.token, label="another"), replace(soft.token, module=tmp_path / "no.so")):
        with refused("token-missing"):
            token.make_key("kets-kek-9")
    with refused("keys-exist"):
        Keyring.create(folder, token=soft.token, in_token=True)
    with refused("token-missing"):
        Keyring.create(tmp_path / "others", in_token=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["keys"]


def test_a_wrong_pin_is_refused_and_never_shown(soft: Soft) -> None:
    program = (
        "import sys; from pathlib import Path; from keys.token import Token;"
        "Token(module=Path(sys.argv[1]), label=sys.argv[2], pin='1111').make_key('x')"
    )
    arguments = [str(soft.token.module), soft.token.label]
    done = subprocess.run([sys.executable, "-c", program, *arguments], check=False, capture_output=True, text=True)
    assert "token-refused" in done.stderr
    assert "1111" not in done.stderr.replace("pin='1111'", "")
    assert PIN not in repr(soft.token)


def test_without_the_library_it_says_what_to_install(soft: Soft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(KeysError, match=r"^token-missing: .*python-pkcs11.*`pkcs11`"):
        replace(soft.token, label="never-opened").session()


PULLED = """
import sys
from pathlib import Path
from keys.errors import KeysError
from keys.keyring import Keyring
from keys.token import Token
token = Token(module=Path(sys.argv[1]), label=sys.argv[2], pin="7391")
keyring = Keyring.create(Path(sys.argv[3]), token=token, in_token=True)
kek = keyring.kek_of("kek-1")
wrapped = kek.seal(bytes(32), b"")
token.session().close()
for attempt in (
    lambda: kek.seal(bytes(32), b""),
    lambda: kek.open(wrapped, b""),
    lambda: keyring.make_kek(in_token=True),
    lambda: keyring.retire("kek", 1),
):
    try:
        attempt()
    except KeysError as error:
        print(error.code)
print(wrapped.hex())
"""


def test_a_token_that_is_pulled_out_is_unavailable(soft: Soft, tmp_path: Path) -> None:
    """Nothing is taken for refused or destroyed that was not; a program started afterwards opens what was wrapped."""
    arguments = [str(soft.token.module), soft.token.label, str(tmp_path / "keys")]
    done = subprocess.run([sys.executable, "-c", PULLED, *arguments], check=True, capture_output=True, text=True)
    *codes, wrapped = done.stdout.split()
    assert codes == ["token-unavailable"] * 4, done.stderr
    opened = Keyring.open(tmp_path / "keys", token=soft.token)
    assert datakeys.unwrap(opened.kek_of("kek-1"), b"", bytes.fromhex(wrapped)) == bytes(32)


def test_the_settings_lead_to_the_token(soft: Soft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from registry.settings import Settings

    assert Settings().token is None
    for name, value in soft.environment.items():
        monkeypatch.setenv(name, value)
    with refused("token-refused"):
        _ = Settings().token
    monkeypatch.setenv("KETS_PKCS11_PIN", PIN)
    assert Settings().token == soft.token
    assert PIN not in repr(Settings())
    pin = tmp_path / "pin"
    pin.write_text(f"{PIN}\n")
    monkeypatch.setenv("KETS_PKCS11_PIN_FILE", str(pin))
    monkeypatch.setenv("KETS_PKCS11_PIN", "not this one")
    pin.chmod(0o644)
    with refused("keys-exposed"):
        _ = Settings().token
    pin.chmod(0o600)
    assert Settings().token == soft.token
    assert "SOFTHSM2_CONF" in os.environ

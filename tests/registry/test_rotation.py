"""A new key-encryption key comes while people are registered and read: nothing is lost, all ends on the new one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from keys.errors import KeysError
from keys.keyring import Keyring
from registry import rotation
from registry.vault import Vault
from tests.registry.people import nik
from tests.softhsm import PIN, soft_token

if TYPE_CHECKING:
    from pathlib import Path

    from keys.token import Token
    from tests.conftest import Site


@pytest.fixture
def folder(site: Site, tmp_path: Path) -> Path:
    """Keys of this test's own, the same to begin with."""
    return shutil.copytree(site.settings.key_folder, tmp_path / "own-keys")


def vault(site: Site, folder: Path, token: Token | None = None) -> Vault:
    """As another process has it."""
    made = Vault(site.vault_url, Keyring.open(folder, token=token))
    site.closing.callback(made.close)
    return made


def keks(site: Site) -> dict[str, int]:
    return dict(site.vault().execute("SELECT kek, count(*) FROM data_key GROUP BY kek").fetchall())  # type: ignore[arg-type]


def test_beside_writers_and_readers_nothing_is_lost(site: Site, folder: Path) -> None:
    ours, theirs = vault(site, folder), vault(site, folder)
    made = {n: ours.claim("nik", nik(n)) for n in range(1, 101)}
    stop, errors = threading.Event(), []

    def write() -> None:
        n = 101
        while not stop.is_set():
            made[n] = theirs.claim("nik", nik(n))
            n += 1

    def read() -> None:
        while not stop.is_set():
            errors.extend(n for n in range(1, 101) if theirs.claim("nik", nik(n)).commitment != made[n].commitment)

    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(write), pool.submit(read)]
        moving = vault(site, folder)
        assert rotation.new_kek(moving) == "kek-2"
        steps = list(rotation.rewrap(moving, batch=7))
        stop.set()
        for each in running:
            each.result(30)
    assert (errors, steps[-1] >= 100) == ([], True)
    assert keks(site) == {"kek-2": len(made)}
    fresh = vault(site, folder)
    assert len(made) > 100
    for n, claim in made.items():
        assert fresh.claim("nik", nik(n))[:3] == (claim.stream, claim.commitment, False)


def test_stopped_half_way_it_goes_on(site: Site, folder: Path) -> None:
    one = vault(site, folder)
    made = [one.claim("nik", nik(n)) for n in range(1, 31)]
    rotation.new_kek(one)
    moving = rotation.rewrap(one, batch=10)
    assert [next(moving), next(moving)] == [10, 20]
    moving.close()
    assert keks(site) == {"kek-1": 10, "kek-2": 20}
    assert all(vault(site, folder).key(claim.stream) for claim in made)
    assert list(rotation.rewrap(vault(site, folder), batch=10))[-1] == 10
    assert list(rotation.rewrap(one))[-1] == 0
    assert keks(site) == {"kek-2": 30}


def test_without_its_file_a_key_is_missing_and_says_so(site: Site, folder: Path) -> None:
    rotation.new_kek(vault(site, folder))
    claim = vault(site, folder).claim("nik", nik(1))
    (folder / "kek-2.json").unlink()
    with pytest.raises(KeysError, match="kek-missing"):
        vault(site, folder).key(claim.stream)


# -- from a file into a token, and out of use -----------------------------------------------------------------------
def test_from_a_file_into_a_token_and_on_to_the_next_version_there(site: Site, folder: Path) -> None:
    token = soft_token().token
    before, moving = vault(site, folder, token), vault(site, folder, token)
    made = [before.claim("nik", nik(n)) for n in range(1, 41)]
    for number in (2, 3):
        assert rotation.new_kek(moving, in_token=True) == f"kek-{number}"
        made.append(before.claim("nik", nik(40 + number)))
        steps = rotation.rewrap(moving, batch=10)
        next(steps)
        steps.close()  # stopped: half is wrapped by the one, half by the other
        assert set(keks(site)) == {f"kek-{number - 1}", f"kek-{number}"}
        assert all(vault(site, folder, token).key(claim.stream) for claim in made)
        assert list(rotation.rewrap(vault(site, folder, token)))
        assert keks(site) == {f"kek-{number}": len(made)}
        rotation.retire_kek(moving, f"kek-{number - 1}")
    listing = [(info.kid, info.where) for info in Keyring.open(folder).listing() if info.use == "kek"]
    assert listing == [("kek-1", "retired"), ("kek-2", "retired"), ("kek-3", "token")]
    fresh = vault(site, folder, token)
    for n, claim in zip([*range(1, 41), 42, 43], made, strict=True):
        assert fresh.claim("nik", nik(n))[:3] == (claim.stream, claim.commitment, False)
    with pytest.raises(KeysError, match="token-missing"):
        vault(site, folder).key(made[0].stream)


def test_a_key_that_still_wraps_something_is_not_destroyed(site: Site, folder: Path) -> None:
    one = vault(site, folder)
    claim = one.claim("nik", nik(1))
    with pytest.raises(KeysError, match=r"kek-in-use.*every new key"):
        rotation.retire_kek(one, "kek-1")
    rotation.new_kek(one)
    with pytest.raises(KeysError, match=r"kek-in-use.*1 keys wrapped"):
        rotation.retire_kek(one, "kek-1")
    for nothing in ("kek-3", "kek-0", "kek-", "kek-x", "row-1"):
        with pytest.raises(KeysError, match="kek-missing"):
            rotation.retire_kek(one, nothing)
    secret = json.loads((folder / "kek.json").read_text())["k"]
    inode, size = (folder / "kek.json").stat().st_ino, (folder / "kek.json").stat().st_size
    list(rotation.rewrap(one))
    rotation.retire_kek(one, "kek-1")
    rotation.retire_kek(one, "kek-1")  # again, as after a crash
    assert (folder / "kek.json").stat().st_ino == inode, "the same bytes on disk, overwritten"
    assert (folder / "kek.json").stat().st_size == size
    assert secret not in (folder / "kek.json").read_text()
    assert vault(site, folder).key(claim.stream)
    assert vault(site, folder).claim("nik", nik(2)).is_new


def test_a_claim_that_was_wrapping_by_the_old_key_is_waited_for(site: Site, folder: Path) -> None:
    """Between looking at what is live and its commit the key it wraps by cannot be retired under it."""
    slow, turning = vault(site, folder), vault(site, folder)
    inside, go_on = threading.Event(), threading.Event()
    pass_in = slow._pass_in

    def pausing(*of: object) -> None:
        pass_in(*of)  # type: ignore[arg-type]  # what it is given
        inside.set()
        go_on.wait(10)

    slow._pass_in = pausing  # type: ignore[method-assign]  # the moment between the two
    with ThreadPoolExecutor(2) as pool:
        claiming = pool.submit(slow.claim, "nik", nik(1))
        assert inside.wait(10)
        new = pool.submit(rotation.new_kek, turning)
        with pytest.raises(TimeoutError):
            new.result(0.3)
        go_on.set()
        claim = claiming.result(10)
        assert new.result(10) == "kek-2"
    assert keks(site) == {"kek-1": 1}
    list(rotation.rewrap(turning))
    rotation.retire_kek(turning, "kek-1")
    assert vault(site, folder).key(claim.stream)
    assert slow.claim("nik", nik(2)).is_new, "who was behind looks again"
    assert keks(site) == {"kek-2": 2}


def test_by_command_and_the_pin_comes_from_a_file(site: Site, folder: Path, tmp_path: Path) -> None:
    soft = soft_token()
    (tmp_path / "pin").write_text(PIN)
    (tmp_path / "pin").chmod(0o600)
    environment = {
        **site.environment,
        **soft.environment,
        "KETS_KEYS": str(folder),
        "KETS_PKCS11_PIN_FILE": str(tmp_path / "pin"),
        "KETS_KEK": "pkcs11",
    }

    def kets(*arguments: str, code: int = 0, of: tuple[str, ...] = ("keys",)) -> Any:
        command = [sys.executable, "-m", "registry", *of, *arguments, "--json"]
        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    one = vault(site, folder, soft.token)
    claim = one.claim("nik", nik(1))
    assert kets("rotate-kek") == {"ok": True, "kek": "kek-2", "wrapped": 1}
    assert kets("retire-kek", "kek-2", code=1)["code"] == "kek-in-use"
    assert kets("retire-kek", "kek-1") == {"ok": True, "kek": "kek-1"}
    assert one.key(claim.stream)
    assert kets(of=("audit",))["findings"] == [], "the audit opens what the token wraps"
    environment["KETS_PKCS11_TOKEN"] = "away"
    assert kets(of=("audit",), code=1)["code"] == "token-missing", "no key is called altered when the token is away"
    environment["KETS_PKCS11_TOKEN"] = soft.token.label
    assert kets("rotate-index") == {"ok": True, "version": 2, "entered": 0, "left": 1}

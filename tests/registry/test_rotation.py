"""A new key-encryption key comes while people are registered and read: nothing is lost, all ends on the new one."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from keys.errors import KeysError
from keys.keyring import Keyring
from registry.vault import Vault
from tests.registry.people import nik

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Site


@pytest.fixture
def folder(site: Site, tmp_path: Path) -> Path:
    """Keys of this test's own, the same to begin with."""
    return shutil.copytree(site.settings.key_folder, tmp_path / "own-keys")


def vault(site: Site, folder: Path) -> Vault:
    """As another process has it."""
    made = Vault(site.vault_url, Keyring.open(folder))
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
        rotator = Keyring.open(folder)
        assert rotator.rotate_kek() == "kek-2"
        moving = vault(site, folder)
        steps = list(moving.rewrap(batch=7))
        stop.set()
        for each in running:
            each.result(30)
    list(moving.rewrap())  # a writer that was wrapping as the new key came
    assert (errors, steps[-1] >= 100) == ([], True)
    assert keks(site) == {"kek-2": len(made)}
    fresh = vault(site, folder)
    assert len(made) > 100
    for n, claim in made.items():
        assert fresh.claim("nik", nik(n))[:3] == (claim.stream, claim.commitment, False)


def test_stopped_half_way_it_goes_on(site: Site, folder: Path) -> None:
    one = vault(site, folder)
    made = [one.claim("nik", nik(n)) for n in range(1, 31)]
    Keyring.open(folder).rotate_kek()
    moving = one.rewrap(batch=10)
    assert [next(moving), next(moving)] == [10, 20]
    moving.close()
    assert keks(site) == {"kek-1": 10, "kek-2": 20}
    assert all(vault(site, folder).key(claim.stream) for claim in made)
    assert list(vault(site, folder).rewrap(batch=10))[-1] == 10
    assert list(one.rewrap()) == [0]
    assert keks(site) == {"kek-2": 30}


def test_without_its_file_a_key_is_missing_and_says_so(site: Site, folder: Path) -> None:
    Keyring.open(folder).rotate_kek()
    claim = vault(site, folder).claim("nik", nik(1))
    (folder / "kek-2.json").unlink()
    with pytest.raises(KeysError, match="kek-missing"):
        vault(site, folder).key(claim.stream)

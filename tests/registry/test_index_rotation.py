"""A new key of the identity index comes while people are registered, found and erased: one number, one stream."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from keys.errors import KeysError
from keys.keyring import Keyring
from registry import rotation
from registry.app import Registry
from tests.registry.people import ACME, founded, hired, load, nik, register

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Site


@pytest.fixture
def folder(site: Site, tmp_path: Path) -> Path:
    """Keys of this test's own, the same to begin with."""
    return shutil.copytree(site.settings.key_folder, tmp_path / "own-keys")


@pytest.fixture
def own(site: Site, folder: Path) -> Registry:
    return process(site, folder)


def process(site: Site, folder: Path) -> Registry:
    """The registry as another process has it: what is live is what it has seen itself."""
    registry = Registry(site.database_url, site.vault_url, Keyring.open(folder), now=lambda: site.now)
    site.closing.callback(registry.close)
    return registry


def entries(site: Site) -> dict[int, int]:
    query = "SELECT index_version, count(*) FROM identity GROUP BY 1"
    return dict(site.vault().execute(query).fetchall())  # type: ignore[arg-type]


def live(site: Site) -> list[int]:
    query = "SELECT number FROM live_key WHERE use = 'index' ORDER BY 1"
    return [number for (number,) in site.vault().execute(query)]  # type: ignore[misc]


def rotated(registry: Registry) -> rotation.Rotated:
    return list(rotation.rotate_index(registry))[-1]


def test_everybody_is_found_before_during_and_after(site: Site, own: Registry, folder: Path) -> None:
    """Workers by NIK and passport, an employer by NIB; in processes that learn of it at different times."""
    load(site, *founded(), hired(1), hired(2))
    foreign = {"passport": "A1234567", "nationality": "MYS", "permit_until": "2027-12-31", "nik": ""}
    load(site, hired(3, **foreign))
    numbers = [("nik", nik(1)), ("nik", nik(2)), ("nib", ACME), ("passport/MYS", "A1234567")]
    before = [own.vault.find(*number) for number in numbers]
    assert None not in before, (site.settings.home / "results.csv").read_text()
    late = process(site, folder)
    assert late.vault.find(*numbers[0]) == before[0]
    assert rotation.new_index(own.vault) == 2
    assert [own.vault.find(*number) for number in numbers] == before
    new = own.vault.claim("nik", nik(7))
    assert late.vault.claim("nik", nik(7)).stream == new.stream
    assert entries(site) == {1: 5, 2: 1}
    steps = list(rotation.rotate_index(own))
    assert steps[-1] == rotation.Rotated(2, 4, 0)
    assert (entries(site), live(site)) == ({2: 5}, [2])
    for registry in (own, late, process(site, folder)):
        assert [registry.vault.find(*number) for number in numbers] == before
        assert registry.vault.find_all(numbers) == dict(zip(numbers, before, strict=True))
        assert registry.vault.claim("nik", nik(1)).stream == before[0]
    with pytest.raises(KeysError, match="index-key-missing"):
        Keyring.open(folder).index_key(1)


def test_two_claims_of_one_number_never_both_succeed(site: Site, own: Registry, folder: Path) -> None:
    """Three processes claim the same new numbers at once, again and again, while the index is rotated three times."""
    several, turning = [process(site, folder) for _ in range(3)], process(site, folder)
    stop, streams = threading.Event(), dict[int, UUID]()

    def rounds() -> None:
        while not stop.is_set():
            numbers = range(len(streams) + 1, len(streams) + 6)
            names = [("nik", nik(n)) for n in numbers]
            claims = [each.result(30) for each in [pool.submit(one.vault.claim_all, names) for one in several]]
            for n, name in zip(numbers, names, strict=True):
                assert len({found[name].stream for found in claims}) == 1
                assert sum(found[name].is_new for found in claims) == 1
                streams[n] = register(several[n % 3], n)
                assert streams[n] == claims[0][name].stream
            some = [n for n in streams if n % 7 == len(streams) % 7]
            assert [several[0].vault.find("nik", nik(n)) for n in some] == [streams[n] for n in some]

    with ThreadPoolExecutor(4) as pool:
        claiming = pool.submit(rounds)
        try:
            for _ in range(3):
                rotation.new_index(turning.vault)
                while rotated(turning).left:
                    assert not claiming.done() or claiming.result()
        finally:
            stop.set()
        claiming.result(30)
    assert len(streams) >= 15
    assert (live(site), entries(site)) == ([4], {4: len(streams)})
    assert all(own.vault.find("nik", nik(n)) == stream for n, stream in streams.items())
    assert [info.where for info in Keyring.open(folder).listing() if info.use == "index"] == ["retired"] * 3 + ["file"]


def test_a_claim_without_a_fact_waits_and_the_rotation_is_finished_later(site: Site, own: Registry) -> None:
    registered, waiting = register(own, 1), own.vault.claim("nik", nik(2)).stream
    rotation.new_index(own.vault)
    assert rotated(own) == rotation.Rotated(2, 1, 1)
    assert live(site) == [1, 2]
    with pytest.raises(KeysError, match="index-rotating"):
        rotation.new_index(own.vault)
    assert (own.vault.find("nik", nik(1)), own.vault.find("nik", nik(2))) == (registered, waiting)
    assert own.settle_claims(older_than=0) == 1
    assert rotated(own) == rotation.Rotated(2, 0, 0)
    assert (live(site), entries(site)) == ([2], {2: 1})
    assert rotated(own) == rotation.Rotated(2, 0, 0), "over: again changes nothing"
    assert own.vault.claim("nik", nik(2)).is_new


def steps_of(registry: Registry) -> Iterator[rotation.Rotated]:
    return rotation.rotate_index(registry, batch=2)


def test_stopped_anywhere_it_goes_on(site: Site, own: Registry, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    streams = [register(own, n) for n in range(1, 8)]
    rotation.new_index(own.vault)
    moving = steps_of(own)
    assert [next(moving).entered, next(moving).entered] == [2, 4]
    moving.close()
    assert entries(site) == {1: 7, 2: 4}

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    for place in ("_delete_entries", "live_keys.end"):  # after the old version is out of use; before
        with monkeypatch.context() as patch:
            patch.setattr(f"registry.rotation.{place}", killed)
            moving = steps_of(process(site, folder))
            with pytest.raises(KeyboardInterrupt):
                list(moving)
        if place == "_delete_entries":
            assert (live(site), entries(site)) == ([2], {1: 7, 2: 7})
            assert [own.vault.find("nik", nik(n)) for n in range(1, 8)] == streams
            assert rotated(process(site, folder)) == rotation.Rotated(2, 0, 0)
            rotation.new_index(own.vault)
    assert live(site) == [2, 3]
    assert rotated(process(site, folder)) == rotation.Rotated(3, 0, 0)
    assert (live(site), entries(site)) == ([3], {3: 7})
    assert [own.vault.find("nik", nik(n)) for n in range(1, 8)] == streams


def test_whoever_is_erased_drops_out(site: Site, own: Registry) -> None:
    kept, gone = register(own, 1), register(own, 2)
    rotation.new_index(own.vault)
    own.vault.destroy(gone)
    assert rotated(own) == rotation.Rotated(2, 1, 0)
    assert (entries(site), own.vault.find("nik", nik(1))) == ({2: 1}, kept)
    assert own.vault.claim("nik", nik(2)).stream != gone


def test_whoever_is_erased_while_entered_leaves_no_entry(site: Site, own: Registry, folder: Path) -> None:
    """The key is destroyed while the stream's row is held for re-indexing: the new entry goes with the old one."""
    gone = register(own, 1)
    rotation.new_index(own.vault)
    held, other = threading.Event(), process(site, folder)
    found = rotation.identifiers_of

    def slow(registry: Registry, streams: list[UUID]) -> object:
        destroying.append(pool.submit(other.vault.destroy, gone))
        held.wait(0.5)
        return found(registry, streams)

    destroying: list[object] = []
    with ThreadPoolExecutor(1) as pool, pytest.MonkeyPatch.context() as patch:
        patch.setattr(rotation, "identifiers_of", slow)
        rotated(own)
        assert destroying[0].result(30)  # type: ignore[attr-defined]
    assert entries(site) == {}


def test_an_entry_that_is_not_its_streams_is_not_carried_over(site: Site, own: Registry) -> None:
    """Somebody swapped two entries: the facts say otherwise, so the rotation stops and says how many are left."""
    one, other = register(own, 1), register(own, 2)
    swap = "UPDATE identity SET stream = CASE stream WHEN %(one)s THEN %(other)s ELSE %(one)s END"
    site.vault().execute(swap, {"one": one, "other": other})
    rotation.new_index(own.vault)
    assert rotated(own) == rotation.Rotated(2, 0, 2)
    site.vault().execute(swap, {"one": one, "other": other})
    assert rotated(own) == rotation.Rotated(2, 2, 0)
    assert (own.vault.find("nik", nik(1)), own.vault.find("nik", nik(2))) == (one, other)

"""Document signers follow one another: rotated, withdrawn, revoked; and every process sees it at its next card."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from keys import es256
from keys.encoding import b64url
from keys.errors import KeysError
from keys.keyring import Keyring
from keys.signers import WINDOW, Life, Signers

T = 1_800_000_000
DAY = 86_400


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Keyring.create(tmp_path / "keys", now=T).folder


def signers(folder: Path) -> Signers:
    """As another process would have them."""
    return Signers(folder, None, in_token=False)


def refused(code: str) -> pytest.RaisesExc[KeysError]:
    return pytest.raises(KeysError, match=f"^{code}: ")


def told(lives: list[Life], now: int) -> list[tuple[int, str, int | None]]:
    return [(life.shard, life.state(now), life.signs_until) for life in lives]


def test_a_new_signer_takes_over_and_the_old_stays_listed(folder: Path) -> None:
    running, other = signers(folder), signers(folder)
    first = running.of(3, T)
    assert running.of(3, T + DAY) is first
    other.add(3, now=T + DAY, starts=T + DAY)
    second = running.of(3, T + DAY)
    assert second.kid != first.kid
    assert running.of(3, T + DAY - 1).kid == first.kid
    assert told(running.lives(), T + DAY) == [(3, "former", T + DAY), (3, "signs", None)]
    assert [life.kid for life in running.lives()] == [first.kid, second.kid]
    assert (running.changed_at(T + DAY - 1), running.changed_at(T + DAY)) == (T, T + DAY)
    assert {info.state for info in Keyring.open(folder).listing(now=T + DAY) if info.use == "signer"} == {
        "former",
        "signs",
    }


def test_a_signer_may_be_announced_and_withdrawn_until_it_begins(folder: Path) -> None:
    running, other = signers(folder), signers(folder)
    first = running.of(3, T)
    with refused("signer-not-pending"):
        other.withdraw(3, now=T)
    made = other.add(3, now=T, starts=T + 7 * DAY)
    assert running.of(3, T + 6 * DAY).kid == first.kid
    assert told(running.lives(), T) == [(3, "signs", T + 7 * DAY), (3, "next", None)]
    with refused("signer-pending"):
        other.add(3, now=T + DAY, starts=T + DAY)
    assert b64url(other.withdraw(3, now=T + DAY)) == made["kid"]
    assert running.of(3, T + 8 * DAY).kid == first.kid
    assert told(running.lives(), T + 8 * DAY) == [(3, "signs", None)]
    left = json.loads((folder / "signer-00003-2.json").read_text())
    assert left == {"kid": made["kid"], "kets_use": "signer", "shard": 3, "created": T, "retired": T + DAY}
    assert [i.state for i in Keyring.open(folder).listing(now=T) if i.use == "signer"] == ["signs", "withdrawn"]
    third = other.add(3, now=T + 2 * DAY, starts=T + 2 * DAY)
    assert b64url(running.of(3, T + 2 * DAY).kid) == third["kid"]
    with refused("signer-not-pending"):
        other.withdraw(3, now=T + 2 * DAY)


def test_a_revoked_signer_signs_no_more_anywhere(folder: Path) -> None:
    running, other = signers(folder), signers(folder)
    first, elsewhere = running.of(3, T), running.of(4, T)
    life = other.revoke(first.kid, reason="laptop stolen", now=T + 50)
    assert (life.revoked_at, life.reason, life.state(T + 50)) == (T + 50, "laptop stolen", "revoked")
    assert other.revoke(first.kid, reason="again", now=T + 90) == life
    replacement = running.of(3, T + 51)
    assert replacement.kid != first.kid
    assert running.of(4, T + 51) is elsewhere
    assert [life.state(T + 51) for life in running.lives()] == ["revoked", "signs", "signs"]
    assert [running.changed_at(T + n) for n in (-1, 49, 50, 51)] == [0, T, T + 50, T + 51]
    with refused("signer-unknown"):
        other.revoke(b"12345678", reason="?", now=T)


def test_when_the_signer_leaks_the_one_announced_takes_over_at_once(folder: Path) -> None:
    running = signers(folder)
    first = running.of(3, T)
    made = running.add(3, now=T, starts=T + 7 * DAY)
    running.revoke(first.kid, reason="leaked", now=T + DAY)
    assert b64url(running.of(3, T + DAY).kid) == made["kid"]


def test_when_the_one_announced_leaks_the_signer_goes_on(folder: Path) -> None:
    running = signers(folder)
    first = running.of(3, T)
    made = running.add(3, now=T, starts=T + 7 * DAY)
    running.revoke(running.lives()[1].kid, reason="leaked", now=T + DAY)
    assert running.of(3, T + 8 * DAY).kid == first.kid
    assert told(running.lives(), T + 8 * DAY) == [(3, "signs", None), (3, "revoked", None)]
    assert made["shard"] == 3


def test_no_signer_signs_beyond_its_window(folder: Path) -> None:
    running = signers(folder)
    first = running.of(3, T)
    assert running.of(3, T + WINDOW - 1) is first
    second = running.of(3, T + WINDOW)
    assert second.kid != first.kid
    assert (second.not_before, signers(folder).of(3, T + WINDOW).kid) == (T + WINDOW, second.kid)


def test_of_many_that_replace_a_revoked_one_one_does(folder: Path) -> None:
    first = signers(folder).of(5, T)
    signers(folder).revoke(first.kid, reason="leaked", now=T)
    with ThreadPoolExecutor(8) as pool:
        kids = set(pool.map(lambda _: signers(folder).of(5, T + 1).kid, range(32)))
    assert len(kids) == 1
    assert len(signers(folder).lives()) == 2


def test_a_signer_of_an_older_keyring_signs_from_when_it_was_made(folder: Path) -> None:
    kid = signers(folder).of(3, T).kid
    path = folder / "signer-00003.json"
    content = json.loads(path.read_text())
    del content["not_before"]
    path.write_text(json.dumps(content))
    again = signers(folder).of(3, T + DAY)
    assert (again.kid, again.not_before) == (kid, T)


def test_only_a_signer_that_is_there_is_followed(folder: Path) -> None:
    with refused("signer-unknown"):
        signers(folder).add(3, now=T, starts=T)
    with refused("signer-not-pending"):
        signers(folder).withdraw(3, now=T)


def test_two_rotations_of_one_second_leave_one_that_signs(folder: Path) -> None:
    running = signers(folder)
    running.of(3, T)
    made = [running.add(3, now=T, starts=T)["kid"] for _ in range(2)]
    assert told(running.lives(), T) == [(3, "former", T), (3, "former", T), (3, "signs", None)]
    assert b64url(running.of(3, T).kid) == made[-1]


# Roots


def test_the_next_root_becomes_the_root(folder: Path) -> None:
    running, other = Keyring.open(folder), Keyring.open(folder)
    one, two = running.root.kid, running.next_root.kid
    assert running.roots.chain() == []
    other.roots.rotate(now=T + DAY, in_token=False)
    assert (running.root.kid, running.changed_at(T + DAY), running.changed_at(T)) == (two, T + DAY, T)
    three = running.next_root.kid
    assert len({one, two, three}) == 3
    other.roots.rotate(now=T + 2 * DAY, in_token=False)
    assert running.root.kid == three
    assert len(running.roots.chain()) == 2
    roots = [(i.kid, i.use, i.state) for i in running.listing() if i.use in {"root", "next-root"}]
    assert roots == [
        (b64url(one), "root", "former"),
        (b64url(two), "root", "former"),
        (b64url(three), "root", "signs"),
        (b64url(running.next_root.kid), "next-root", "next"),
    ]
    assert es256.verify(es256.public_key(running.root.public_jwk), b"m", running.root.sign(b"m"))


def test_a_keyring_without_statements_makes_them_when_asked(folder: Path) -> None:
    path = folder / "next-root.json"
    content = json.loads(path.read_text())
    del content["named_by"]
    path.write_text(json.dumps(content))
    keyring = Keyring.open(folder)
    keyring.roots.rotate(now=T, in_token=False)
    (step,) = keyring.roots.chain()
    assert step.count(".") == 2


def test_two_do_not_rotate_the_root_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from keys import files

    slow, fast = Keyring.open(folder), Keyring.open(folder)
    write = files.write_once

    def first_the_other(path: Path, content: dict[str, object]) -> bool:
        monkeypatch.setattr(files, "write_once", write)
        fast.roots.rotate(now=T, in_token=False)
        return write(path, content)

    monkeypatch.setattr(files, "write_once", first_the_other)
    with refused("root-rotated"):
        slow.roots.rotate(now=T, in_token=False)
    assert slow.root.kid == fast.root.kid


@pytest.mark.parametrize("gone", ["root.json", "next-root.json"])
def test_without_both_roots_there_is_no_keyring(folder: Path, gone: str) -> None:
    (folder / gone).unlink()
    with refused("keys-missing"):
        Keyring.open(folder)

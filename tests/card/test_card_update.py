"""A verifier's folder takes newer lists: whole or by their changes; all or none; none older, forged, of other roots."""

from __future__ import annotations

import io
import json
import random
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from card import delta, status, trustdir, updating
from card.__main__ import main
from card.errors import VerificationError
from card.trustdir import TrustDir, delta_file, since_file, status_file
from card.trustupdate import Folder, Updated, update
from card.verify import verify
from tests.card.cards import DAY, NOW, SHARD, new_ministry

INDEX = 912_345


def refused(code: str) -> pytest.RaisesExc[VerificationError]:
    return pytest.raises(VerificationError, match=rf"^{code}\b", check=lambda error: error.outcome == "cannot-check")


def day(seconds: int) -> Any:
    return datetime.fromtimestamp(seconds, UTC).date()


class Office:
    """What is published day by day, and a folder that goes by it."""

    def __init__(self, tmp_path: Path) -> None:
        self.ministry = new_ministry()
        self.published, self.folder = tmp_path / "published", tmp_path / "folder"
        self.past: list[tuple[int, dict[int, int]]] = []
        self.publish(NOW - 3 * DAY)
        shutil.copytree(self.published, self.folder)
        self.load()

    def publish(self, at: int, **changes: Any) -> None:
        """As of `at`: whole lists, and the deltas since each day before."""
        ministry, now = self.ministry, dict(self.ministry.statuses)
        ministry.listed_at, ministry.version = at, ministry.version + 1
        self.past.append((at, now))
        deltas = {}
        for then, before in self.past:
            base = then - then % DAY
            changed = {i: now.get(i, 0) for i in {*now, *before} if now.get(i) != before.get(i)}
            deltas[since_file(SHARD, day(base))] = delta.encode(
                changed.items(),
                status.packed(now.items()),
                shard=SHARD,
                base=base,
                issued_at=at,
                signer=ministry.signer(),
            )
        chain = ministry.keyring.roots.chain()
        ministry.export(self.published, **{"chain": chain, "deltas": deltas, **changes})

    def load(self) -> TrustDir:
        folder = trustdir.load(self.folder, now=NOW)
        folder.status(SHARD)
        return folder

    def update(self, now: int = NOW) -> Updated:
        return update(self.folder, Folder(self.published), now=now)

    def verdict(self) -> str:
        folder = self.load()
        try:
            return verify(self.ministry.text(), trust=folder.trust, status=folder.status, now=NOW).code
        except VerificationError as error:
            return error.code

    def contents(self) -> dict[str, bytes]:
        """All that is in the folder but what it remembers."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and path.name != "seen.json"
        }

    def refuses(self, code: str, now: int = NOW) -> None:
        """The update, and goes on with what it had."""
        before, verdict = self.contents(), self.verdict()
        with refused(code):
            self.update(now)
        assert self.contents() == before
        assert self.verdict() == verdict


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_day_later_only_the_changes_are_fetched(office: Office) -> None:
    office.ministry.statuses = {INDEX: 3, 5: 1}
    office.publish(NOW - 2 * DAY)
    done = office.update()
    assert (done.by_delta, done.whole, done.unchanged, done.anything) == ([SHARD], [], [], True)
    assert office.verdict() == "details-outdated"
    office.ministry.statuses = {INDEX: 1, 5: 0}
    office.publish(NOW - DAY)
    assert office.update().by_delta == [SHARD]
    assert office.verdict() == "revoked"
    assert office.load().seen["status"] == {str(SHARD): NOW - DAY}
    again = office.update()
    assert (again.by_delta, again.whole, again.version) == ([SHARD], [], office.ministry.version)


def test_changes_are_a_fraction_of_the_list(office: Office) -> None:
    draw = random.Random(5)
    office.ministry.statuses = dict.fromkeys(draw.sample(range(2**20), 20_000), 3)
    office.publish(NOW - 2 * DAY, deltas={})
    whole = office.update().bytes_read
    office.ministry.statuses |= dict.fromkeys(draw.sample(range(2**20), 200), 1)
    office.publish(NOW - DAY)
    changes = office.update().bytes_read
    assert whole > 25_000
    assert changes < 2_500  # the trust list among them


def test_without_changes_that_reach_back_the_whole_list_is_fetched(office: Office) -> None:
    office.ministry.statuses = {INDEX: 1}
    office.publish(NOW - 2 * DAY, deltas={})
    done = office.update()
    assert (done.whole, done.by_delta) == ([SHARD], [])
    assert office.verdict() == "revoked"
    assert office.update().unchanged == [SHARD]
    assert not list(office.published.glob("status/*since*"))


def test_changes_that_do_not_fit_are_passed_over_for_the_whole_list(office: Office) -> None:
    own, other = office.ministry, {77: 1}
    stray = status.encode(status.packed(other.items()), shard=SHARD, issued_at=NOW - 3 * DAY + 5, signer=own.signer())
    (office.folder / status_file(SHARD)).write_bytes(stray)
    office.ministry.statuses = {INDEX: 1}
    office.publish(NOW - 2 * DAY)
    assert office.update().whole == [SHARD]
    assert office.verdict() == "revoked"


def test_a_delta_left_from_before_a_whole_list_is_passed_over(office: Office) -> None:
    office.publish(NOW - 2 * DAY)
    office.update()
    left = (office.folder / delta_file(SHARD)).read_bytes()
    office.ministry.statuses = {INDEX: 1}
    office.publish(NOW - DAY, deltas={})
    assert office.update().whole == [SHARD]
    assert not (office.folder / delta_file(SHARD)).exists()
    (office.folder / delta_file(SHARD)).write_bytes(left)
    assert office.verdict() == "revoked"


def test_nothing_older_is_taken(office: Office, tmp_path: Path) -> None:
    older = shutil.copytree(office.published, tmp_path / "older")
    office.publish(NOW - 2 * DAY)
    office.update()
    shutil.rmtree(office.published)
    shutil.copytree(older, office.published)
    office.refuses("trust-rollback")
    (office.folder / "seen.json").unlink()  # as where the folder could not be written
    office.refuses("trust-rollback")


@pytest.mark.parametrize("by_delta", [True, False])
def test_no_older_status_list_under_a_new_trust_list(office: Office, *, by_delta: bool) -> None:
    office.publish(NOW - 2 * DAY)
    older = {path.name: path.read_bytes() for path in (office.published / "status").iterdir()}
    office.publish(NOW - DAY)
    office.update()
    office.publish(NOW)
    for path in (office.published / "status").iterdir():
        path.unlink()
    for name, content in older.items():
        if by_delta or "since" not in name:
            (office.published / "status" / name).write_bytes(content)
    office.refuses("status-rollback")


def test_a_forged_list_changes_nothing(office: Office) -> None:
    office.publish(NOW - 2 * DAY)
    thief = new_ministry(listed_at=NOW - DAY, version=99)
    for name, forged, code in (
        ("trust-list.jwt", thief.trust_token(), "trust-signature"),
        (since_file(SHARD, day(NOW - 3 * DAY)), "a.b.c", "status-malformed"),
        (since_file(SHARD, day(NOW - 3 * DAY)), thief.status_jwt(), "status-malformed"),
        ("titles.json", '{"7212": {"id": "Dokter", "en": "Doctor"}}', "titles-altered"),
        ("roots.json", "{}", "trust-malformed"),
    ):
        path = office.published / name
        genuine = path.read_bytes()
        path.write_text(forged)
        if name == "titles.json":  # those that are held are still the right ones, and are kept
            assert office.update().version == office.ministry.version
            (office.folder / name).write_text("{}")
            with refused("titles-altered"):
                office.update()
            (office.folder / name).write_bytes(genuine)
        else:
            office.refuses(code)
        path.write_bytes(genuine)


def test_a_forged_whole_list_changes_nothing(office: Office) -> None:
    office.publish(NOW - 2 * DAY, deltas={})
    (office.published / status_file(SHARD)).write_bytes(new_ministry(listed_at=NOW - DAY).status_token())
    office.refuses("status-signature")


def test_new_titles_come_with_the_trust_list_that_names_them(office: Office) -> None:
    from card import trust

    titles = {"7212": {"id": "Juru Las", "en": "Welder"}}
    office.publish(NOW - 2 * DAY)
    office.ministry.export(
        office.published,
        titles=titles,
        trust_list=office.ministry.trust_token(titles_digest=trust.titles_digest(titles), version=99),
    )
    office.update()
    assert office.load().title("7212", "en") == "Welder"


def test_the_lists_of_the_future_mean_a_slow_clock(office: Office) -> None:
    office.publish(NOW - 2 * DAY)
    office.refuses("clock-behind", now=NOW - 3 * DAY)


def test_a_rotated_root_is_followed_and_another_is_not(office: Office, tmp_path: Path) -> None:
    for _ in range(3):
        office.ministry.keyring.roots.rotate(now=NOW, in_token=False)
    office.publish(NOW - 2 * DAY)
    office.update()
    assert office.load().trust.root == office.ministry.keyring.root.public_jwk
    other = Office(tmp_path / "other")
    with refused("trust-signature"):
        update(office.folder, Folder(other.published), now=NOW)


@pytest.mark.parametrize("held_delta", [False, True])
def test_a_revoked_signers_list_is_replaced_whole(office: Office, *, held_delta: bool) -> None:
    """Its delta, if one is held, goes with it: nobody may believe that any more."""
    if held_delta:
        office.publish(NOW - 2 * DAY - 60)
        assert office.update().by_delta == [SHARD]
    office.ministry.revoked = {office.ministry.signer().kid: NOW - 2 * DAY}
    replacement = new_ministry().signer()
    office.publish(NOW - 2 * DAY, deltas={})
    signers = [office.ministry.signer(), replacement]
    office.ministry.export(
        office.published,
        trust_list=office.ministry.trust_token(signers=signers),
        statuses={SHARD: office.ministry.status_token(signer=replacement)},
    )
    assert office.update().whole == [SHARD]
    assert office.verdict() == "signer-revoked"


def test_an_empty_folder_with_a_pin_is_filled(office: Office, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    with refused("trust-missing"):
        update(fresh, Folder(office.published), now=NOW)
    shutil.copy(office.published / "root.json", fresh)
    assert update(fresh, Folder(office.published), now=NOW).whole == [SHARD]
    assert trustdir.load(fresh, now=NOW).status(SHARD) is not None
    assert update(fresh, Folder(office.published), now=NOW).unchanged == [SHARD]
    with refused("trust-missing"):
        update(fresh, Folder(tmp_path / "nothing"), now=NOW)


class Whole(Folder):
    """A source that cannot say which shards it has."""

    def shards(self) -> None:  # type: ignore[override]  # as a web server
        return None


def test_of_a_source_that_lists_nothing_the_shards_of_the_trust_list_are_asked(office: Office) -> None:
    office.publish(NOW - 2 * DAY)
    office.ministry.export(
        office.published, trust_list=office.ministry.trust_token(signers=[office.ministry.signer(n) for n in (3, 4)])
    )
    assert update(office.folder, Whole(office.published), now=NOW).whole == [SHARD]


# All at one moment


def test_an_update_that_was_decided_counts_before_its_files_are_moved(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped right after the renaming, at every file on the way, and gone on by whoever comes next."""
    office.ministry.statuses = {INDEX: 1}
    office.publish(NOW - 2 * DAY, deltas={})
    moved = Path.replace
    left = 0

    def stopping(self: Path, target: Any) -> Path:
        nonlocal left
        if trustdir.NEXT in self.parts:
            if left == 0:
                raise KeyboardInterrupt
            left -= 1
        return moved(self, target)

    monkeypatch.setattr(Path, "replace", stopping)
    with pytest.raises(KeyboardInterrupt):
        office.update()
    for _ in range(2):
        left = 1
        assert office.verdict() == "revoked"
        with pytest.raises(KeyboardInterrupt):
            trustdir.settle(office.folder)
    monkeypatch.undo()
    assert office.verdict() == "revoked"
    assert office.update().unchanged == [SHARD]
    assert not (office.folder / trustdir.NEXT).exists()
    assert office.verdict() == "revoked"


def test_an_update_that_was_not_decided_leaves_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.publish(NOW - 2 * DAY)
    before = office.contents()
    monkeypatch.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(OSError("no room")))
    with pytest.raises(OSError, match="no room"):
        office.update()
    monkeypatch.undo()
    assert office.contents() == before
    assert not list(office.folder.glob(".new-*"))


def test_lists_that_come_in_between_go_by_their_own_trust_list(office: Office) -> None:
    """A verifier loaded the folder; then an update replaces the shard's signer and list; then it asks for the list."""
    held = trustdir.load(office.folder, now=NOW)
    test_a_revoked_signers_list_is_replaced_whole(office, held_delta=False)
    assert held.trust.version < office.ministry.version
    found = held.status(SHARD)
    assert found is not None
    assert found.issued_at == NOW - 2 * DAY
    (office.folder / status_file(SHARD)).write_text("a.b.c")
    with refused("status-malformed"):
        trustdir.load(office.folder, now=NOW).status(SHARD)


def test_what_another_process_saw_is_not_forgotten(office: Office) -> None:
    slow = trustdir.load(office.folder, now=NOW)
    office.publish(NOW - 2 * DAY)
    office.update()
    seen = json.loads((office.folder / "seen.json").read_text())
    slow.status(SHARD)
    assert json.loads((office.folder / "seen.json").read_text()) == seen


def test_a_held_delta_that_is_broken_is_no_reason_to_go_back(office: Office) -> None:
    office.publish(NOW - 2 * DAY)
    office.update()
    (office.folder / delta_file(SHARD)).write_text("a.b.c")
    with refused("status-malformed"):
        office.load()


@pytest.mark.parametrize("pin", ["{}", '{"crv": "P-256", "kty": "EC", "x": 1, "y": 2}'])
def test_a_pin_that_is_no_key_is_told(office: Office, pin: str) -> None:
    office.ministry.keyring.roots.rotate(now=NOW, in_token=False)
    office.publish(NOW - 2 * DAY)
    office.update()
    (office.folder / "root.json").write_text(pin)
    for act in (office.load, office.update):
        with refused("trust-malformed"):
            act()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("roots", [1]),
        ("roots", [{}]),
        ("roots", "abc"),
        ("version", 1e999),
        ("status", {"3": 1e999}),
        ("status", {"3": {}}),
    ],
)
def test_what_we_never_remembered_is_passed_by(office: Office, name: str, value: Any) -> None:
    office.ministry.keyring.roots.rotate(now=NOW, in_token=False)
    office.publish(NOW - 2 * DAY)
    office.update()
    path = office.folder / "seen.json"
    for seen in (json.dumps(json.loads(path.read_text()) | {name: value}), "[" * 100_000):
        path.write_text(seen)
        assert office.verdict() == "valid"


def test_a_file_that_is_a_folder_is_missing(office: Office) -> None:
    (office.folder / "titles.json").unlink()
    (office.folder / "titles.json").mkdir()
    with refused("trust-missing"):
        office.load()


# The command


def test_the_command_says_what_came(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    office.publish(NOW - 2 * DAY)
    words = ["update", str(office.folder), "--from", str(office.published), "--now", str(NOW)]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "0 utuh, 1 perubahan saja, 0 tetap" in said
    assert "Trust list: 2026-11-20 04:00 UTC. Status lists: 0 whole, 1 by their changes, 0 as before." in said
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["by_delta"] == [SHARD]


def test_the_command_says_why_not(office: Office) -> None:
    (office.published / "trust-list.jwt").write_text(new_ministry().trust_token())
    for as_json in (False, True):
        out = io.StringIO()
        assert updating.run(office.folder, source=Folder(office.published), now=NOW, as_json=as_json, out=out) == 4
        said = out.getvalue()
        assert ("Nothing was changed." in said) is not as_json
        assert "trust-signature" in said

"""The drill: a shard's key leaks. It is revoked and replaced while cards of other shards verify throughout.

Done by the programs that an operator has, on a registry of its own, with a thief who holds the key.
"""

from __future__ import annotations

import json
import shutil
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from card import cwt, qr, status, trustdir
from card.errors import VerificationError
from card.status import StatusList
from card.trustupdate import Folder, update
from card.verify import verify
from registry import cards
from registry.cards.compromised import Replacement
from registry.cli import main, signer_commands
from tests.conftest import Server, Site, opened
from tests.registry.people import OFFICER, founded, hired, load, row, stream_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from keys.signer import Signer
    from registry.cards import Issued

OF_SHARD_0, OF_SHARD_1 = (1, 2, 3, 4), (5, 6)


@pytest.fixture
def own(server: Server, key_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site of today whose keys may be changed, which the program finds."""
    with opened(server, shutil.copytree(key_folder, tmp_path / "keys"), tmp_path / "home") as site:
        (tmp_path / "home").mkdir()
        site.now = datetime.now(UTC)
        for name, value in site.environment.items():
            monkeypatch.setenv(name, value)
        yield site


class Drill:
    """Six holders: four of shard 0, whose key leaks, and two of shard 1; a gate with a folder of lists."""

    def __init__(self, site: Site, tmp_path: Path, patch: pytest.MonkeyPatch, said: pytest.CaptureFixture[str]) -> None:
        self.site, self._patch, self._said = site, patch, said
        self.published, self.gate = tmp_path / "published", tmp_path / "gate"
        numbers = (*OF_SHARD_0, *OF_SHARD_1)
        identified = [{**row(n, "verify-identity"), "ref": f"v-{n}", "submitter": "dukcapil"} for n in numbers]
        load(site, *founded(), *(hired(n) for n in numbers), *identified)
        another = site.another()
        self.cards = {n: cards.issue(site.registry, self.holder(n), by=OFFICER) for n in OF_SHARD_0}
        self.cards |= {n: cards.issue(another, self.holder(n), by=OFFICER) for n in OF_SHARD_1}
        self.leaked: Signer = site.keyring.signer(0)
        self.kets("trust", "export", self.published)
        shutil.copytree(self.published, self.gate)

    def holder(self, n: int) -> UUID:
        return stream_of(self.site, n)

    def kets(self, *words: object) -> dict[str, Any]:
        """The last line that the program says."""
        self._said.readouterr()
        self._patch.setattr(sys, "argv", ["kets", *map(str, words), "--json"])
        with suppress(SystemExit):  # with a code, its last line says `ok` is false
            main()
        found: dict[str, Any] = json.loads(self._said.readouterr().out.strip().splitlines()[-1])
        assert found["ok"], found
        return found

    def verdict(self, text: str) -> str:
        """What the gate says, that reads its folder for each card."""
        now = int(datetime.now(UTC).timestamp())
        try:
            folder = trustdir.load(self.gate, now=now)
            return verify(text, trust=folder.trust, status=folder.status, now=now).code
        except VerificationError as error:
            return error.code

    def forged_card(self) -> str:
        """Another name on a card of the leaked key, and an entry that nobody was given."""
        claims = self.cards[1].claims
        invented = replace(claims, name="Si Pencuri", status=replace(claims.status, index=claims.status.index ^ 1))
        return qr.text(cwt.sign(invented, self.leaked))

    def forged_list(self) -> bytes:
        """A list by the leaked key, newer than the ministry's, in which everybody is in good standing."""
        now = int(datetime.now(UTC).timestamp())
        return status.encode(bytearray(status.LIST_BYTES), shard=0, issued_at=now, signer=self.leaked)

    def update(self) -> None:
        update(self.gate, Folder(self.published), now=int(datetime.now(UTC).timestamp()))

    def live(self, n: int) -> Issued:
        return cards.current(self.site.registry, self.holder(n))


@pytest.fixture
def drill(own: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Drill:
    return Drill(own, tmp_path, monkeypatch, capsys)


class Gate(threading.Thread):
    """Verifies cards of another shard again and again, and keeps what it said."""

    def __init__(self, drill: Drill, texts: list[str]) -> None:
        super().__init__(daemon=True)
        self.drill, self.texts, self.over = drill, texts, threading.Event()
        self.said: list[str] = []

    def run(self) -> None:
        while not self.over.is_set():
            self.said += [self.drill.verdict(text) for text in self.texts]


def test_a_leaked_signer_is_revoked_and_replaced_while_other_shards_verify(drill: Drill) -> None:
    assert {issued.claims.status.shard for issued in drill.cards.values()} == {0, 1}
    forged = drill.forged_card()
    assert drill.verdict(forged) == "valid"  # that is what a leak is
    gate = Gate(drill, [drill.cards[n].text for n in OF_SHARD_1])
    gate.start()
    try:
        _recover(drill, forged)
    finally:
        gate.over.set()
        gate.join(30)
    assert len(gate.said) > 2 * len(OF_SHARD_1)
    assert set(gate.said) == {"valid"}


def _recover(drill: Drill, forged: str) -> None:
    dry = drill.kets("keys", "revoke", drill.leaked.kid.hex(), "--reason", "laptop stolen", "--dry-run")
    assert dry["in_force"] == len(OF_SHARD_0)
    assert drill.verdict(forged) == "valid"
    done = drill.kets("keys", "revoke", drill.leaked.kid.hex(), "--reason", "laptop stolen")
    assert (done["revoked"], done["issued"], done["without"]) == (len(OF_SHARD_0), len(OF_SHARD_0), {})
    drill.kets("trust", "export", drill.published)
    drill.update()
    assert drill.verdict(forged) == "signer-revoked"
    for n in OF_SHARD_0:
        assert drill.verdict(drill.cards[n].text) == "signer-revoked"
        assert drill.live(n).claims.number != drill.cards[n].claims.number
        assert drill.verdict(drill.live(n).text) == "valid"
        states = [card.state for card in drill.site.registry.worker(drill.holder(n))[1].cards.values()]
        assert states == ["revoked", "valid"]
    _the_thief_signs_a_status_list(drill)
    again = drill.kets("keys", "revoke", drill.leaked.kid.hex(), "--reason", "again")
    assert (again["revoked"], again["issued"]) == (0, 0)


def _the_thief_signs_a_status_list(drill: Drill) -> None:
    now = int(datetime.now(UTC).timestamp())
    folder = trustdir.load(drill.gate, now=now)
    with pytest.raises(VerificationError, match="status-signature"):
        StatusList.verify(drill.forged_list(), shard=0, trust=folder.trust, now=now)
    stolen = drill.published.with_name("stolen")
    shutil.copytree(drill.published, stolen)
    (stolen / "status" / "0.cwt").write_bytes(drill.forged_list())
    for changes in (stolen / "status").glob("0.since-*"):
        changes.unlink()
    before = (drill.gate / "status" / "0.cwt").read_bytes()
    with pytest.raises(VerificationError, match="status-signature"):
        update(drill.gate, Folder(stolen), now=now)
    assert (drill.gate / "status" / "0.cwt").read_bytes() == before


def test_a_run_that_was_stopped_goes_on(drill: Drill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signer_commands, "WINDOW", 1)
    take = Replacement.take
    left = 2

    def stopping(self: Any, workers: Any) -> Any:
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        left -= 1
        return take(self, workers)

    monkeypatch.setattr(Replacement, "take", stopping)
    monkeypatch.setattr(sys, "argv", ["kets", "keys", "revoke", drill.leaked.kid.hex(), "--reason", "stolen"])
    with pytest.raises(SystemExit, match="130"):
        main()
    left = 100
    done = drill.kets("keys", "revoke", drill.leaked.kid.hex(), "--reason", "stolen")
    assert (done["revoked"], done["issued"]) == (2, 2)


def test_who_may_have_no_card_has_the_old_one_revoked_all_the_same(drill: Drill) -> None:
    """Of worker 1 an earlier card is looked into, so there is no next one; that of worker 2 was reported lost."""
    cards.issue(drill.site.registry, drill.holder(1), by=OFFICER)
    drill.kets("card", "suspend", drill.cards[1].claims.number, "--cause", "investigation")
    drill.kets("card", "suspend", drill.cards[2].claims.number, "--cause", "lost")
    done = drill.kets("keys", "revoke", drill.leaked.kid.hex(), "--reason", "stolen")
    assert (done["revoked"], done["issued"], done["suspended"]) == (3, 2, 2)
    assert done["without"] == {"card-held": 1}
    assert drill.site.registry.worker(drill.holder(2))[1].live_card is not None


def test_a_card_of_a_former_signer_goes_on(drill: Drill) -> None:
    before = drill.cards[OF_SHARD_1[0]]
    rotated = drill.kets("keys", "rotate", "--shard", 1)
    assert rotated["signers"][0]["before"] != rotated["signers"][0]["signer"]
    drill.kets("trust", "export", drill.published)
    drill.update()
    assert drill.verdict(before.text) == "valid"
    assert drill.site.keyring.signer(1).kid.hex() not in {
        card.kid for card in drill.site.registry.worker(drill.holder(OF_SHARD_1[0]))[1].cards.values()
    }


def test_an_id_that_is_none_is_refused(drill: Drill, monkeypatch: pytest.MonkeyPatch) -> None:
    for kid, status_code in (("-nMXD-o1oSY", 1), ("0123456789abcdef", 1), ("zz", 2)):
        monkeypatch.setattr(sys, "argv", ["kets", "keys", "revoke", kid, "--reason", "x"])
        with pytest.raises(SystemExit, match=str(status_code)):
            main()

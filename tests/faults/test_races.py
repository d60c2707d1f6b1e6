"""Several sequencers over one log: one writes, the others wait, or stand still with a code that says why."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from keys.keyring import Keyring
from registry.audit.run import audit
from registry.ledger import checkpoint, log
from tests.faults.programs import IN_ORDER, Program
from tests.faults.report import report, sized
from tests.registry.ledger.conftest import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from keys.notes import NoteVerifier
    from tests.conftest import Site
    from tests.faults.golang import Go

ROUNDS = sized(3, 40)
HOMES = ("left", "right", "third")
WHY = ("ledger-moved", "tiles-differ", "tile-missing")
"""The codes with which a sequencer stands still whose folder is not the one that the database was sequenced into."""


@dataclass
class Race:
    """Sequencers in homes of their own, over the log of a site."""

    site: Site
    place: Path
    running: list[Program] = field(default_factory=list)

    def __post_init__(self) -> None:
        shutil.copytree(self.site.settings.key_folder, self.place / "keys")
        self.events = Ledger(self.site, self.place / "unused")

    def start(self, home: str) -> Program:
        own = {"KETS_HOME": str(self.place / home), "KETS_KEYS": str(self.place / "keys")}
        log = self.place / f"{len(self.running)}.log"
        program = Program.kets(home, ("ledger", "run"), environment={**self.site.environment, **own}, log=log)
        self.running.append(program)
        return program

    def folder(self, home: str) -> Path:
        return self.place / home / "ledger"

    @property
    def verifier(self) -> NoteVerifier:
        origin = checkpoint.origin_of(self.site.settings.issuer)
        return Keyring.open(self.place / "keys").ledger(origin).verifier

    def size(self) -> int:
        return log.head(self.events.conn).size

    def count(self) -> int:
        return int(self.events.conn.execute("SELECT count(*) FROM event").fetchone()[0])  # type: ignore[index]

    def all_sequenced(self, seconds: float = 30) -> bool:
        until = time.monotonic() + seconds
        while self.size() < self.count() and time.monotonic() < until:
            time.sleep(0.02)
        return self.size() == self.count()

    def check(self, home: str, go: Go, *notes: Path) -> None:
        """Every fact is in the ledger of `home`, once, and `notes` are earlier states of it."""
        found = audit(self.events.conn, self.folder(home), self.verifier, vault=None)
        assert (found.size, found.findings.kept) == (self.count(), [])
        assert go.once(self.folder(home), self.verifier.key, *notes) == self.count()


@pytest.fixture
def race(site: Site, tmp_path: Path) -> Iterator[Race]:
    race = Race(site, tmp_path)
    yield race
    for program in race.running:
        program.kill()


def test_in_one_folder_one_writes_and_the_others_wait_their_turn(race: Race, go: Go) -> None:
    """Whoever writes is killed, and one that waits takes over; a third is started and killed all the while."""
    two, taken_over = [race.start("one"), race.start("one")], 0
    for _ in range(ROUNDS):
        race.events.add(40)
        third = race.start("one")
        assert race.all_sequenced()
        third.kill()
        race.events.add(40)
        two.pop(0).kill()
        assert race.all_sequenced()
        taken_over += 1
        two.append(race.start("one"))
    assert [program.code for program in two] == [None, None]
    assert {program.end() for program in two} <= IN_ORDER
    race.check("one", go)
    report("race_one_folder", rounds=ROUNDS, kills=2 * ROUNDS, taken_over=taken_over, events=race.count(), forks=0)


def test_of_several_folders_one_wins_and_the_others_say_why_they_stand_still(race: Race, go: Go) -> None:
    """Two begin at once on an unsequenced log, a third in a folder of its own is started and killed all the while."""
    race.events.add(100)
    pair, third = [race.start("left"), race.start("right")], race.start("third")
    for _ in range(ROUNDS):
        race.events.add(30)
        time.sleep(0.1)
        third.kill()
        third = race.start("third")
    for program in (*pair, third):
        program.kill()
        assert program.code == -9
    again = {home: race.start(home) for home in HOMES}
    until = time.monotonic() + 30
    while (
        len(out := {home: why for home, at in again.items() if (why := refused(at))}) < 2 and time.monotonic() < until
    ):
        time.sleep(0.02)
    (winner,) = again.keys() - out.keys()
    race.events.add(30)
    assert race.all_sequenced()
    assert {program.end() for program in again.values()} <= IN_ORDER
    notes = [race.folder(home) / "checkpoint" for home in out if (race.folder(home) / "checkpoint").exists()]
    race.check(winner, go, *notes)
    report("race_folders", rounds=ROUNDS, kills=ROUNDS + 3, winner=winner, out=out, events=race.count(), forks=0)


def refused(program: Program) -> str:
    """The code with which a sequencer says that it does not go on; empty while it does."""
    said = program.log.read_text() if program.log.exists() else ""
    return next((why for why in WHY if why in said), "")

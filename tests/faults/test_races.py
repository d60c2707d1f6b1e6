"""Several sequencers over one log: one writes, the others wait, or stand still with a code that says why."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from tests.faults.programs import IN_ORDER, Program
from tests.faults.report import report, sized

if TYPE_CHECKING:
    from tests.faults.golang import Go
    from tests.faults.race import Race

ROUNDS = sized(3, 40)
HOMES = ("left", "right", "third")
WHY = ("ledger-moved", "tiles-differ", "tile-missing")
"""The codes with which a sequencer stands still whose folder is not the one that the database was sequenced into."""


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
        assert program.code == -signal.SIGKILL
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

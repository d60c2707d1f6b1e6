"""The kill drill: one of the programs or servers of a house is killed, again and again, and each kill is judged."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.faults import midwrite, witness
from tests.faults.programs import Program
from tests.faults.report import sized
from tests.faults.staff import Staff

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.house import House

KINDS = {"loader": 36, "sequencer": 30, "projections": 22, "postgres": 12}
"""Who is killed, and how often of a hundred."""
SERVERS = (("events",), ("vault",), ("events", "vault"))
AIMED = 0.75
"""The share of kills before which we wait for a write and freeze who is to be killed; the others come as they come."""
ALONE = 0.4
"""The share of kills of a loader of several processes that strike one of them; the others must then end."""
PATIENCE = sized(1, 5)
"""Seconds to wait for a write."""


class Drill:
    """A house at work under a witness. `pause`: seconds before a kill, at most.

    `kills` counts by kind, `midst` those that landed in the midst of a write (see midwrite).
    """

    def __init__(self, house: House, seed: int, pause: float) -> None:
        self.house, self.pause, self.random = house, pause, random.Random(seed)
        self.place = house.folder / "drill"
        self.place.mkdir()
        self.staff = Staff(house, self.place, self.random)
        self.kills: Counter[str] = Counter()
        self.midst: Counter[str] = Counter()
        self._witness = self._watch()

    def strike(self) -> None:
        """Kill one that is at work, somewhere in it; the next strike starts it again."""
        self.staff.tend()
        self.staff.loader()
        time.sleep(self.random.uniform(0, self.pause))
        kinds = [kind for kind in KINDS if kind == "postgres" or self._at_work(kind)]
        if len(kinds) == 1:  # they all are only just starting
            return
        (kind,) = self.random.choices(kinds, [KINDS[kind] for kind in kinds])
        aimed = self.random.random() < AIMED
        if kind == "postgres":
            self._strike_servers(self.random.choice(SERVERS), aimed)
        elif kind == "sequencer":
            self._strike_sequencer(self.staff.running[kind], aimed)
        else:
            self._strike(kind, self.staff.running[kind], aimed)

    def _at_work(self, kind: str) -> bool:
        """Whether it has got as far as the database."""
        program = self.staff.running[kind]
        return program.code is None and midwrite.there(self.staff.conns["events"], program.application)

    def _strike(self, kind: str, target: Program, aimed: bool) -> None:
        midst, conns, application = False, self.staff.conns.values(), [target.application]
        if aimed:
            _wait_for(lambda: target.code is not None or midwrite.writing(conns, application))
            target.freeze()
            midst = midwrite.in_transaction(conns, application)
        if self._killed(kind, target):
            self.midst[kind] += midst

    def _strike_sequencer(self, target: Program, aimed: bool) -> None:
        folder, since, before = self.house.ledger, target.begun, self.staff.size_before
        if aimed:
            _wait_for(lambda: target.code is not None or any((folder / ".new").glob("*")))
        if self._killed("sequencer", target):
            midwrite.gone(self.staff.conns["events"], target.application)
            size = midwrite.committed(self.staff.conns["events"])
            self.midst["sequencer"] += midwrite.half_done(folder, since=since, size=size, size_before=before)

    def _strike_servers(self, names: tuple[str, ...], aimed: bool) -> None:
        midst, applications = False, self.staff.applications()
        working = [program for program in self.staff.running.values() if program.code is None]
        conns = [self.staff.conns[name] for name in names]
        if aimed:
            _wait_for(lambda: midwrite.writing(conns, applications))
            for program in working:
                program.freeze()
            midst = midwrite.in_transaction(conns, applications)
        for name in names:
            self.house.servers[name].kill()
        for program in working if aimed else ():
            program.thaw()
        for name in names:
            self.house.servers[name].start()
        self.staff.reconnect()
        self.kills["postgres"] += 1
        self.midst["postgres"] += midst

    def _killed(self, kind: str, target: Program) -> bool:
        """Whether it was killed; it may have come to its end before. Of several processes sometimes one alone."""
        members = list(target.members())
        if len(members) > 1 and self.random.random() < ALONE:
            killed = target.kill_one(self.random.choice(members))
        else:
            killed = target.kill()
        if not killed:
            return False
        self.staff.hear()
        self.staff.running.pop(kind)
        self.kills[kind] += 1
        return True

    # -- the witness -------------------------------------------------------------------------------------------------
    def witnessed(self, *, end: bool = False) -> dict[str, Any]:
        """What the witness has seen: `transitions`, the last `size`, a `doubt`, if any; with `end`, its last word."""
        if end:
            (self.place / "stop").touch()
            assert self._witness.wait(60) == 0
        said = self.place / "witnessed"
        found: dict[str, Any] = json.loads(said.read_text()) if said.exists() else {"transitions": 0, "doubt": ""}
        return found

    def _watch(self) -> Program:
        of, files = self.house.verifier, (str(self.place / "stop"), str(self.place / "witnessed"))
        words = (str(self.house.ledger), of.name, of.public, *files)
        return Program("witness", witness.watch, *words, environment={}, log=self.place / "witness.log")

    def close(self) -> None:
        self.staff.close()
        self._witness.kill()


def _wait_for(met: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not met() and time.monotonic() < until:
        time.sleep(0.0005)

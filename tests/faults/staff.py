"""The programs at work in a house: a loader, a clerk, a sequencer, projections; what they acknowledge; their files."""

from __future__ import annotations

import json
import time
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

from tests.faults import clerk, midwrite
from tests.faults.journal import Journal, told
from tests.faults.programs import IN_ORDER, Program
from tests.faults.report import sized
from tests.faults.rows import rows, written
from tests.registry.submissions.employer_files import csv_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from tests.faults.house import House

SIZES = (60, 400, 1500)[: sized(2, 3)]
"""People of a file: less than a window of the loader, and several."""
CLERKS = 3_400_000
"""The clerk's first person; the loader's are before."""
TOGETHER = 50
"""Files that are sent again as one."""


class Staff:
    """`place` is a folder for their files and logs.

    `ended` counts programs that ended by themselves and were started again, with their exit codes; `unprovoked` says
    more of those that did so although no server had been killed since they began.
    """

    def __init__(self, house: House, place: Path, random: Random) -> None:
        self.house, self.place, self.random = house, place, random
        self.journal, self.heard = Journal(place / "journal"), clerk.Heard(place / "aloud")
        self.running: dict[str, Program] = {}
        self.sizes: dict[int, int] = {}
        self.file: Path | None = None
        self.processes = 1
        self.ended: Counter[str] = Counter()
        self.unprovoked: list[str] = []
        self.server_killed = 0.0
        self.conns = house.connections()

    def tend(self) -> None:
        """Write down what was acknowledged, and start again what should run and does not."""
        self.hear()
        for name, program in list(self.running.items()):
            if program.code is not None:
                self._note_end(name, program)
        self.sequencer()
        self.projections()
        self.clerk()
        if self.file:
            self.loader()

    def sequencer(self) -> Program:
        def start() -> Program:
            self.size_before = midwrite.committed(self.conns["events"])
            return self._kets("sequencer", "ledger", "run")

        return self._running("sequencer", start)

    def projections(self) -> Program:
        return self._running("projections", lambda: self._kets("projections", "project", "run"))

    def clerk(self) -> Program:
        def start() -> Program:
            words = (str(self.place), max(self.heard.started, default=CLERKS), str(self.heard.aloud))
            return Program("clerk", clerk.work, *words, environment=self.house.environment, log=self._log("clerk"))

        return self._running("clerk", start)

    def loader(self) -> Program:
        """Loads the file at hand, again from its beginning; a new one when there is none."""
        if self.file is None:
            first = sum(self.sizes.values())
            self.sizes[first] = self.random.choice(SIZES)
            self.file, self.processes = written(self.place, first, self.sizes[first]), self.random.choice((1, 2))
        words = ("load", str(self.file), "--results", str(_results(self.file)), "--processes", str(self.processes))
        return self._running("loader", lambda: self._kets("loader", *words))

    def applications(self) -> list[str]:
        """The names of the sessions of those that run."""
        return [program.application for program in self.running.values() if program.code is None]

    def hear(self) -> None:
        """Write down what was acknowledged since."""
        self.journal.note(self.heard.more())
        if self.file:
            self.journal.note(told(_results(self.file)))

    # -- to an end ---------------------------------------------------------------------------------------------------
    def rest(self, seconds: float = 300) -> None:
        """Bring the files at hand to their end, sequence and project all there is, and end the programs in order."""
        until = time.monotonic() + seconds
        self.tend()
        self.running.pop("clerk").kill()
        self.hear()
        self._load(written(self.place, max(self.heard.started, default=CLERKS), clerk.PEOPLE))
        while (self.file or not self._all_done()) and time.monotonic() < until:
            for name, program in list(self.running.items()):
                if program.code is not None:
                    self._note_end(name, program)
            self.sequencer()
            self.projections()
            if self.file:
                self.loader().wait(0.2)
            time.sleep(0.05)
        assert self.file is None, "the file does not come to its end"
        assert self._all_done(), "sequencer or projections stand still"
        for name in ("sequencer", "projections"):
            assert self.running.pop(name).end() in IN_ORDER, name

    def again(self) -> Counter[str]:
        """Send every row of every file once more, many files as one; what the registry said of them."""
        said: Counter[str] = Counter()
        files = iter(self.files().items())
        while some := list(islice(files, TOGETHER)):
            everything = (row for first, people in some for row in rows(first, people))
            found = self._load(csv_file(self.place / f"again-{some[0][0]}.csv", *everything))
            said.update({name: found[name] for name in ("rows", "accepted", "again", "recorded")})
        return said

    def files(self) -> dict[int, int]:
        """First person and people of every file."""
        return {**self.sizes, **dict.fromkeys(self.heard.started, clerk.PEOPLE)}

    def reconnect(self) -> None:
        """After a server was killed."""
        self.server_killed = time.time()
        for conn in self.conns.values():
            conn.close()
        self.conns = self.house.connections()

    def close(self) -> None:
        for program in self.running.values():
            program.kill()
        for conn in self.conns.values():
            conn.close()

    # -- parts -------------------------------------------------------------------------------------------------------
    def _running(self, name: str, start: Callable[[], Program]) -> Program:
        if name not in self.running:
            self.running[name] = start()
        return self.running[name]

    def _note_end(self, name: str, program: Program) -> None:
        """A program came to an end by itself: a file that was loaded, or what a server's death did to it."""
        self.hear()
        del self.running[name]
        if name == "loader" and program.code == 0:
            assert self.file
            self.file.unlink()
            self.file = None
            return
        self.ended[f"{name} {program.code}"] += 1
        if program.begun > self.server_killed:
            self.unprovoked.append(f"{name} {program.code}: {self._log(name).read_text()[-2000:]}")

    def _load(self, path: Path) -> dict[str, Any]:
        """Load a file undisturbed; what the loader says of it."""
        log = path.with_suffix(".log")
        program = Program.kets("whole", ("load", str(path), "--json"), environment=self.house.environment, log=log)
        assert program.wait(600) == 0, log.read_text()
        self.journal.note(told(_results(path)))
        found: dict[str, Any] = json.loads(log.read_text().splitlines()[-1])
        return found

    def _kets(self, name: str, *words: str) -> Program:
        return Program.kets(name, words, environment=self.house.environment, log=self._log(name))

    def _log(self, name: str) -> Path:
        return self.place / f"{name}.log"

    def _all_done(self) -> bool:
        query = (
            "SELECT (SELECT sum(position) FROM event_head) = (SELECT size FROM ledger_head)"
            " AND NOT EXISTS (SELECT FROM read.projection_position p JOIN event_head h USING (shard)"
            " WHERE p.position <> h.position), size FROM ledger_head"
        )
        ((done, size),) = self.conns["events"].execute(query).fetchall()
        return bool(done) and midwrite.published(self.house.ledger) == size


def _results(file: Path) -> Path:
    return file.with_suffix(".results.csv")

"""A writer of single rows, each a commit of its own, that says each receipt aloud before it goes on."""

from __future__ import annotations

import json
import os
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from registry.app import Receipt
from registry.cli.site import Site
from registry.submissions.load import Loader
from tests.faults.rows import written

if TYPE_CHECKING:
    from registry.submissions.load import RowResult
    from tests.faults.journal import Acknowledged

PEOPLE = 20
"""People of a file."""
PAUSE = 0.01
"""Seconds between two rows: there are others."""


def work(folder: str, first: int, aloud: str) -> None:
    """Load file after file, the first from person `first`, a row a commit; each receipt is a line in `aloud`."""
    place = Path(folder)
    mouth = os.open(aloud, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with Site() as site:
        for start in count(first, PEOPLE):
            path = written(place, start, PEOPLE)

            def say(result: RowResult, start: int = start) -> None:
                events = result.outcome.events if isinstance(result.outcome, Receipt) else []
                os.write(mouth, json.dumps([start, result.ref, events]).encode() + b"\n")
                time.sleep(PAUSE)

            os.write(mouth, json.dumps([start, "", []]).encode() + b"\n")
            Loader(site.registry, window=1).load(path, on_row=say)
            path.unlink()


class Heard:
    """What a clerk has said in the file `aloud`, read on from where it was read to."""

    def __init__(self, aloud: Path) -> None:
        self.aloud, self._read = aloud, 0
        self.started: set[int] = set()

    def more(self) -> list[Acknowledged]:
        """The receipts said since; the files they were of are `started`."""
        if not self.aloud.exists():
            return []
        with self.aloud.open("rb") as file:
            file.seek(self._read)
            whole = file.read().rpartition(b"\n")[0]
        self._read += len(whole) + 1 if whole else 0
        said = [json.loads(line) for line in whole.splitlines()]
        self.started |= {start for start, _, _ in said}
        return [(ref, tuple(events)) for _, ref, events in said if events]

"""One file loaded by several processes: each takes its people, on shards of its own (`share`)."""

from __future__ import annotations

import heapq
import os
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from registry.processes import MOST, Place, run
from registry.submissions import journal
from registry.submissions.load import Loader, Summary
from registry.submissions.read import read
from registry.submissions.share import Share

__all__ = ["MOST", "Place", "join", "load"]

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.synchronize import Barrier
    from pathlib import Path
    from uuid import UUID


@dataclass(frozen=True)
class Task:
    """What one of the processes is told. All but one in `index` is the same for all."""

    place: Place
    file: Path
    submitter: str | None
    submission: UUID
    parts: Sequence[Path]
    common_after: int
    index: int


def load(
    place: Place,
    path: Path,
    *,
    submitter: str | None = None,
    results: Path,
    processes: int,
    progress: Callable[[int], None] = lambda _rows: None,
) -> Summary:
    """As `Loader.load`, by several processes.

    Raises: BadFile; Refused("loader-stopped") when one of them ended: the same command goes on where they were.
    """
    next(read(path), None)  # a file that cannot be read as a whole is refused here
    path, results = path.absolute(), results.absolute()
    attempt = journal.begin(results, path, submitter, processes)
    registry = place.opened()
    try:
        Loader(registry, submitter=submitter, submission=attempt.submission).open(path)
    finally:
        registry.close()
    parts = journal.shares(results, processes)
    common_after = journal.done(parts[0]).last
    tasks = [Task(place, path, submitter, attempt.submission, parts, common_after, index) for index in range(processes)]
    summary = reduce(add, run(_take, tasks, progress))
    join(parts, results)
    journal.end(results)
    return summary


def _take(task: Task, meeting: Barrier, progress: Callable[[int], None]) -> Summary:
    registry = task.place.opened()
    try:
        share = Share(task.index, len(task.parts), meeting.wait)
        loader = Loader(registry, submitter=task.submitter, submission=task.submission, share=share)
        part = task.parts[task.index]
        return loader.take(read(task.file), results=part, common_after=task.common_after, progress=progress)
    finally:
        registry.close()


def join(parts: Sequence[Path], results: Path) -> None:
    """The result rows of all, in the order of the file's lines. Each is one line of text."""
    files = [part.open(encoding="utf-8", newline="") for part in parts]
    joined = journal.part_of(results)
    try:
        with joined.open("w", encoding="utf-8", newline="") as out:
            for file in files:
                heading = file.readline()
            out.write(heading)
            out.writelines(heapq.merge(*files, key=lambda row: int(row.partition(",")[0])))
            out.flush()
            os.fsync(out.fileno())
    finally:
        for file in files:
            file.close()
    joined.replace(results)
    for part in parts:
        part.unlink()

"""One file loaded by several processes: each takes its people, on shards of its own (`share`)."""

from __future__ import annotations

import heapq
import multiprocessing
import os
import signal
import threading
import time
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from domain.errors import Refused
from registry.app import Registry
from registry.submissions import journal
from registry.submissions.load import Loader, Summary
from registry.submissions.read import read
from registry.submissions.share import Share

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess
    from multiprocessing.sharedctypes import SynchronizedArray
    from multiprocessing.synchronize import Barrier
    from pathlib import Path
    from uuid import UUID

    from keys.keyring import Keyring

MOST = 16
POLL = 0.1


@dataclass(frozen=True)
class Place:
    """Where a process finds databases and keys."""

    database_url: str
    vault_url: str
    keyring: Callable[[], Keyring]

    def opened(self) -> Registry:
        return Registry(self.database_url, self.vault_url, self.keyring(), pool_size=2)


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
    summary = reduce(add, _run(tasks, progress))
    _join(parts, results)
    journal.end(results)
    return summary


def _run(tasks: Sequence[Task], progress: Callable[[int], None]) -> list[Summary]:
    spawned = multiprocessing.get_context("spawn")
    meeting, rows = spawned.Barrier(len(tasks)), spawned.Array("q", len(tasks))
    pipes = [spawned.Pipe(duplex=False) for _ in tasks]
    workers = [
        spawned.Process(target=_work, args=(task, meeting, rows, os.getpid(), end), name=f"loader-{task.index}")
        for task, (_, end) in zip(tasks, pipes, strict=True)
    ]
    try:
        for worker in workers:
            worker.start()
        for _, end in pipes:
            end.close()
        while any(worker.is_alive() for worker in workers):
            time.sleep(POLL)
            progress(sum(rows[:]))
            _check(workers)
        _check(workers)
        progress(sum(rows[:]))
        return [told.recv() for told, _ in pipes]
    finally:
        for worker in workers:
            if worker.is_alive():
                worker.terminate()
        for worker in workers:
            if worker.pid is not None:
                worker.join()


def _check(workers: Sequence[SpawnProcess]) -> None:
    """Raises: Refused("loader-stopped")."""
    ended = next((worker for worker in workers if worker.exitcode), None)
    if ended is not None:
        raise Refused("loader-stopped", process=ended.name, exit=ended.exitcode)


def _work(task: Task, meeting: Barrier, rows: SynchronizedArray[int], parent: int, tell: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent too, which ends us
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    registry = task.place.opened()
    try:
        share = Share(task.index, len(task.parts), meeting.wait)
        loader = Loader(registry, submitter=task.submitter, submission=task.submission, share=share)

        def progress(done: int) -> None:
            rows[task.index] = done

        part = task.parts[task.index]
        tell.send(loader.take(read(task.file), results=part, common_after=task.common_after, progress=progress))
    finally:
        registry.close()


def _end_with(parent: int) -> None:
    """A process whose parent was killed would otherwise wait for ever at a meeting."""
    while os.getppid() == parent:
        time.sleep(POLL)
    os._exit(1)


def _join(parts: Sequence[Path], results: Path) -> None:
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

"""Several processes that do one piece of work: they begin together, and none outlives another's failure."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from domain.errors import Refused
from registry.app import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess
    from multiprocessing.sharedctypes import SynchronizedArray
    from multiprocessing.synchronize import Barrier

    from keys.keyring import Keyring

MOST = 16
POLL = 0.1

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Place:
    """Where a process finds databases and keys."""

    database_url: str
    vault_url: str
    keyring: Callable[[], Keyring]

    def opened(self) -> Registry:
        return Registry(self.database_url, self.vault_url, self.keyring(), pool_size=2)


def run(
    work: Callable[[Task, Barrier, Callable[[int], None]], Result],
    tasks: Sequence[Task],
    progress: Callable[[int], None],
) -> list[Result]:
    """What `work(task, meeting, progress)` makes of each task, a process each; it is a function of a module.

    `progress` is told how much is done, of all together; `work` tells how much it has done itself.
    Raises: Refused("loader-stopped") when one of them ended; the others are ended too.
    """
    spawned = multiprocessing.get_context("spawn")
    meeting, rows = spawned.Barrier(len(tasks)), spawned.Array("q", len(tasks))
    pipes = [spawned.Pipe(duplex=False) for _ in tasks]
    workers = [
        spawned.Process(target=_work, args=(work, task, index, meeting, rows, os.getpid(), end), name=f"loader-{index}")
        for index, (task, (_, end)) in enumerate(zip(tasks, pipes, strict=True))
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


def _work(
    work: Callable[..., Any],
    task: object,
    index: int,
    meeting: Barrier,
    rows: SynchronizedArray[int],
    parent: int,
    tell: Connection,
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent too, which ends us
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()

    def progress(done: int) -> None:
        rows[index] = done

    tell.send(work(task, meeting, progress))


def _end_with(parent: int) -> None:
    """A process whose parent was killed would otherwise wait for ever at a meeting."""
    while os.getppid() == parent:
        time.sleep(POLL)
    os._exit(1)

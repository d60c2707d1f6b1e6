"""Our own programs as processes to be frozen and killed.

Each is the command itself, `kets WORDS`, in a process forked from one that has imported it already: what is killed is
work, not the loading of Python.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

CONTEXT = multiprocessing.get_context("forkserver")
PRELOAD = [
    "registry.cli",
    "alembic.command",
    "registry.migrate",
    "tests.faults.clerk",
    "tests.faults.exporting",
    "tests.faults.witness",
]
IN_ORDER = {0, -signal.SIGTERM}
"""How a program that was asked to end does so; the second before it listens for the signal."""


class Program:
    """A process group of ours. `application` names its sessions in PostgreSQL; another at each start."""

    def __init__(
        self, name: str, work: Callable[..., None], *arguments: Any, environment: Mapping[str, str], log: Path
    ) -> None:
        self.name, self.log, self.begun = name, log, time.time()
        self.application = f"{name}-{time.monotonic_ns()}"
        CONTEXT.set_forkserver_preload(PRELOAD)
        told = {**environment, "PGAPPNAME": self.application}
        self.process = CONTEXT.Process(target=_become, args=(work, arguments, told, str(log)))
        self.process.start()

    @classmethod
    def kets(cls, name: str, words: Sequence[str], *, environment: Mapping[str, str], log: Path) -> Program:
        """The command `kets WORDS`."""
        return cls(name, _kets, tuple(words), environment=environment, log=log)

    @property
    def code(self) -> int | None:
        """The exit code; None while it runs."""
        return self.process.exitcode

    def wait(self, seconds: float) -> int | None:
        self.process.join(seconds)
        return self.code

    def freeze(self) -> None:
        """Stop every process of the group where it stands; returns when all do stand."""
        self._signal(signal.SIGSTOP)
        until = time.monotonic() + 1
        while any(state not in "TZX" for state in self.members().values()) and time.monotonic() < until:
            time.sleep(0.0005)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> bool:
        """SIGKILL to the whole group; False when the program had come to its end before."""
        self._signal(signal.SIGKILL)
        self.process.join(10)
        return self.code == -signal.SIGKILL

    def kill_one(self, pid: int) -> bool:
        """SIGKILL to one process of the group, and nothing to the others, which must end by themselves.

        False when the program had come to its end before.
        """
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.thaw()
        until = time.monotonic() + 30
        while self.members() and time.monotonic() < until:
            self.process.join(0.02)
        assert not self.members(), f"{self.name} goes on without one of its processes"
        return self.code != 0

    def members(self) -> dict[int, str]:
        """The living processes of the group, and the state of each, as ps(1) has it."""
        found = {}
        for folder in Path("/proc").iterdir():
            with suppress(OSError, ValueError):
                state, _, group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
                if int(group) == self.process.pid and state not in "ZX":
                    found[int(folder.name)] = state
        return found

    def end(self, seconds: float = 20) -> int | None:
        """Ask it to end; its exit code, None when it does not."""
        if self.code is None and self.process.pid:
            os.kill(self.process.pid, signal.SIGTERM)
        return self.wait(seconds)

    def _signal(self, number: signal.Signals) -> None:
        pid = self.process.pid
        assert pid
        if self.code is None:
            try:
                os.killpg(pid, number)
            except ProcessLookupError:  # it has not made its group yet
                with suppress(ProcessLookupError):
                    os.kill(pid, number)


def _become(work: Callable[..., None], arguments: Sequence[Any], environment: Mapping[str, str], log: str) -> None:
    os.setpgid(0, 0)
    threading.Thread(target=_end_with_test, daemon=True).start()
    os.environ.update(environment)
    random.seed()
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for standard in (1, 2):
        os.dup2(handle, standard)
    work(*arguments)


def _end_with_test() -> None:
    """A test that is killed leaves nothing running."""
    if test := multiprocessing.parent_process():
        test.join()
    os.killpg(0, signal.SIGKILL)


def _kets(words: tuple[str, ...]) -> None:
    from registry.cli import main

    sys.argv = ["kets", *words]
    main()

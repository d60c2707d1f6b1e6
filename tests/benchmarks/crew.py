"""Processes that work at the same time, each with connections of its own, and are told by name what to do."""

from __future__ import annotations

from contextlib import AbstractContextManager, suppress
from multiprocessing import get_context
from traceback import format_exc
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from types import TracebackType
    from typing import Self


class Crew(AbstractContextManager["Crew"]):
    """`size` processes, each of which makes a worker by `make(number, *arguments)`; they end with the crew."""

    def __init__(self, size: int, make: Callable[..., Any], *arguments: Any) -> None:
        context = get_context("spawn")
        self._pipes, self._processes = [], []
        for number in range(size):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, make, number, arguments), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)
        self.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for pipe in self._pipes:
            with suppress(OSError):
                pipe.close()
        for process in self._processes:
            process.join(10)

    def start(self, what: str, *arguments: Any) -> None:
        """Every worker begins to do `what`, a method of its own."""
        for pipe in self._pipes:
            pipe.send((what, arguments))

    @property
    def at_work(self) -> bool:
        """Whether one of them has not said yet that it is done."""
        return not all(pipe.poll() for pipe in self._pipes)

    def wait(self) -> list[Any]:
        """What each worker returned, once all are done. RuntimeError with the trace of one that failed."""
        answers = [pipe.recv() for pipe in self._pipes]
        for failed, answer in answers:
            if failed:
                raise RuntimeError(answer)
        return [answer for _, answer in answers]

    def do(self, what: str, *arguments: Any) -> list[Any]:
        """All of them at once, until all are done."""
        self.start(what, *arguments)
        return self.wait()


def _work(pipe: Connection, make: Callable[..., Any], number: int, arguments: tuple[Any, ...]) -> None:
    try:
        worker = make(number, *arguments)
        pipe.send((False, None))
        with suppress(EOFError):
            while True:
                what, given = pipe.recv()
                pipe.send((False, getattr(worker, what)(*given)))
    except BaseException:  # noqa: BLE001 - told to the process that waits, whatever it is
        pipe.send((True, format_exc()))

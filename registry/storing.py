"""Transactions on a thread of their own, one after the other in the order they are given, while the next are made.

psycopg lets go of the interpreter's lock while it waits for PostgreSQL, so storing costs the maker little.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from types import TracebackType

    Given = ParamSpec("Given")
    Stored = TypeVar("Stored")

AHEAD = 4
"""Transactions that may wait or be under way: bounds the memory."""
SWITCH = 0.0002
"""Seconds after which the maker gives the interpreter to the thread that stores, which may hold a shard's head: at
Python's own 5 ms each answer of PostgreSQL would wait so long to be read."""


class Storing:
    """For as long as it is entered. Left by an error, it drops what has not begun; left otherwise, all is stored."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "storing")
        self._room = BoundedSemaphore(AHEAD)

    def __enter__(self) -> Self:
        self._switch = sys.getswitchinterval()
        sys.setswitchinterval(min(SWITCH, self._switch))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._thread.shutdown(cancel_futures=kind is not None)
        sys.setswitchinterval(self._switch)

    def put(self, job: Callable[Given, Stored], *args: Given.args, **named: Given.kwargs) -> Future[Stored]:
        """What `job` comes to, once all that was put before it is done. Waits while there is no room."""
        self._room.acquire()
        future = self._thread.submit(job, *args, **named)
        future.add_done_callback(lambda _: self._room.release())
        return future

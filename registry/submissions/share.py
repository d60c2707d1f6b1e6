"""What one of several processes takes of a file: its own people, so that each person's rows stay in the file's order.

Rows that others rest on (about an employer, or amending a row and naming nobody) are everybody's: all meet before
them, one process takes them, and all meet again. A process alone takes everything.
"""

from __future__ import annotations

import zlib
from itertools import groupby, islice
from typing import TYPE_CHECKING

from registry.store import SHARDS
from registry.submissions.actions import AMENDING, about_employer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from registry.submissions.line import Line


class Share:
    """The `index`-th of `of` shares. `meet` returns once every process has called it."""

    def __init__(self, index: int = 0, of: int = 1, meet: Callable[[], object] = lambda: None) -> None:
        self.index, self.of, self._meet = index, of, meet

    @property
    def shards(self) -> tuple[int, ...]:
        """Where the streams of new persons begin, so that processes seldom wait for one another."""
        return tuple(range(self.index, SHARDS, self.of))

    def windows(self, lines: Iterable[Line], size: int, after: int = 0, common_after: int = 0) -> Iterator[list[Line]]:
        """The lines of this share, `size` at most at a time; each window is taken before the next is asked for.

        `after`: the last line that is done of this share; `common_after`: of the lines that are everybody's.
        """
        if self.of == 1:
            yield from _chunks((line for line in lines if line.number > after), size)
            return
        mine: list[Line] = []
        for common, run in groupby(lines, key=is_common):
            if not common:
                for line in run:
                    if line.number > after and self.takes(line):
                        mine.append(line)
                        if len(mine) == size:
                            yield mine
                            mine = []
            elif left := [line for line in run if line.number > common_after]:
                if mine:
                    yield mine
                    mine = []
                self._meet()
                if self.index == 0:
                    yield from _chunks(iter(left), size)
                self._meet()
        if mine:
            yield mine

    def takes(self, line: Line) -> bool:
        """Whether a line that is not everybody's is of this share."""
        person = line.values.get("nik") or line.values.get("passport")
        return (zlib.crc32(person.encode()) if person else line.number) % self.of == self.index


def is_common(line: Line) -> bool:
    """Whether rows of other persons may rest on this one."""
    action = line.values.get("action", "").casefold()
    if about_employer(action):
        return True
    return action in AMENDING and not (line.values.get("nik") or line.values.get("passport"))


def _chunks(lines: Iterator[Line], size: int) -> Iterator[list[Line]]:
    while chunk := list(islice(lines, size)):
        yield chunk

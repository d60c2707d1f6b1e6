"""Which cells of a publication are withheld, so that none of them can be worked out.

A count of 1 to k-1 is withheld. Others are withheld beside it until each withheld count is *free*: there is another
population of whole people that agrees with everything published, in every table and every revision, in which this
count is another and no withheld one is below 1. What shows it is a move (`moves.py`), or where none is found a
solution of the sums themselves (`program.py`). docs/statistics.md tells it for statisticians.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from projections.statistics.moves import NEVER, Move, Moves, Prices
from projections.statistics.program import Program

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from projections.statistics.lattice import Bools, Ints, Lattice

K = 5


class Revision(NamedTuple):
    """The true count of every cell of a lattice, and which of them were withheld."""

    counts: Ints
    withheld: Bools


def withheld(lattice: Lattice, counts: Ints, earlier: Sequence[Revision] = (), *, k: int = K) -> Bools:
    """Cells to withhold of a publication with these counts, after those `earlier` ones of the same month.

    A reader is taken to know of every cell, from each revision to the next, whether it changed. So a count that was
    published stays published until it changes, and one that was withheld stays withheld. `k` is that of the earlier.
    """
    return _Search(lattice, counts, earlier, k).run()


class _Search:
    """Revisions are numbered from 0; the last is the new one. A window is the revisions in which a move is made."""

    def __init__(self, lattice: Lattice, counts: Ints, earlier: Sequence[Revision], k: int) -> None:
        self.lattice, self.new = lattice, len(earlier)
        self.counts = np.array([*(revision.counts for revision in earlier), counts])
        self.hidden = np.array([*(revision.withheld for revision in earlier), (counts > 0) & (counts < k)])
        same = self.counts[-2] == counts if earlier else np.zeros(lattice.size, dtype=bool)
        self.hidden[-1] |= same & self.hidden[-2 if earlier else -1]
        self.published = same & ~self.hidden[-2 if earlier else -1]
        self.free = np.zeros_like(self.hidden)
        self.moves = Moves(lattice)
        self._prices: dict[tuple[int, int], Prices] = {}

    def run(self) -> Bools:
        order = np.argsort([len(key) for key in self.lattice.keys], kind="stable")
        for revision in range(self.new, -1, -1):
            for cell in order[self.hidden[revision][order]]:
                if not self.free[revision, cell]:
                    self._protect(revision, int(cell))
        found: Bools = self.hidden[-1]
        return found

    def _protect(self, revision: int, cell: int) -> None:
        for window in self._windows(revision):
            move = self.moves.through(cell, self._prices_in(window))
            if move is not None:
                self._make(window, move)
                return
        self._solve(revision, cell)

    def _windows(self, revision: int) -> Iterator[tuple[int, int]]:
        """All runs of revisions that hold `revision`, the longest first."""
        runs = [(a, b) for a in range(revision + 1) for b in range(revision, self.new + 1)]
        return iter(sorted(runs, key=lambda run: (run[0] - run[1], run)))

    def _prices_in(self, window: tuple[int, int]) -> Prices:
        if window not in self._prices:
            first, last = window
            least = self.counts[first : last + 1].min(axis=0)
            may = (least > 0) & self.hidden[first : min(last + 1, self.new)].all(axis=0)
            if first > 0:
                may &= self.counts[first - 1] != self.counts[first]
            if last < self.new:
                may &= self.counts[last + 1] != self.counts[last]
            price = np.zeros(self.lattice.size, dtype=np.int64)
            if last == self.new:
                may &= self.hidden[-1] | ~self.published
                price = np.where(self.hidden[-1], 0, weights(self.counts[-1]))
            price[~may] = NEVER
            self._prices[window] = Prices(price, np.where(least > 1, price, NEVER))
        return self._prices[window]

    def _make(self, window: tuple[int, int], move: Move) -> None:
        self.free[window[0] : window[1] + 1, move.cells] = True
        if window[1] == self.new:
            self._hide(move.cells)

    def _hide(self, cells: Ints) -> None:
        self.hidden[-1, cells] = True
        for prices in self._prices.values():  # what is withheld already costs nothing
            for price in prices:
                price[cells] = np.where(price[cells] < NEVER, 0, price[cells])

    def _solve(self, revision: int, cell: int) -> None:
        solved = Program(self.lattice, self.counts, self.hidden, ~self.published, weights(self.counts[-1])).free(
            revision, cell
        )
        if solved is None:
            raise ArithmeticError("got no other population, expected at least that of the revision before")
        self.free |= solved != 0
        self._hide(np.flatnonzero(solved[-1]))


def weights(counts: Ints) -> Ints:
    """What is lost with a count that is withheld: the larger the more, and as many cells as possible remain."""
    return 8 + np.sqrt(counts.astype(np.float64)).astype(np.int64)

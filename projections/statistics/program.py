"""The sums of a publication as a program in whole numbers, for counts that no single move protects.

A change of every cell in every revision is looked for, such that every sum still holds, published counts stay, a count
that did not change from a revision to the next changes alike in both, and none becomes negative; of these the one for
which the least more is withheld. What a first publication withholds stays at least 1, since its zeros are published.
Later ones may withhold a zero that was none before: so there always is a solution, in which nothing changed since the
revision before. Solved by HiGHS.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from projections.statistics.lattice import Bools, Ints, Lattice


CHEAPEST = 1e-3
"""What a change costs where nothing more is withheld: the fewer the better."""
NEAR = 3
"""How far it is looked before all is looked at."""
TINY = 1e-6
"""What a solver takes for nothing."""


class Program:
    """`counts` and `hidden` are revision by cell, the new one last; `may`: cells of it that may yet be withheld."""

    def __init__(self, lattice: Lattice, counts: Ints, hidden: Bools, may: Bools, weights: Ints) -> None:
        self.lattice, self.counts = lattice, counts
        hideable = hidden.copy()
        hideable[-1] |= may & ((counts[-1] > 0) | (len(counts) > 1))
        self.alike = _alike(counts)
        shut = np.zeros(int(self.alike.max()) + 1, dtype=bool)
        shut[self.alike[~hideable]] = True
        self.variable = np.cumsum(~shut) - 1
        self.variable[shut] = -1
        self.size = int((~shut).sum())
        self.price = np.zeros(self.size)
        at = self.variable[self.alike[-1]]
        asked = (at >= 0) & ~hidden[-1]
        self.price[at[asked]] = weights[asked]
        self.least = np.zeros(self.size)
        at = self.variable[self.alike]
        self.least[at[at >= 0]] = -counts[at >= 0]
        at = at[0]  # of the first publication it is known that no zero is withheld
        self.least[at[at >= 0]] += 1

    def free(self, revision: int, cell: int) -> Ints | None:
        """A change, revision by cell, in which this count is another; None when there is none.

        Looked for among the counts that share a sum with this one, then those that share one with these, then all.
        """
        target = int(self.variable[self.alike[revision, cell]])
        if target < 0:
            return None
        may = np.zeros(self.size, dtype=bool)
        may[target] = True
        for _ in range(NEAR):
            may = self._beside(may)
            for sign in (1, -1):
                found = self._solution(target, sign, may, whole=True)
                if found is not None:
                    return self._spread(found)
        return self._far(target)

    def _far(self, target: int) -> Ints | None:
        """First in fractions, which is fast; then in whole numbers beside what changed in fractions, or else of all."""
        everything = np.ones(self.size, dtype=bool)
        for sign in (1, -1):
            parts = self._solution(target, sign, everything, whole=False)
            if parts is not None:
                found = self._solution(target, sign, self._beside(np.abs(parts) > TINY), whole=True)
                if found is None:
                    found = self._solution(target, sign, everything, whole=True)
                if found is not None:
                    return self._spread(found)
        return None

    def _beside(self, some: Bools) -> Bools:
        touched = self._links @ some > 0
        found: Bools = self._links.T @ touched > 0
        return found | some

    def _spread(self, found: NDArray[np.float64]) -> Ints:
        change: Ints = np.append(np.round(found).astype(np.int64), 0)[self.variable[self.alike]]
        return change

    def _solution(self, target: int, sign: int, may: Bools, *, whole: bool) -> NDArray[np.float64] | None:
        """Each variable is a growth less a loss, of which the target has one; no more is lost than is there."""
        n, held = self.size, np.flatnonzero(np.tile(may, 2))
        lower, upper = np.zeros(2 * n), np.concatenate([np.full(n, np.inf), -self.least])
        grows, shrinks = (target, n + target) if sign > 0 else (n + target, target)
        lower[grows], upper[shrinks] = 1, 0
        if upper[grows] < 1:
            return None
        sums = self._sums[:, held]
        sums = sums[np.flatnonzero(np.diff(sums.indptr))]
        solved = milp(
            np.tile(self.price, 2)[held] + CHEAPEST,
            integrality=np.full(len(held), int(whole)),
            bounds=Bounds(lower[held], upper[held]),
            constraints=LinearConstraint(sums, 0, 0) if sums.shape[0] else (),
        )
        if solved.x is None:
            return None
        change = np.zeros(2 * n)
        change[held] = solved.x
        halves: NDArray[np.float64] = change[:n] - change[n:]
        return halves

    @cached_property
    def _links(self) -> csr_matrix:
        """Which variables stand in which sum."""
        return abs(self._sums[:, : self.size])

    @cached_property
    def _sums(self) -> csr_matrix:
        rows, columns, signs, row = [], [], [], 0
        for at in self.variable[self.alike]:
            for whole, parts in self.lattice.sums:
                cells = np.concatenate([[at[whole]], at[parts]])
                held = cells >= 0
                if held.any():
                    columns.append(cells[held])
                    signs.append(np.where(np.arange(len(cells)) > 0, 1.0, -1.0)[held])
                    rows.append(np.full(int(held.sum()), row))
                    row += 1
        if not rows:
            return csr_matrix((0, 2 * self.size))
        entries, lines, places = (np.concatenate(each) for each in (signs, rows, columns))
        both = (np.tile(lines, 2), np.concatenate([places, places + self.size]))
        return csr_matrix((np.concatenate([entries, -entries]), both), shape=(row, 2 * self.size))


def _alike(counts: Ints) -> Ints:
    """One number for a run of equal counts of a cell: the revision in which it begins, and the cell."""
    first: Ints = np.zeros_like(counts)
    for revision in range(1, len(counts)):
        first[revision] = np.where(counts[revision] == counts[revision - 1], first[revision - 1], revision)
    alike: Ints = first * counts.shape[1] + np.arange(counts.shape[1])
    return alike

"""The sums of a publication as a program in whole numbers, for counts that no single move protects.

A change of every cell in every revision is looked for, such that every sum still holds, published counts stay, a count
that did not change from a revision to the next changes alike in both, and none becomes negative; of these the one for
which the least more is withheld. What a first publication withholds stays at least 1, since its zeros are published.
Later ones may withhold a zero that was none before: so there always is a solution, in which nothing changed since the
revision before. Solved by HiGHS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix

if TYPE_CHECKING:
    from projections.statistics.lattice import Bools, Ints, Lattice


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
        """A change, revision by cell, in which this count is another; None when there is none."""
        target = int(self.variable[self.alike[revision, cell]])
        found = [each for sign in (1, -1) if (each := self._solved(target, sign)) is not None]
        if target < 0 or not found:
            return None
        best = min(found, key=lambda each: float(self.price @ (each != 0)))
        change: Ints = np.append(best, 0)[self.variable[self.alike]]
        return change

    def _solved(self, target: int, sign: int) -> Ints | None:
        """Each variable is a growth less a loss; what may be lost is bounded by what is there."""
        if target < 0:
            return None
        n = self.size
        lower, upper = np.zeros(2 * n), np.concatenate([np.full(n, np.inf), -self.least])
        grows = target if sign > 0 else n + target
        lower[grows] = 1
        upper[n + target if sign > 0 else target] = 0
        if upper[grows] < 1:
            return None
        sums = self._sums()
        solved = milp(
            np.concatenate([self.price, self.price]) + 1e-3,
            integrality=np.ones(2 * n),
            bounds=Bounds(lower, upper),
            constraints=LinearConstraint(sums, 0, 0) if sums.shape[0] else (),
        )
        if solved.x is None:
            return None
        whole: Ints = np.round(solved.x).astype(np.int64)
        change: Ints = whole[:n] - whole[n:]
        return change

    def _sums(self) -> coo_matrix:
        rows, columns, signs, row = [], [], [], 0
        for at in self.variable[self.alike]:
            for whole, parts in self.lattice.sums:
                cells = np.concatenate([[at[whole]], at[parts]])
                sign = np.ones(len(cells))
                sign[0] = -1
                held = cells >= 0
                if held.any():
                    columns.append(cells[held])
                    signs.append(sign[held])
                    rows.append(np.full(int(held.sum()), row))
                    row += 1
        if not rows:
            return coo_matrix((0, 2 * self.size))
        entries, lines, places = (np.concatenate(each) for each in (signs, rows, columns))
        half = (np.concatenate([entries, -entries]), (np.tile(lines, 2), np.concatenate([places, places + self.size])))
        return coo_matrix(half, shape=(row, 2 * self.size))


def _alike(counts: Ints) -> Ints:
    """One number for a run of equal counts of a cell: the revision in which it begins, and the cell."""
    first: Ints = np.zeros_like(counts)
    for revision in range(1, len(counts)):
        first[revision] = np.where(counts[revision] == counts[revision - 1], first[revision - 1], revision)
    alike: Ints = first * counts.shape[1] + np.arange(counts.shape[1])
    return alike

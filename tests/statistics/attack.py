"""Somebody who holds everything published and works on it: an attack that shares no code with what it attacks.

The unknowns are the people themselves: how many there are of each full combination of codes, in each revision. What is
published is sums over them. A solver for whole numbers looks for the least and the most of every withheld count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

Codes = tuple[str, ...]
MOST = 10_000
"""Nobody hires more in a combination: only where totals are withheld does it matter."""


@dataclass
class Published:
    """One table of one revision: what each combination of codes holds, None where it is withheld.

    `parents`: code -> the code above it, of each dimension; the topmost is "_T".
    """

    revision: int
    dimensions: Codes
    cells: Mapping[Codes, int | None]
    parents: Mapping[str, Mapping[str, str]]


@dataclass
class Attack:
    """`unchanged`: pairs of (revision, dimensions, codes) of counts that are known to be equal."""

    tables: Sequence[Published]
    unchanged: Sequence[tuple[tuple[int, Codes, Codes], tuple[int, Codes, Codes]]] = ()
    withheld: list[tuple[int, Codes, Codes]] = field(init=False)

    def __post_init__(self) -> None:
        parents: dict[str, dict[str, str]] = {}
        for table in self.tables:
            for name in table.dimensions:
                parents.setdefault(name, {}).update(table.parents[name])
        self.parents = parents
        self.names = sorted(parents)
        leaves = [sorted(set(parents[name]) - set(parents[name].values())) for name in self.names]
        self.people = list(product(*leaves))
        self.revisions = sorted({table.revision for table in self.tables})
        self.rows: list[np.ndarray[Any, Any]] = []
        self.least: list[float] = []
        self.most: list[float] = []
        self.at: dict[tuple[int, Codes, Codes], np.ndarray[Any, Any]] = {}
        self.withheld = []
        self.first = min(self.revisions)
        for table in self.tables:
            for codes, value in table.cells.items():
                self._state(table, codes, value)
        for one, other in self.unchanged:
            self._row(self.at[one] - self.at[other], 0, 0)

    def _state(self, table: Published, codes: Codes, value: int | None) -> None:
        key = (table.revision, table.dimensions, codes)
        row = self.at[key] = self._sum(*key)
        if value is None:
            self.withheld.append(key)
            self._row(
                row, 1 if table.revision == self.first else 0, np.inf
            )  # zeros of a first publication are published
        else:
            self._row(row, value, value)

    def _row(self, row: np.ndarray[Any, Any], least: float, most: float) -> None:
        self.rows.append(row)
        self.least.append(least)
        self.most.append(most)

    def _sum(self, revision: int, dimensions: Codes, codes: Codes) -> np.ndarray[Any, Any]:
        asked = dict(zip(dimensions, codes, strict=True))
        one = np.array(
            [
                all(
                    self._within(name, code, asked[name])
                    for name, code in zip(self.names, p, strict=True)
                    if name in asked
                )
                for p in self.people
            ],
            dtype=float,
        )
        row = np.zeros(len(self.people) * len(self.revisions))
        start = self.revisions.index(revision) * len(self.people)
        row[start : start + len(self.people)] = one
        return row

    def _within(self, name: str, code: str, above: str) -> bool:
        while code != above and code != "_T":
            code = self.parents[name].get(code, "_T")
        return code == above

    def recovered(self) -> Iterator[tuple[tuple[int, Codes, Codes], int]]:
        """Every withheld count that can only be one number, and that number."""
        constraint = LinearConstraint(csr_matrix(np.array(self.rows)), self.least, self.most)
        size = len(self.people) * len(self.revisions)
        rows = np.array([self.at[key] for key in self.withheld]).reshape(len(self.withheld), size)

        def solved(cost: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
            found = milp(cost, integrality=np.ones(size), bounds=Bounds(0, MOST), constraints=constraint)
            assert found.status == 0, found.message
            return np.round(rows @ np.round(found.x)).astype(int)

        seen = [set[int]() for _ in self.withheld]
        for index, row in enumerate(rows):
            for sign in (1, -1):
                if len(seen[index]) < 2:
                    most = 1 - np.random.default_rng(index).random(size) / 1e6  # any population will do
                    for each, value in zip(seen, solved(np.where(row > 0, sign * most, 0)), strict=True):
                        each.add(int(value))
        for key, values in zip(self.withheld, seen, strict=True):
            if len(values) == 1:
                yield key, values.pop()

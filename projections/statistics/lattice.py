"""Cells of tables that share margins, each cell once: the lattice that suppression works on.

A table is the cross of a few dimensions, a dimension a tree of codes whose root `_T` is the total. A cell that stands
in several tables, such as a province's total, is one cell: the same codes of the same dimensions, totals left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

TOTAL = "_T"


@dataclass(frozen=True)
class Dimension:
    """`codes` of a tree, the total first and every parent before its children; `parents` are places in `codes`, the
    total's -1. What is counted belongs to a leaf."""

    name: str
    codes: tuple[str, ...]
    parents: tuple[int, ...]

    @classmethod
    def of(cls, name: str, tree: Mapping[str, str]) -> Dimension:
        """From code -> code of the parent, the total left out: of({"a": "_T", "a1": "a"})."""
        codes = (TOTAL, *tree)
        places = {code: place for place, code in enumerate(codes)}
        return cls(name, codes, (-1, *(places[parent] for parent in tree.values())))

    @cached_property
    def place(self) -> dict[str, int]:
        return {code: place for place, code in enumerate(self.codes)}

    @cached_property
    def leaves(self) -> Ints:
        return np.setdiff1d(np.arange(len(self.codes)), np.array(self.parents))

    @cached_property
    def paths(self) -> Ints:
        """A row for each code: the codes above it and itself, from the total down; -1 below it."""
        above: list[list[int]] = []
        for place, parent in enumerate(self.parents):
            above.append([place] if parent < 0 else [*above[parent], place])
        depth = max(map(len, above))
        return np.array([path + [-1] * (depth - len(path)) for path in above], dtype=np.int64)

    def path(self, place: int) -> tuple[str, ...]:
        """The same of one code, as codes."""
        return tuple(self.codes[each] for each in self.paths[place] if each >= 0)


Table = tuple[Dimension, ...]


def rolled_up(table: Table, leaves: Ints) -> Ints:
    """Counts by leaf, in an array with a place for every code, with all sums filled in."""
    counts = leaves.copy()
    for axis, dimension in enumerate(table):
        by = np.moveaxis(counts, axis, 0)
        for place in range(len(dimension.codes) - 1, 0, -1):
            by[dimension.parents[place]] += by[place]
    return counts


class Lattice:
    """All cells of `tables`: `ids[t]` has the shape of table t and holds the number of each of its cells."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = tuple(tables)
        known: dict[tuple[tuple[str, str], ...], int] = {}
        self.ids = [self._numbered(table, known) for table in self.tables]
        self.keys = tuple(known)
        self.size = len(known)

    @staticmethod
    def _numbered(table: Table, known: dict[tuple[tuple[str, str], ...], int]) -> Ints:
        shape = tuple(len(dimension.codes) for dimension in table)
        ids = np.empty(shape, dtype=np.int64)
        for at in np.ndindex(shape):
            named = ((d.name, d.codes[place]) for d, place in zip(table, at, strict=True) if place)
            ids[at] = known.setdefault(tuple(sorted(named)), len(known))
        return ids

    def values(self, counts: Sequence[Ints]) -> Ints:
        """One value a cell from the tables' counts, sums filled in. Raises: ValueError when two tables differ."""
        found = np.full(self.size, -1, dtype=np.int64)
        for ids, count in zip(self.ids, counts, strict=True):
            before = found[ids]
            if np.any((before >= 0) & (before != count)):
                raise ValueError("got tables that differ in a cell which they share")
            found[ids] = count
        return found

    def shared(self, dimension: str, code: str) -> bool:
        """Is the code in every table that has the dimension?"""
        return all(code in d.place for table in self.tables for d in table if d.name == dimension)

    @cached_property
    def sums(self) -> list[tuple[int, Ints]]:
        """Every sum that holds: a cell, and the cells that add up to it."""
        found: dict[tuple[int, str], tuple[int, Ints]] = {}
        for table, ids in zip(self.tables, self.ids, strict=True):
            for axis, dimension in enumerate(table):
                by = np.moveaxis(ids, axis, 0).reshape(len(dimension.codes), -1)
                parents = np.array(dimension.parents)
                for parent in np.unique(parents[1:]):
                    for whole, parts in zip(by[parent], by[parents == parent].T, strict=True):
                        found[int(whole), dimension.name] = (int(whole), parts)
        return list(found.values())

"""Moves: small changes to a population that leave nearly every published number as it is.

A move takes a person as it were from one leaf of the dimensions to another, and another back. It is the product over
the dimensions of either a difference (+1 on one leaf, -1 on another) or a point (+1), added up to all totals: a sum
over a dimension with a difference is 0. So it changes only cells that keep all of its differences.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from projections.statistics.lattice import Dimension, Ints, Lattice

Held = tuple[tuple[str, ...], tuple[str, ...] | None]
"""Codes from the total down to the leaf that gains, and to the one that loses."""

NEVER = 1 << 40
"""The price of a change that may not be: more than all prices of a move together."""
TRIED = {True: 6, False: 60}
"""How many of the cheapest changes in the first table are continued in the others: near, and far."""


class Prices(NamedTuple):
    """What it costs to add one to each cell, and to take one away; `NEVER` where that may not be."""

    more: Ints
    less: Ints


@dataclass(frozen=True)
class Move:
    """Cells that change, and by how much: +1 or -1."""

    cells: Ints
    by: Ints
    price: int


class Choice(NamedTuple):
    """Of one dimension: candidates as rows of codes and signs, -1 and 0 where there is none, and what each holds: the
    paths of the leaf that gains and of the one that loses, if any."""

    codes: Ints
    signs: Ints
    holds: list[Held]


class _Asked(NamedTuple):
    """The cell's `key`, the table that it is looked for in first, and the dimensions with a difference."""

    home: int
    key: dict[str, str]
    apart: frozenset[str]
    near: bool


class Moves:
    """Finds moves in one lattice."""

    def __init__(self, lattice: Lattice) -> None:
        self.lattice = lattice
        self._choices: dict[tuple[object, ...], Choice] = {}

    def through(self, cell: int, prices: Prices) -> Move | None:
        """The cheapest move found that changes `cell`, among those with the most differences that there are."""
        key = dict(self.lattice.keys[cell])
        homes = [t for t, table in enumerate(self.lattice.tables) if key.keys() <= {d.name for d in table}]
        home = min((t for t in homes if self._has(t, key)), key=lambda t: self.lattice.ids[t].size)
        for near, sizes in ((True, range(len(key), 0, -1)), (False, range(len(key), -1, -1))):
            for size in sizes:
                found = [
                    move
                    for apart in combinations(sorted(key), size)
                    for sign in (1, -1)
                    if (move := self._move(_Asked(home, key, frozenset(apart), near), prices, sign)) is not None
                ]
                if found:
                    return min(found, key=lambda move: move.price)
        return None

    def _has(self, t: int, key: dict[str, str]) -> bool:
        return all(d.name not in key or key[d.name] in d.place for d in self.lattice.tables[t])

    def _move(self, asked: _Asked, prices: Prices, sign: int) -> Move | None:
        """The cheapest in the home table, continued table by table."""
        gaining, losing = prices if sign > 0 else prices[::-1]
        most = TRIED[asked.near]
        begun = [
            (price, holds, [changed])
            for price, holds, changed in self._in_table(asked.home, asked, {}, (gaining, losing), most)
        ]
        for t in self._others(asked):
            continued = []
            for price, holds, changed in begun:
                if self._sees(t, asked.apart, holds):
                    for more, further, also in self._in_table(t, asked, holds, (gaining, losing), 1):
                        continued.append((price + more, further | holds, [*changed, also]))
                else:
                    continued.append((price, holds, changed))
            begun = continued
        if not begun:
            return None
        price, _, changed = min(begun, key=lambda each: each[0])
        cells, first = np.unique(np.concatenate([ids for ids, _ in changed]), return_index=True)
        return Move(cells, sign * np.concatenate([signs for _, signs in changed])[first], price)

    def _others(self, asked: _Asked) -> list[int]:
        tables = self.lattice.tables
        others = [t for t, table in enumerate(tables) if t != asked.home and asked.apart <= {d.name for d in table}]
        return sorted(others, key=lambda t: (-len(tables[t]), t))

    def _sees(self, t: int, apart: frozenset[str], holds: dict[str, Held]) -> bool:
        """A difference between two leaves that are one code to a table is none there."""
        depths = {d.name: d.paths.shape[1] for d in self.lattice.tables[t]}
        return all(
            gain[: depths[name]] != (lose or ())[: depths[name]] for name in apart for gain, lose in [holds[name]]
        )

    def _in_table(
        self,
        t: int,
        asked: _Asked,
        holds: dict[str, Held],
        prices: tuple[Ints, Ints],
        most: int,
    ) -> Iterator[tuple[int, dict[str, Held], tuple[Ints, Ints]]]:
        """The cheapest changes of one table: price, what they hold, and (cells, signs)."""
        key = asked.key if t == asked.home else {}
        choices = [
            self._choice(t, d, key.get(d.name), d.name in asked.apart, holds.get(d.name), asked.near)
            for d in self.lattice.tables[t]
        ]
        count = tuple(len(choice.codes) for choice in choices)
        if 0 in count:
            return
        ids, signs = _product(self.lattice.ids[t], choices)
        price = np.where(signs > 0, prices[0][ids], prices[1][ids])
        price[signs == 0] = 0
        total = price.sum(axis=1)
        for best in np.argsort(total, kind="stable")[:most]:
            if total[best] >= NEVER:
                return
            at = np.unravel_index(best, count)
            held = {
                d.name: choice.holds[int(place)]
                for d, choice, place in zip(self.lattice.tables[t], choices, at, strict=True)
            }
            there = signs[best] != 0
            yield int(total[best]), held, (ids[best][there], signs[best][there])

    def _choice(self, t: int, d: Dimension, code: str | None, differs: bool, held: Held | None, near: bool) -> Choice:
        asked = (t, d.name, code, differs, held, near)
        if asked not in self._choices:
            pairs = self._pairs(d, code, held, near=near) if differs else _points(d, code, held)
            self._choices[asked] = _choice(d, pairs)
        return self._choices[asked]

    def _pairs(self, d: Dimension, code: str | None, held: Held | None, *, near: bool) -> list[tuple[int, int | None]]:
        """A leaf below `code` and one that is not. `near`: a code that only this table has is left for siblings."""
        gain, lose = held or (None, None)
        inside = _below(d, code) if code else []
        gains = [leaf for leaf in _below(d, code) if _agree(d.path(leaf), gain)]
        loses = [leaf for leaf in _below(d, None) if leaf not in inside and _agree(d.path(leaf), lose)]
        if near and code and not self.lattice.shared(d.name, code):
            return [(a, b) for a in gains for b in loses if d.parents[a] == d.parents[b]]
        return [(a, b) for a in gains for b in loses if a != b]


def _points(d: Dimension, code: str | None, held: Held | None) -> list[tuple[int, int | None]]:
    return [(leaf, None) for leaf in _below(d, code) if _agree(d.path(leaf), held and held[0])]


def _below(d: Dimension, code: str | None) -> list[int]:
    """Leaves at or below `code`."""
    leaves = d.leaves.tolist()
    return leaves if code is None else [leaf for leaf in leaves if code in d.path(leaf)]


def _agree(path: tuple[str, ...], held: tuple[str, ...] | None) -> bool:
    """One is above the other, or the same."""
    return held is None or all(a == b for a, b in zip(path, held, strict=False))


def _choice(d: Dimension, pairs: list[tuple[int, int | None]]) -> Choice:
    """The codes on the path of each first leaf count +1, those of the second -1; codes on both not at all."""
    depth = d.paths.shape[1]
    apart = any(b is not None for _, b in pairs)
    codes = np.full((len(pairs), depth * (1 + apart)), -1, dtype=np.int64)
    for row, (a, b) in enumerate(pairs):
        codes[row, :depth] = d.paths[a]
        if b is not None:
            codes[row, depth:] = d.paths[b]
            same = d.paths[a] == d.paths[b]
            codes[row, :depth][same] = codes[row, depth:][same] = -1
    signs = np.where(codes < 0, 0, np.where(np.arange(codes.shape[1]) < depth, 1, -1))
    keep = (signs != 0).any(axis=0)
    holds: list[Held] = [(d.path(a), None if b is None else d.path(b)) for a, b in pairs]
    return Choice(codes[:, keep], signs[:, keep].astype(np.int8), holds)


def _product(ids: Ints, choices: list[Choice]) -> tuple[Ints, NDArray[np.int8]]:
    """Cells and signs of all combinations of candidates: a row for each combination."""
    n = len(choices)
    at: list[Ints] = []
    signs = np.ones((1,) * (2 * n), dtype=np.int8)
    for axis, choice in enumerate(choices):
        shape = [1] * (2 * n)
        shape[axis], shape[n + axis] = choice.codes.shape
        at.append(choice.codes.reshape(shape))
        signs = signs * choice.signs.reshape(shape)
    rows = int(np.prod([len(choice.codes) for choice in choices]))
    return ids[tuple(at)].reshape(rows, -1), signs.reshape(rows, -1)

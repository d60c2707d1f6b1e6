"""Small random populations, how they change until the next revision, and what is published of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

import numpy as np

from projections.statistics.lattice import Bools, Dimension, Ints, Lattice, rolled_up
from tests.statistics.attack import Attack, Published

Person = tuple[str, ...]
Key = tuple[int, tuple[str, ...], tuple[str, ...]]

REGENCIES = Dimension.of("place", {"p": "_T", "q": "_T", "p1": "p", "p2": "p", "q1": "q", "q2": "q"})
PROVINCES = Dimension.of("place", {"p": "_T", "q": "_T"})
CHANNEL = Dimension.of("channel", {"direct": "_T", "placement": "_T", "public": "placement", "agency": "placement"})
INDUSTRY = Dimension.of("industry", {"A": "_T", "B": "_T"})
SEX = Dimension.of("sex", {"F": "_T", "M": "_T"})
AGE = Dimension.of("age", {"young": "_T", "old": "_T"})
TABLES = [(REGENCIES, CHANNEL), (PROVINCES, CHANNEL, INDUSTRY), (PROVINCES, CHANNEL, SEX, AGE)]
LEAVES = {"place": REGENCIES, "channel": CHANNEL, "industry": INDUSTRY, "sex": SEX, "age": AGE}


def somebody(random: Random) -> Person:
    """A code of each of LEAVES; some are much more frequent than others."""
    return tuple(
        random.choices([d.codes[leaf] for leaf in d.leaves], [3**-n for n in range(len(d.leaves))])[0]
        for d in LEAVES.values()
    )


def later(random: Random, people: Counter[Person], changes: int) -> Counter[Person]:
    """Late hires, voided ones and corrected ones."""
    after = Counter(people)
    for _ in range(changes):
        what = random.random()
        if what < 0.6:
            after[somebody(random)] += 1
        else:
            gone = random.choice(sorted(+after))
            after[gone] -= 1
            if what < 0.85:
                code = random.randrange(len(gone))
                after[(*gone[:code], somebody(random)[code], *gone[code + 1 :])] += 1
    return +after


def counts(lattice: Lattice, people: Counter[Person]) -> Ints:
    tables = []
    for table in lattice.tables:
        leaves = np.zeros(tuple(len(d.codes) for d in table), dtype=np.int64)
        for person, n in people.items():
            codes = dict(zip(LEAVES, person, strict=True))
            at = (codes[d.name] if codes[d.name] in d.place else codes[d.name][0] for d in table)
            leaves[tuple(d.place[code] for d, code in zip(table, at, strict=True))] += n
        tables.append(rolled_up(table, leaves))
    return lattice.values(tables)


def published(lattice: Lattice, revisions: Sequence[tuple[Ints, Bools]]) -> Attack:
    """An attacker who has every table, and knows of each withheld count whether it changed since the last revision."""
    tables: list[Published] = []
    same: list[tuple[Key, Key]] = []
    for number, (values, hidden) in enumerate(revisions):
        for table, ids in zip(lattice.tables, lattice.ids, strict=True):
            names = tuple(d.name for d in table)
            cells: dict[tuple[str, ...], int | None] = {}
            for at, cell in np.ndenumerate(ids):
                codes = tuple(d.codes[place] for d, place in zip(table, at, strict=True))
                cells[codes] = None if hidden[cell] else int(values[cell])
                if number and values[cell] == revisions[number - 1][0][cell]:
                    same.append(((number - 1, names, codes), (number, names, codes)))
            above = {d.name: {d.codes[n]: d.codes[up] for n, up in enumerate(d.parents) if up >= 0} for d in table}
            tables.append(Published(number, names, cells, above))
    return Attack(tables, same)

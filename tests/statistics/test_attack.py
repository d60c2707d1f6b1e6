"""What is published is attacked by somebody who shares no code with the suppression: no withheld count is recovered."""

from __future__ import annotations

import os
from collections import Counter
from random import Random

import numpy as np
import pytest

from projections.statistics.lattice import Bools, Ints, Lattice
from projections.statistics.suppression import K, Revision, withheld
from tests.statistics.populations import TABLES, counts, later, published, somebody

LATTICE = Lattice(TABLES)
POPULATIONS = int(os.environ.get("KETS_ATTACKS", "3"))


def plain(values: Ints) -> Bools:
    return np.asarray((values > 0) & (values < K))


def revisions(random: Random, people: int, changes: int, times: int) -> list[Ints]:
    """The counts of a month at several cut-offs: late hires, voided and corrected ones between them."""
    now = Counter(somebody(random) for _ in range(people))
    found = []
    for _ in range(times):
        found.append(counts(LATTICE, now))
        now = later(random, now, changes)
    return found


@pytest.mark.parametrize("seed", range(4, 4 + POPULATIONS))
def test_no_withheld_count_is_recovered(seed: int) -> None:
    random = Random(seed)
    told = revisions(
        random, random.choice([5, 20, 60, 150, 400]), random.choice([0, 1, 2, 5, 20]), random.choice([1, 2, 3])
    )
    done: list[Revision] = []
    for values in told:
        done.append(Revision(values, withheld(LATTICE, values, done)))
    assert all(hidden[plain(values)].all() and True for values, hidden in done)
    assert (done[0].counts[done[0].withheld] > 0).all()
    attack = published(LATTICE, done)
    assert attack.withheld
    assert list(attack.recovered()) == []


def test_the_attack_recovers_counts_that_stand_alone() -> None:
    [values] = revisions(Random(4), 400, 0, 1)
    hidden = plain(values)
    recovered = dict(published(LATTICE, [Revision(values, hidden)]).recovered())
    assert recovered
    named = {frozenset(zip(names, codes, strict=True)): value for (_, names, codes), value in recovered.items()}
    for key, value in named.items():
        cell = LATTICE.keys.index(tuple(sorted((n, c) for n, c in key if c != "_T")))
        assert value == values[cell]


def test_the_attack_recovers_counts_from_revisions_that_were_not_coordinated() -> None:
    """Each revision alone gives nothing away; the difference does."""
    found = 0
    for seed in range(1):
        told = revisions(Random(seed), 400, 20, 2)
        apart = [Revision(values, withheld(LATTICE, values)) for values in told]
        assert all(not list(published(LATTICE, [each]).recovered()) for each in apart[:1])
        found += len(list(published(LATTICE, apart).recovered()))
    assert found

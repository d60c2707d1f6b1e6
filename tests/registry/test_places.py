"""Entries of the status lists: given out by several processes at once, each once, in an order nobody can guess.

KETS_PLACES=1000000 allocates a million; without it some thousands.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

import psycopg
import pytest

from card.claims import SHARD_SIZE
from keys.keyring import Keyring
from registry.app import Registry
from registry.places import BLOCK, FULL, OPEN, Places

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.conftest import Site

ISSUERS = 4
COUNT = int(os.environ.get("KETS_PLACES", "12000"))


class Counted:
    """The recorder's side, in memory."""

    def __init__(self, **used: int) -> None:
        self.used = {int(shard.removeprefix("s")): count for shard, count in used.items()}
        self.leases: list[tuple[int, int]] = []

    def card_counters(self) -> dict[int, int]:
        return self.used

    def lease_card_counters(self, shard: int, count: int, most: int) -> range:
        first = self.used.get(shard, 0)
        end = max(first, min(first + count, most))
        self.used[shard] = end
        self.leases.append((shard, end - first))
        return range(first, end)


def key(shard: int) -> bytes:
    return bytes([shard]) * 32


def allocate(database_url: str, vault_url: str, folder: Path, count: int) -> list[tuple[int, int]]:
    """What one issuing process gets, in its order."""
    registry = Registry(database_url, vault_url, Keyring.open(folder), pool_size=1)
    try:
        return [registry.places() for _ in range(count)]
    finally:
        registry.close()


@pytest.fixture(scope="module")
def most() -> int:
    return COUNT // ISSUERS


def test_parallel_issuers_share_no_place_and_their_order_is_not_guessable(site: Site, most: int) -> None:
    place = (site.database_url, site.vault_url, site.settings.key_folder, most)
    with ProcessPoolExecutor(ISSUERS, multiprocessing.get_context("spawn")) as pool:
        runs = [run.result() for run in [pool.submit(allocate, *place) for _ in range(ISSUERS)]]
    _unique(site, [entry for run in runs for entry in run])
    assert len({shard for run in runs for shard, _ in run}) > 1
    longest = max(runs, key=len)
    by_shard = [[index for shard, index in longest if shard == each] for each in {shard for shard, _ in longest}]
    _not_guessable(max(by_shard, key=len))


def _unique(site: Site, places: Sequence[tuple[int, int]]) -> None:
    """By the database's own constraint, as the cards' table has it."""
    with psycopg.connect(site.database_url, autocommit=True) as conn, conn.cursor() as cur:
        cur.execute("CREATE TABLE public.place (shard integer, index integer, UNIQUE (shard, index))")
        with cur.copy("COPY public.place FROM STDIN") as copy:
            for entry in places:
                copy.write_row(entry)
        assert cur.execute("SELECT count(*) FROM public.place").fetchone() == (len(places),)
        cur.execute("DROP TABLE public.place")


def _not_guessable(indexes: Sequence[int]) -> None:
    """Successive cards against what random places give; each bound is five standard deviations wide.

    Rank correlation of order and place: mean 0, deviation 1/sqrt(n). Neighbours: two cards in a row within 1 % of the
    list of each other, in 1.99 % of all pairs. Ascents: half of all pairs rise, variance n/12.
    """
    n = len(indexes)
    ranks = {index: rank for rank, index in enumerate(sorted(indexes))}
    spread = sum((order - ranks[index]) ** 2 for order, index in enumerate(indexes))
    correlation = 1 - 6 * spread / (n * (n * n - 1))
    assert abs(correlation) < 5 / n**0.5
    near = sum(abs(b - a) < SHARD_SIZE // 100 for a, b in pairwise(indexes))
    expected = 0.0199 * n
    assert abs(near - expected) < 5 * expected**0.5
    rising = sum(a < b for a, b in pairwise(indexes))
    assert abs(rising - n / 2) < 5 * (n / 12) ** 0.5


def test_the_statistics_notice_an_order_that_can_be_guessed() -> None:
    for guessable in (range(3_000), [i * 7_919 % SHARD_SIZE for i in range(3_000)]):
        with pytest.raises(AssertionError):
            _not_guessable(list(guessable))


def test_blocks_begin_with_one_and_double() -> None:
    counted = Counted()
    places = Places(counted, key)
    for _ in range(8):
        places()
    assert counted.leases == [(0, 1), (0, 2), (0, 4), (0, 8)]
    assert len({places() for _ in range(3 * BLOCK)}) == 3 * BLOCK
    assert {shard for shard, _ in counted.leases} == set(range(OPEN))
    assert max(size for _, size in counted.leases) == BLOCK


def test_a_process_begins_in_the_emptiest_open_shard() -> None:
    counted = Counted(s0=FULL, s1=9, s2=5, s3=7, s5=3)
    assert Places(counted, key)()[0] == 4  # 1 to 4 are open; 5 is not yet
    assert Places(counted, key, most=6)()[0] == 6  # 2, 4, 5 and 6 are


def test_no_shard_is_filled_beyond_four_fifths() -> None:
    counted = Counted(s0=5)
    places = Places(counted, key, most=6)
    given = [places()[0] for _ in range(6 * OPEN)]
    assert {shard: given.count(shard) for shard in set(given)} == {1: 6, 2: 6, 3: 6, 4: 6}
    assert max(counted.used.values()) == 6
    assert FULL == 838_860


def test_a_shard_that_others_filled_meanwhile_is_left() -> None:
    counted = Counted()
    places = Places(counted, key, most=6)
    assert places()[0] == 0
    counted.used[0] = 6
    assert places()[0] == 1


def test_two_cards_with_one_place_stop_the_read_model(site: Site) -> None:
    """The database's own refusal, whatever went wrong before."""
    row = "INSERT INTO read.card VALUES (gen_random_uuid(), %s, 3, 77, 0, now(), now(), 'kid', now())"
    conn = site.reading()
    conn.execute(row, ("A",))
    with pytest.raises(psycopg.errors.UniqueViolation):
        conn.execute(row, ("B",))

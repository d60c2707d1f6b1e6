"""Places in the status lists: each card gets an entry that no card ever had.

The database counts, a row a shard; a process leases counters in blocks, so that issuing does not wait for that row.
The entry is a keyed permutation of the counter (`card.permutation.index_of`). A process that ends loses what it had
leased and not used: never more than it used, since blocks begin with one and double.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Protocol

from card.claims import SHARD_SIZE
from card.permutation import index_of

if TYPE_CHECKING:
    from collections.abc import Callable

FULL = SHARD_SIZE * 8 // 10
"""Cards in one status shard: at most 80 % of its entries."""
OPEN = 4
"""Shards that are filled at a time: parallel issuers wait less, and a day's cards are not all in one list."""
BLOCK = 1024


class Counters(Protocol):
    """The recorder's side."""

    def card_counters(self) -> dict[int, int]: ...
    def lease_card_counters(self, shard: int, count: int, most: int) -> range: ...


class Places:
    """Hands out (shard, index). For the threads of one process; each process has its own, over the same database."""

    def __init__(self, counters: Counters, status_key: Callable[[int], bytes], *, most: int = FULL) -> None:
        self._counters, self._status_key, self._most = counters, status_key, most
        self._lock = Lock()
        self._shard: int | None = None
        self._leased = iter(range(0))
        self._block = 1

    def __call__(self) -> tuple[int, int]:
        """An entry for the next card."""
        with self._lock:
            shard, counter = self._next()
        return shard, index_of(counter, self._status_key(shard))

    def _next(self) -> tuple[int, int]:
        while True:
            counter = next(self._leased, None)
            if counter is not None and self._shard is not None:
                return self._shard, counter
            self._lease()

    def _lease(self) -> None:
        """A block of the shard that this process is in; a large one, or after a full shard, of the emptiest open."""
        if self._shard is None or self._block == BLOCK:
            self._shard = self._emptiest()
        block = self._counters.lease_card_counters(self._shard, self._block, self._most)
        self._leased = iter(block)
        if block:
            self._block = min(2 * self._block, BLOCK)
        else:  # others have filled it meanwhile
            self._shard = None

    def _emptiest(self) -> int:
        used, open_ones, shard = self._counters.card_counters(), list[int](), 0
        while len(open_ones) < OPEN:
            if used.get(shard, 0) < self._most:
                open_ones.append(shard)
            shard += 1
        return min(open_ones, key=lambda each: used.get(each, 0))

"""A loader waits for the ledger: what it records must not outrun what the sequencer can prove."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from registry.store import ShardRecorder

MOST = 20_000
"""Events that may wait to be sequenced: about what the sequencer takes in one second (docs/benchmarks.md)."""
LOOK, PATIENCE = 0.05, 2.0
"""Seconds between two looks, and after which a ledger that does not grow holds nobody up any more."""


class BackPressure:
    """Asked before each window. Holds nobody up where no sequencer is at work."""

    def __init__(self, recorder: ShardRecorder, most: int = MOST, patience: float = PATIENCE) -> None:
        self._recorder, self._most, self._patience = recorder, most, patience
        self._standing: int | None = None
        """The ledger's size when it was found not to grow."""

    def wait(self) -> None:
        """Return once few enough events wait."""
        ledger = self._recorder.ledger()
        grown = time.monotonic()
        while ledger.at_work and ledger.recorded - ledger.size > self._most and ledger.size != self._standing:
            time.sleep(LOOK)
            before, ledger = ledger.size, self._recorder.ledger()
            if ledger.size != before:
                grown = time.monotonic()
            elif time.monotonic() - grown > self._patience:
                self._standing = ledger.size

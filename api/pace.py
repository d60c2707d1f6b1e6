"""How fast strangers may ask, all together: a process answers so many requests a second, and a few more at once."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Pace:
    """A bucket of `most` requests that fills by `each_second`; `clock` in seconds."""

    def __init__(self, most: int = 60, each_second: float = 30, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._each_second, self._clock = most, each_second, clock
        self._lock, self._left, self._at = threading.Lock(), float(most), clock()

    def take(self) -> bool:
        """Whether one more may be answered now."""
        with self._lock:
            now = self._clock()
            self._left = min(self._most, self._left + (now - self._at) * self._each_second)
            self._at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True

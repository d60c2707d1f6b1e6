"""Signed lists, kept for a minute: signing is slow, and a list of the same minute should be the same bytes."""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Token(NamedTuple):
    text: str
    etag: str


class Kept:
    """One token a name; names are those of lists that exist, so there are few."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[datetime, Token]] = {}

    def get(self, name: str, now: datetime, make: Callable[[datetime], str]) -> Token:
        """The token made in this minute; `make` is given the minute's beginning.

        Two processes so give their lists the same version, and no verifier sees one go back.
        """
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            held = self._held.get(name)
            if held is None or held[0] != minute:
                text = make(minute)
                held = self._held[name] = (minute, Token(text, f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'))
            return held[1]

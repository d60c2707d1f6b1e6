"""Signed lists, kept for as long as they are the latest: signing is slow, and lists of one time are the same bytes."""

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

    def get(self, name: str, moment: datetime, make: Callable[[datetime], str]) -> Token:
        """The token of this moment (`registry.cards.moment`), made when it is first asked for."""
        with self._lock:
            held = self._held.get(name)
            if held is None or held[0] != moment:
                text = make(moment)
                held = self._held[name] = (moment, Token(text, f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'))
            return held[1]

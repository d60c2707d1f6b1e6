"""Signed lists, kept for as long as they are the latest: signing is slow, and lists of one time are the same bytes."""

from __future__ import annotations

import gzip
import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = timedelta(hours=1)


@dataclass(frozen=True)
class Token:
    content: bytes

    @cached_property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.content).hexdigest()[:32]}"'

    @cached_property
    def gzipped(self) -> bytes:
        """What base64 within base64 makes longer, gzip takes back."""
        return gzip.compress(self.content, 6, mtime=0)


class Kept:
    """One token a name; names are those of lists that exist, and what nobody asked for lately is forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[datetime, Token]] = {}

    def get(self, name: str, moment: datetime, make: Callable[[datetime], str | bytes]) -> Token:
        """The token of this moment (`registry.cards.moment`), made when it is first asked for."""
        with self._lock:
            held = self._held.get(name)
            if held is None or held[0] != moment:
                made = make(moment)
                held = (moment, Token(made.encode() if isinstance(made, str) else made))
                self._held = {n: kept for n, kept in self._held.items() if abs(kept[0] - moment) <= LONGEST}
                self._held[name] = held
            return held[1]

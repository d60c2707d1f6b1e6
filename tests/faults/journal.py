"""What the registry has acknowledged, kept outside it: on disk and synced before it counts."""

from __future__ import annotations

import csv
import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Acknowledged = tuple[str, tuple[str, ...]]
"""The ref of a row, and the events that its receipt names."""


class Journal:
    """Receipts by ref. `changed` are refs whose receipt named other events than the first did."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.receipts: dict[str, tuple[str, ...]] = {}
        self.changed: set[str] = set()

    def note(self, acknowledged: Iterable[Acknowledged]) -> int:
        """Write down what is new, sync, and count it; how many were new."""
        new = dict[str, tuple[str, ...]]()
        for ref, events in acknowledged:
            if ref not in self.receipts:
                new[ref] = events
            elif self.receipts[ref] != events:
                self.changed.add(ref)
        if new:
            with self._path.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(each) + "\n" for each in new.items())
                file.flush()
                os.fsync(file.fileno())
            self.receipts |= new
        return len(new)


def told(results: Path) -> Iterator[Acknowledged]:
    """What a result file says was recorded, now or before; also the parts that killed writers have left of it.

    A file that is renamed or removed while we look is read under its new name the next time.
    """
    for path in results.parent.glob(f"{results.name}*"):
        try:
            whole = path.read_text(encoding="utf-8-sig", errors="replace").rpartition("\n")[0].splitlines()
        except FileNotFoundError:
            continue
        for row in csv.DictReader(whole) if whole and whole[0].startswith("line,") else ():
            if row["outcome"] in {"recorded", "again"} and row["receipt"]:
                yield row["ref"], tuple(row["receipt"].split())

"""One shard read once, in order: rows that stand where none may are told and passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.ledger.log import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.audit.report import Findings
    from registry.audit.rows import Placed


class Shard:
    """`next` is the position that comes next; `surplus` the leaves of rows that have no place, some of them."""

    def __init__(self, number: int, rows: Iterator[Placed], findings: Findings) -> None:
        self.number, self.next = number, 1
        self.surplus: dict[bytes, str] = {}
        self._rows, self._findings = rows, findings
        self._held: Placed | None = None
        self._advance()

    def peek(self) -> Placed | None:
        """The first row at `next` or later."""
        while self._held is not None and self._held.position < self.next:
            self._pass(self._held)
            self._advance()
        return self._held

    def fits(self, leaf: bytes | None) -> bool:
        """Whether the row at `next` is of this shard and gives this leaf, or any when None is told."""
        row = self.peek()
        if row is None or row.entry is None or row.position != self.next or leaf not in (None, row.leaf):
            return False
        return place_of(row.entry.stream) == self.number

    def take(self, leaf: bytes | None = None) -> Placed | None:
        """The row at `next`, None when there is none; of several there, the one that gives `leaf`."""
        row = self.peek()
        self.next += 1
        if row is None or row.position >= self.next:
            return None
        self._advance()
        while self._held is not None and self._held.position == row.position:
            other = self._held
            if leaf is not None and other.leaf == leaf:
                row, other = other, row
            self._pass(other)
            self._advance()
        self._check(row)
        return row

    def drop(self) -> None:
        """Pass over the row that `peek` showed."""
        self._advance()

    @property
    def ended(self) -> bool:
        return self.peek() is None

    def where(self, position: int | None = None) -> str:
        return f"shard {self.number}, position {self.next - 1 if position is None else position}"

    def _advance(self) -> None:
        self._held = next(self._rows, None)

    def _pass(self, row: Placed) -> None:
        self._findings.add("event-surplus", row.name, f"a second row at {self.where(row.position)}")
        if row.leaf and len(self.surplus) < self._findings.most:
            self.surplus[row.leaf] = row.name

    def _check(self, row: Placed) -> None:
        """What is wrong with a row whatever the ledger says."""
        if row.leaf is None or row.entry is None:
            self._findings.add("row-malformed", row.name, f"its values make no leaf ({self.where()})")
        elif not row.shard == self.number == place_of(row.entry.stream):
            self._findings.add("shard-differs", row.name, f"expected shard {place_of(row.entry.stream)}")
        if row.astray:
            self._findings.add("submission-missing", row.name)

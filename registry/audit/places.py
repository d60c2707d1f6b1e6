"""The rows in the ledger's order, against its tiles, segments, head and checkpoints.

The segments say whose row comes next; the tiles say which leaf. Where both cannot be true the tiles lead: the row
that gives the leaf is looked for in all shards, so that one altered segment is not mistaken for altered facts. A row
that gives another leaf than the tiles hold is altered, or the tile is; which, the signed roots tell at the end, so two
trees are grown from there on, one of the rows and one of the tiles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from registry.audit.report import Findings
from registry.audit.rows import SHARDS, heads, placed, stream_rows
from registry.audit.shard import Shard
from registry.audit.tree import Committed, Growing
from registry.ledger.leaf import leaf_hash
from registry.ledger.log import INCIDENTS, Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from psycopg import Connection

    from registry.audit.outside import Anchor, Outside
    from registry.audit.rows import Placed
    from registry.ledger.proof import Proved

NOTHING = bytes(32)
WAITING = 100
_SEGMENTS = "SELECT start, shard, first, count FROM ledger_segment ORDER BY start"


class Difference(NamedTuple):
    """At `number` the row gives `leaf`, the tiles hold `held`. No row: `leaf` is `NOTHING`."""

    number: int
    about: str
    where: str
    leaf: bytes
    held: bytes


class Places:
    """One reading of the log in the ledger's order."""

    def __init__(
        self,
        conn: Connection[Any],
        folder: Path,
        anchors: list[Anchor],
        outside: Outside,
        findings: Findings,
        tell: Callable[[int], None],
    ) -> None:
        self.findings, self.top = findings, max(anchor.size for anchor in anchors)
        self.uncovered, self.waiting = 0, list[str]()
        self._conn, self._anchors, self._outside, self._tell = conn, anchors, outside, tell
        numbers = range(SHARDS + 1) if INCIDENTS in heads(conn) else range(SHARDS)
        self._shards = [Shard(number, placed(conn, number), findings) for number in numbers]
        self._rows = Growing(folder, {anchor.size for anchor in anchors}, findings.most)
        self._tiles: Growing | None = None
        self._here, self._kept = Committed(folder), Committed(outside.tiles or folder)
        self._differences: list[Difference] = []
        self._more = 0
        self._last: int | None = None

    def read(self) -> Growing:
        """Read all; the tree that the signed roots confirm, or else that of the tiles."""
        for segment, following in with_next(map(Segment._make, stream_rows(self._conn, "segments", _SEGMENTS))):
            self._segment(segment, following)
        self._unsegmented(self.top)
        self._rest()
        for tree in (self._rows, self._tiles):
            if tree:
                tree.finish()
        return self._judged()

    # -- by segment --------------------------------------------------------------------------------------------------
    def _segment(self, segment: Segment, following: Segment | None) -> None:
        self._unsegmented(min(segment.start, self.top))
        about, said, self._last = f"segment {segment.start}", list[str](), segment.start
        shard = self._shards[segment.shard] if segment.shard in range(len(self._shards)) else None
        if segment.start != self._rows.size:
            said.append(f"begins at leaf {segment.start}, expected {self._rows.size}")
        if shard is None:
            said.append(f"of shard {segment.shard}, which there is none of")
        elif segment.first != shard.next:
            said.append(f"begins at position {segment.first} of shard {segment.shard}, expected {shard.next}")
        for _ in range(segment.length):
            index = self._rows.size
            if index >= self.top:
                said.append(f"goes beyond the {self.top} facts that are committed")
                break
            if following and self._begins(following):
                said.append(f"goes beyond leaf {index}, where the next begins")
                break
            of = self._step(shard)
            if of is not shard and not said:
                said.append(f"leaf {index} is not of shard {segment.shard}")
            if of is None:
                said.append(f"ends at leaf {index}")
                break
        if said:
            self.findings.add("segment-differs", about, "; ".join(said))

    def _begins(self, segment: Segment) -> bool:
        """Whether a segment is just what comes next."""
        if segment.start != self._rows.size or segment.shard not in range(SHARDS):
            return False
        shard = self._shards[segment.shard]
        return segment.first == shard.next and shard.fits(self._held(segment.start))

    def _unsegmented(self, until: int) -> None:
        """Leaves up to `until` that no segment tells of."""
        first = self._rows.size
        while self._rows.size < until and self._step(None):
            pass
        if self._rows.size > first:
            said = f"no segment tells of them; the one before them is segment {self._last}"
            self.findings.add("segment-missing", f"leaves {first} to {self._rows.size - 1}", said)

    def _step(self, shard: Shard | None) -> Shard | None:
        """One leaf: of the row of `shard`, or of the one that gives the leaf held. Whose it was; None when nobody's."""
        held = self._held(self._rows.size)
        if held is not None and not (shard and shard.fits(held)):
            shard = next((each for each in self._shards if each.fits(held)), shard)
        if shard is None or (held is None and shard.ended):
            return None
        row = shard.take(held)
        self._add(shard, row, held)
        return shard

    def _held(self, index: int) -> bytes | None:
        """The leaf that the tiles hold; those kept outside before ours."""
        return (self._kept if index < self._outside.tiled else self._here).leaf(index)

    def _add(self, shard: Shard, row: Placed | None, held: bytes | None) -> None:
        index, leaf = self._rows.size, (row and row.leaf) or NOTHING
        where = f"number {index}, {shard.where()}"
        about = row.name if row else shard.where()
        if (proved := self._outside.proofs.get(index)) and leaf != leaf_hash(proved.entry):
            self.findings.add("proof-differs", proved.entry.id, f"{_differs(row, proved)} ({where})")
        if row is None and held is None:
            self.findings.add("event-missing", about, where)
        if held not in (None, leaf):
            self._differs(Difference(index, about, where, leaf, held))
        if self._tiles:
            self._tiles.add(held or leaf)
        self._rows.add(leaf)
        if not index % 1000:
            self._tell(index)

    def _differs(self, difference: Difference) -> None:
        self._tiles = self._tiles or self._rows.fork()
        if len(self._differences) < self.findings.most:
            self._differences.append(difference)
        else:
            self._more += 1

    # -- beyond the segments -----------------------------------------------------------------------------------------
    def _rest(self) -> None:
        """Rows that are recorded and not sequenced, by shard and position; each shard's counter."""
        tops = heads(self._conn)
        lost = {each.held for each in self._differences if each.leaf == NOTHING}
        for shard in self._shards:
            top = tops.get(shard.number)
            while row := shard.peek():
                if row.leaf in lost:
                    shard.surplus[row.leaf] = row.name
                if row.position > shard.next - 1 == top:
                    self.findings.add("event-surplus", row.name, f"at {shard.where(row.position)}, the last is {top}")
                    shard.drop()
                    continue
                if row.position > shard.next:
                    gap = f"{shard.next} to {row.position - 1}"
                    self.findings.add("event-missing", f"shard {shard.number}, positions {gap}")
                    shard.next = row.position
                shard.take()
                self.uncovered += 1
                if len(self.waiting) < WAITING:
                    self.waiting.append(f"{row.name} ({shard.where()})")
            if top != shard.next - 1:
                self.findings.add("head-differs", f"shard {shard.number}", f"says {top}, last row {shard.next - 1}")
        for number in tops.keys() - range(len(self._shards)):
            self.findings.add("head-differs", f"shard {number}", "there is no such shard")

    # -- the judgement -----------------------------------------------------------------------------------------------
    def _judged(self) -> Growing:
        """Rows or tiles: the first signed root that only one of them gives decides."""
        rows, tiles = self._rows, self._tiles
        if tiles is None:
            return rows
        for _, size, root in self._anchors:
            of_rows, of_tiles = rows.roots.get(size) == root, tiles.roots.get(size) == root
            if of_rows and not of_tiles:
                return rows
            if of_tiles and not of_rows:
                break
        self._tell_differences()
        return tiles

    def _tell_differences(self) -> None:
        held = {each.held: each for each in self._differences}
        surplus = {leaf: name for shard in self._shards for leaf, name in shard.surplus.items()}
        for each in self._differences:
            if each.leaf == NOTHING:
                there = surplus.get(each.held)
                self.findings.add("event-missing", there or each.about, each.where)
            elif each.leaf in held:
                self.findings.add("event-moved", each.about, f"{each.where}; was number {held[each.leaf].number}")
            else:
                self.findings.add("event-differs", each.about, each.where)
        if self._more:
            self.findings.counts["event-differs"] += self._more


def _differs(row: Placed | None, proved: Proved) -> str:
    """Which values are not those of the proof."""
    if row is None or row.entry is None:
        return "no such row"
    names = [name for name, value in proved.entry._asdict().items() if getattr(row.entry, name) != value]
    return f"other {', '.join(names)}" if names else "other leaf"


def with_next(segments: Iterator[Segment]) -> Iterator[tuple[Segment, Segment | None]]:
    """Each segment with the one after it."""
    before: Segment | None = None
    for segment in segments:
        if before is not None:
            yield before, segment
        before = segment
    if before is not None:
        yield before, None

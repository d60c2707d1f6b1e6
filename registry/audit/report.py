"""What an audit found: every difference under a stable code, what it is about, and how many there are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

FORMAT = "kets-audit/1"
MOST = 1_000

CODES = {
    "checkpoint-ahead": "a checkpoint covers more facts than the database holds",
    "checkpoint-differs": "the rows and tiles give another root than this checkpoint says: the log was rewritten",
    "checkpoint-malformed": "a stored checkpoint is not one, or not signed by the ledger's key",
    "commitment-differs": "the key in the vault is not the one that the stream's first fact commits to",
    "commitment-missing": "the stream's first fact commits to no key",
    "event-differs": "the row gives another leaf than the ledger holds",
    "event-missing": "no row is at a place where one was",
    "event-moved": "the row's leaf is in the ledger, at another place",
    "event-surplus": "a row stands where the log has no place for one",
    "head-differs": "a shard's counter is not the position of its last row",
    "key-batch": "a key belongs to no claim",
    "key-left": "the key is there, though its destruction is on record",
    "key-missing": "no key, and no destruction on record",
    "key-refused": "the wrapped key does not open: altered, of another stream, or under an unknown key",
    "key-swapped": "the wrapped key is another stream's",
    "key-unbegun": "a confirmed key whose stream has no facts",
    "ledger-head-differs": "the committed size, root or checkpoint is not that of the rows and tiles",
    "proof-differs": "the row is not what a proof kept outside shows",
    "row-malformed": "the row's values cannot be those of a fact",
    "sealed-altered": "the sealed part is not the one whose hash stands beside it",
    "sealed-left": "the sealed part is there, though its key's destruction is on record",
    "sealed-missing": "the sealed part is gone, and no destruction of its key is on record",
    "sealed-unreadable": "the sealed part does not open under its stream's key",
    "segment-differs": "a segment does not follow from the one before it",
    "segment-missing": "facts that the ledger holds are in no segment",
    "shard-differs": "the row is in a shard that is not its stream's",
    "submission-missing": "the row names a submission that is not there",
    "tile-differs": "a tile is not what its leaves make it",
    "tile-missing": "a tile is not there",
    "time-differs": "a fact is recorded before the one that precedes it in its stream",
    "version-missing": "a stream lacks a version: facts are gone",
    "version-twice": "a stream has a version twice",
}
"""Every code that an audit may name, in one sentence each; docs/how-to/audit.md says what to do."""


class Finding(NamedTuple):
    """One difference: its code, what it is about (`stream:version`, `segment 40`, a tile's path), what differs."""

    code: str
    about: str
    what: str


@dataclass
class Findings:
    """The first `most` differences and the number of all, so that memory is bounded whatever was done to the log."""

    most: int = MOST
    kept: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, code: str, about: str, what: str = "") -> None:
        self.counts[code] += 1
        if len(self.kept) < self.most:
            self.kept.append(Finding(code, about, what or CODES[code]))

    def take(self, others: Findings) -> None:
        """All of another collection, counted too where it is not kept."""
        self.counts += others.counts
        self.kept += others.kept[: max(0, self.most - len(self.kept))]

    @property
    def total(self) -> int:
        return self.counts.total()


@dataclass(kw_only=True)
class Audited:
    """What was recomputed. `findings` empty: all agrees, but for what `unchecked` names.

    `size` and `root` of the recomputed log; `outside` facts are covered by what an auditor kept; `uncovered` facts are
    recorded and not sequenced, the first of them in `waiting`, by shard and position.
    """

    size: int
    root: bytes
    findings: Findings
    outside: int
    uncovered: int
    waiting: list[str]
    opened: int
    unchecked: list[str]

    @property
    def ok(self) -> bool:
        return not self.findings.total

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        found = self.findings
        return {
            "format": FORMAT,
            "ok": self.ok,
            "size": self.size,
            "root": self.root.hex(),
            "outside": self.outside,
            "uncovered": self.uncovered,
            "waiting": self.waiting,
            "opened": self.opened,
            "unchecked": self.unchecked,
            "found": found.total,
            "counts": dict(sorted(found.counts.items())),
            "findings": [each._asdict() for each in found.kept],
        }

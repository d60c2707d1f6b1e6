"""Working papers: what an auditor takes away, in one folder that is checked without this registry.

    manifest.json            written last: what was asked, and SHA-256 and length of every other file
    checkpoint               the signed checkpoint that all proofs lead to
    older                    a checkpoint that the reader kept, if one was given: every bundle continues it
    findings/NAME.json .csv  what a query listed
    sample.json              a draw, if one was asked for
    bundles/STREAM.json      the whole history of everybody listed or drawn, with proofs (docs/audit-bundle.md)

docs/audit-papers.md is the format. Nothing sealed is in it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import msgspec

from domain.errors import Refused
from registry.audit import bundle
from registry.ledger import checkpoint
from registry.ledger.merkle import Tree
from registry.population import evidence, sample
from registry.population.findings import FIELDS, told
from registry.population.search import search
from registry.submissions.results import harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from psycopg import Connection

    from keys.notes import NoteVerifier
    from registry.ledger.tiles import Folder
    from registry.population.queries import Query
    from registry.population.scope import Scope

FORMAT = "kets-papers/1"
MANIFEST = "manifest.json"


class Draw(NamedTuple):
    """A sample that is asked for."""

    seed: int
    size: int
    workers: bool


class Papers:
    """A folder being filled, in a transaction of the caller's that sees one moment."""

    def __init__(self, out: Path, conn: Connection[Any], folder: Folder, verifier: NoteVerifier) -> None:
        """Raises: Refused("papers-folder") unless `out` is empty or not there, ("ledger-empty")."""
        if out.exists() and any(out.iterdir()):
            raise Refused("papers-folder", folder=str(out))
        self._out, self._conn, self._folder, self._verifier = out, conn, folder, verifier
        self._head, self._note = evidence.committed(conn, folder)
        self._older: str | None = None
        self._files: list[dict[str, Any]] = []
        self._streams: dict[UUID, None] = {}
        self._queries: list[dict[str, Any]] = []
        self._put("checkpoint", self._note.encode())

    def continuing(self, note: str) -> None:
        """Let each bundle continue a checkpoint that was kept. Raises: Refused("bundle-unlinked"); KeysError."""
        signed = checkpoint.opened(note, self._verifier)
        tree = Tree(self._folder.read, self._head.size)
        if not 0 < signed.size <= self._head.size or tree.root(signed.size) != signed.root:
            raise Refused("bundle-unlinked", size=signed.size)
        self._older = note
        self._put("older", note.encode())

    def ask(self, query: Query, scope: Scope, *, most: int, tell: Callable[[int], None] = lambda _: None) -> int:
        """Put down what a query lists; how many facts it found."""
        listed = search(self._conn, query, scope, most=most, tell=tell)
        rows = evidence.placed(self._conn, [(found.shard, found.position) for found in listed.found])
        said = [told(found, query.name, row.number) for found, row in zip(listed.found, rows, strict=True)]
        self._streams |= dict.fromkeys(found.match.event.originator_id for found in listed.found)
        self._put(f"findings/{query.name}.json", _json(said))
        self._put(f"findings/{query.name}.csv", _csv(said))
        asked = {"name": query.name, "says": query.says, "parameters": query.parameters()}
        counts = dict(sorted(listed.counts.items()))
        within = msgspec.to_builtins(scope)
        self._queries.append(
            {
                **asked,
                "scope": within,
                "found": listed.total,
                "counts": counts,
                "listed": len(said),
                "unread": listed.unread,
            }
        )
        return listed.total

    def draw(self, asked: Draw) -> int:
        """Put down a sample, under the checkpoint that the reader kept when there is one; how many were drawn."""
        signed = checkpoint.opened(self._older or self._note, self._verifier)
        found = sample.drawn(self._conn, signed.root, asked.seed, signed.size, asked.size, workers=asked.workers)
        drawn = [{"index": number, "event": entry.id, "topic": entry.topic} for number, entry in found]
        self._streams |= dict.fromkeys(entry.stream for _, entry in found)
        under = {"size": signed.size, "root": signed.root.hex()}
        self._put(
            "sample.json",
            _json({"seed": asked.seed, "asked": asked.size, "workers": asked.workers, **under, "drawn": drawn}),
        )
        return len(found)

    def finish(self, made_at: datetime, tell: Callable[[int], None] = lambda _: None) -> str:
        """Write every history, then the manifest; its SHA-256, by which the whole folder is known.

        Raises: Refused: "proof-differs" (run the audit), "tile-missing", "bundle-too-long".
        """
        for number, stream in enumerate(self._streams):
            try:
                made = bundle.within(self._conn, self._folder, stream, self._verifier, self._head, older=self._older)
            except Refused as refusal:
                if refusal.code not in {"not-sequenced", "event-unknown"}:  # waits, or an incident of the ledger's own
                    raise
                continue
            self._put(f"bundles/{stream}.json", bundle.written(made.bundle))
            tell(number)
        signed = checkpoint.opened(self._note, self._verifier)
        manifest = {
            "format": FORMAT,
            "made_at": made_at.isoformat(timespec="seconds"),
            "origin": signed.origin,
            "size": signed.size,
            "root": signed.root.hex(),
            "queries": self._queries,
            "files": sorted(self._files, key=lambda file: str(file["path"])),
        }
        data = _json(manifest)
        (self._out / MANIFEST).write_bytes(data)
        return hashlib.sha256(data).hexdigest()

    def _put(self, path: str, data: bytes) -> None:
        target = self._out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        self._files.append({"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})


def csv_rows(said: Sequence[dict[str, Any]]) -> list[list[str]]:
    """The cells of a list of findings: as in JSON, null empty, `detail` as JSON in one cell, nothing that a spreadsheet
    would take for a formula."""
    return [[_cell(each[name]) for name in FIELDS] for each in said]


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "" if value is None else harmless(str(value))


def _csv(said: Sequence[dict[str, Any]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows(csv_rows(said))
    return out.getvalue().encode()


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()

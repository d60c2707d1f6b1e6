"""Whether all is as it would be had nothing ever been killed: asked of the database, the ledger and the read models."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from domain import codec
from projections.runner import PROJECTIONS
from registry.audit import outside
from registry.audit.run import audit
from registry.store import SHARDS
from tests.projections.naive import expected, held

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from psycopg import Connection

    from keys.notes import NoteVerifier
    from tests.faults.journal import Journal


class Events(NamedTuple):
    """What was counted of events: lost ones that were acknowledged, facts too many, positions that are not dense."""

    count: int
    lost: int
    duplicated: int
    gaps: int


def events(conn: Connection[Any], journal: Journal, sent: Mapping[str, int] | None = None) -> Events:
    """Every acknowledged receipt is there, under its ref, with just its events; positions run from 1 to each head.

    `sent`: how many facts of each topic there must be, once every row has gone in: those beyond are duplicates.
    """
    query = "SELECT ref, stream, first_version, events FROM submission_row WHERE ref NOT LIKE 'f-%%'"
    rows = {
        ref: tuple(f"{stream}:{first + n}" for n in range(count)) for ref, stream, first, count in conn.execute(query)
    }
    there = {f"{stream}:{version}" for stream, version in conn.execute("SELECT stream, version FROM event")}
    count = int(conn.execute("SELECT count(*) FROM event").fetchone()[0])  # type: ignore[index]
    lost = [ref for ref, told in journal.receipts.items() if rows.get(ref) != told or not set(told) <= there]
    once = Counter(each for told in rows.values() for each in told)
    duplicated = count - len(there) + sum(n - 1 for n in once.values()) + len(journal.changed)
    for topic, expected_ in (sent or {}).items():
        query = "SELECT count(*) FROM event WHERE topic = %s"
        found = int(conn.execute(query, (topic,)).fetchone()[0])  # type: ignore[index]
        assert found >= expected_, f"{topic}: {found} of {expected_}"
        duplicated += found - expected_
    return Events(count, len(lost), duplicated, _gaps(conn))


def _gaps(conn: Connection[Any]) -> int:
    """Shards whose positions are not 1, 2, ... head."""
    query = (
        "SELECT count(*) FROM event_head h LEFT JOIN (SELECT shard, count(*) AS n, min(position) AS low,"
        " max(position) AS high FROM event GROUP BY shard) e USING (shard)"
        " WHERE coalesce(e.n, 0) <> h.position OR (h.position > 0 AND (e.low <> 1 OR e.high <> h.position))"
    )
    return int(conn.execute(query).fetchone()[0])  # type: ignore[index]


def findings(conn: Connection[Any], folder: Path, verifier: NoteVerifier, notes: Iterable[str] = ()) -> list[str]:
    """What the audit finds to differ; that everything is sequenced is part of it."""
    kept = outside.opened(verifier, notes=notes)
    found = audit(conn, folder, verifier, vault=None, outside=kept)
    count = int(conn.execute("SELECT count(*) FROM event").fetchone()[0])  # type: ignore[index]
    behind = [] if found.size == count else [f"{count - found.size} facts are not in the ledger"]
    return [f"{code} {about}: {what}" for code, about, what in found.findings.kept] + behind


def differing(conn: Connection[Any]) -> list[str]:
    """Read models that are not the naive fold of the whole log, read shard by shard."""
    fold: dict[str, Counter[Any]] = {name: Counter() for name in PROJECTIONS}
    for shard in range(SHARDS):
        query = "SELECT stream, version, topic, recorded_at, submission, clear FROM event WHERE shard = %s"
        facts: Any = [codec.decode(*row, None) for row in conn.execute(query, (shard,))]
        for name, rows in expected(facts).items():
            fold[name].update(rows)
    now = held(conn)
    return [name for name in PROJECTIONS if now[name] != fold[name]]

"""Everything held on one person, opened, for that person (UU 27/2022 art 7 and 13): machine-readable, nobody else's.

Accounts of officers are left out: who decided is told by organisation and role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from psycopg.rows import tuple_row

from domain.decide import today
from domain.event import topic_of
from domain.facts import PhotoTaken
from registry import access, photos
from registry.replay.timeline import summary, timeline

if TYPE_CHECKING:
    from uuid import UUID

    from registry.app import Registry


ACCESSES = 100_000
"""The latest reads of a person's data that are handed out: more than a thousand on each day of a quarter."""


def export(registry: Registry, worker: UUID) -> dict[str, Any]:
    """The record as of today, every fact, the rows they came in, the cards as released, who read what of it, and what
    the vault holds.

    What was erased is null. Raises: Refused("worker-unknown").
    """
    history, state = registry.worker(worker)
    now = registry.now()
    hold = registry.vault.hold_on(worker, today(now))
    found: dict[str, Any] = msgspec.to_builtins(
        {
            "worker": worker,
            "exported_at": now,
            "erased": state.erased,
            "record": summary(history, on=today(now)),
            "facts": timeline(history),
            "rows": _rows(registry, worker),
            "cards": list(state.cards.values()),
            "accesses": [each._asdict() for each in access.accesses(registry, worker, most=ACCESSES)],
            "vault": {"key": registry.vault.key(worker) is not None, "hold": hold and hold._asdict()},
        }
    )
    for entry in found["facts"]:
        entry["fact"].pop("second", None)
        entry.pop("person")
        if entry["topic"] == topic_of(PhotoTaken):
            image = photos.image(registry, worker, entry["version"])
            entry["fact"]["personal"] = {"type": "photo", "image": msgspec.to_builtins(image)} if image else None
    return found


def _rows(registry: Registry, worker: UUID) -> list[dict[str, Any]]:
    """The submitted rows that became this person's facts, as they were sent."""
    query = (
        "SELECT organisation, ref, submission, line, first_version, events, sealed FROM submission_row"
        " WHERE stream = %s ORDER BY first_version"
    )
    with registry.recorder.datastore.get_connection() as conn, conn.cursor(row_factory=tuple_row) as cur:
        rows = cur.execute(query, (worker,)).fetchall()
    return [
        {
            "organisation": organisation,
            "ref": ref,
            "submission": submission,
            "line": line,
            "facts": [first + n for n in range(events)],
            "row": registry.opened_row(worker, submission, ref, sealed),
        }
        for organisation, ref, submission, line, first, events, sealed in rows
    ]

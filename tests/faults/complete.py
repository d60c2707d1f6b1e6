"""Whether read models say all of the facts that they state, and each once: asked of the log at the same moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from projections.reading import STEADY
from registry.roles import DatabaseRole, connect

if TYPE_CHECKING:
    from collections.abc import Callable

SAID = """
SELECT (SELECT count(*) FROM read.record), (SELECT count(DISTINCT worker) FROM read.record),
    (SELECT count(*) FROM read.roster), (SELECT coalesce(sum(n), 0)::int8 FROM read.placements),
    (SELECT count(*) FROM read.flow WHERE what = 'hired')
"""
RECORDED = """
SELECT count(*) FILTER (WHERE projection = 'record' AND version = 1),
    count(*) FILTER (WHERE projection = 'record' AND version = 1),
    count(*) FILTER (WHERE projection = 'roster' AND topic IN ('worker.hired', 'worker.employer-transferred')),
    count(*) FILTER (WHERE projection = 'placements' AND topic = 'worker.hired'),
    count(*) FILTER (WHERE projection = 'flows' AND topic = 'worker.hired')
FROM read.projection_position p JOIN event e ON e.shard = p.shard AND e.position <= p.position
"""


class Reader:
    """Looks again and again, as the API does; `wrong` are the looks at which an answer was not complete."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.looks = 0
        self.wrong: list[tuple[Any, Any]] = []

    def read(self, stopped: Callable[[], bool]) -> None:
        with connect(self._url, DatabaseRole.READ, autocommit=True) as conn:
            while not stopped():
                said, recorded = self.look(conn)
                self.looks += 1
                if said != recorded:
                    self.wrong.append((said, recorded))

    def look(self, conn: psycopg.Connection[Any]) -> tuple[Any, Any]:
        """What the read models say and what the log says of the positions they state, by two questions."""
        with conn.transaction():
            conn.execute(STEADY)
            recorded = conn.execute(RECORDED).fetchone()
            return conn.execute(SAID).fetchone(), recorded

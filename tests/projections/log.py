"""A store that takes events as they are, and read models that are compared with a fold of what they include."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg

from domain import facts as f
from domain.decide import History
from keys import datakeys
from projections.runner import PROJECTIONS
from registry.store import shard_of
from tests.domain.given import OFFICER, a
from tests.domain.strategies import BEGINNING
from tests.projections.naive import expected, held

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.event import Event, Fact
    from tests.conftest import Site


def career(stream: UUID, *facts: Fact) -> list[Event]:
    """A registered worker's events, recorded at one moment by an officer."""
    history = History(stream)
    for fact in (a(f.WorkerRegistered, "2020-01-01"), *facts):
        history.record(fact, by=OFFICER, now=BEGINNING)
    return history.events


def many(count: int) -> list[Event]:
    """Six events for each of `count` workers in all shards, whose employments differ; as they might have come in."""
    careers = []
    for n in range(count):
        during = {"employment": UUID(int=n + 1)}
        hire = a(f.Hired, "2024-01-15", channel=("direct", "public-service", "overseas")[n % 3], **during)
        changed = a(f.WageChanged, "2024-02-01", **during), a(f.PositionChanged, "2024-02-15", **during)
        moved = a(f.EmployerTransferred, "2024-03-01", **during)
        ended = a(f.EmploymentEnded, "2024-04-01", **during)
        careers.append(career(UUID(int=n * 0x10007 + 0x1000), hire, *changed, moved, ended))
    return [event for together in zip(*careers, strict=True) for event in together]


class Log:
    """The events of a site, kept beside it with their positions."""

    def __init__(self, site: Site) -> None:
        self.site, self.conn, self.vault = site, site.reading(), site.vault()
        self.placed: list[tuple[int, int, Event]] = []
        self._keyed: set[UUID] = set()

    def empty(self) -> None:
        """As if nothing had ever been recorded."""
        self.placed.clear()
        tables = [f"read.{projection.table.name}" for projection in PROJECTIONS.values()]
        with self.conn.transaction():
            self.conn.execute(f"TRUNCATE event, projection_tracking, {', '.join(tables)}")
            self.conn.execute("UPDATE event_head SET position = 0")
            self.conn.execute("UPDATE read.projection_position SET position = 0")

    def add(self, events: Sequence[Event]) -> None:
        """Store events that were decided already, all in one save."""
        self._give_keys({event.originator_id for event in events} - self._keyed)
        for recording in self.site.registry.save(*events):
            event: Any = recording.domain_event
            self.placed.append((shard_of(event.originator_id), recording.notification.id, event))

    def check(self) -> None:
        """Every read model equals the fold of the events up to the positions it states, whatever these are."""
        with psycopg.connect(self.site.database_url) as conn:
            conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            found, folded = held(conn), {}
            for name in PROJECTIONS:
                query = "SELECT shard, position FROM read.projection_position WHERE projection = %s"
                at = dict(conn.execute(query, (name,)).fetchall())
                positions = tuple(sorted(at.items()))
                if positions not in folded:
                    folded[positions] = expected(event for shard, n, event in self.placed if n <= at[shard])
                assert found[name] == folded[positions][name], name

    def check_whole(self) -> None:
        """The same, and nothing is left out."""
        self.check()
        assert {state["behind"] for state in self.site.runner.status().values()} == {0}
        assert held(self.conn) == expected(event for _, _, event in self.placed)

    def _give_keys(self, streams: set[UUID]) -> None:
        """Streams that no claim has made have no key yet."""
        kid, kek = self.site.keyring.wrapping()
        for stream in streams:
            wrapped = datakeys.wrap(kek, stream.bytes, datakeys.new_key())
            batch = uuid4()
            self.vault.execute("INSERT INTO claim_batch VALUES (%s, now(), true)", (batch,))
            row = (stream, kid, wrapped, batch)
            self.vault.execute("INSERT INTO data_key VALUES (%s, %s, %s, %s)", row)
        self._keyed |= streams

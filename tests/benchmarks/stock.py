"""The eventsourcing library as it comes, on the same server: its recorder, its aggregates, its ProjectionRunner.

Where the library leaves a choice, the faster one is taken for it. Its tables stand in a schema of their own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import Mapper
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection
from psycopg.conninfo import conninfo_to_dict

from domain import codec
from domain.decide import History
from projections.changes import Change
from projections.models import PROJECTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventsourcing.persistence import StoredEvent, Tracking

    from domain.event import Event
    from projections.table import Row
    from tests.benchmarks.ground import Ground

SCHEMA = "stock"
READ_MODELS = ("record", "roster", "placements")
NEVER = datetime.min.replace(tzinfo=UTC)


def environment(url: str) -> dict[str, str]:
    """What the library's factory reads to use the schema `stock` of a database."""
    parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts["dbname"],
        "POSTGRES_HOST": parts["host"],
        "POSTGRES_PORT": parts["port"],
        "POSTGRES_USER": parts["user"],
        "POSTGRES_PASSWORD": parts["password"],
        "POSTGRES_SCHEMA": SCHEMA,
        "POSTGRES_POOL_SIZE": "1",
    }


def prepare(ground: Ground) -> None:
    """The library's own tables, empty."""
    ground.conn.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    ground.conn.execute(f"CREATE SCHEMA {SCHEMA}")
    Facts(environment(ground.database_url)).close()


class OurMapper(Mapper[UUID]):
    """Our layout in the library's table, so that no JSON library is compared where recorders or runners are."""

    def __init__(self) -> None:
        pass

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        row = stored_event
        return codec.decode(row.originator_id, row.originator_version, row.topic, NEVER, None, row.state, None)  # type: ignore[arg-type]  # a UUID


class Facts(Application[UUID]):
    """Our events in the library's application and recorder."""

    name = "facts"

    def construct_mapper(self) -> OurMapper:
        return OurMapper()


class View(PostgresTrackingRecorder):
    """Our read models in the library's hands: the difference of the rows and the tracking in one transaction."""

    def include(self, changes: Sequence[Change], tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cur:
            cur.execute(f"SET LOCAL search_path TO {SCHEMA}")
            for change in changes:
                table = change.model.table
                table.apply(cur, change.gone, change.came if table.counts else ())
                if not table.counts:  # a COPY for a row or two would cost it more
                    values = ", ".join(["%s"] * len(table.columns))
                    for row in change.came:
                        cur.execute(f"INSERT INTO {table.name} VALUES ({values})", row, prepare=True)  # noqa: S608 - our own names
            self._insert_tracking(cur, tracking)


class Lives(Projection[View]):
    """The same fold, a fact at a time, as the ProjectionRunner hands them out. Histories are kept in memory."""

    name = "lives"

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self.known: dict[UUID, list[Event]] = {}
        self.stated: dict[UUID, dict[str, list[Row]]] = {}

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:  # type: ignore[override]  # one method for all kinds
        stream = domain_event.originator_id
        events = self.known.setdefault(stream, [])
        events.append(domain_event)
        state = History(stream, events).state()
        before, changes = self.stated.setdefault(stream, {}), []
        for name in READ_MODELS:
            rows = list(PROJECTIONS[name].stated(state, ()))
            changes.append(Change(PROJECTIONS[name]))
            changes[-1].add(before.get(name, []), rows)
            before[name] = rows
        self.view.include(changes, tracking)

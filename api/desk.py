"""What a route works with: the registry, a pool to read models, the lists, the measures."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import psycopg
from fastapi import Depends, Request
from psycopg_pool import ConnectionPool

from api.kept import Kept
from api.measures import Measures
from api.pace import Pace
from projections.reading import STEADY
from registry.app import Registry
from registry.intake import Intake
from registry.roles import DatabaseRole, as_role
from registry.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

READERS = 4
WAIT = 2.0
"""Seconds to wait for a connection before saying `unavailable`."""
SUBMISSIONS_AT_ONCE = 4
"""More would leave no thread for readers."""


@dataclass
class Desk:
    """Open for as long as the application runs."""

    settings: Settings
    registry: Registry
    pool: ConnectionPool[psycopg.Connection[tuple[Any, ...]]]
    measures: Measures
    intake: Intake
    kept: Kept = field(default_factory=Kept)
    pace: Pace = field(default_factory=Pace)
    loading: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(SUBMISSIONS_AT_ONCE))

    @contextmanager
    def reading(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """A read-only transaction on the read models that sees one moment."""
        with self.pool.connection(WAIT) as conn:
            conn.execute(STEADY)
            yield conn


def read_pool(url: str) -> ConnectionPool[psycopg.Connection[tuple[Any, ...]]]:
    """Not open yet. No connection is held before the first reader: an API starts before its database, too."""
    return ConnectionPool(as_role(url, DatabaseRole.READ), min_size=0, max_size=READERS, open=False, name="api-reading")


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]

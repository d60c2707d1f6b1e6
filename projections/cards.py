"""Every card and its status, from which the status lists are made. No two cards share an entry: the table's index
refuses the second, and the read models stop there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.worker import Worker
from projections.kinds import CARDS
from projections.projection import Projection
from projections.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from psycopg import Connection

    from domain.employer import Employer

STATUS = {"valid": 0, "revoked": 1, "suspended": 2, "superseded": 3}
"""Two bits of the Token Status List. 3: identity genuine, employment details out of date."""


class Cards(Projection):
    name = "cards"
    kinds = CARDS
    dated = True
    table = Table(
        "card",
        {
            "worker": "uuid",
            "card": "text",
            "shard": "integer NOT NULL",
            "index": "integer NOT NULL",
            "status": "smallint NOT NULL",
            "issued_at": "timestamptz NOT NULL",
            "expires_at": "timestamptz NOT NULL",
            "kid": "text NOT NULL",
            "changed_at": "timestamptz NOT NULL",
        },
        key=("worker", "card"),
        indexes=("card", "kid, worker", "shard, changed_at"),
        unique=("shard, index",),
    )

    def rows(self, state: Worker | Employer) -> Iterable[Row]:
        if not isinstance(state, Worker):
            return
        for c in state.cards.values():
            status = STATUS[c.state]
            yield (state.id, c.number, c.shard, c.index, status, c.issued_at, c.expires_at, c.kid, c.changed_at)


def statuses(conn: Connection[Any], shard: int) -> list[tuple[int, int]]:
    """(index, status) of the cards of one status shard whose status is not 0."""
    query = 'SELECT "index", status FROM read.card WHERE shard = %s AND status <> 0'
    return conn.execute(query, (shard,)).fetchall()


def statuses_since(conn: Connection[Any], shard: int) -> list[tuple[int, int, datetime]]:
    """(index, status, when it last changed) of the cards of one shard whose status is not 0, or was not once."""
    query = (
        'SELECT "index", status, changed_at FROM read.card WHERE shard = %s AND (status <> 0 OR changed_at > issued_at)'
    )
    return conn.execute(query, (shard,)).fetchall()


def in_force_by(conn: Connection[Any], kid: bytes, *, after: UUID | None, most: int) -> list[UUID]:
    """Workers whose card in force this signer signed, in their order; those after `after`."""
    query = (
        "SELECT worker FROM read.card WHERE kid = %(kid)s AND status = 0 AND (%(all)s OR worker > %(after)s)"
        " ORDER BY worker LIMIT %(most)s"
    )
    bounds = {"kid": kid.hex(), "all": after is None, "after": after, "most": most}
    return [worker for (worker,) in conn.execute(query, bounds)]


def counted_by(conn: Connection[Any], kid: bytes) -> dict[int, int]:
    """How many cards this signer signed that have not expired, by their status."""
    query = "SELECT status, count(*) FROM read.card WHERE kid = %s AND expires_at > now() GROUP BY status"
    return dict(conn.execute(query, (kid.hex(),)).fetchall())


def worker_of(conn: Connection[Any], card: str) -> UUID | None:
    """Whose card this is, by its number."""
    row = conn.execute("SELECT worker FROM read.card WHERE card = %s", (card,)).fetchone()
    return row[0] if row else None


def workers_of(conn: Connection[Any], numbers: Sequence[str]) -> dict[str, UUID]:
    """Whose each card is, of those that there are."""
    query = "SELECT card, worker FROM read.card WHERE card = ANY(%s)"
    return dict(conn.execute(query, (list(numbers),)).fetchall())


def without_card(conn: Connection[Any], now: datetime) -> Iterator[UUID]:
    """Verified workers that have no card in force, or one that has ended, in no order that says anything of them.
    Streamed."""
    chosen = (
        "SELECT worker FROM read.record LEFT JOIN read.card USING (worker, card)"
        " WHERE identity = 'verified' AND (card IS NULL OR expires_at <= %s) ORDER BY worker"
    )
    with conn.cursor().copy(f"COPY ({chosen}) TO STDOUT", (now,)) as rows:
        rows.set_types(["uuid"])
        for (worker,) in rows.rows():
            yield worker


def shards(conn: Connection[Any]) -> list[int]:
    """The status shards in use."""
    return [shard for (shard,) in conn.execute("SELECT DISTINCT shard FROM read.card ORDER BY shard")]

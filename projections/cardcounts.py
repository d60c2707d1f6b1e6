"""Cards by what became of them: issued, in force, suspended, revoked and why, by month and province."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain import codes
from domain.decide import today
from domain.facts import WorkerRegistered
from domain.person import UNKNOWN
from domain.worker import Worker
from projections.grouped import grouped
from projections.kinds import CARDS
from projections.projection import Projection
from projections.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from psycopg import Connection

    from domain.employer import Employer

DIMENSIONS = ("month", "cause", "province")
WHATS = ("issued", "live", "expired", "suspended", "revoked", "superseded")


class CardCounts(Projection):
    """`province`: of the holder's residence. Months are those of Jakarta, `changed` that of the state a card is in."""

    name = "card-counts"
    kinds = CARDS | {WorkerRegistered}
    table = Table(
        "card_count",
        {
            "issued": "date",
            "changed": "date",
            "state": "text",
            "cause": "text",
            "province": "text",
            "ends_on": "date",
        },
        key=("issued", "changed", "state", "cause", "province", "ends_on"),
        counts=True,
    )

    def rows(self, state: Worker | Employer) -> Iterable[Row]:
        if isinstance(state, Worker) and state.cards:
            province = codes.province_of(state.residence) if state.residence else UNKNOWN
            for c in state.cards.values():
                issued, ends = today(c.issued_at), today(c.expires_at)
                yield (issued.replace(day=1), c.since.replace(day=1), c.state, c.cause or "", province, ends)


SOURCE = (
    "(SELECT issued AS month, 'issued' AS what, '' AS cause, province, n FROM read.card_count UNION ALL SELECT CASE"
    " WHEN what = 'expired' THEN date_trunc('month', ends_on)::date WHEN what = 'live' THEN issued ELSE changed END,"
    " what, cause, province, n FROM (SELECT *, CASE WHEN state <> 'valid' THEN state WHEN ends_on < date '{day}'"
    " THEN 'expired' ELSE 'live' END AS what FROM read.card_count) states) cards"
)


SUMS = ", ".join(f"coalesce(sum(n) FILTER (WHERE what = '{what}'), 0)::bigint AS {what}" for what in WHATS)


def card_counts(
    conn: Connection[Any],
    day: date,
    by: Sequence[str] = (),
    *,
    since: date | None = None,
    until: date | None = None,
    most: int | None = None,
) -> list[dict[str, Any]]:
    """How many cards were issued, and are live, expired, suspended, revoked or superseded on `day`.

    By any of `DIMENSIONS`. `month` is that of the issue, also of live cards; of the end of expired ones; else that in
    which the state began. `cause` is why, of suspended and revoked ones. Raises: Refused("dimension-unknown").
    """
    return grouped(
        conn, SOURCE.format(day=f"{day:%Y-%m-%d}"), by, DIMENSIONS, SUMS, since=since, until=until, most=most
    )

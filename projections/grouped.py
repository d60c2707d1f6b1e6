"""A table of counts by dimensions that were asked for, from rows with a month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from psycopg import Connection


def grouped(
    conn: Connection[Any],
    source: str,
    by: Sequence[str],
    dimensions: Sequence[str],
    sums: str,
    *,
    order: str = "",
    since: date | None = None,
    until: date | None = None,
    most: int | None = None,
) -> list[dict[str, Any]]:
    """`sums` over all rows of `source` in the months `since` to `until`, inclusive, by those of `dimensions` named.

    `source`, `sums` and `order` are SQL of our own. By no dimension: one row. Otherwise in the order of `order`, then
    of the dimensions, the first `most` rows. Raises: Refused("dimension-unknown").
    """
    for dimension in by:
        if dimension not in dimensions:
            raise Refused("dimension-unknown", got=dimension, expected=", ".join(dimensions))
    columns = ", ".join(dict.fromkeys(by))
    found = conn.execute(
        f"SELECT {columns}{', ' if by else ''}{sums} FROM {source}"  # noqa: S608 - dimensions are checked above
        " WHERE month >= coalesce(%s::date, '-infinity') AND month <= coalesce(%s::date, 'infinity')"
        + (f" GROUP BY {columns} ORDER BY {', '.join(filter(None, (order, columns)))}" if by else "")
        + " LIMIT %s",
        (since, until, most),
    )
    names = [column.name for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

"""An export's table of facts, made of events in memory."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from domain import codec
from domain.event import topic_of
from projections.export.columns import RAW, SCHEMA, typed
from registry.store import shard_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.event import Event


def rows(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Rows of the export, in no order; each fact is read from its clear part, as the export reads it."""
    found, positions = [], dict.fromkeys(range(16), 0)
    for event in events:
        shard = shard_of(event.originator_id)
        positions[shard] += 1
        clear, _ = codec.encode(event)
        topic = topic_of(type(event.fact))
        read = codec.decode(
            event.originator_id, event.originator_version, topic, event.recorded_at, event.submission, clear, None
        )
        raw = (
            str(event.originator_id),
            shard,
            positions[shard],
            event.originator_version,
            topic,
            event.recorded_at,
            None,
            bytes(16),
            clear,
            None,
            None,
        )
        found.append(dict(zip([*RAW, *SCHEMA.names[len(RAW) :]], [*raw, *typed(read)], strict=True)))
    random.shuffle(found)
    return found


def table(events: Iterable[Event]) -> pa.Table:
    return pa.Table.from_pylist(rows(events), schema=SCHEMA)


def loaded(con: Any, events: Iterable[Event]) -> Any:
    """The facts as a table of an engine."""
    return con.create_table("facts", table(events), overwrite=True)


def read(expression: Any) -> list[dict[str, Any]]:
    """The rows of an expression, by stream and employment."""
    return in_order(expression.to_pyarrow().to_pylist())


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["stream"], row["employment"]))

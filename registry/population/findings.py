"""A listed fact as it is handed out: who, when on both axes, by which part of the definition, where in the ledger."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from registry.population.search import Found

FIELDS = (
    "event",
    "index",
    "query",
    "kind",
    "topic",
    "recorded_at",
    "effective_on",
    "organisation",
    "role",
    "person",
    "detail",
)


def told(found: Found, query: str, number: int | None) -> dict[str, Any]:
    """As JSON, in the order of `FIELDS`. `index` is null for a fact that no checkpoint covers yet."""
    event = found.match.event
    return {
        "event": event.id,
        "index": number,
        "query": query,
        "kind": found.match.kind,
        "topic": found.topic,
        "recorded_at": event.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "effective_on": found.effective_on.isoformat(),
        "organisation": event.actor.organisation,
        "role": event.actor.role.value,
        "person": event.actor.person,
        "detail": found.match.detail,
    }

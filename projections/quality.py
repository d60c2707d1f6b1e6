"""How well each organisation reports: late facts by reason, what had to be corrected or taken back, what was disputed.

Counted by the month in which it became known, in Jakarta, straight from what was recorded: a correction that was
itself voided was still made. Only facts that may be amended count as reported: cards, erasures and amendments are what
the registry does.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from domain import facts as f
from domain.decide import today
from domain.event import topic_of
from domain.history import AMENDING, root
from projections.grouped import grouped
from projections.projection import ReadModel
from projections.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from psycopg import Connection

    from domain.decide import State
    from domain.event import Event, Fact

DIMENSIONS = ("month", "organisation", "what", "reason")
WHATS = ("fact", "late", "corrected", "voided", "undone", "mismatched", "disputed")


class Quality(ReadModel):
    """`organisation`: who recorded the fact; of what befell a fact later, who had recorded that fact; of an identity
    that the register does not confirm, who had registered the person."""

    name = "quality"
    dated = True
    table = Table(
        "quality",
        {"month": "date", "organisation": "text", "what": "text", "reason": "text"},
        key=DIMENSIONS,
        counts=True,
    )

    def stated(self, state: State, events: Sequence[Event]) -> Iterable[Row]:  # noqa: ARG002 - the base class's
        amending = {e.originator_version: e for e in events if type(e.fact) in AMENDING}
        known = {e.originator_version: e for e in events}
        for event in events:
            actor, fact = event.actor.organisation, event.fact
            month = _month(event.recorded_at.replace(minute=0, second=0, microsecond=0))
            if fact.amendable:
                yield (month, actor, "fact", "")
            if event.late_reason is not None:
                yield (month, actor, "late", event.late_reason)
            if type(fact) in _ABOUT_ANOTHER:
                about, what, reason = _befell(fact, known, amending)
                yield (month, about.actor.organisation, what, reason)


@lru_cache(maxsize=4_096)
def _month(hour: datetime) -> date:
    """The first day of the month in Jakarta, which is whole hours away from UTC."""
    return today(hour).replace(day=1)


_ABOUT_ANOTHER = AMENDING | {f.IdentityMismatched, f.DisputeOpened}


def _befell(fact: Fact, known: Mapping[int, Event], amending: dict[int, Event]) -> tuple[Event, str, str]:
    """(the fact that something was said about, what, why) of a fact that says something about another."""
    match fact:
        case f.FactCorrected(corrects=version):
            about = known[root(version, amending)]
            return about, "corrected", topic_of(type(about.fact))
        case f.FactVoided(voids=version, cause=cause):
            about = known[root(version, amending)]
            return about, "undone" if version in amending else "voided", cause
        case f.DisputeOpened(about=version, cause=cause):
            return known[version], "disputed", cause
        case f.IdentityMismatched(differs=differs):
            return known[min(known)], "mismatched", differs
    raise TypeError(f"got {type(fact).__name__}, expected one of {_ABOUT_ANOTHER}")


def quality(
    conn: Connection[Any],
    by: Sequence[str] = ("what",),
    *,
    since: date | None = None,
    until: date | None = None,
    most: int | None = None,
) -> list[dict[str, Any]]:
    """How often, by any of `DIMENSIONS`. Raises: Refused("dimension-unknown")."""
    total = "coalesce(sum(n), 0)::bigint AS n"
    return grouped(conn, "read.quality", by, DIMENSIONS, total, since=since, until=until, most=most)

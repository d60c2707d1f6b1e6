"""Mass corrections: many facts amended by one actor within a short while."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from domain import facts as f
from domain.errors import Refused
from domain.facts.amendment import CORRECTED, VOIDED
from registry.population.queries import Match
from registry.population.scope import recorded_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from domain.event import Actor, Event

COUNT, DAYS = 50, 1
MOST = 1_000_000
"""Actors times days with amendments that are counted."""

Who = tuple[str, str, str]


class Mass:
    """`mass`: a correction or void that stands in a run of `days` civil days of Jakarta, one after the other, in which
    its actor (organisation, role and account) recorded at least `count` of them, within the scope asked for.
    """

    name = "mass"
    says = "a correction or void of an actor who recorded at least so many of them within so many consecutive days"
    topics = frozenset({CORRECTED, VOIDED})

    def __init__(self, count: int = COUNT, days: int = DAYS) -> None:
        self.count, self.days = count, days
        self._counted: Counter[tuple[Who, int]] = Counter()

    def parameters(self) -> dict[str, Any]:
        return {"count": self.count, "days": self.days}

    def add(self, event: Event) -> None:
        """Count a fact that is within the scope, if it is an amendment; all of them, before the first is asked of.

        Raises: Refused("too-many-actors").
        """
        if isinstance(event.fact, f.Amendment):
            self._counted[_who(event.actor), _day(recorded_on(event))] += 1
        if len(self._counted) > MOST:
            raise Refused("too-many-actors", expected=MOST)

    def of(self, events: list[Event]) -> Iterator[Match]:
        for event in events:
            if not isinstance(event.fact, f.Amendment):
                continue
            most = self._most(_who(event.actor), _day(recorded_on(event)))
            if most >= self.count:
                yield Match(event, "mass", {"within": most})

    def _most(self, who: Who, day: int) -> int:
        """The most amendments of this actor in any run of days that this day is in."""
        starts = range(day - self.days + 1, day + 1)
        return max(sum(self._counted[who, start + n] for n in range(self.days)) for start in starts)


def _who(actor: Actor) -> Who:
    return actor.organisation, actor.role.value, actor.person


def _day(day: date) -> int:
    return day.toordinal()

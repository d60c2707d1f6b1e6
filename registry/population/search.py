"""A query over all streams of a snapshot: everything counted, the first `most` listed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from domain import facts as f
from domain.event import topic_of
from domain.history import root
from registry.population.queries.mass import Mass
from registry.population.reading import stories
from registry.population.scope import carried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from psycopg import Connection

    from domain.event import Event
    from registry.population.queries import Match, Query
    from registry.population.reading import Story
    from registry.population.scope import Scope

MOST = 10_000


class Found(NamedTuple):
    """A match, the day that counts on the axis of effect, and where its row stands."""

    match: Match
    topic: str
    effective_on: date
    shard: int
    position: int


class Listed(NamedTuple):
    """`counts` by kind, of all; `found` the first `most` of them, by shard, stream and version. `unread`: rows that
    are no facts, the first `most` by name."""

    found: list[Found]
    counts: Counter[str]
    unread: list[str]

    @property
    def total(self) -> int:
        return self.counts.total()


def search(
    conn: Connection[Any],
    query: Query,
    scope: Scope,
    *,
    most: int = MOST,
    tell: Callable[[int], None] = lambda _: None,
) -> Listed:
    """Ask `query` of every stream. Needs a transaction that sees one moment. Memory does not grow with the log.

    Raises: Refused("too-many-actors") by `mass`.
    """
    if isinstance(query, Mass):
        for story in stories(conn, topics=query.topics):
            for event, day in zip(story.events, days(story.events), strict=True):
                if scope.holds(event, _topic(event), day):
                    query.add(event)
    listed = Listed([], Counter(), [])
    for story in stories(conn, tell, query.topics):
        listed.unread.extend([f"{story.stream}:{v}" for v in story.unread][: max(0, most - len(listed.unread))])
        for found in _within(story, query, scope):
            listed.counts[found.match.kind] += 1
            if len(listed.found) < most:
                listed.found.append(found)
    return listed


def _within(story: Story, query: Query, scope: Scope) -> Iterator[Found]:
    place = {event.originator_version: n for n, event in enumerate(story.events)}
    told = days(story.events)
    for match in query.of(story.events):
        n = place[match.event.originator_version]
        topic = _topic(match.event)
        if scope.holds(match.event, topic, told[n]):
            yield Found(match, topic, told[n], story.shard, story.positions[n])


def days(events: list[Event]) -> list[date]:
    """Of each event of a stream the day that counts on the axis of effect: its fact's; of a correction that of the fact
    it carries; of a void that of the fact it takes back, where that is among them."""
    amending = {event.originator_version: event for event in events if isinstance(event.fact, f.Amendment)}
    own = {event.originator_version: carried(event.fact).effective_on for event in events}
    return [
        own.get(root(version, amending), day) if isinstance(event.fact, f.FactVoided) else day
        for event, (version, day) in zip(events, own.items(), strict=True)
    ]


def _topic(event: Event) -> str:
    return getattr(event.fact, "topic", None) or topic_of(type(event.fact))

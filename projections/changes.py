"""What new events change in the read models: each stream touched is folded to where it was, and from there on."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from domain import codec, employer, worker
from domain.decide import History
from domain.history import AMENDING, effective
from registry.store import one_stream, shard_of, touched

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from psycopg import Connection

    from domain.decide import State
    from domain.event import Event, Fact
    from projections.projection import ReadModel
    from projections.table import Row


class Change:
    """The rows of one read model's table that go, and those that come."""

    def __init__(self, model: ReadModel) -> None:
        self.model = model
        self.gone: list[Row] = []
        self.came: list[Row] = []

    def add(self, was: list[Row], now: list[Row]) -> None:
        """Of one stream: what was stated, and what is. A row that stays is not written again."""
        same = 0
        for before, after in zip(was, now, strict=False):
            if before != after:
                break
            same += 1
        gone = was[same:]
        for row in now[same:]:
            if row in gone:
                gone.remove(row)
            else:
                self.came.append(row)
        self.gone += gone


class Changes:
    """What one event after another, or several together, change in the tables of some read models."""

    def __init__(self, models: Iterable[ReadModel]) -> None:
        self.all = [Change(model) for model in models]
        self._of: dict[frozenset[type[Fact]], list[Change]] = {}

    def add(self, stream: UUID, events: Sequence[Event], known: int) -> None:
        """Of a stream's events, all but the first `known` are new."""
        history, stand = History(stream, events), effective(events)
        concerned = self._concerned([type(event.fact) for event in events[known:]]) if known else self.all
        was: list[list[Row]] = [[] for _ in concerned]
        state = None
        if known:
            before, stood = events[:known], effective(events[:known])
            state = history.fold(stood)
            was = [list(change.model.stated(state, before)) for change in concerned]
            state = _moved_on(state, stood, stand)
        if state is None:
            state = history.fold(stand)
        for change, rows in zip(concerned, was, strict=True):
            change.add(rows, list(change.model.stated(state, events)))

    def _concerned(self, new: Iterable[type[Fact]]) -> list[Change]:
        """Those whose rows facts of these kinds may change. An amendment may be about any kind."""
        kinds = frozenset(new)
        if kinds not in self._of:
            any_kind = not kinds.isdisjoint(AMENDING)
            self._of[kinds] = [
                change
                for change in self.all
                if any_kind or change.model.kinds is None or not kinds.isdisjoint(change.model.kinds)
            ]
        return self._of[kinds]


def changes(
    conn: Connection[Any], models: Iterable[ReadModel], after: Mapping[int, int], upto: Mapping[int, int]
) -> list[Change]:
    """Of each of `models`, what the events from `after` to `upto`, positions of each shard, change in its table."""
    found = Changes(models)
    for stream, last, known, clears, moments in touched(conn, after, upto):
        found.add(stream, events_of(conn, stream, last, clears, moments, upto[shard_of(stream)]), known)
    return found.all


def _moved_on(state: State, stood: Sequence[Event], stand: Sequence[Event]) -> State | None:
    """The state of the events that `stand`, from that of those that `stood`; None unless all others come after them."""
    if any(a is not b for a, b in zip_longest(stood, stand[: len(stood)])):
        return None
    evolve: Any = employer.evolve if isinstance(state, employer.Employer) else worker.evolve
    for event in stand[len(stood) :]:
        evolve(state, event)
    return state


def events_of(
    conn: Connection[Any], stream: UUID, last: int, clears: bytes, moments: Sequence[datetime], upto: int
) -> list[Event]:
    """A stream's `last` events up to position `upto`, by all their clear parts; one by one where it holds a fact that
    this version does not know.
    """
    events = codec.told(stream, clears, moments)
    if events is None or len(events) != last:
        rows = one_stream(conn, stream, upto)
        events = [codec.decode(s, v, topic, at, source, clear, None) for s, v, topic, at, source, clear in rows]
    return events

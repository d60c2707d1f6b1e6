"""What changed between two dates, on either axis: the facts that came, and of the record every field, before and after.

On the axis of knowledge the record as of one day is told at each fact that was recorded in between, in the order in
which they came. On the axis of effect it is what is known at one moment, told at each fact that took effect in
between. So each step is one fact, and what it changed is because of it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from domain.decide import History
from domain.errors import Refused
from domain.facts import Registration
from domain.history import as_of, effective
from registry.replay.timeline import Entry, shown, timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from domain.event import Event

Axis = Literal["known", "effective"]
Fields = dict[str, Any]
"""Of a flat record: `employments.ID.occupation` -> its value."""
MOST = 1_000
"""Facts between two dates: the record is told at each of them."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the record; null where it was not there. `because`: the versions that moved it, the last decides."""

    field: str
    before: Any
    after: Any
    because: list[int]


class Differences(msgspec.Struct, frozen=True, kw_only=True):
    """`facts`: those of the span, as the later end tells them, in the order in which they came or took effect."""

    axis: Axis
    facts: list[Entry]
    changes: list[Change]


def learned(history: History, since: datetime, until: datetime, *, on: date | None = None) -> Differences:
    """What the registry learned after `since` and until `until`, of what was true on `on`.

    Raises: Refused("span-too-long").
    """
    known = [e for e in history.events if e.recorded_at <= until]
    first = sum(e.recorded_at <= since for e in known)
    versions = [e.originator_version for e in _bounded(known[first:])]
    stories = [known[:count] for count in range(first, len(known) + 1)]
    records = [_flat(History(history.stream, story), effective(story), on) for story in stories]
    told = {entry.version: entry for entry in timeline(history, known_at=until, on=on)}
    return Differences(axis="known", facts=[told[v] for v in versions], changes=_changes(versions, records))


def happened(history: History, since: date, until: date, *, known_at: datetime | None = None) -> Differences:
    """What took effect after the day `since` and until `until`, as known at `known_at`.

    Raises: Refused("span-too-long").
    """
    standing = as_of(effective(history.events, known_at), until)
    before = as_of(standing, since)
    after = [e for e in standing if e.fact.effective_on > since and not isinstance(e.fact, Registration)]
    versions = [e.originator_version for e in _bounded(after)]
    records = [_flat(history, [*before, *after[:count]], until) for count in range(len(after) + 1)]
    told = {entry.version: entry for entry in timeline(history, known_at=known_at, on=until)}
    return Differences(axis="effective", facts=[told[v] for v in versions], changes=_changes(versions, records))


def _bounded(events: list[Event]) -> list[Event]:
    if len(events) > MOST:
        raise Refused("span-too-long", got=len(events), expected=MOST)
    return events


def _changes(versions: list[int], records: list[Fields]) -> list[Change]:
    """Between the first record and the last; `records` has one more than `versions`."""
    because: dict[str, list[int]] = {}
    for version, before, after in zip(versions, records, records[1:], strict=False):
        for name in before.keys() | after.keys():
            if before.get(name) != after.get(name):
                because.setdefault(name, []).append(version)
    first, last = records[0], records[-1]
    return [
        Change(field=name, before=first.get(name), after=last.get(name), because=because[name])
        for name in sorted(because)
        if first.get(name) != last.get(name)
    ]


def _flat(history: History, events: list[Event], on: date | None) -> Fields:
    if not events:
        return {}
    found = shown(history.fold(events if on is None else as_of(events, on)), on)
    found["findings"] = {_finding(finding): finding for finding in found.get("findings", ())}
    return dict(_leaves(found, ""))


def _finding(finding: dict[str, Any]) -> str:
    return f"{finding['employment']}.{finding['code']}.{finding['since']}"


def _leaves(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    """The plain values inside; what is empty is not there."""
    if isinstance(value, dict):
        items = [(str(name), inner) for name, inner in value.items()]
    elif isinstance(value, list | tuple):
        items = [(str(number), inner) for number, inner in enumerate(value)]
    elif value is not None:
        yield at, value
        return
    else:
        return
    for name, inner in items:
        yield from _leaves(inner, f"{at}.{name}" if at else name)

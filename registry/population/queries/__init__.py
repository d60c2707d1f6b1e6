"""What an audit of the population looks for: each query in a file of its own, with its definition.

A query is asked of one stream at a time, in the order of versions. Whether it lists a fact depends on that fact and
on what was recorded before it, never on what came later: a list of a past period stays as it is. `mass` alone counts
first over all streams, within the period asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from domain.event import Event


class Match(NamedTuple):
    """One fact that a query lists: `kind` says which part of the definition, `detail` by what."""

    event: Event
    kind: str
    detail: dict[str, Any]


class Query(Protocol):
    """`name` on the command line, `says` the definition in a sentence; only streams with one of `topics` are read for
    it, all when there are none."""

    name: str
    says: str
    topics: frozenset[str]

    def parameters(self) -> dict[str, Any]:
        """What it was asked with, for the working papers."""

    def of(self, events: list[Event]) -> Iterator[Match]:
        """The matches in one stream."""

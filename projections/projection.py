"""What a read model is: a table, and what the table says of one stream. All else is the runner's."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from domain.employer import Employer
    from domain.event import Event, Fact
    from domain.worker import Worker
    from projections.table import Row, Table


class ReadModel(ABC):
    """Disposable: it may be dropped and rebuilt at any time, and never reads another stream.

    No two streams state the same row: the key of a table that is not one of counts holds the stream's id.
    `dated`: it looks at when facts were recorded, which a rebuild else leaves out. `version` is raised whenever the
    same facts lead to other rows: a database whose table was built by another definition is then built anew.
    `kinds`: the facts that may change what it says of a stream that has begun, None for all of them; whether amendments
    do is not asked.
    """

    name: ClassVar[str]
    table: ClassVar[Table]
    dated: ClassVar[bool] = False
    version: ClassVar[int] = 1
    kinds: ClassVar[frozenset[type[Fact]] | None] = None

    @property
    def definition(self) -> str:
        """Digest of the table and the version: another one, another read model."""
        return hashlib.sha256(f"{self.version} {self.table.ddl}".encode()).hexdigest()

    @abstractmethod
    def stated(self, state: Worker | Employer, events: Sequence[Event]) -> Iterable[Row]:
        """What the table says of one worker or employer, whose recorded events are `events`. Pure."""


class Projection(ReadModel):
    """Of the state alone: most are."""

    def stated(self, state: Worker | Employer, events: Sequence[Event]) -> Iterable[Row]:  # noqa: ARG002 - the base class's
        return self.rows(state)

    @abstractmethod
    def rows(self, state: Worker | Employer) -> Iterable[Row]:
        """What the table says of one worker or employer. Pure."""

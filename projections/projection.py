"""What a read model is: a table, and what the table says of one stream. All else is the runner's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.employer import Employer
    from domain.worker import Worker
    from projections.table import Row, Table


class Projection(ABC):
    """Disposable: it may be dropped and rebuilt at any time, and never reads another stream.

    No two streams state the same row: the key of a table that is not one of counts holds the stream's id.
    """

    name: ClassVar[str]
    table: ClassVar[Table]

    @abstractmethod
    def rows(self, state: Worker | Employer) -> Iterable[Row]:
        """What the table says of one worker or employer. Pure."""

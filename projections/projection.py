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
    """Disposable: it may be dropped and rebuilt at any time, and never reads another stream."""

    name: ClassVar[str]
    table: ClassVar[Table]

    @abstractmethod
    def rows(self, state: Worker | Employer) -> Iterable[Row]:
        """What the table says of one worker or employer. Pure."""

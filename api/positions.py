"""How far the log is, and how far each read model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from domain.errors import Refused
from projections.definitions import NEVER, recorded
from projections.runner import PROJECTIONS
from registry.store import heads

if TYPE_CHECKING:
    from psycopg import Connection


class Positions(NamedTuple):
    """Shard -> position: of the log, and of each read model. `unbuilt`: read models that have no facts yet."""

    log: dict[int, int]
    included: dict[str, dict[int, int]]
    unbuilt: frozenset[str] = frozenset()

    @property
    def events(self) -> int:
        return sum(self.log.values())

    def of(self, projection: str) -> dict[int, int]:
        """What a read model includes. Raises: Refused("read-model-building") of one that does not serve yet."""
        if projection in self.unbuilt:
            raise Refused("read-model-building")
        return self.included[projection]

    def lag(self, projection: str) -> int:
        """Facts that are recorded and not yet in the read model."""
        return self.events - sum(self.included[projection].values())


def positions(conn: Connection[Any]) -> Positions:
    """In the caller's transaction, so that counts and the positions they include are of one moment."""
    included: dict[str, dict[int, int]] = {name: {} for name in PROJECTIONS}
    query = "SELECT projection, shard, position FROM read.projection_position WHERE projection = ANY(%s)"
    for name, shard, position in conn.execute(query, (list(PROJECTIONS),)):
        included[name][shard] = position
    unbuilt = frozenset(name for name, definition in recorded(conn).items() if definition == NEVER)
    return Positions(dict(heads(conn)), included, unbuilt)

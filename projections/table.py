"""A read model's table: rows that are replaced by key, or counts that are added to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.roles import DatabaseRole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from psycopg import Cursor

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """`columns` are SQL names to types, in the order of a row's values; `key` is the primary key.

    A `counts` table has one more column, `n`: how many times a row was stated by all streams together.
    """

    name: str
    columns: dict[str, str]
    key: tuple[str, ...]
    counts: bool = False
    indexes: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()

    @property
    def ddl(self) -> str:
        """Unqualified, so that the search path says where: `read` to serve, another schema to build beside."""
        return self.bare + self.keys + f"GRANT SELECT ON {self.name} TO {DatabaseRole.READ};"

    @property
    def bare(self) -> str:
        """The table without its key and indexes, to be filled fast."""
        columns = [f"{name} {kind}" for name, kind in self.columns.items()] + (["n bigint NOT NULL"] * self.counts)
        return f"CREATE TABLE {self.name} ({', '.join(columns)});"

    @property
    def keys(self) -> str:
        """The key and the indexes of a table that has none yet."""
        key = f"ALTER TABLE {self.name} ADD PRIMARY KEY ({', '.join(self.key)});"
        plain = "".join(f"CREATE INDEX ON {self.name} ({index});" for index in self.indexes)
        return key + plain + "".join(f"CREATE UNIQUE INDEX ON {self.name} ({index});" for index in self.unique)

    def apply(self, cur: Cursor[Any], gone: Sequence[Row], came: Sequence[Row]) -> None:
        """Write what changed. Of counts, each row as often as it went and came."""
        if self.counts:
            change = Counter(came)
            change.subtract(gone)
            self.add(cur, change)
        else:
            self._remove(cur, gone)
            self.fill(cur, came)

    def add(self, cur: Cursor[Any], change: Counter[Row]) -> None:
        """Add to counts, or take away; one that comes to nothing goes."""
        rows = [(*row, n) for row, n in change.items() if n]
        if rows:
            cur.execute(
                f"INSERT INTO {self.name} SELECT * FROM {self._unnest([*self.columns, 'n'])}"  # noqa: S608 - our own names
                f" ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET n = {self.name}.n + EXCLUDED.n",
                _columns(rows),
                prepare=True,
            )
        self._remove(cur, [row[:-1] for row in rows if row[-1] < 0], but=" AND n = 0")

    def fill(self, cur: Cursor[Any], rows: Sequence[Row]) -> None:
        """Add rows to a table that is not one of counts and holds none with their keys."""
        if not rows:
            return
        with cur.copy(f"COPY {self.name} FROM STDIN (FORMAT binary)") as copy:
            copy.set_types([kind.split()[0] for kind in self.columns.values()])
            for row in rows:
                copy.write_row(row)

    def _remove(self, cur: Cursor[Any], rows: Sequence[Row], but: str = "") -> None:
        if rows:
            names = list(self.columns)
            keys = [[row[place] for row in rows] for place in map(names.index, self.key)]
            match = " AND ".join(f"{self.name}.{name} = gone.{name}" for name in self.key)
            gone = f"{self._unnest(self.key)} AS gone({', '.join(self.key)})"
            cur.execute(f"DELETE FROM {self.name} USING {gone} WHERE {match}{but}", keys, prepare=True)  # noqa: S608 - our own names

    def _unnest(self, names: Iterable[str]) -> str:
        types = ((self.columns | {"n": "bigint"})[name].split()[0] for name in names)
        return f"unnest({', '.join(f'%s::{kind}[]' for kind in types)})"


def _columns(rows: Iterable[Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]

"""A pair of databases to measure on: empty, or with as many lives in it as are asked for."""

from __future__ import annotations

import json
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Any

import psycopg

from keys.keyring import Keyring
from projections.runner import Runner
from registry.app import Registry
from registry.sample.stream import generate
from registry.store import SHARDS
from registry.submissions.load import Loader

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self


PEOPLE = 400
"""People of the sample whose lives are loaded, and then multiplied."""


def names(ground: str) -> tuple[str, str]:
    """The databases of a ground: events and vault."""
    return f"{ground}_events", f"{ground}_vault"


class Ground:
    """Opened for as long as it is entered; what is asked of it is made at the first asking."""

    def __init__(self, database_url: str, vault_url: str, keys: Path) -> None:
        self.database_url, self.vault_url, self.keys = database_url, vault_url, keys
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End what was opened. What is asked for afterwards is opened again only by another `Ground`."""
        self._exit.close()

    @cached_property
    def registry(self) -> Registry:
        registry = Registry(self.database_url, self.vault_url, Keyring.open(self.keys))
        self._exit.callback(registry.close)
        return registry

    @cached_property
    def runner(self) -> Runner:
        runner = Runner(self.database_url)
        self._exit.callback(runner.close)
        return runner

    @cached_property
    def conn(self) -> psycopg.Connection[tuple[Any, ...]]:
        """An administrator's connection to the events database, whom no trigger holds."""
        return self._connected(self.database_url)

    @cached_property
    def vault(self) -> psycopg.Connection[tuple[Any, ...]]:
        """The same to the vault."""
        return self._connected(self.vault_url)

    def _connected(self, url: str) -> psycopg.Connection[tuple[Any, ...]]:
        conn = psycopg.connect(url, autocommit=True, options="-c session_replication_role=replica")
        return self._exit.enter_context(conn)

    @property
    def events(self) -> int:
        """How many there are."""
        row = self.conn.execute("SELECT sum(position)::int8 FROM event_head").fetchone()
        return int(row[0]) if row else 0

    def checkpoint(self) -> None:
        """Write all that waits to be written, so that it is not written beside what is measured."""
        self.conn.execute("CHECKPOINT")

    def live(self, folder: Path, people: int = PEOPLE) -> None:
        """Load a sample of lives, four years of each."""
        path = folder / "lives.ndjson"
        with path.open("w") as file:
            file.writelines(json.dumps(row) + "\n" for row in generate(workers=people, seed=1, errors=False))
        summary = Loader(self.registry).load(path)
        assert not summary.refused, summary.refused

    def multiply(self, events: int) -> None:
        """Let others live the same lives at the same times until there are about `events` events.

        They have submitted rows, and numbers and keys in the vault, that nobody can open.
        """
        copies = events // self.events - 1
        for shard in range(SHARDS):
            with self.conn.transaction():
                self.conn.execute(OTHERS.format(s=shard), {"copies": copies})
                self.conn.execute(EVENTS.format(s=shard))
                self.conn.execute(ROWS)
                self._keys(self.conn.execute("SELECT new FROM other").fetchall())
                self.conn.execute("DROP TABLE other")
            self.conn.execute(f"VACUUM ANALYZE event_{shard:02d}")
        self.conn.execute("VACUUM ANALYZE submission_row")
        self.vault.execute("VACUUM ANALYZE identity, data_key")
        self.checkpoint()

    def _keys(self, streams: list[tuple[Any, ...]]) -> None:
        with self.vault.transaction(), self.vault.cursor() as cur:
            cur.execute("CREATE TEMP TABLE new (stream uuid) ON COMMIT DROP")
            with cur.copy("COPY new FROM STDIN") as copy:
                for row in streams:
                    copy.write_row(row)
            cur.execute(KEYS)


OTHERS = """
CREATE TEMP TABLE other AS
SELECT stream AS old, g, overlay(gen_random_uuid()::text placing right(stream::text, 1) from 36)::uuid AS new
FROM (SELECT DISTINCT stream FROM event_{s:02d}) e, generate_series(1, %(copies)s) g
"""
EVENTS = """
WITH h AS (SELECT position FROM event_head WHERE shard = {s}), added AS (
    INSERT INTO event_{s:02d} (shard, position, stream, version, topic, recorded_at, submission, salt, clear,
        sealed_hash, sealed)
    SELECT {s}, h.position + row_number() OVER (ORDER BY g / 200, e.position, g), new, version, topic, recorded_at,
        submission, salt, clear, sealed_hash, sealed
    FROM h, event_{s:02d} e JOIN other ON old = e.stream RETURNING 1
)
UPDATE event_head SET position = position + (SELECT count(*) FROM added) WHERE shard = {s}
"""
ROWS = """
INSERT INTO submission_row
SELECT organisation, left(ref, 30) || '/' || new, digest, submission, line, new, first_version, events, sealed
FROM submission_row JOIN other ON old = stream
"""
KEYS = """
WITH b AS (INSERT INTO claim_batch VALUES (gen_random_uuid(), now(), true) RETURNING batch),
i AS (INSERT INTO identity SELECT sha256(uuid_send(stream)), 1, stream, batch FROM new, b)
INSERT INTO data_key SELECT stream, 'bench', substr(sha256(uuid_send(stream)) || sha256('x'), 1, 60), batch FROM new, b
"""

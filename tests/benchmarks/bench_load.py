"""An employer's file to durable facts, one process; against a COPY of the same rows and events as bytes."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from registry.store import ROW_TYPES, TYPES, shard_of
from registry.submissions.load import Loader
from tests.benchmarks.conftest import Comparison
from tests.registry.people import founded, hired
from tests.registry.submissions.employer_files import csv_file

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from registry.app import Registry

ROWS = 3_000
POSITIONS = count(1)
SALT, CLEAR, HASH, SEALED, ROW = bytes(16), os.urandom(330), bytes(32), os.urandom(120), os.urandom(480)


def test_file_load(durable: tuple[Registry, psycopg.Connection[Any]], tmp_path: Path) -> None:
    registry, connection = durable
    Loader(registry).load(csv_file(tmp_path / "employer.csv", *founded()))
    numbers = count(1)
    connection.execute("CREATE TABLE bare_row (LIKE submission_row INCLUDING ALL)")
    connection.execute("CREATE TABLE bare_event (LIKE event_00 INCLUDING ALL)")
    connection.execute("CREATE UNIQUE INDEX ON bare_event (stream, version)")

    def ours(times: int) -> None:
        hires = (hired(1, **person(next(numbers))) for _ in range(times))
        summary = Loader(registry).load(csv_file(tmp_path / "hires.csv", *hires), results=tmp_path / "results.csv")
        assert summary.recorded == 2 * times

    def limit(times: int) -> None:
        copy_all(connection, times)

    note = "rows/s of a CSV file of new hires, two facts each, one process; limit: COPY of as many rows and events"
    Comparison("file_load", "rows/s", note).run(ours, limit, times=ROWS)


def person(n: int) -> dict[str, str]:
    """The n-th newcomer: another regency for every 9,999."""
    day, serial = divmod(n, 9_999)
    born = f"{day % 28 + 41:02}0190"
    return {
        "ref": f"b-{n}",
        "nik": f"327501{born}{serial + 1:04}",
        "birth_date": f"1990-01-{day % 28 + 1:02}",
        "name": f"Pekerja {n}",
    }


def copy_all(connection: psycopg.Connection[Any], times: int) -> None:
    """The rows and events of `times` hires as one transaction of two binary COPYs, nothing parsed or decided."""
    now, submission, streams = datetime.now(UTC), uuid4(), [uuid4() for _ in range(times)]
    with connection.transaction(), connection.cursor() as cur:
        with cur.copy("COPY bare_row FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(ROW_TYPES.split(", "))
            for n, stream in enumerate(streams):
                copy.write_row((str(submission), f"b-{n}", HASH, submission, n, stream, 1, 2, ROW))
        with cur.copy("COPY bare_event FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(["int2", "int8", *TYPES.split(", ")])
            for stream in streams:
                for version in (1, 2):
                    event = (stream, version, "employment.hired", now, submission, SALT, CLEAR, HASH, SEALED)
                    copy.write_row((shard_of(stream), next(POSITIONS), *event))

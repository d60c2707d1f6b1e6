"""Public cubes over an export of many facts, against DuckDB counting the same Parquet without any history."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa

from domain import codes
from projections.export.columns import SCHEMA
from projections.statistics.cubes import CUBES
from projections.statistics.ends import ends
from projections.statistics.hires import hires
from tests.benchmarks.measure import Result, in_turns, scaled

if TYPE_CHECKING:
    from pathlib import Path

EVENTS = int(os.environ.get("KETS_BENCH_TOP", "0")) or scaled(1_000_000)
"""In the export; `make bench-statistics` makes it 10,000,000."""
WORKERS = EVENTS // 5
RUNS = 3

# Of each worker: registered, hired, a raise, in most cases an end, and of some what corrects or voids the hire.
SYNTHETIC = """
COPY (
  WITH w AS (
    SELECT i, uuid()::text AS stream, uuid()::text AS employment, (hash(i) % 1000000007)::BIGINT AS h
    FROM range({workers}) r(i)
  ),
  e AS (SELECT w.*, v AS version FROM w, range(1, 6) r(v) WHERE v < 5 OR h % 100 < 97)
  SELECT {columns} FROM e
) TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 131072)
"""
HIRED, REGISTERED, ENDED = "'worker.hired'", "'worker.registered'", "'worker.employment-ended'"
AMENDING = "version = 5 AND h % 100 < 3"
FACT = f"""CASE WHEN version = 1 THEN {REGISTERED} WHEN version = 2 THEN {HIRED} WHEN version = 3
 THEN 'worker.wage-changed' WHEN version = 4 THEN {ENDED} WHEN h % 100 < 2 THEN {HIRED}
 WHEN h % 100 = 2 THEN NULL ELSE 'worker.labour-force-status-declared' END"""
AT_HIRE = f"(version = 2 OR ({AMENDING} AND h % 100 < 2))"
TOLD = {
    "stream": "stream",
    "shard": "0",
    "position": "i * 5 + version",
    "version": "version",
    "topic": f"coalesce({FACT}, 'fact.voided')",
    "recorded_at": "TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_seconds(i % 20000000)",
    "salt": "'\\x00'::BLOB",
    "clear": "'{}'::BLOB",
    "effective_on": "DATE '2024-01-01' + (h % 900)::INT + (version * 20)::INT",
    "amends": f"CASE WHEN {AMENDING} THEN 2 END",
    "voids": f"CASE WHEN {AMENDING} THEN h % 100 = 2 END",
    "fact_topic": FACT,
    "employment": "CASE WHEN version > 1 AND version < 5 OR h % 100 < 2 THEN employment END",
    "employer": f"CASE WHEN {AT_HIRE} THEN (h % 20000)::VARCHAR END",
    "industry": f"CASE WHEN {AT_HIRE} THEN 'kbli:2020/' || (['01111', '10110', '41011', '47111'])[h % 4 + 1] END",
    "regency": f"CASE WHEN {AT_HIRE} THEN (SELECT list(code) FROM regency)[h % 500 + 1] END",  # noqa: S608
    "occupation": f"CASE WHEN {AT_HIRE} THEN 'kbji:2014/' || (1 + h % 9) || '110' END",
    "channel": f"CASE WHEN {AT_HIRE} THEN (['direct', 'direct', 'public-service', 'private-agency'])[h % 4 + 1] END",
    "contract": f"CASE WHEN {AT_HIRE} THEN (['fixed-term', 'permanent'])[h % 2 + 1] END",
    "cause": "CASE WHEN version = 4 THEN (['resignation', 'expiry', 'PP35/2021:43(1)'])[h % 3 + 1] END",
    "declared": f"CASE WHEN {AT_HIRE} THEN h % 10 = 0 END",
    "birth_year": "CASE WHEN version = 1 THEN 1960 + h % 45 END",
    "sex": "CASE WHEN version = 1 THEN (['F', 'M', 'M'])[h % 3 + 1] END",
    "education": "CASE WHEN version = 1 THEN 'sakernas:2024/' || (1 + h % 9) END",
}
"""Of each column what it holds; the others are null. `h` is a hash of the worker."""


def test_statistics_cube(tmp_path: Path) -> None:
    con = ibis.duckdb.connect()
    facts = synthetic(con, tmp_path)
    total = int(facts.count().to_pyarrow().as_py())
    made = {"hires": hires(facts), "ends": ends(facts)}
    result = Result(
        "statistics_cube",
        f"seconds for a table over an export of {total:,} facts, 3 in 100 workers with an amended hire; resolved: which"
        " facts stand, and the rows of hires and ends with all dimensions; a cube: counted from those rows as Parquet;"
        " limit: DuckDB counts the hires, or ends, of the export by a few columns, without looking at amendments",
    )
    for name, rows in made.items():
        written = tmp_path / f"{name}.parquet"
        topic = (HIRED if name == "hires" else ENDED).strip("'")
        of_topic = facts.filter(facts.fact_topic == topic)
        plain = of_topic.group_by("regency", "channel").aggregate(n=of_topic.count())
        resolved, limit = in_turns(
            lambda _, rows=rows, written=written: rows.to_parquet(written),
            lambda _, plain=plain: plain.to_pyarrow(),
            times=1,
            runs=RUNS,
        )
        result.add(f"{name} resolved", value=1 / resolved, unit="s", limit=1 / limit, runs=RUNS)
        table = con.read_parquet(written, table_name=f"rows_of_{name}")
        for cube in (cube for cube in CUBES if cube.of == name):
            counted = table.group_by(*dict.fromkeys(("month", *cube.columns))).aggregate(n=table.count())
            speed, plainly = in_turns(
                lambda _, counted=counted: counted.to_pyarrow(),
                lambda _, plain=plain: plain.to_pyarrow(),
                times=1,
                runs=RUNS,
            )
            result.add(cube.name, value=1 / speed, unit="s", limit=1 / plainly, runs=RUNS)


def synthetic(con: Any, folder: Path) -> Any:
    """An export's columns, of made-up workers."""
    con.create_table("regency", pa.table({"code": [code for code, _ in codes.codes(codes.REGION, "regency")]}))
    names = ibis.Schema.from_pyarrow(SCHEMA)
    columns = ", ".join(
        f"CAST({TOLD.get(name, 'NULL')} AS {con.compiler.type_mapper.to_string(kind)}) AS {name}"
        for name, kind in names.items()
    )
    path = folder / "facts.parquet"
    con.raw_sql(SYNTHETIC.format(workers=WORKERS, columns=columns, path=path))
    return con.read_parquet(path, table_name="facts")

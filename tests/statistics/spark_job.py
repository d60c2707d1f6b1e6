"""Hires and ends of an export on a Spark cluster, as Parquet: `spark_job.py MASTER FACTS OUT [KNOWN_AT]`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import ibis
import pyarrow.parquet as pq
from pyspark.sql import SparkSession  # type: ignore[import-not-found]  # in an environment of its own

from projections.statistics import facts
from projections.statistics.ends import ends
from projections.statistics.hires import hires

OPTIONS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.executor.memory": "1g",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "4",
    "spark.ui.enabled": "false",
}


def main(master: str, folder: str, out: str, known: str = "") -> None:
    builder = SparkSession.builder.master(master).appName("kets-statistics")
    for name, value in OPTIONS.items():
        builder = builder.config(name, value)
    con = ibis.pyspark.connect(builder.getOrCreate())
    table, known_at = facts.read(con, Path(folder)), datetime.fromisoformat(known) if known else None
    for made in (hires, ends):
        pq.write_table(made(table, known_at).to_pyarrow(), f"{out}/{made.__name__}.parquet")
    con.disconnect()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Two engines, one expression: DuckDB, and Spark on a cluster of this machine, agree on every row.

`make spark` makes the environment that it runs in. Skipped loudly without it or without Java: it is no part of
`make test`.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import ibis
import pyarrow.parquet as pq
import pytest

from domain import facts as f
from projections.export.run import export
from projections.statistics import facts
from projections.statistics.ends import ends
from projections.statistics.hires import hires
from registry.roles import DatabaseRole, connect
from tests.docs.pages import ROOT
from tests.domain.given import a
from tests.projections.log import Log, career, many
from tests.statistics.exported import in_order, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Site

PYTHON = ROOT / "var" / "spark" / "venv" / "bin" / "python"
PATIENCE = 120
"""Seconds in which a master or a worker must be there."""


class Cluster:
    """A standalone master and one worker, as processes on loopback. `url` is where jobs are sent."""

    def __init__(self, folder: Path) -> None:
        found = subprocess.run(
            [PYTHON, "-c", "import pyspark; print(pyspark.__path__[0])"], capture_output=True, text=True, check=True
        )
        self.home, self.folder = Path(found.stdout.strip()), folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"spark://127.0.0.1:{self.port}"
        self.environment = {**os.environ, "SPARK_HOME": str(self.home), "SPARK_LOCAL_IP": "127.0.0.1"}

    @contextmanager
    def running(self) -> Iterator[None]:
        master = ("deploy.master.Master", "--host", "127.0.0.1", "--port", str(self.port), "--webui-port", "0")
        worker = ("deploy.worker.Worker", "--host", "127.0.0.1", "--cores", "2", "--memory", "1g", "--webui-port", "0")
        with ExitStack() as closing:
            closing.enter_context(self._process("master", "ALIVE", *master))
            closing.enter_context(
                self._process("worker", "registered with master", *worker, "--work-dir", str(self.folder), self.url)
            )
            yield

    @contextmanager
    def _process(self, name: str, ready: str, kind: str, *words: str) -> Iterator[None]:
        """One of them, once its log says `ready`."""
        log = self.folder / f"{name}.log"
        command = [str(self.home / "bin" / "spark-class"), f"org.apache.spark.{kind}", *words]
        quiet = {**self.environment, "SPARK_DAEMON_JAVA_OPTS": f"-Dlog4j2.configurationFile={self._logging()}"}
        with log.open("wb") as out, subprocess.Popen(command, env=quiet, stdout=out, stderr=out) as process:
            try:
                until = time.monotonic() + PATIENCE
                while ready not in log.read_text(errors="replace"):
                    assert process.poll() is None, log.read_text()
                    assert time.monotonic() < until, log.read_text()
                    time.sleep(0.2)
                yield
            finally:
                process.terminate()

    def _logging(self) -> Path:
        """What they say of their own, on standard error."""
        place = self.folder / "log4j2.properties"
        lines = ("rootLogger.level=info", "rootLogger.appenderRef.a.ref=a", "appender.a.type=Console")
        more = ("appender.a.name=a", "appender.a.target=SYSTEM_ERR", "appender.a.layout.type=PatternLayout")
        place.write_text("\n".join((*lines, *more, "appender.a.layout.pattern=%m%n")))
        return place

    def work(self, *words: str) -> None:
        job = Path(__file__).with_name("spark_job.py")
        environment = {**self.environment, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [PYTHON, job, self.url, *words], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-5_000:]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    if not PYTHON.exists():
        pytest.skip(f"NOT TESTED, for want of {PYTHON}: make spark")
    if shutil.which("java") is None:
        pytest.skip("NOT TESTED, for want of Java")
    folder = tmp_path / "cluster"
    folder.mkdir()
    cluster = Cluster(folder)
    with cluster.running():
        yield cluster


def test_spark_and_duckdb_agree_on_every_row(site: Site, cluster: Cluster, tmp_path: Path) -> None:
    log, folder = Log(site), tmp_path / "facts"
    hire = a(f.Hired, "2024-02-20", channel="overseas")
    corrected = f.FactCorrected(effective_on=hire.effective_on, corrects=2, fact=hire)
    undone = (a(f.FactVoided, "2024-05-31", voids=3), a(f.FactVoided, "2024-05-31", voids=4))
    log.add(career(UUID(int=0xF3), a(f.Hired), corrected, *undone))
    taught = a(f.EducationRecorded, "2024-01-31"), a(f.IdentityCorrected, "2024-03-01", birth_year=1970, sex="M")
    log.add(career(UUID(int=0xF4), a(f.Hired, "2024-02-01"), *taught, a(f.EmploymentEnded, "2024-03-02")))
    log.add(many(60))
    with connect(site.database_url, DatabaseRole.READ, autocommit=True) as conn:
        export(conn, folder, datetime.now(UTC), file_rows=20)
    cluster.work(str(folder), str(tmp_path))
    table: Any = facts.read(ibis.duckdb.connect(), folder)
    for made, expected in ((hires, 62), (ends, 61)):
        there = pq.read_table(tmp_path / f"{made.__name__}.parquet")
        assert in_order(there.to_pylist()) == read(made(table))
        assert len(there) == expected

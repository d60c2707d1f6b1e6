"""From the log to the tables by way of the export: what the read models say of the same facts."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import ibis
import pytest

from domain import facts as f
from domain.errors import Refused
from projections.export.run import export
from projections.statistics import facts
from projections.statistics.ends import ends
from projections.statistics.hires import hires
from registry.roles import DatabaseRole, connect
from tests.docs.pages import page
from tests.domain.given import a
from tests.projections.log import Log, career, many
from tests.statistics.exported import read

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Site

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DIMENSIONS = ("month", "channel", "province", "regency", "industry", "occupation", "sex", "age_band", "education")


@pytest.fixture
def con() -> Any:
    return ibis.duckdb.connect(threads=1)


def test_hires_of_an_export_are_those_of_the_read_model(site: Site, con: Any, tmp_path: Path) -> None:
    log = Log(site)
    hire = a(f.Hired, "2024-02-20", channel="overseas")
    amended = f.FactCorrected(effective_on=hire.effective_on, corrects=2, fact=hire)
    log.add(career(UUID(int=0xF3), a(f.Hired), amended, a(f.FactVoided, voids=3), a(f.FactVoided, voids=4)))
    log.add(many(30))
    with connect(site.database_url, DatabaseRole.READ, autocommit=True) as conn:
        export(conn, tmp_path, NOW, file_rows=10)
    table = facts.read(con, tmp_path)
    assert int(table.count().to_pyarrow().as_py()) == facts.manifest_of(tmp_path)["rows"] == len(log.placed)
    site.runner.catch_up()
    query = f"SELECT worker::text, employment::text, {', '.join(DIMENSIONS)} FROM read.hire ORDER BY 1, 2"  # noqa: S608
    names = ("stream", "employment", *DIMENSIONS)
    said = [tuple(row[name] for name in names) for row in read(hires(table))]
    assert said == log.conn.execute(query).fetchall()
    assert len(said) == 31
    assert len(read(ends(table))) == 30
    assert sum(row["n"] for row in as_the_page_says(tmp_path)) == 31


def as_the_page_says(folder: Path) -> list[dict[str, Any]]:
    """What the lines in docs/how-to/statistics-export.md compute of an export; the last of them is an expression."""
    found = re.search(r"^```python\n(.*\n)(.+)\n```", page("how-to/statistics-export.md"), re.MULTILINE | re.DOTALL)
    assert found
    names: dict[str, Any] = {}
    exec(found[1].replace("DIR", str(folder)), names)  # noqa: S102 - our own page
    rows: list[dict[str, Any]] = eval(found[2], names).to_pylist()  # noqa: S307 - our own page
    return rows


def test_what_is_not_in_the_manifest_is_not_read(site: Site, con: Any, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="export-missing"):
        facts.read(con, tmp_path)
    log = Log(site)
    with connect(site.database_url, DatabaseRole.READ, autocommit=True) as conn:
        export(conn, tmp_path, NOW)
        with pytest.raises(Refused, match="export-missing"):
            facts.read(con, tmp_path)
        log.add(many(3))
        export(conn, tmp_path, NOW)
    first = next(iter(tmp_path.glob("facts/*/*.parquet")))
    shutil.copy(first, first.with_name("000000000900-000000000999.parquet"))
    assert int(facts.read(con, tmp_path).count().to_pyarrow().as_py()) == len(log.placed)
    whole = first.read_bytes()
    for broken in (lambda: first.write_bytes(whole[:-1]), first.unlink):
        broken()
        with pytest.raises(Refused, match="export-missing"):
            facts.read(con, tmp_path)

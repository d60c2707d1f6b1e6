"""The export holds the log, each fact once and as the ledger proves it, and goes on where it was."""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from domain import codec
from domain.errors import Refused
from projections.export.columns import SCHEMA, typed
from projections.export.run import export
from registry.cli import app
from registry.ledger import log as ledger_log
from registry.ledger.leaf import Entry, leaf_hash
from tests.projections.log import Log, many
from tests.registry.ledger.conftest import Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from projections.export.run import Exported
    from tests.conftest import Site

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def log(site: Site) -> Log:
    return Log(site)


@pytest.fixture
def ledger(site: Site, tmp_path: Path) -> Ledger:
    return Ledger(site, tmp_path / "home")


def exported(log: Log, path: Path, file_rows: int = 7) -> Exported:
    return export(log.conn, path, NOW, file_rows=file_rows)


def manifest(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((path / "manifest.json").read_bytes())
    return found


def rows(path: Path) -> list[dict[str, Any]]:
    """What the manifest counts, each file being as it says."""
    found: list[dict[str, Any]] = []
    for listed in manifest(path)["files"]:
        file = path / listed["path"]
        assert hashlib.sha256(file.read_bytes()).hexdigest() == listed["sha256"]
        held = pq.ParquetFile(file).read()
        assert held.schema == SCHEMA
        assert held["position"].to_pylist() == list(range(listed["first"], listed["last"] + 1))
        assert len(held) == listed["rows"]
        found += held.to_pylist()
    assert sorted(path.glob("facts/*/*")) == sorted(path / listed["path"] for listed in manifest(path)["files"])
    return found


def as_recorded(log: Log) -> list[dict[str, Any]]:
    """The same rows, one query and one proof at a time."""
    found = []
    query = (
        "SELECT stream, e.shard, position, version, topic, recorded_at, s.digest AS submission, e.salt, clear,"
        " sealed_hash FROM event e LEFT JOIN submission s ON s.id = e.submission ORDER BY e.shard, position"
    )
    for stream, shard, position, version, topic, at, *rest in log.conn.execute(query).fetchall():
        salt, clear, sealed_hash = rest[1:]
        event = codec.decode(stream, version, topic, at, None, clear, None)
        index = ledger_log.index_of(log.conn, shard, position)
        raw = (str(stream), shard, position, version, topic, at, rest[0], salt, clear, sealed_hash, index)
        found.append(dict(zip(SCHEMA.names, [*raw, *typed(event)], strict=True)))
    return found


def test_every_fact_is_there_once_as_the_ledger_proves_it(log: Log, ledger: Ledger, tmp_path: Path) -> None:
    log.add(many(40))
    size = ledger.sequence(batch=50)
    found = exported(log, tmp_path / "out")
    assert (found.added, found.rows, found.waiting) == (size, size, 0)
    told = rows(tmp_path / "out")
    assert told == as_recorded(log)
    assert sorted(row["log_index"] for row in told) == list(range(size))
    head = ledger_log.head(log.conn)
    said = manifest(tmp_path / "out")
    assert said["ledger"] == {"number": 1, "size": size, "checkpoint": head.checkpoint}
    assert {int(shard): top for shard, top in said["positions"].items()} == found.positions
    assert (said["rows"], said["waiting"], said["created_at"]) == (size, 0, NOW.isoformat())
    row = max(told, key=lambda row: row["log_index"])
    entry = Entry(*(ledger_log.between(log.conn, row["log_index"], 1)[0]))
    leaf = Entry(
        entry.stream,
        row["version"],
        row["topic"],
        row["recorded_at"],
        row["salt"],
        row["clear"],
        row["sealed_hash"],
        row["submission"],
    )
    assert leaf_hash(leaf) == leaf_hash(entry)


def test_a_second_run_adds_what_has_come_and_touches_no_file(log: Log, ledger: Ledger, tmp_path: Path) -> None:
    events, out = many(30), tmp_path / "out"
    log.add(events[:100])
    ledger.sequence()
    first = exported(log, out)
    before = {path: path.stat().st_mtime_ns for path in out.glob("facts/*/*")}
    log.add(events[100:])
    again = exported(log, out)
    assert (again.added, again.waiting) == (0, len(events) - 100)
    ledger.sequence()
    more = exported(log, out)
    assert (more.added, more.rows) == (len(events) - 100, len(events))
    assert first.rows == 100
    assert rows(out) == as_recorded(log)
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_log_without_a_ledger_is_exported_whole_until_it_has_one(log: Log, ledger: Ledger, tmp_path: Path) -> None:
    log.add(many(5))
    exported(log, tmp_path / "out")
    assert {row["log_index"] for row in rows(tmp_path / "out")} == {None}
    ledger.sequence()
    with pytest.raises(Refused, match="export-differs"):
        exported(log, tmp_path / "out")


def test_an_export_of_another_log_is_not_gone_on_with(log: Log, ledger: Ledger, tmp_path: Path) -> None:
    log.add(many(5))
    ledger.sequence()
    out = tmp_path / "out"
    exported(log, out)
    log.conn.execute("UPDATE event SET stream = gen_random_uuid() WHERE shard = 0 AND position = 1")
    (last,) = log.conn.execute("SELECT max(position) FROM event WHERE shard = 0").fetchone()
    log.conn.execute("UPDATE event SET version = version + 1 WHERE shard = 0 AND position = %s", (last,))
    with pytest.raises(Refused, match="export-differs"):
        exported(log, out)


def test_a_file_that_is_gone_is_missed(log: Log, tmp_path: Path) -> None:
    log.add(many(5))
    out = tmp_path / "out"
    exported(log, out)
    (out / manifest(out)["files"][0]["path"]).unlink()
    with pytest.raises(Refused, match="export-differs"):
        exported(log, out)
    (out / "manifest.json").write_text("{}")
    with pytest.raises(Refused, match="export-format"):
        exported(log, out)


def test_a_gap_in_the_log_and_a_fact_that_cannot_be_read_are_refused(log: Log, tmp_path: Path) -> None:
    log.add(many(5))
    query = "UPDATE event SET clear = %s WHERE shard = 0 AND position = 3 RETURNING clear"
    (kept,) = log.conn.execute("SELECT clear FROM event WHERE shard = 0 AND position = 3").fetchone()
    log.conn.execute(query, (b"{",))
    with pytest.raises(Refused, match="fact-unreadable"):
        exported(log, tmp_path / "out")
    log.conn.execute(query, (kept,))
    for missing in (5, 6):
        log.conn.execute("DELETE FROM event WHERE shard = 0 AND position = %s", (missing,))
        with pytest.raises(Refused, match=f"position-missing.*position={missing if missing == 5 else 5}"):
            exported(log, tmp_path / "out")


def test_what_a_killed_run_left_is_taken_over_or_removed(log: Log, tmp_path: Path) -> None:
    log.add(many(20))
    out = tmp_path / "out"

    class KilledError(Exception):
        pass

    def kill(done: int, _total: int) -> None:
        if done > 30:
            raise KilledError

    with pytest.raises(KilledError):
        export(log.conn, out, NOW, file_rows=7, progress=kill)
    whole = {path: path.stat().st_mtime_ns for path in out.glob("facts/*/*")}
    assert len(whole) >= 5
    assert not (out / "manifest.json").exists()
    folder = out / "facts" / "shard=03"
    (folder / ".000000000001-000000000007.parquet.new").write_bytes(b"PAR1")
    (folder / "000000000001-000000000999.parquet").write_bytes(b"PAR1")
    for _ in range(2):  # the second finds what the first wrote after the line that was broken off
        with (out / "unfinished.ndjson").open("ab") as file:
            file.write(b'{"path": "facts/')
        with pytest.raises(KilledError):
            export(log.conn, out, NOW, file_rows=7, progress=kill)
    whole = {path: path.stat().st_mtime_ns for path in out.glob("facts/*/*")}
    done = exported(log, out)
    assert done.added == done.rows - sum(_length(path) for path in whole)
    assert len(rows(out)) == done.rows == len(many(20))
    assert {path: path.stat().st_mtime_ns for path in whole} == whole
    assert not (out / "unfinished.ndjson").exists()


def _length(path: Path) -> int:
    return int(pq.ParquetFile(path).metadata.num_rows)


def test_the_command_exports_and_needs_no_key(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log.add(many(3))
    for name, value in log.site.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KETS_KEYS", str(tmp_path / "none"))
    words = ["export", "facts", "--out", str(tmp_path / "out"), "--file-rows", "2", "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout.splitlines()[-1])["rows"] == len(rows(tmp_path / "out")) == len(many(3))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "projections.export.run")
    monkeypatch.delitem(sys.modules, "projections.export.columns")
    refused = CliRunner().invoke(app, words)
    assert isinstance(refused.exception, Refused)
    assert (refused.exception.code, refused.exception.details["extra"]) == ("extra-missing", "statistics")

"""A new version of the software defines a read model otherwise: it finds out, builds it beside, and swaps it in."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from api import create_app
from domain.errors import Refused
from projections.employers import Employers
from projections.guards import guards
from projections.roster import Roster
from projections.runner import PROJECTIONS, Runner
from registry.roles import DatabaseRole, connect
from tests.api.client import TestClient
from tests.api.story import HERE, refused
from tests.projections.log import Log, many

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from domain.employer import Employer
    from domain.worker import Worker
    from projections.table import Row
    from tests.conftest import Server


class NewRoster(Roster):
    """As a later version might have it: one column more."""

    table: ClassVar = replace(Roster.table, columns={**Roster.table.columns, "channel": "text NOT NULL"})

    def rows(self, state: Worker | Employer) -> Iterable[Row]:
        for row in super().rows(state):
            yield (*row, "direct")


class LaterEmployers(Employers):
    """The same table, filled otherwise."""

    version: ClassVar = 2


COLUMNS = (
    "SELECT array_agg(column_name::text ORDER BY ordinal_position) FROM information_schema.columns"
    " WHERE table_schema = 'read' AND table_name = 'roster'"
)


def included(log: Log, name: str) -> int:
    found: int = log.site.runner.status()[name]["included"]
    return found


def rows(log: Log) -> int:
    ((found,),) = log.conn.execute("SELECT count(*) FROM read.roster").fetchall()
    return int(found)  # type: ignore[call-overload]  # a count


def test_what_another_version_made_serves_until_it_is_built_anew(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    runner, events = log.site.runner, many(12)
    log.add(events[:36])
    runner.catch_up()
    assert runner.outdated() == []
    before = log.conn.execute("SELECT * FROM read.roster ORDER BY 1, 2, 3").fetchall()
    monkeypatch.setitem(PROJECTIONS, "roster", NewRoster())
    assert runner.outdated() == ["roster"]
    log.add(events[36:54])
    while runner._round():
        pass
    assert (included(log, "record"), included(log, "roster")) == (54, 36)
    assert log.conn.execute("SELECT * FROM read.roster ORDER BY 1, 2, 3").fetchall() == before
    assert [name for name, at in runner.status().items() if at["outdated"]] == ["roster"]
    assert runner.rebuild("roster", outdated_only=True) == 54
    assert runner.outdated() == []
    assert log.conn.execute(COLUMNS).fetchone() == ([*NewRoster.table.columns],)
    log.add(events[54:])
    runner.catch_up()
    assert (included(log, "roster"), rows(log)) == (72, 24)
    assert log.conn.execute("SELECT DISTINCT channel FROM read.roster").fetchall() == [("direct",)]
    assert runner.rebuild("roster", outdated_only=True) == 0


def test_a_runner_leaves_alone_what_a_newer_one_swapped_in(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    events = many(4)
    log.add(events[:12])
    log.site.runner.catch_up()
    with monkeypatch.context() as newer:
        newer.setitem(PROJECTIONS, "roster", NewRoster())
        log.site.runner.rebuild("roster")
    log.add(events[12:])
    assert log.site.runner.outdated() == ["roster"]
    assert log.site.runner._step(["roster", "record"]) == 12, "the one that it understands goes on"
    assert log.site.runner._step(["roster"]) == 0
    assert (included(log, "record"), included(log, "roster")) == (24, 12)
    log.site.runner.catch_up()
    log.check_whole()


def test_the_same_table_filled_otherwise_is_another_read_model(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROJECTIONS, "employers", LaterEmployers())
    assert log.site.runner.outdated() == ["employers"]
    log.site.runner.catch_up()
    assert log.site.runner.outdated() == []


def test_a_database_of_before_definitions_were_kept_is_built_anew(log: Log) -> None:
    log.add(many(3))
    log.site.runner.catch_up()
    log.conn.execute("TRUNCATE read.projection_definition")
    assert log.site.runner.outdated() == list(PROJECTIONS)
    log.conn.execute("TRUNCATE read.record")
    assert log.site.runner.catch_up() == 18
    log.check_whole()


def test_a_read_model_that_is_new_on_a_log_answers_nothing_before_it_is_built(log: Log) -> None:
    log.add(many(3))
    log.site.runner.catch_up()
    log.conn.execute("DROP TABLE read.flow, read.calendar")
    for table in ("position", "definition"):
        log.conn.execute(f"DELETE FROM read.projection_{table} WHERE projection IN ('flows', 'calendar')")  # noqa: S608 - two names
    flows, settings = "/v1/statistics/flows", log.site.settings
    with TestClient(create_app(settings, registry=log.site.registry), base_url=HERE) as client:
        refused(client.get(flows), 503, "read-model-building")
        log.site.runner.install()
        assert log.site.runner.outdated() == ["flows", "calendar"]
        assert log.site.runner._round() == 0
        refused(client.get(flows), 503, "read-model-building")
        log.site.runner.catch_up()
        assert sum(row["hires"] for row in client.get(flows).json()["rows"]) == 3
    log.check_whole()


# -- grants and policies --------------------------------------------------------------------------------------------
@pytest.fixture
def stranger(server: Server) -> Iterator[sql.Identifier]:
    name = sql.Identifier(f"Report {uuid4().hex[:12]}")
    with psycopg.connect(server.url(), autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE ROLE {}").format(name))
        yield name
        conn.execute(sql.SQL("DROP ROLE {}").format(name))


def administer(log: Log, statement: str, *names: Any) -> None:
    log.conn.execute(sql.SQL(statement).format(*names))  # type: ignore[arg-type]  # statements of this file


def test_policies_outlive_a_rebuild_and_hold(log: Log, stranger: sql.Identifier) -> None:
    log.add(many(4))
    log.site.runner.catch_up()
    [(one,)] = log.conn.execute("SELECT worker FROM read.roster ORDER BY 1 LIMIT 1").fetchall()
    for statement in (
        "GRANT USAGE ON SCHEMA read TO {}",
        "GRANT SELECT (worker) ON read.roster TO {}",
        "ALTER TABLE read.roster ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY mine ON read.roster FOR SELECT TO {{}} USING (worker = '{one}')",
        'CREATE POLICY "all\'s" ON read.roster TO kets_read, kets_project USING (true) WITH CHECK (spell IS NOT NULL)',
        "CREATE POLICY never ON read.roster AS RESTRICTIVE USING (spell < 99)",
        "ALTER DEFAULT PRIVILEGES FOR ROLE kets_project IN SCHEMA building GRANT SELECT, UPDATE ON TABLES TO {}",
    ):
        administer(log, statement, *([stranger] if "{}" in statement else []))
    before = guards(log.conn, "read.roster")
    assert len(before) == 6
    log.site.runner.rebuild("roster", "record")
    assert guards(log.conn, "read.roster") == before
    role = stranger.as_string(log.conn).strip('"').replace(" ", r"\ ")
    with psycopg.connect(log.site.database_url, options=f"-c role={role}", autocommit=True) as theirs:
        assert theirs.execute("SELECT worker FROM read.roster").fetchall() == [(one,)] * 2
        for forbidden in ("SELECT employer FROM read.roster", "SELECT * FROM read.record"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                theirs.execute(forbidden)
    with connect(log.site.database_url, DatabaseRole.READ) as reader:
        assert reader.execute("SELECT count(*) FROM read.roster").fetchone() == (8,)
    administer(log, "DROP OWNED BY {}", stranger)


class WithoutCause(Roster):
    """A column less, on which somebody may have a grant or a policy."""

    table: ClassVar = replace(Roster.table, columns={n: t for n, t in Roster.table.columns.items() if n != "cause"})

    def rows(self, state: Worker | Employer) -> Iterable[Row]:
        return (row[:-1] for row in super().rows(state))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("GRANT SELECT (cause) ON read.roster TO kets_write", "guards-differ"),
        ("CREATE POLICY part ON read.roster USING (cause IS NULL)", "guards-differ"),
        ("CREATE VIEW read.left AS SELECT worker, until FROM read.roster", "read-model-used"),
    ],
)
def test_what_cannot_be_carried_is_refused_before_anything_is_built(
    log: Log, monkeypatch: pytest.MonkeyPatch, given: str, code: str
) -> None:
    log.add(many(2))
    log.site.runner.catch_up()
    monkeypatch.setitem(PROJECTIONS, "roster", WithoutCause())
    log.conn.execute(given)  # type: ignore[call-overload]  # statements of this file
    before = guards(log.conn, "read.roster")
    said: list[int] = []
    with pytest.raises(Refused) as caught:
        log.site.runner.rebuild("roster", progress=lambda done, _total: said.append(done))
    assert (caught.value.code, said, rows(log)) == (code, [], 4)
    assert guards(log.conn, "read.roster") == before
    assert log.site.runner.status()["roster"]["rebuild"] is None


def test_what_is_granted_while_a_rebuild_runs_is_there_after_it(log: Log) -> None:
    log.add(many(2))

    def grant(_done: int, _total: int) -> None:
        log.conn.execute("GRANT SELECT ON read.roster TO kets_erase")

    log.site.runner.rebuild("roster", progress=grant)
    assert any("kets_erase" in guard for guard in guards(log.conn, "read.roster"))


# -- how far --------------------------------------------------------------------------------------------------------
def test_others_see_how_far_a_rebuild_is(log: Log) -> None:
    log.add(many(5))
    log.site.runner.catch_up()
    watching, seen = Runner(log.site.database_url), []
    try:
        log.site.runner.rebuild("record", progress=lambda *_: seen.append(watching.status()["record"]["rebuild"]))
        assert {(each["done"], each["total"]) for each in seen[:-1]} == {(6, 30)}, "noted once a second"
        assert all(each["seconds_left"] > 0 for each in seen[:-1])
        assert seen[-1] is watching.status()["record"]["rebuild"] is None
        log.conn.execute("INSERT INTO read.projection_rebuild VALUES ('record', now(), 7, 30)")
        assert watching.status()["record"]["rebuild"] is None, "of one that was killed nothing is told"
        log.site.runner.rebuild("record")
        assert log.conn.execute("SELECT count(*) FROM read.projection_rebuild").fetchone() == (0,)
    finally:
        watching.close()


# -- by itself ------------------------------------------------------------------------------------------------------
def test_the_command_that_keeps_read_models_builds_outdated_ones_meanwhile(log: Log) -> None:
    events = many(6)
    log.add(events[:18])
    log.site.runner.catch_up()
    log.conn.execute("DELETE FROM read.projection_definition WHERE projection IN ('record', 'quality')")
    log.add(events[18:])
    command = [sys.executable, "-m", "registry", "project", "run"]
    with subprocess.Popen(command, env=log.site.environment) as running:
        try:
            deadline = time.monotonic() + 60
            while (log.site.runner.outdated() or included(log, "roster") < 36) and time.monotonic() < deadline:
                assert running.poll() is None
                time.sleep(0.05)
            while included(log, "quality") < 36 and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:
            running.terminate()
    assert running.returncode == 0
    assert log.site.runner.outdated() == []
    log.check_whole()

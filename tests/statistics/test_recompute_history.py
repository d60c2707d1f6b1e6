"""The SQL that an auditor runs says of every history what the domain's own fold says, whatever was amended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import codes, endings
from domain import facts as f
from domain.decide import History
from domain.event import topic_of
from domain.facts import TOPICS
from domain.history import effective
from domain.person import age_band
from tests.domain.facts_strategy import streams
from tests.domain.given import OFFICER, a
from tests.domain.strategies import BEGINNING, registries
from tests.statistics import folded
from tests.statistics.exported import table
from tests.statistics.recomputing import RECIPE
from tests.statistics.test_expression import amended

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from domain.event import Event

DIFFERENT = "FROM finding WHERE code <> 'manifest-differs'"
"""The one file here holds all shards, and the manifest says nothing of it."""
FIELDS = ("stream", "version", "fact_topic", "effective_on", "recorded_at", "organisation", "employment")


class Auditor:
    """facts.sql on events that are exported as they are."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.derived = folder, 0
        (folder / "facts/shard=00").mkdir(parents=True)
        self.con = duckdb.connect()

    def derive(self, events: list[Event], known_at: datetime | None = None) -> None:
        self.derived += 1  # under a name of its own: DuckDB keeps what it has read of a file
        file = f"facts/shard=00/000000000001-{self.derived:012}.parquet"
        pq.write_table(table(events), self.folder / file)
        manifest: dict[str, Any] = {"files": [{"path": file}], "positions": {str(n): 10**6 for n in range(16)}}
        manifest["cut_off"] = "9999-12-31T00:00:00+00:00" if known_at is None else known_at.isoformat()
        (self.folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        self.con.execute(f"SET VARIABLE facts = '{self.folder}'; SET VARIABLE publication = '{self.folder}'")
        self.con.execute((RECIPE / "facts.sql").read_text(encoding="utf-8"))

    def asked(self, query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.con.execute(query).to_arrow_table().to_pylist()
        return found


@pytest.fixture(scope="module")
def auditor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Auditor]:
    """In a folder of its own: the SQL writes beside itself."""
    folder = tmp_path_factory.mktemp("auditor")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        auditor = Auditor(folder)
        yield auditor
        auditor.con.close()


def check(auditor: Auditor, histories: list[History], data: st.DataObject) -> None:
    """As known at the end, and at a moment before it."""
    events = [event for history in histories for event in history.events]
    known_at = data.draw(st.none() | st.sampled_from(sorted({event.recorded_at for event in events})), label="known at")
    auditor.derive(events, known_at)
    assert auditor.asked(DIFFERENT) == []
    stands = {tuple(row.values()) for row in auditor.asked(f"SELECT {', '.join(FIELDS)} FROM standing")}  # noqa: S608 - our own names
    assert stands == {line(event) for history in histories for event in effective(history.events, known_at)}
    for kind, fold in (("hires", folded.hires), ("ends", folded.ends)):
        assert auditor.asked(f"FROM {kind} ORDER BY stream, employment") == fold(histories, known_at)


def line(event: Event) -> tuple[Any, ...]:
    employment = getattr(event.fact, "employment", None)
    return (
        str(event.originator_id),
        event.originator_version,
        topic_of(type(event.fact)),
        event.fact.effective_on,
        event.recorded_at,
        event.actor.organisation,
        None if employment is None else str(employment),
    )


@settings(deadline=None, max_examples=2, suppress_health_check=list(HealthCheck))
@given(histories=registries(workers=12, most=30), data=st.data())
def test_the_sql_is_the_fold(auditor: Auditor, histories: list[History], data: st.DataObject) -> None:
    check(auditor, histories, data)


@settings(deadline=None, max_examples=5, suppress_health_check=list(HealthCheck))
@given(history=amended(), data=st.data())
def test_amendments_of_amendments(auditor: Auditor, history: History, data: st.DataObject) -> None:
    check(auditor, [history], data)


def test_voids_of_voids_undo_each_other_from_the_latest_back(auditor: Auditor) -> None:
    history = History(UUID(int=0xB1))
    for fact in (a(f.WorkerRegistered, "2020-01-01"), a(f.Hired)):
        history.record(fact, by=OFFICER, now=BEGINNING)
    for version, counted in ((2, 0), (3, 1), (4, 0), (5, 1), (4, 0), (7, 1), (6, 0)):
        history.record(a(f.FactVoided, "2024-05-31", voids=version), by=OFFICER, now=BEGINNING)
        auditor.derive(list(history.events))
        assert auditor.asked("FROM hires") == folded.hires([history])
        assert len(folded.hires([history])) == counted, version


@settings(deadline=None, max_examples=2, suppress_health_check=list(HealthCheck))
@given(given_streams=st.lists(streams(most=40), min_size=3, max_size=3))
def test_every_column_of_every_kind_of_fact(auditor: Auditor, given_streams: list[list[Event]]) -> None:
    auditor.derive([event for stream in given_streams for event in stream])
    assert auditor.asked(DIFFERENT) == []


def test_the_topics_are_all_that_there_are(auditor: Auditor) -> None:
    auditor.derive([])
    assert sorted(row["topic"] for row in auditor.asked("FROM topic")) == sorted(TOPICS)


def test_groups_of_codes_are_those_of_the_code_lists(auditor: Auditor) -> None:
    auditor.derive([])
    causes = [code for code, _ in codes.codes(codes.TERMINATION)]
    causes += [codes.split(code)[1] for code, _ in codes.codes(codes.ENDING)]
    said = {
        "province": {code: codes.province_of(code) for code, _ in codes.codes(codes.REGION, "regency")},
        "category": {code: f"kbli:2020/{codes.category_of(code)}" for code, _ in codes.codes(codes.KBLI)},
        "major": {code: f"kbji:2014/{codes.major_of(code)}" for code, _ in codes.codes(codes.KBJI)},
        "cause_group": {code: endings.group_of(code) for code in causes},
    }
    for macro, expected in said.items():
        asked = auditor.con.execute(f"SELECT c, {macro}(c) FROM (SELECT unnest($1) AS c)", [list(expected)])  # noqa: S608 - our own names
        assert dict(asked.fetchall()) == expected
    ages = auditor.con.execute("SELECT age, age_band(age) FROM range(120) t(age)").fetchall()
    assert dict(ages) == {age: age_band(1900, 1900 + age) for age in range(120)}


@pytest.mark.parametrize(("revision", "needless"), [(1, True), (2, False)])
def test_only_of_a_first_publication_is_no_zero_withheld(revision: int, needless: bool) -> None:
    """A revision withholds a count that has become 0 where it would tell those that were withheld before."""
    [asked] = [part for part in (RECIPE / "cubes.sql").read_text("utf-8").split(";") if "'cell-needless'" in part]
    con = duckdb.connect()
    con.execute(f"CREATE TABLE manifest AS SELECT {revision} AS revision")
    con.execute(
        "CREATE MACRO named(cube, key) AS cube; CREATE TABLE finding (code VARCHAR, about VARCHAR, what VARCHAR)"
    )
    con.execute("CREATE TABLE cell (cube VARCHAR, key VARCHAR[], n INTEGER, withheld BOOLEAN)")
    con.execute("INSERT INTO cell VALUES ('told', [], 0, false), ('hidden', [], 0, true), ('small', [], 3, true)")
    con.execute(asked)
    assert con.execute("SELECT about FROM finding").fetchall() == [("hidden",)] * needless
    con.close()

"""One expression over the export: it says of every history what the domain's own fold says, whatever was amended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import codes, endings
from domain import facts as f
from domain.decide import History
from domain.event import topic_of
from domain.history import effective as folded_history
from domain.person import age_band
from projections.statistics import codes as groups
from projections.statistics import persons
from projections.statistics.ends import ends, group_of
from projections.statistics.hires import hires
from projections.statistics.history import depth_of, effective
from tests.domain.given import OFFICER, a
from tests.domain.strategies import BEGINNING, amendments, attempt, registries
from tests.statistics import folded
from tests.statistics.exported import in_order, loaded, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


@pytest.fixture(scope="module")
def con() -> Iterator[Any]:
    con = ibis.duckdb.connect(threads=1)
    yield con
    con.disconnect()


@st.composite
def amended(draw: st.DrawFn) -> History:
    """A worker's hire and its end, and little but amendments, also of amendments, of what comes before them."""
    history = History(UUID(int=0xB1))
    for fact in (a(f.WorkerRegistered, "2020-01-01"), a(f.Hired), a(f.EmploymentEnded, "2024-03-01")):
        history.record(fact, by=OFFICER, now=BEGINNING)
    for day in range(draw(st.integers(0, 10))):
        attempt(history, draw(amendments(history)), OFFICER, BEGINNING + timedelta(days=day))
    return history


COLUMNS = ("stream", "version", "fact_topic", "effective_on", "recorded_at", "organisation", "employment")
KNOWN = (None, BEGINNING + timedelta(days=2))
DEPTH = 4
"""More than is there does no harm."""


class Asked:
    """What stands, the hires and the ends, as known at each moment: each expression as SQL, written once."""

    def __init__(self, con: Any) -> None:
        facts = loaded(con, [])
        self.queries = {known_at: [str(ibis.to_sql(e)) for e in expressions(facts, known_at)] for known_at in KNOWN}


def expressions(facts: Any, known_at: datetime | None) -> list[Any]:
    return [
        effective(facts, known_at, depth=DEPTH).select(*COLUMNS),
        hires(facts, known_at, depth=DEPTH),
        ends(facts, known_at, depth=DEPTH),
    ]


@pytest.fixture(scope="module")
def asked(con: Any) -> Asked:
    return Asked(con)


def folded_standing(histories: list[History], known_at: datetime | None) -> list[dict[str, Any]]:
    found = (e for history in histories for e in folded_history(history.events, known_at))
    rows = (
        (
            str(e.originator_id),
            e.originator_version,
            topic_of(type(e.fact)),
            e.fact.effective_on,
            e.recorded_at,
            e.actor.organisation,
            str(e.fact.employment) if hasattr(e.fact, "employment") else None,
        )
        for e in found
    )
    return [dict(zip(COLUMNS, row, strict=True)) for row in sorted(rows, key=lambda row: row[:2])]


def check(con: Any, asked: Asked, histories: list[History]) -> None:
    facts = loaded(con, [event for history in histories for event in history.events])
    assert depth_of(facts) <= DEPTH
    for known_at, queries in asked.queries.items():
        stands, hired, ended = (con.con.sql(query).to_arrow_table().to_pylist() for query in queries)
        by_place = sorted(stands, key=lambda row: (row["stream"], row["version"]))
        assert by_place == folded_standing(histories, known_at)
        assert in_order(hired) == folded.hires(histories, known_at)
        assert in_order(ended) == folded.ends(histories, known_at)


@settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))
@given(histories=registries(workers=4, most=24))
def test_the_expression_is_the_fold(con: Any, asked: Asked, histories: list[History]) -> None:
    check(con, asked, histories)


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(history=amended())
def test_amendments_of_amendments_undo_what_they_undo_in_the_domain(con: Any, asked: Asked, history: History) -> None:
    check(con, asked, [history])


def test_how_deep_amendments_go_is_found(con: Any) -> None:
    history = History(UUID(int=0xB1))
    for fact in (a(f.WorkerRegistered, "2020-01-01"), a(f.Hired), a(f.EducationRecorded, "2024-02-01")):
        history.record(fact, by=OFFICER, now=BEGINNING)
    assert depth_of(loaded(con, history.events)) == 1
    for version in (2, 4, 5, 6):
        history.record(a(f.FactVoided, "2024-05-31", voids=version), by=OFFICER, now=BEGINNING)
        facts = loaded(con, history.events)
        assert depth_of(facts) == max(version - 2, 1)
        assert read(hires(facts)) == folded.hires([history])
    assert [row["employment"] for row in read(hires(facts))] == [str(a(f.Hired).employment)]


def test_codes_are_grouped_as_in_the_domain(con: Any) -> None:
    regencies = [code for code, _ in codes.codes(codes.REGION, "regency")]
    industries = [code for code, _ in codes.codes(codes.KBLI)]
    occupations = [code for code, _ in codes.codes(codes.KBJI)]
    causes = [code for code, _ in codes.codes(codes.TERMINATION)]
    causes += [codes.split(code)[1] for code, _ in codes.codes(codes.ENDING)]
    said = (
        (groups.province_of, {code: codes.province_of(code) for code in regencies}),
        (groups.category_of, {code: f"kbli:2020/{codes.category_of(code)}" for code in industries}),
        (groups.major_of, {code: f"kbji:2014/{codes.major_of(code)}" for code in occupations}),
        (group_of, {code: endings.group_of(code) for code in causes}),
    )
    for group, expected in said:
        table = ibis.memtable(pa.table({"code": list(expected)}))
        found = con.to_pyarrow(table.select("code", group=group(table.code)))
        assert dict(zip(*found.to_pydict().values(), strict=True)) == expected


def test_ages_are_banded_as_in_the_domain(con: Any) -> None:
    years = [None, *range(1900, 2030)]
    table = ibis.memtable(pa.table({"born": pa.array(years, pa.int32())}))
    found = con.to_pyarrow(table.select("born", band=persons.age_band(table.born, ibis.literal(2026)))).to_pylist()
    assert {row["born"]: row["band"] for row in found} == {year: age_band(year or 0, 2026) for year in years}

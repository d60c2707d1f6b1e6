"""Whatever the order, the batches and the moments of looking: a read model is the fold of the events it includes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import facts as f
from projections.runner import PROJECTIONS
from tests.domain.given import ACME, BETA, JOB, OFFICER, a
from tests.domain.strategies import BEGINNING, careers, companies, interleaved
from tests.projections.log import Log, career
from tests.projections.naive import COLUMNS, held

if TYPE_CHECKING:
    from domain.event import Event

WORKERS = [UUID(int=0xA1), UUID(int=0xA2), UUID(int=0xB1), UUID(int=0xC5)]
"""Two of them share a shard, one of them with an employer."""
EMPLOYERS = [UUID(int=0xE1), UUID(int=0xE2)]


@st.composite
def recorded(draw: st.DrawFn) -> list[Event]:
    """The events of several workers and employers in an order in which they could have been recorded."""
    streams = [draw(careers(stream, 14)) for stream in WORKERS[: draw(st.integers(1, 4))]]
    streams += [draw(companies(stream, 4)) for stream in EMPLOYERS[: draw(st.integers(0, 2))]]
    return draw(interleaved(streams))


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_read_model_is_the_fold_of_what_it_includes(log: Log, data: st.DataObject) -> None:
    log.empty()
    events, runner = data.draw(recorded()), log.site.runner
    while events:
        size = data.draw(st.integers(1, len(events)), label="events saved")
        log.add(events[:size])
        del events[:size]
        runner.batch = data.draw(st.sampled_from([1, 2, 3, 7, 1000]), label="batch")
        for _ in range(data.draw(st.integers(0, 3), label="batches")):
            runner._round()
            log.check()
    runner.catch_up()
    log.check_whole()
    name = data.draw(st.sampled_from(sorted(PROJECTIONS)), label="rebuilt")
    runner.rebuild(name)
    log.check_whole()


def test_an_employment_that_came_back_on_the_same_day_has_three_spells(log: Log) -> None:
    there = a(f.EmployerTransferred, "2024-01-15", employer=BETA)
    back = a(f.EmployerTransferred, "2024-01-15", employer=ACME)
    log.add(career(WORKERS[0], a(f.Hired, "2024-01-15"), there, back))
    log.site.runner.catch_up()
    log.check_whole()
    found = log.conn.execute("SELECT spell, employer FROM read.roster ORDER BY spell").fetchall()
    assert found == [(1, ACME), (2, BETA), (3, ACME)]


def test_two_workers_may_name_an_employment_alike(log: Log) -> None:
    for stream in WORKERS[:2]:
        log.add(career(stream, a(f.Hired, "2024-01-15")))
    log.site.runner.catch_up()
    log.check_whole()
    assert log.conn.execute("SELECT count(*) FROM read.roster WHERE employment = %s", (JOB,)).fetchone() == (2,)


def test_somebody_erased_passes_through_every_read_model(log: Log) -> None:
    """Also one who is erased between two facts; nothing in a read model came out of a sealed part."""
    events = career(WORKERS[0], a(f.Hired, "2024-01-15"), a(f.WageChanged, "2024-02-01"))
    log.add(events[:2])
    log.site.runner.catch_up()
    before = held(log.conn)
    log.site.registry.vault.destroy(WORKERS[0])
    for name in PROJECTIONS:
        log.site.runner.rebuild(name)
    assert held(log.conn) == before
    history = log.site.registry.history(WORKERS[0])
    ended = a(f.EmploymentEnded, "2024-03-01")
    log.add([history.record(ended, by=OFFICER, now=BEGINNING)])
    log.placed = [
        (shard, position, history.events[event.originator_version - 1]) for shard, position, event in log.placed
    ]
    log.site.runner.catch_up()
    log.check_whole()


def test_every_column_of_every_table_is_compared(log: Log) -> None:
    for name, projection in PROJECTIONS.items():
        assert set(COLUMNS[name].split()) == set(projection.table.columns)

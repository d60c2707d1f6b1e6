"""Whatever becomes of a commit and of its acknowledgement, a row is recorded once, and its sender gets one receipt."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from domain import facts as f
from registry import cards
from registry.app import Receipt, Registry
from registry.store import heads, shard_of
from registry.submissions.load import Loader
from tests.registry.cutting import Line
from tests.registry.people import DAY, OFFICER, education, founded, hired, record, register, row
from tests.registry.submissions.employer_files import ndjson_file
from tests.registry.test_store import counted, incoming

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from registry.submissions.load import RowResult, Summary
    from tests.conftest import Site
    from tests.registry.cutting import Cut
    from tests.registry.submissions.employer_files import Values

VERIFIED = f.IdentityVerified(effective_on=DAY, register="dukcapil")


@contextmanager
def over(site: Site, cuts: Iterable[Cut | None]) -> Iterator[tuple[Registry, Line]]:
    """A registry whose commits to the event log suffer `cuts`."""
    with Line(site.database_url, cuts) as line:
        registry = Registry(line.url, site.vault_url, site.keyring, now=lambda: site.now)
        try:
            yield registry, line
        finally:
            registry.close()


def check_dense(site: Site) -> None:
    for shard, top in heads(site.reading()):
        found = site.reading().execute("SELECT position FROM event WHERE shard = %s ORDER BY position", (shard,))
        assert [position for (position,) in found] == list(range(1, top + 1))


# -- one row --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("cut", ["before", "after", "late"])
def test_a_row_gets_one_receipt(site: Site, cut: Cut) -> None:
    stream = register(site.registry)
    with over(site, [cut]) as (registry, line):
        receipt = record(registry, stream, education(4), education(5), incoming=incoming(site.registry))
        assert line.done == [cut]
    assert receipt.again == (cut == "after"), "the commit that was lost is the one that counts, if it was done"
    assert (receipt.events, receipt.positions) == ([f"{stream}:2", f"{stream}:3"], {shard_of(stream): [2, 3]})
    assert counted(site) == 3
    check_dense(site)


def test_a_row_whose_every_commit_is_lost_once_more(site: Site) -> None:
    stream = register(site.registry)
    with over(site, ["before", "late", "before", "after"]) as (registry, line):
        receipt = record(registry, stream, education(), incoming=incoming(site.registry))
        assert line.done[:2] == ["before", "late"]
    assert receipt.events == [f"{stream}:2"]
    assert counted(site) == 2
    check_dense(site)


# -- without a row --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("cut", ["before", "after", "late"])
def test_a_command_without_a_row_is_done_once(site: Site, cut: Cut) -> None:
    stream = register(site.registry)
    record(site.registry, stream, VERIFIED)
    with over(site, [cut]) as (registry, line):
        issued = cards.issue(registry, stream, by=OFFICER)
        assert line.done == [cut]
    assert cards.current(site.registry, stream) == issued
    assert [type(event.fact) for event in site.registry.history(stream).events[2:]] == [f.CardIssued]
    check_dense(site)


def test_the_card_that_is_released_is_the_one_that_was_committed(site: Site) -> None:
    """The first attempt waits at the database, unheard; the second waits behind it and comes too late."""
    stream = register(site.registry)
    record(site.registry, stream, VERIFIED)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with (
        over(site, ["unheard"]) as (registry, line),
        psycopg.connect(site.database_url) as blocker,
        ThreadPoolExecutor(1) as pool,
    ):
        blocker.execute("SELECT FROM event_head WHERE shard = %s FOR UPDATE", (shard_of(stream),))
        issuing = pool.submit(cards.issue, registry, stream, by=OFFICER)
        while site.reading().execute(waiting).fetchone() != (2,) and not issuing.done():
            time.sleep(0.01)
        blocker.rollback()
        issued = issuing.result(20)
        assert line.done == ["unheard"]
    assert cards.current(site.registry, stream) == issued
    assert [type(event.fact) for event in site.registry.history(stream).events[2:]] == [f.CardIssued]
    check_dense(site)


# -- files ----------------------------------------------------------------------------------------------------------
PEOPLE = 16


def rows() -> list[Values]:
    later = [row(n, "education", ref=f"e-{n}", effective_on="2026-02-05", education="9") for n in range(1, PEOPLE, 3)]
    return [*founded(), *(hired(n) for n in range(1, PEOPLE + 1)), *later]


def loaded(site: Site, registry: Registry, window: int) -> tuple[Summary, dict[str | None, Any]]:
    path = ndjson_file(site.settings.home / "rows.ndjson", *rows())
    outcomes: dict[str | None, Any] = {}

    def note(result: RowResult) -> None:
        outcomes[result.ref] = result.outcome

    return Loader(registry, window=window).load(path, on_row=note), outcomes


@pytest.mark.parametrize(("cut", "window"), [("any", 1), ("any", 8), ("before", 2048), ("after", 2048), ("late", 2048)])
def test_every_row_of_a_file_is_recorded_once(site: Site, cut: str, window: int) -> None:
    """Of every three commits one suffers; those by which the lost is sought and made good may suffer too."""
    choice = random.Random(f"{cut} {window}")
    kinds: list[Cut] = ["before", "after", "late"] if cut == "any" else [cut]  # type: ignore[list-item]  # one of them
    cuts = [choice.choice(kinds) if choice.random() < 1 / 3 else None for _ in range(30)]
    with over(site, cuts) as (registry, line):
        summary, outcomes = loaded(site, registry, window)
        assert len(line.done) > 2
    count = 2 + 2 * PEOPLE + len(rows()) - 2 - PEOPLE
    assert (summary.rows, summary.accepted, dict(summary.refused)) == (len(rows()), len(rows()), {})
    assert counted(site) == count
    check_dense(site)
    check_receipts(site, outcomes.values())
    again, repeated = loaded(site, site.registry, 2048)
    assert (again.again, again.recorded, counted(site)) == (len(rows()), 0, count)
    for ref, receipt in outcomes.items():
        assert (receipt.events, receipt.positions) == (repeated[ref].events, repeated[ref].positions), ref


def check_receipts(site: Site, receipts: Iterable[Receipt]) -> None:
    """Every event is in one receipt, at the position that it states."""
    query = "SELECT stream || ':' || version, shard, position FROM event"
    there = {event: (shard, position) for event, shard, position in site.reading().execute(query)}
    told = [
        (event, (shard, position))
        for receipt in receipts
        for shard, positions in receipt.positions.items()
        for event, position in zip(receipt.events, positions, strict=True)
    ]
    assert len(told) == len(there)
    assert dict(told) == there

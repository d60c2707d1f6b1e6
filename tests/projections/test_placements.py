"""What counts: a hire through a service once, a direct hire beside it, an opening roster not at all."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from domain.errors import Refused
from projections import cards, placements
from registry import cards as issuing
from tests.registry.people import ACME, OFFICER, founded, hired, load, nik, row, stream_of

if TYPE_CHECKING:
    from tests.conftest import Site
    from tests.registry.submissions.employer_files import Values


def counted(site: Site, *by: str, **between: Any) -> list[tuple[Any, ...]]:
    site.runner.catch_up()
    return [tuple(cell.values()) for cell in placements.placements(site.reading(), by, **between)]


def test_a_placement_is_a_hire_through_a_service(site: Site) -> None:
    channels = ("public-service", "private-agency", "apprenticeship", "inter-region", "overseas", "direct", "direct")
    rows = [hired(n, channel=channel) for n, channel in enumerate(channels, start=1)]
    opening: Values = {**hired(20), "action": "opening"}
    load(site, *founded(), *rows, opening, *rows)
    assert counted(site) == [(5, 7)]
    assert counted(site, "channel") == [
        ("apprenticeship", 1, 1),
        ("inter-region", 1, 1),
        ("overseas", 1, 1),
        ("private-agency", 1, 1),
        ("public-service", 1, 1),
        ("direct", 0, 2),
    ]


def test_a_correction_moves_the_cell_and_a_void_empties_it(site: Site) -> None:
    load(site, *founded(), hired(1), hired(2, channel="direct"))
    everything = ("month", "province", "industry", "occupation")
    cell = (date(2026, 2, 1), "kemendagri:2025/32", "kbli:2020/C", "kbji:2014/7")
    assert counted(site, *everything) == [(*cell, 1, 2)]
    mended: Values = {**hired(1, kbji="4110", effective_on="2026-01-26", regency="31.74"), "action": "correct"}
    load(site, {**mended, "ref": "c-1", "corrects": "h-1"})
    moved = (date(2026, 1, 1), "kemendagri:2025/31", "kbli:2020/C", "kbji:2014/4")
    assert counted(site, *everything) == [(*moved, 1, 1), (*cell, 0, 1)]
    load(site, row(1, "void", ref="v-1", corrects="h-1", reason="never-happened"))
    assert counted(site, *everything) == [(*cell, 0, 1)]
    load(site, row(1, "void", ref="v-2", corrects="v-1", reason="error"))
    assert counted(site, *everything) == [(*moved, 1, 1), (*cell, 0, 1)]


def test_what_comes_after_a_hire_is_no_other_hire(site: Site) -> None:
    later = [
        row(1, "position", effective_on="2026-02-09", kbji="4110"),
        row(1, "location", effective_on="2026-02-10", establishment="BEKASI-1", regency="31.74"),
        row(1, "end", effective_on="2026-02-20", reason="resignation"),
    ]
    load(site, *founded(), hired(1), *later)
    assert counted(site, "province", "occupation") == [("kemendagri:2025/32", "kbji:2014/7", 1, 1)]
    load(site, hired(1, ref="again", effective_on="2026-02-23"))
    assert counted(site) == [(2, 2)]


def test_months_bound_what_is_summed(site: Site) -> None:
    load(site, *founded(), *(hired(n, effective_on=f"2025-{n:02}-10", ends_on="2027-01-01") for n in range(1, 7)))
    february, april = date(2025, 2, 1), date(2025, 4, 1)
    assert counted(site, since=february) == [(5, 5)]
    assert counted(site, until=april) == [(4, 4)]
    assert counted(site, "month", since=february, until=april) == [(date(2025, m, 1), 1, 1) for m in (2, 3, 4)]
    assert counted(site, since=date(2026, 1, 1)) == [(0, 0)]
    with pytest.raises(Refused, match="dimension-unknown"):
        counted(site, "name; DROP TABLE read.placements")


def test_what_is_not_added_up_beforehand_is_counted_from_every_hire(site: Site) -> None:
    young: Values = {"nik": "3275015001070001", "birth_date": "2007-01-10"}
    old: Values = {"nik": "3275015001600001", "birth_date": "1960-01-10", "regency": "32.73"}
    who: list[Values] = [young, old, {"channel": "direct"}]
    load(site, *founded(), *(hired(n, **more) for n, more in enumerate(who, start=1)))
    total = counted(site)
    for dimension in placements.DIMENSIONS:
        found = counted(site, dimension)
        assert [sum(column) for column in zip(*((p, h) for *_, p, h in found), strict=True)] == list(total[0])
    assert counted(site, "age_band", "sex") == [("18-24", "F", 1, 1), ("55+", "F", 1, 1), ("35-44", "F", 0, 1)]
    assert counted(site, "age_band", "sex", most=2) == [("18-24", "F", 1, 1), ("55+", "F", 1, 1)]
    assert counted(site, "channel", most=1) == [("public-service", 2, 2)]
    assert counted(site, "regency", "province", since=date(2026, 2, 1)) == [
        ("kemendagri:2025/32.75", "kemendagri:2025/32", 1, 2),
        ("kemendagri:2025/32.73", "kemendagri:2025/32", 1, 1),
    ]
    assert [placements.source(by) for by in ((), ("month", "province"), ("month", "sex"))] == [
        "placements",
        "placements",
        "hires",
    ]


def test_the_status_of_a_card_follows_the_record(site: Site) -> None:
    load(site, *founded(), hired(1), {**row(1, "verify-identity"), "submitter": "dukcapil"})
    issued = issuing.issue(site.registry, stream_of(site, 1), by=OFFICER).claims
    conn = site.reading()
    site.runner.catch_up()
    assert cards.statuses(conn, issued.status.shard) == []
    assert (cards.worker_of(conn, issued.number), cards.worker_of(conn, "nobody")) == (stream_of(site, 1), None)
    assert cards.shards(conn) == [issued.status.shard]
    load(site, row(1, "end", effective_on="2026-02-27", reason="resignation"))
    site.runner.catch_up()
    assert cards.statuses(conn, issued.status.shard) == [(issued.status.index, 3)]


def test_employers_are_found_by_their_number(site: Site) -> None:
    load(site, *founded())
    site.runner.catch_up()
    found = site.reading().execute("SELECT name, establishments FROM read.employer WHERE nib = %s", (ACME,)).fetchall()
    assert found == [(f"PT Uji {ACME}", 1)]
    assert site.registry.vault.find("nik", nik(1)) is None

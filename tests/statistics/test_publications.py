"""A month is published, revised and read again; what a folder says, and that nothing of it can be altered unseen."""

from __future__ import annotations

import csv
import io
import json
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import ibis
import pyarrow.parquet as pq
import pytest

from domain import facts as f
from domain.decide import History
from domain.errors import Refused
from projections.statistics.cubes import CUBES
from projections.statistics.publications import Publication, publication, publications, verified
from projections.statistics.publishing import Source, placed, publish
from projections.statistics.suppression import K
from tests.domain.given import OFFICER, a, corrected, voided
from tests.statistics import folded
from tests.statistics.exported import loaded, rows

MONTH = date(2026, 1, 1)
CUT_OFFS = [datetime(2026, 2, 10, tzinfo=UTC), datetime(2026, 3, 10, tzinfo=UTC)]
REGENCIES = ["32.75", "32.73", "31.71", "31.74", "33.74", "35.78"]


def _histories() -> list[History]:
    """Hires of January by 120 people: 6 reported after the first cut-off, 3 corrected and 3 voided then; 20 ends."""
    chance = random.Random(8)
    found = []
    for n in range(120):
        history = History(UUID(int=(0xC0 << 64) + n * 37))
        told = CUT_OFFS[0] - timedelta(days=2) + timedelta(days=20 if n < 6 else 0, minutes=n)
        person = {"birth_year": chance.choice([1980, 1990, 1999]), "sex": chance.choice("FM")}
        hire: dict[str, Any] = {
            "regency": f"kemendagri:2025/{chance.choice(REGENCIES)}",
            "channel": chance.choice(["direct", "direct", "direct", "public-service", "private-agency"]),
            "employment": UUID(int=n + 1),
            "contract": f.Contract(kind="permanent"),
        }
        _record(history, a(f.WorkerRegistered, "2020-01-01", **person), told)
        _record(history, a(f.Hired, "2026-01-12", **hire), told)
        if n >= 100:
            _record(history, a(f.EmploymentEnded, "2026-01-20", employment=UUID(int=n + 1)), told)
        later = CUT_OFFS[0] + timedelta(days=3, minutes=n)
        if 6 <= n < 9:
            _record(history, voided(2, "2026-02-12"), later)
        if 9 <= n < 12:
            right = a(f.Hired, "2026-01-12", **hire | {"regency": "kemendagri:2025/32.04"})
            _record(history, corrected(2, right, "2026-02-12"), later)
        found.append(history)
    return found


def _record(history: History, fact: Any, now: datetime) -> None:
    history.record(fact, by=OFFICER, now=now)


HISTORIES = _histories()


@pytest.fixture(scope="module")
def source() -> Any:
    con = ibis.duckdb.connect(threads=1)
    events = [event for history in HISTORIES for event in history.events]
    heads = Counter(row["shard"] for row in rows(events))
    yield Source(loaded(con, events), dict(heads), len(events), "note\n", CUT_OFFS[1] + timedelta(days=1))
    con.disconnect()


@pytest.fixture(scope="module")
def published(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two revisions, published a day after their cut-offs; somebody had been killed before."""
    out = tmp_path_factory.mktemp("publications")
    (out / ".new-killed").mkdir()
    (out / ".new-killed" / "hires-by-regency.csv").write_text("month,prov")
    for cut_off in CUT_OFFS:
        publish(source, MONTH, cut_off, out, now=cut_off + timedelta(days=1))
    return out


def cells(each: Publication, cube: str) -> dict[tuple[str, ...], int | None]:
    return {tuple(at): value for *at, value in each.table(cube)["cells"]}


def counted(cube: Any, known_at: datetime) -> Counter[tuple[str, ...]]:
    """What a naive fold counts by the leaves of a cube, added up to every total."""
    found: Counter[tuple[str, ...]] = Counter()
    for row in (folded.hires if cube.of == "hires" else folded.ends)(HISTORIES, known_at):
        if row["month"] == MONTH:
            above = [[row[column], "_T"] for column in cube.told]
            for at, column in enumerate(cube.told):
                if column == "channel" and row["channel"] != "direct":
                    above[at].insert(1, "placement")
            for codes in _products(above):
                if "regency" not in cube.told or codes[0] != "_T" or codes[1] == "_T":
                    found[codes] += 1
    return found


def _products(parts: list[list[str]]) -> list[tuple[str, ...]]:
    return [()] if not parts else [(one, *rest) for one in parts[0] for rest in _products(parts[1:])]


@pytest.mark.parametrize("cube", CUBES, ids=lambda cube: cube.name)
def test_every_count_is_that_of_the_fold_or_withheld(published: Path, cube: Any) -> None:
    for each, cut_off in zip(publications(published), CUT_OFFS, strict=True):
        naive, told = counted(cube, cut_off), cells(each, cube.name)
        assert set(naive) <= set(told)
        assert {at: n for at, n in told.items() if n is not None and n != naive[at]} == {}
        assert all(told[at] is None for at, n in naive.items() if n < K)
        assert each.cube(cube.name)["withheld"] == sum(n is None for n in told.values())


def test_revisions_differ_and_both_are_kept(published: Path) -> None:
    first, second = publications(published)
    assert (first.revision, second.revision) == (1, 2)
    assert second.manifest["previous"] == first.digest
    assert first.table("hires-by-industry")["cells"] != second.table("hires-by-industry")["cells"]
    on = first.published_on
    assert publication(published, "2026-01", as_published_on=on).revision == 1
    assert publication(published, "2026-01", as_published_on=on + timedelta(days=60)).revision == 2
    assert publication(published).revision == 2
    with pytest.raises(Refused, match="publication-unknown"):
        publication(published, "2026-01", as_published_on=on - timedelta(days=1))


def test_the_manifest_says_what_was_counted(published: Path, source: Source) -> None:
    manifest = publications(published)[0].manifest
    assert manifest["positions"] == {str(shard): n for shard, n in sorted(source.positions.items())}
    assert (manifest["k"], manifest["ledger_size"], manifest["checkpoint"]) == (K, source.ledger_size, "note\n")
    assert datetime.fromisoformat(manifest["cut_off"]) == CUT_OFFS[0]
    assert [cube["name"] for cube in manifest["cubes"]] == [cube.name for cube in CUBES]


@pytest.mark.parametrize("cube", CUBES, ids=lambda cube: cube.name)
def test_all_formats_say_the_same(published: Path, cube: Any) -> None:
    each = publications(published)[1]
    told = cells(each, cube.name)
    plain = list(csv.DictReader(io.StringIO(each.file(cube.name, "csv").read_text("utf-8"))))
    assert {tuple(row[c] for c in cube.told): int(row["value"]) if row["value"] else None for row in plain} == told
    assert {row["status"] for row in plain if not row["value"]} == {"suppressed"}
    assert all(row[f"{c}_id"] and row[f"{c}_en"] for row in plain for c in cube.told)
    parquet = pq.read_table(each.file(cube.name, "parquet")).to_pylist()
    assert {tuple(row[c] for c in cube.told): row["value"] for row in parquet} == told
    sdmx = list(csv.DictReader(io.StringIO(each.file(cube.name, "sdmx-csv").read_text("utf-8"))))
    assert list(sdmx[0])[:4] == ["STRUCTURE", "STRUCTURE_ID", "ACTION", "FREQ"]
    assert [int(row["OBS_VALUE"]) if row["OBS_STATUS"] == "A" else None for row in sdmx] == list(told.values())
    assert len({tuple(row[c.upper()] for c in cube.told) for row in sdmx}) == len(told)
    assert json.loads(each.file(cube.name, "json").read_bytes())["revision"] == 2


def test_what_is_published_is_found_whole(published: Path) -> None:
    assert verified(published) == 2


def test_what_was_left_by_somebody_killed_is_gone(published: Path) -> None:
    assert sorted(path.name for path in published.iterdir()) == [".lock", "2026-01"]


def test_what_was_altered_is_named(published: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    for change in ("hires-by-age.csv", "hires-by-age.parquet", "manifest.json"):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(published, copy)
        file = copy / "2026-01" / "1" / change
        file.write_bytes(file.read_bytes().replace(b"2026-01", b"2026-02", 1) + b" ")
        with pytest.raises(Refused, match="publication-altered"):
            verified(copy)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff", b'{"format": "kets-publication/1", "month": "2026-01"}']
)
def test_a_manifest_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "2026-01/1").mkdir(parents=True)
    (tmp_path / "2026-01/1/manifest.json").write_bytes(content)
    with pytest.raises(Refused, match=r"publication-altered.*2026-01/1/manifest\.json"):
        verified(tmp_path)


def test_a_publication_that_was_not_finished_is_not_seen(source: Source, tmp_path: Path) -> None:
    half = tmp_path / ".new-1"
    half.mkdir()
    (half / "manifest.json").write_text("{")
    assert publications(tmp_path) == []


def test_of_two_at_once_one_is_published(tmp_path: Path) -> None:
    """The second finds the place of its revision taken, and leaves what is there."""
    for name in ("one", "two"):
        (tmp_path / f".new-{name}").mkdir()
        (tmp_path / f".new-{name}" / "manifest.json").write_text(name)
    placed(tmp_path / ".new-one", tmp_path / "2026-01" / "1")
    with pytest.raises(Refused, match="publication-exists"):
        placed(tmp_path / ".new-two", tmp_path / "2026-01" / "1")
    assert (tmp_path / "2026-01" / "1" / "manifest.json").read_text() == "one"


@pytest.mark.parametrize(
    ("cut_off", "code"),
    [
        (CUT_OFFS[1] + timedelta(days=9), "cut-off-later"),
        (CUT_OFFS[0] - timedelta(days=1), "cut-off-earlier"),
        (datetime(2026, 1, 31, tzinfo=UTC), "month-open"),
    ],
)
def test_a_cut_off_that_cannot_be(published: Path, source: Source, cut_off: datetime, code: str) -> None:
    with pytest.raises(Refused, match=code):
        publish(source, MONTH, cut_off, published, now=CUT_OFFS[1] + timedelta(days=20))
    assert verified(published) == 2


def test_facts_that_are_not_those_of_the_revision_before_are_noticed(
    published: Path, source: Source, tmp_path: Path
) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(published / "2026-01" / "1", copy / "2026-01" / "1")
    fewer = source._replace(facts=source.facts.filter(source.facts.position > 2))
    with pytest.raises(Refused, match="revision-differs"):
        publish(fewer, MONTH, CUT_OFFS[1], copy, now=CUT_OFFS[1] + timedelta(days=1))


def test_an_export_of_before_the_revision_before_is_noticed(published: Path, source: Source) -> None:
    """Counts that were withheld then cannot be counted again from it."""
    shard, last = max(source.positions.items())
    older, now = source._replace(positions={**source.positions, shard: last - 1}), source.created_at
    with pytest.raises(
        Refused, match=f"revision-differs, got=shard {shard}: {last - 1}, expected=shard {shard}: {last}"
    ):
        publish(older, MONTH, now, published, now=now)
    assert verified(published) == 2

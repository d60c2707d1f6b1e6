"""What was planted in a sample is what the registry finds: exactly where it counts, by chance where it was drawn."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from domain import codes
from projections import placements
from registry.cli import app
from registry.sample import generate
from registry.sample.figures import figures
from registry.sample.truth import ENDED, HIRED, age_band, truth
from registry.submissions.load import Loader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.conftest import Site

UNTIL = date(2026, 10, 31)
LIKELY = 3.719
"""Quantile of the normal distribution: one draw in 10,000 is beyond it. With fixed seeds, all or no runs fail."""


@pytest.fixture(scope="module")
def large() -> dict[str, Any]:
    """5,000 people, without mistakes."""
    planted: Counter[tuple[str, ...]] = Counter()
    for _ in generate(workers=5000, seed=5, errors=False, planted=planted):
        pass
    return truth(planted, workers=5000, seed=5, until=UNTIL)


def summed(cells: list[dict[str, Any]], *by: str) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for cell in cells:
        found[tuple(cell[name] for name in by) if len(by) > 1 else cell[by[0]]] += cell["n"]
    return found


def test_the_registry_finds_what_the_file_of_truths_says(site: Site, tmp_path: Path) -> None:
    """Through `kets sample`, a file, the loader, the log and the read models; ends by the fold of every worker."""
    site.now = datetime(2026, 11, 15, 3, 0, tzinfo=UTC)
    file, said = tmp_path / "sample.csv", tmp_path / "truth.json"
    command = ["sample", "--workers", "150", "--seed", "12", "--employers", "3", "--out", str(file)]
    assert CliRunner().invoke(app, [*command, "--truth", str(said)]).exit_code == 0
    known = json.loads(said.read_text(encoding="utf-8"))
    loaded = Loader(site.registry).load(file)
    assert dict(loaded.refused) == known["counts"]["refused"]
    assert loaded.accepted == sum(known["counts"]["accepted"].values())
    site.runner.catch_up()

    by = placements.DIMENSIONS
    asked = placements.placements(site.reading(), by)
    hires = Counter(
        {tuple(str(cell[name])[:7] if name == "month" else cell[name] for name in by): cell["hires"] for cell in asked}
    )
    planted = Counter[Any]()
    for cell in known["counts"]["hires"]:
        key = {**cell, "province": codes.province_of(cell["regency"])}
        planted[tuple(key[name] for name in by)] += cell["n"]
    assert hires == planted
    assert placements.placements(site.reading(), ())[0]["hires"] == sum(planted.values()) > 50

    left = [*known["counts"]["ends"], *({**cell, "n": -cell["n"]} for cell in known["counts"]["reinstated"])]
    for cell in left:
        cell["province"] = codes.province_of(cell["regency"])
    of_end = ("month", "cause", "province", "industry", "contract", "sex", "age_band")
    query = (
        f"SELECT to_char(month, 'YYYY-MM'), {', '.join(of_end[1:])}, count(*)::int FROM read.flow WHERE what = 'ended'"  # noqa: S608 - our own names
    )
    flows = site.reading().execute(f"{query} GROUP BY {', '.join(map(str, range(1, 8)))}")
    assert Counter({row[:-1]: row[-1] for row in flows}) == +summed(left, *of_end)
    assert ends(site) == summed(known["counts"]["ends"], *ENDED) - summed(known["counts"]["reinstated"], *ENDED)


def ends(site: Site) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for (stream,) in site.reading().execute("SELECT DISTINCT stream FROM event WHERE topic = 'worker.registered'"):
        worker = site.registry.worker(stream)[1]  # type: ignore[arg-type]
        for job in worker.employments.values():
            if job.ended_on is not None:
                place = job.regency, f"kbli:2020/{codes.category_of(job.industry)}"
                age = age_band(job.ended_on.year - worker.birth_year)
                cause = str(job.end_cause)
                found[f"{job.ended_on:%Y-%m}", cause, *place, worker.sex, age, job.contract.kind] += 1
    return found


def test_every_count_is_by_all_dimensions(large: dict[str, Any]) -> None:
    counts = large["counts"]
    assert {tuple(cell) for cell in counts["hires"]} == {(*HIRED, "n")}
    assert {tuple(cell) for cell in counts["ends"]} == {(*ENDED, "n")} == {tuple(cell) for cell in counts["reinstated"]}
    said = counts["accepted"]["end"] + counts["accepted"]["terminate"]
    assert sum(summed(counts["ends"], "month").values()) == said > 1000
    assert summed(counts["reinstated"], *ENDED) <= summed(counts["ends"], *ENDED)


def fits(seen: Mapping[str, float], expected: Mapping[str, float]) -> bool:
    """Pearson's chi-square, cells of fewer than 5 expected taken together; its quantile by Wilson and Hilferty."""
    assert set(seen) <= set(expected)
    scale = sum(seen.values()) / sum(expected.values())
    cells = [(seen.get(key, 0.0), want * scale) for key, want in expected.items()]
    few = [cell for cell in cells if cell[1] < 5]
    cells = [cell for cell in cells if cell[1] >= 5] + [(sum(n for n, _ in few), sum(want for _, want in few))] * (
        sum(want for _, want in few) >= 5
    )
    freedom = len(cells) - 1
    statistic = sum((n - want) ** 2 / want for n, want in cells)
    spread = 2 / (9 * freedom)
    return bool(statistic < freedom * (1 - spread + LIKELY * spread**0.5) ** 3)


def test_the_test_of_fit_tells_luck_from_another_rate() -> None:
    even = dict.fromkeys("abcdef", 1000.0)
    assert fits({**even, "a": 1050.0}, even)
    assert not fits({**even, "a": 1200.0}, even)


def test_channels_are_drawn_as_planted(large: dict[str, Any]) -> None:
    assert fits(summed(large["counts"]["hires"], "channel"), large["rates"]["channel"])


def test_hires_are_where_the_companies_employ(large: dict[str, Any]) -> None:
    counts = large["counts"]
    letters: Counter[str] = Counter()
    for industry, n in summed(counts["hires"], "industry").items():
        letters[next(sector for sector in large["rates"]["sector"] if within(industry[-1], sector))] += n
    assert fits(letters, summed(counts["staffed"], "sector"))
    provinces: Counter[str] = Counter()
    for cell in counts["hires"]:
        provinces[codes.province_of(cell["regency"])] += cell["n"]
    assert fits(provinces, summed(counts["staffed"], "province"))


def within(category: str, sector: str) -> bool:
    """Sakernas joins some categories of KBLI: "M,N", "R-U"."""
    first, _, last = sector.partition("-")
    return category in sector.split(",") or bool(last and first <= category <= last)


def test_companies_employ_where_published(large: dict[str, Any]) -> None:
    """As near as 50 whole companies get: by sector within half a company's share, by province with their branches."""
    for name, far in (("sector", 0.02), ("province", 0.06)):
        staffed = summed(large["counts"]["staffed"], name)
        for key, share in large["rates"][name].items():
            assert staffed[key] / sum(staffed.values()) == pytest.approx(share, abs=far), key


def drawn(large: dict[str, Any]) -> list[dict[str, Any]]:
    """Ends by the drawn rate: no expiry, no retirement at 56."""
    return [cell for cell in large["counts"]["ends"] if cell["cause"] not in {"expiry", "retirement", "PP35/2021:56"}]


def test_terminations_by_province_are_as_planted(large: dict[str, Any]) -> None:
    """Each province's share within its binomial error; the province of the end stands for that of the hire."""
    chances, ended, fired = large["rates"]["terminated"], Counter[str](), Counter[str]()
    for cell in drawn(large):
        province = codes.province_of(cell["regency"])
        ended[province] += cell["n"]
        fired[province] += cell["n"] * cell["cause"].startswith("PP")
    wide = {p: n * chances[p] * (1 - chances[p]) for p, n in ended.items()}
    large_ones = [p for p in ended if wide[p] >= 5]
    assert len(large_ones) >= 10
    for p in large_ones:
        assert abs(fired[p] - ended[p] * chances[p]) < LIKELY * wide[p] ** 0.5, p
    expected = sum(n * chances[p] for p, n in ended.items())
    assert abs(sum(fired.values()) - expected) < LIKELY * sum(wide.values()) ** 0.5
    assert max(chances[p] for p in large_ones) > 2 * min(chances[p] for p in large_ones), "the provinces do differ"


def test_the_other_causes_are_as_planted(large: dict[str, Any]) -> None:
    seen = summed([cell for cell in drawn(large) if not cell["cause"].startswith("PP")], "cause")
    planted = dict(large["rates"]["cause"])
    planted["resignation"] += planted.pop("project-complete")
    seen["resignation"] += seen.pop("project-complete", 0)
    assert fits(seen, planted)


def test_every_rate_has_its_source(large: dict[str, Any]) -> None:
    assert set(large["sources"]) == set(large["rates"])
    assert all(large["sources"].values())
    assert sum(large["rates"]["province"].values()) == pytest.approx(1)
    assert len(figures().provinces.things) == len(large["rates"]["province"]) == 38

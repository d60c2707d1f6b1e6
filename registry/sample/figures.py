"""The figures the sample is drawn from: published ones (calibration.json) and our own assumptions (trades.json)."""

from __future__ import annotations

import functools
import json
from bisect import bisect_right
from dataclasses import dataclass
from importlib import resources
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

T = TypeVar("T")


class Weighted(Generic[T]):
    """Things with weights, drawn one at a time."""

    def __init__(self, weights: Mapping[T, float]) -> None:
        self.things = list(weights)
        self.shares = [weight / sum(weights.values()) for weight in weights.values()]
        self._sums = [*accumulate(self.shares)][:-1]

    def draw(self, chance: Random) -> T:
        return self.things[bisect_right(self._sums, chance.random())]

    def items(self) -> list[tuple[T, float]]:
        return list(zip(self.things, self.shares, strict=True))


@dataclass(frozen=True, eq=False)
class Line:
    """One line of business: its KBLI, words of company names, and who works there."""

    sector: str
    kbli: str
    words: tuple[str, ...]
    jobs: Mapping[str, float]
    women: float
    wage_unit: float
    """Rupiah a month, August 2024, of a job whose factor in `wage_of_major` is 1."""


@dataclass(frozen=True)
class Figures:
    provinces: Weighted[str]
    layoff_factor: Mapping[str, float]
    sectors: Weighted[str]
    lines: Mapping[str, Weighted[Line]]
    education: Mapping[str, Weighted[str]]
    tenure: Weighted[str]
    women: float
    wage_by_sex: Mapping[str, float]
    wage_by_province: Mapping[str, float]
    leaving: float
    foreign: float
    nationality: Weighted[str]
    assumed: Mapping[str, Any]


def _json(name: str) -> Any:
    return json.loads(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))


@functools.cache
def figures() -> Figures:
    """All figures, read once."""
    published, assumed = _json("calibration.json"), _json("trades.json")
    provinces, sectors = _provinces(published["bpjstk_active_2023_12"]), _sectors(published)
    wage, foreign = published["wage_2024_08"], published["foreign_2023"]
    male, female, mean = wage["male_m"], wage["female_m"], wage["mean"] / 1e6
    women = (male - mean) / (male - female)  # the share that makes the two published means the published whole
    others = foreign["total"] - sum(foreign["by_nationality"].values())
    return Figures(
        provinces=provinces,
        layoff_factor=_layoff_factor(published["phk_2025"]["by_province"], provinces),
        sectors=sectors,
        lines=_lines(assumed, sectors, women, wage["by_sector_m"]),
        education={major: Weighted(shares) for major, shares in assumed["education_of_major"].items()},
        tenure=Weighted(published["jambi_2020_08"]["tenure_bands_pct"]),
        women=women,
        wage_by_sex={"L": male / mean, "P": female / mean},
        wage_by_province=_wage_by_province(wage["by_province_m"], mean, provinces),
        leaving=published["jambi_2020_08"]["stopped_work_in_year_pct"] / 100,
        foreign=foreign["total"] / foreign["employees"],
        nationality=Weighted({**foreign["by_nationality"], "PHL": others / 2, "USA": others / 4, "AUS": others / 4}),
        assumed=assumed,
    )


def sources() -> dict[str, str]:
    """Where each rate of `registry.sample.truth` is from."""
    published, assumed = _json("calibration.json"), _json("trades.json")["note"]
    return {
        "channel": assumed,
        "sector": f"{published['sakernas_2024_08']['source']}; {published['jambi_2020_08']['source']}",
        "province": published["bpjstk_active_2023_12"]["source"],
        "women": published["wage_2024_08"]["source"],
        "leaving": published["jambi_2020_08"]["source"],
        "terminated": f"{published['phk_2025']['source']}; {published['bpjstk_active_2023_12']['source']}",
        "cause": assumed,
    }


def _provinces(members: Mapping[str, Any]) -> Weighted[str]:
    """28 published provinces; the ten others share what is missing to the published total, evenly (assumed)."""
    published = members["by_province"]
    others = ["75", "76", "81", "82", "91", "92", "93", "94", "95", "96"]
    rest = (members["total"] - sum(published.values())) / len(others)
    return Weighted({**published, **dict.fromkeys(others, rest)})


def _layoff_factor(layoffs: Mapping[str, int], provinces: Weighted[str]) -> dict[str, float]:
    """Terminations of a province over its members, the country being 1; between 0.4 and 2.5, or small ones go wild."""
    total = sum(layoffs.values())
    return {
        province: min(2.5, max(0.4, layoffs.get(province, 0) / total / share)) for province, share in provinces.items()
    }


def _sectors(published: Mapping[str, Any]) -> Weighted[str]:
    """A, C and G of August 2024, the rest divided as in Jambi 2020. O is left out: officials are not reported."""
    known = published["sakernas_2024_08"]["sector_pct"]
    jambi = {k: v for k, v in published["jambi_2020_08"]["sector_pct"].items() if k not in known and k != "O"}
    scale = (100 - sum(known.values())) / sum(jambi.values())
    return Weighted({**known, **{sector: share * scale for sector, share in jambi.items()}})


def _wage_by_province(means: Mapping[str, float], mean: float, provinces: Weighted[str]) -> dict[str, float]:
    """Published provinces over the mean; the others so that the whole keeps the published mean."""
    known = sum(share * means[province] / mean for province, share in provinces.items() if province in means)
    rest = (1 - known) / sum(share for province, share in provinces.items() if province not in means)
    return {province: means[province] / mean if province in means else rest for province in provinces.things}


def _lines(
    assumed: Mapping[str, Any], sectors: Weighted[str], women: float, wages: Mapping[str, float]
) -> dict[str, Weighted[Line]]:
    tilt = assumed["women"]
    scale = women / sum(share * tilt[sector] for sector, share in sectors.items())
    found: dict[str, dict[Line, float]] = {}
    for line in assumed["lines"]:
        sector = line["sector"]
        jobs = _with_office(line["jobs"], assumed["office"], assumed["office_share"])
        factor = sum(share * assumed["wage_of_major"][kbji[0]] for kbji, share in jobs.items())
        made = Line(
            sector=sector,
            kbli=line["kbli"],
            words=tuple(line["words"]),
            jobs=jobs,
            women=min(0.9, tilt[sector] * scale),
            wage_unit=wages[sector] * 1e6 / factor,
        )
        found.setdefault(sector, {})[made] = line["weight"]
    return {sector: Weighted(lines) for sector, lines in found.items()}


def _with_office(jobs: Mapping[str, float], office: Mapping[str, float], share: float) -> dict[str, float]:
    """The trade's own jobs and the office that every company has, as shares."""
    own = {kbji: weight / sum(jobs.values()) * (1 - share) for kbji, weight in jobs.items()}
    for kbji, weight in office.items():
        own[kbji] = own.get(kbji, 0) + weight / sum(office.values()) * share
    return own

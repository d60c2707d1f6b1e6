"""What is known of a sample because it was made so: exact counts of what stands in it, and the rates it is drawn by."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from domain import codes
from registry.sample.figures import figures, sources

if TYPE_CHECKING:
    from registry.sample.employers import Employer
    from registry.sample.group import Ended, Row

FORMAT = "kets-sample-truth/1"
BANDS = ((18, "15-17"), (25, "18-24"), (35, "25-34"), (45, "35-44"), (55, "45-54"))
"""Ages below the first number, of those that are left; ages are of the year, not of the day."""
SEX = {"L": "M", "P": "F"}
HIRED = ("month", "channel", "regency", "industry", "occupation", "sex", "age_band", "education")
STAFFED = ("sector", "province")
ENDED = ("month", "cause", "regency", "industry", "sex", "age_band", "contract")


def hired(row: Row) -> tuple[str, ...]:
    """The cell of a hire, by `HIRED`, from its row as it stands once corrected."""
    return (
        row["effective_on"][:7],
        row["channel"],
        codes.full(codes.REGION, row["regency"]),
        _industry(row["kbli"]),
        f"kbji:2014/{row['kbji'][0]}",
        SEX[row["sex"]],
        age_band(int(row["effective_on"][:4]) - int(row["birth_date"][:4])),
        codes.full(codes.EDUCATION, row["education"]),
    )


def ended(row: Row, said: Ended) -> tuple[str, ...]:
    """The cell of an end, by `ENDED`: place, industry and contract as last reported."""
    month = row["effective_on"][:7]
    return (
        month,
        row["reason"],
        codes.full(codes.REGION, said.regency),
        _industry(said.kbli),
        SEX[said.sex],
        age_band(int(month[:4]) - said.birth_year),
        said.contract,
    )


def staffed(company: Employer, since: date, until: date) -> Counter[tuple[str, ...]]:
    """Thousandths of people by `STAFFED`, first "staffed": a hire is in any of the places open on its day alike."""
    days = range(20, (until - since).days - 5, 15)
    found: Counter[tuple[str, ...]] = Counter()
    for day in (since + timedelta(days=days_on) for days_on in days):
        places = company.places_on(day)
        for place in places:
            province = codes.province_of(codes.full(codes.REGION, place.regency_on(day)))
            found["staffed", company.line.sector, province] += round(10**6 * company.size / len(days) / len(places))
    return Counter({key: round(count / 1000) for key, count in found.items()})


def age_band(age: int) -> str:
    return next((name for below, name in BANDS if age < below), "55+")


def _industry(kbli: str) -> str:
    return f"kbli:2020/{codes.category_of(codes.full(codes.KBLI, kbli))}"


def truth(planted: Counter[tuple[str, ...]], *, workers: int, seed: int, until: date) -> dict[str, Any]:
    """All of it as JSON, once the last row was yielded: `counts` hold exactly, `rates` up to the luck of the draw."""
    kinds: dict[str, list[tuple[tuple[str, ...], int]]] = defaultdict(list)
    for (kind, *key), count in sorted(planted.items()):
        kinds[kind].append((tuple(key), count))

    def cells(kind: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
        return [{**dict(zip(names, key, strict=True)), "n": count} for key, count in kinds[kind]]

    return {
        "format": FORMAT,
        "workers": workers,
        "seed": seed,
        "until": until.isoformat(),
        "rates": rates(),
        "sources": sources(),
        "counts": {
            "accepted": {name: count for (name,), count in kinds["action"]},
            "refused": {code: count for (code,), count in kinds["error"]},
            "hires": cells("hired", HIRED),
            "ends": cells("ended", ENDED),
            "reinstated": cells("reinstated", ENDED),
            "staffed": cells("staffed", STAFFED),
        },
    }


def rates() -> dict[str, Any]:
    """The probabilities that the sample is drawn by.

    `channel`: of a hire. `sector`, `province`: shares of the people employed, as near as whole companies get; how near
    this sample's companies got is counted as `staffed`.
    `women`: share of the employed. `terminated`: of the ends that are drawn (no expiry, no retirement at 56), the
    share that is a termination, by the province of the hire. `cause`: of those that are none; a project's completion
    that meets no fixed term is a resignation. `leaving`: of the employed, a year.
    """
    figure = figures()
    assumed = figure.assumed
    causes = dict(assumed["separation"])
    fired = causes.pop("terminated")
    causes["resignation"] += causes.pop("retirement")  # who is old enough retires all the same
    others = sum(causes.values())
    return {
        "channel": dict(assumed["channel"]),
        "sector": dict(figure.sectors.items()),
        "province": {codes.full(codes.REGION, code): share for code, share in figure.provinces.items()},
        "women": figure.women,
        "leaving": figure.leaving,
        "terminated": {
            codes.full(codes.REGION, code): fired * factor / (fired * factor + others)
            for code, factor in figure.layoff_factor.items()
        },
        "cause": {cause: weight / others for cause, weight in causes.items()},
    }

"""`/v1/statistics`: live tables of flows, training, cards and the quality of reports, for those in office.

Small cells are not suppressed here, so none of these is for publication.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.codes import Coded, coded
from api.desk import AtDesk
from api.positions import positions
from api.problems import responses
from api.statistics import Included
from domain.decide import today
from domain.errors import Refused
from projections import cardcounts, flows, quality, training

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

    from api.desk import Desk

    Counting = Callable[[Connection[Any], list[str], date | None, date | None, int], list[dict[str, Any]]]

router = APIRouter(prefix="/v1/statistics", tags=["statistics"])

Since = Annotated[date | None, Query(description="A day of the first month")]
Until = Annotated[date | None, Query(description="A day of the last month")]
Limit = Annotated[int, Query(ge=1, le=10_000, description="The most rows")]


def by(dimensions: tuple[str, ...], example: str) -> Any:
    said = f"Dimensions, comma separated: {', '.join(dimensions)}. Empty: one total"
    return Query(alias="by", max_length=120, description=said, examples=[example])


class Cell(BaseModel):
    """A dimension that was not asked for is null."""

    month: str | None = Field(default=None, examples=["2026-02"])
    province: Coded | None = None


class FlowCell(Cell):
    """Ends and conversions are counted where the employment was last, hires where they were. Days are whole days."""

    industry: Coded | None = Field(default=None, description="Category of KBLI")
    contract: Coded | None = None
    cause: Coded | None = Field(default=None, description="Of an end: the article, or the cause without one")
    cause_group: str | None = Field(
        default=None, description="layoff, resignation, expiry, mutual, retirement or death", examples=["layoff"]
    )
    sex: str | None = None
    age_band: str | None = Field(default=None, examples=["25-34"])
    tenure_band: str | None = Field(default=None, description="Days of the employment", examples=["91-365"])
    hires: int
    ends: int
    layoffs: int = Field(description="Ends by a termination that the employer decided")
    converted: int = Field(description="Fixed terms that became permanent")
    fixed_ended: int = Field(description="Fixed terms that ended")
    tenure_median: int | None = Field(description="Days, of the employments that ended")
    between_median: int | None = Field(description="Days between the job before and the hire")
    between_jobs: int = Field(description="Hires with a job before, over by then: what that median is of")


class TrainingCell(Cell):
    """`seen_6`: of those who completed, for whom six months are over."""

    training: str | None = None
    unit: str | None = Field(default=None, description="Unit of competence")
    sex: str | None = None
    age_band: str | None = None
    education: Coded | None = None
    completed: int
    employed: int = Field(description="On the day of completion")
    seen_6: int
    employed_6: int
    seen_12: int
    employed_12: int


class QualityCell(Cell):
    organisation: str | None = Field(default=None, description="An employer's id, or an authority's name")
    what: str | None = Field(default=None, description=", ".join(quality.WHATS))
    reason: str | None = Field(default=None, description="Of what is late, why; of a correction, the kind of fact")
    n: int


class CardCell(Cell):
    cause: str | None = Field(default=None, description="Why, of suspended and revoked ones; else empty")
    issued: int
    live: int
    expired: int
    suspended: int
    revoked: int
    superseded: int


class Table(BaseModel):
    by: list[str]
    since: str | None = Field(examples=["2026-01"])
    until: str | None
    more: bool = Field(description="There are more rows than `limit`")
    included: Included


class Flows(Table):
    rows: list[FlowCell]


class Training(Table):
    rows: list[TrainingCell]


class Quality(Table):
    rows: list[QualityCell]


class Cards(Table):
    rows: list[CardCell]


@router.get(
    "/flows",
    responses=responses("dimension-unknown", "read-model-building"),
    summary="Hires, ends, layoffs, conversions",
)
def flow_table(
    desk: AtDesk,
    dimensions: Annotated[str, by(flows.DIMENSIONS, "month,province")] = "month",
    since: Since = None,
    until: Until = None,
    limit: Limit = 1_000,
) -> Flows:
    """Live: who came, who left and why, how long they had stayed, how long they had been without a job."""
    return Flows(**_table(desk, "flows", dimensions, since, until, limit, _at(flows.flows)))


@router.get("/training", responses=responses("dimension-unknown", "read-model-building"), summary="Work after training")
def training_table(
    desk: AtDesk,
    dimensions: Annotated[str, by(training.DIMENSIONS, "training")] = "month",
    since: Since = None,
    until: Until = None,
    limit: Limit = 1_000,
) -> Training:
    """Live: of those who completed a training, how many had work then, and 6 and 12 months after."""
    day = today(desk.registry.now())
    return Training(**_table(desk, "training", dimensions, since, until, limit, _at(training.effect, day)))


@router.get("/quality", responses=responses("dimension-unknown", "read-model-building"), summary="Quality of reports")
def quality_table(
    desk: AtDesk,
    dimensions: Annotated[str, by(quality.DIMENSIONS, "organisation,what")] = "what",
    since: Since = None,
    until: Until = None,
    limit: Limit = 1_000,
) -> Quality:
    """Live: late facts by reason, corrections, voids, disputes, identities that the register does not confirm.

    By the month in which they became known, of the organisation that had recorded the fact.
    """
    return Quality(**_table(desk, "quality", dimensions, since, until, limit, _at(quality.quality)))


@router.get(
    "/cards", responses=responses("dimension-unknown", "read-model-building"), summary="Cards by what became of them"
)
def card_table(
    desk: AtDesk,
    dimensions: Annotated[str, by(cardcounts.DIMENSIONS, "month,cause")] = "month",
    since: Since = None,
    until: Until = None,
    limit: Limit = 1_000,
) -> Cards:
    """Live: every card is `issued` once, and today one of live, expired, suspended, revoked, superseded.

    By the month of issue, of the end of an expired card, else by that in which its state began.
    """
    day = today(desk.registry.now())
    return Cards(**_table(desk, "card-counts", dimensions, since, until, limit, _at(cardcounts.card_counts, day)))


def _at(counting: Callable[..., list[dict[str, Any]]], *day: date) -> Counting:
    """Of what depends on the day of asking, on that day."""
    return lambda conn, by, since, until, most: counting(conn, *day, by, since=since, until=until, most=most)


def _table(
    desk: Desk, model: str, said: str, since: date | None, until: date | None, limit: int, counting: Counting
) -> dict[str, Any]:
    dimensions = list(dict.fromkeys(name.strip() for name in said.split(",") if name.strip()))
    first, last = (day and day.replace(day=1) for day in (since, until))
    if first and last and first > last:
        raise Refused("request-invalid", why=f"since: got {first:%Y-%m}, expected a month not after {last:%Y-%m}")
    with desk.reading() as conn:
        rows = counting(conn, dimensions, first, last, limit + 1)
        log = positions(conn)
    at = log.of(model)
    return {
        "by": dimensions,
        "since": first and f"{first:%Y-%m}",
        "until": last and f"{last:%Y-%m}",
        "rows": [_shown(row) for row in rows[:limit]],
        "more": len(rows) > limit,
        "included": Included(positions=at, events=sum(at.values()), behind=log.lag(model)),
    }


CODED = {"province": "", "industry": "", "education": "", "contract": "contract/"}


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    for name, prefix in CODED.items():
        if shown.get(name) is not None:
            shown[name] = coded(prefix + shown[name])
    if "tenure_median" in shown and shown.get("cause") is not None:
        shown["cause"] = coded(shown["cause"] if ":" in shown["cause"] else f"ending/{shown['cause']}")
    if shown.get("month") is not None:
        shown["month"] = f"{shown['month']:%Y-%m}"
    return shown

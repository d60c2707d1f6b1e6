"""`/v1/statistics`: what is counted, and up to where."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.codes import Coded, coded
from api.desk import AtDesk
from api.positions import positions
from api.problems import responses
from domain.errors import Refused
from projections.placements import placements as counted
from projections.placements import source

router = APIRouter(prefix="/v1/statistics", tags=["statistics"])


class Row(BaseModel):
    """A dimension that was not asked for is null."""

    month: str | None = Field(examples=["2026-02"])
    channel: Coded | None
    province: Coded | None
    industry: Coded | None = Field(description="Category of KBLI")
    occupation: Coded | None = Field(description="Major group of KBJI")
    regency: Coded | None = Field(description="Of the workplace")
    sex: str | None = Field(description="M, F or unknown")
    age_band: str | None = Field(description="In the year of the hire, or unknown", examples=["25-34"])
    education: Coded | None = Field(description="As of the day of the hire")
    placements: int = Field(description="Hires through a service: any channel but direct")
    hires: int


class Included(BaseModel):
    """How far the log is counted: shard -> position. Two answers with the same positions count the same facts."""

    positions: dict[int, int]
    events: int
    behind: int = Field(description="Facts recorded and not yet counted")


class Placements(BaseModel):
    by: list[str]
    since: str | None = Field(examples=["2026-01"])
    until: str | None
    rows: list[Row] = Field(description="Most placements first")
    more: bool = Field(description="There are more rows than `limit`")
    included: Included


@router.get(
    "/placements", responses=responses("dimension-unknown", "read-model-building"), summary="Placements and hires"
)
def placements(
    desk: AtDesk,
    by: Annotated[
        str,
        Query(
            max_length=80,
            description="Dimensions, comma separated: month, channel, province, regency, industry, occupation, sex,"
            " age_band, education. Empty: one total",
            examples=["province,channel"],
        ),
    ] = "province",
    since: Annotated[date | None, Query(description="A day of the first month")] = None,
    until: Annotated[date | None, Query(description="A day of the last month")] = None,
    limit: Annotated[int, Query(ge=1, le=10_000, description="The most rows")] = 1_000,
) -> Placements:
    """Live counts for those in office. Small cells are not suppressed: not for publication."""
    dimensions = list(dict.fromkeys(name.strip() for name in by.split(",") if name.strip()))
    first, last = (day and day.replace(day=1) for day in (since, until))
    if first and last and first > last:
        raise Refused("request-invalid", why=f"since: got {first:%Y-%m}, expected a month not after {last:%Y-%m}")
    with desk.reading() as conn:
        rows = counted(conn, dimensions, since=first, until=last, most=limit + 1)
        log = positions(conn)
    name = source(dimensions)
    at = log.of(name)
    return Placements(
        by=dimensions,
        since=_month(first),
        until=_month(last),
        rows=[_row(row) for row in rows[:limit]],
        more=len(rows) > limit,
        included=Included(positions=at, events=sum(at.values()), behind=log.lag(name)),
    )


def _row(row: dict[str, Any]) -> Row:
    def title(dimension: str, prefix: str = "") -> Coded | None:
        return coded(prefix + row[dimension]) if dimension in row else None

    return Row(
        month=_month(row.get("month")),
        channel=title("channel", "channel/"),
        province=title("province"),
        industry=title("industry"),
        occupation=title("occupation"),
        regency=title("regency"),
        sex=row.get("sex"),
        age_band=row.get("age_band"),
        education=title("education"),
        placements=row["placements"],
        hires=row["hires"],
    )


def _month(day: date | None) -> str | None:
    return None if day is None else f"{day:%Y-%m}"

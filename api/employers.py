"""`/v1/employers/{id}`: what an employer has to see to."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api.desk import AtDesk
from api.positions import positions
from api.problems import responses
from api.statistics import Included
from domain.decide import today
from domain.errors import Refused
from projections import calendar, employers

if TYPE_CHECKING:
    from psycopg import Connection

router = APIRouter(prefix="/v1/employers", tags=["employers"])

EmployerId = Annotated[
    str,
    Path(
        alias="id",
        max_length=36,
        pattern=r"^[0-9A-Za-z-]+$",
        description="The employer's id, or its NIB",
        examples=["5e1c9c3a-3a53-4a0f-9f2e-6f0b7a8f4c11", "9120001234567"],
    ),
]


class Due(BaseModel):
    due_on: date
    in_days: int = Field(description="From today in Jakarta; negative: overdue")
    kind: str = Field(description=", ".join(calendar.KINDS))
    worker: UUID | None = Field(description="Whose contract, certificate or permit it is; null of a report")
    subject: str = Field(description="Id of the employment or certificate, code of the establishment; else empty")
    establishment: str


class Calendar(BaseModel):
    employer: UUID
    today: date
    days: int
    due: list[Due] = Field(description="The earliest first, overdue ones too")
    more: bool = Field(description="There are more than `limit`")
    included: Included


@router.get(
    "/{id}/calendar",
    responses=responses("employer-unknown", "read-model-building"),
    summary="An employer's compliance calendar",
)
def employer_calendar(
    desk: AtDesk,
    given: EmployerId,
    days: Annotated[int, Query(ge=0, le=366, description="How many days ahead")] = 60,
    limit: Annotated[int, Query(ge=1, le=10_000, description="The most entries")] = 1_000,
) -> Calendar:
    """Contracts, certificates and work permits of its workers that end, and the yearly report of each establishment.

    Whether a report was filed is not recorded yet: of each only the next day is told, and none is overdue.
    """
    day = today(desk.registry.now())
    with desk.reading() as conn:
        employer = find(conn, given)
        found = calendar.calendar(conn, employer, day, days=days, most=limit + 1)
        log = positions(conn)
    at = log.of("calendar")
    return Calendar(
        employer=employer,
        today=day,
        days=days,
        due=[Due(in_days=(each.due_on - day).days, **each._asdict()) for each in found[:limit]],
        more=len(found) > limit,
        included=Included(positions=at, events=sum(at.values()), behind=log.lag("calendar")),
    )


def find(conn: Connection[Any], given: str) -> UUID:
    """Raises: Refused("employer-unknown")."""
    found = employers.employer_of(conn, given)
    if found is None:
        raise Refused("employer-unknown", nib=given)
    return found

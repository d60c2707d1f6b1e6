"""Every read of a worker's data is noted before it is answered; the worker, or an officer, sees by whom."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from api.desk import AtDesk
from api.problems import responses
from api.workers import PROBLEMS, WorkerId, find
from domain.errors import Refused
from registry import access

router = APIRouter(prefix="/v1/workers", tags=["workers"])

OF_A_WORKER = "/v1/workers/{id}"
READER, ROLE = "this-machine", "desk"
"""Until people sign in, all that is known of who asks."""


def noted(desk: AtDesk, request: Request) -> None:
    """For routes that read a worker's data: nothing is answered that was not noted.

    What changes something is on record as a fact. Of nobody there is nothing to note: the route says so.
    """
    route = request.scope["route"].path
    if request.method != "GET" or not route.startswith(OF_A_WORKER):
        return
    try:
        worker = find(desk, request.path_params["id"])
    except Refused:
        return
    access.note(desk.registry, worker, reader=READER, role=ROLE, what=f"{request.method} {route}")


class Access(BaseModel):
    """One read. It names no person."""

    number: int
    at: datetime
    reader: str = Field(description="Organisation, or the door that was used", examples=[READER])
    role: str = Field(examples=[ROLE])
    what: str = Field(description="Method and route", examples=["GET /v1/workers/{id}/history"])


class Accesses(BaseModel):
    worker: UUID
    accesses: list[Access] = Field(description="The latest first; this one is among them")
    next: int | None = Field(description="`before` of the following page; null at the end")
    kept_days: int = Field(description="Older ones are removed")


@router.get("/{id}/accesses", responses=responses(*PROBLEMS), summary="Who read a worker's data")
def accesses(
    desk: AtDesk,
    given: WorkerId,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="Only those before this number")] = None,
    limit: Annotated[int, Query(ge=1, le=1_000, description="The most reads")] = 100,
) -> Accesses:
    """Every read of the worker's data over this API: when, by whom, in what role, what. For the worker and officers."""
    worker = find(desk, given)
    desk.registry.worker(worker)
    found = access.accesses(desk.registry, worker, before=before, most=limit)
    return Accesses(
        worker=worker,
        accesses=[Access(**each._asdict()) for each in found],
        next=found[-1].number if len(found) == limit else None,
        kept_days=desk.settings.access_days,
    )

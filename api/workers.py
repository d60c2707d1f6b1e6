"""`/v1/workers/{id}`: a person's record, and how it came to be."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime

from api.desk import AtDesk, Desk
from api.history import Replay, facts
from api.problems import responses
from api.record import Record, record
from card.errors import CardError
from card.number import parse_number
from domain.decide import today
from domain.errors import Refused
from projections.cards import worker_of

router = APIRouter(prefix="/v1/workers", tags=["workers"])

WorkerId = Annotated[
    str,
    Path(
        alias="id",
        max_length=36,
        description="The worker's id, or the number of any card issued to them",
        examples=["0b9d8f1e-54f3-4f0e-8a3d-2f5f2c1d9e07", "11S4-QGDC-09RC"],
    ),
]
PROBLEMS = ("worker-unknown", "card-unknown")


def find(desk: Desk, given: str) -> UUID:
    """Raises: Refused("worker-unknown") for what is neither an id nor a card number, ("card-unknown")."""
    try:
        return UUID(given)
    except ValueError:
        pass
    try:
        number = parse_number(given)
    except CardError as error:
        raise Refused("worker-unknown") from error
    with desk.reading() as conn:
        stream = worker_of(conn, number)
    if stream is None:
        raise Refused("card-unknown", card=number)
    return stream


def number_in(given: str) -> str | None:
    """The card number in a path; None when it is a worker's id."""
    try:
        return parse_number(given)
    except CardError:
        return None


@router.get("/{id}", responses=responses(*PROBLEMS), summary="A worker's record")
def worker(desk: AtDesk, given: WorkerId) -> Record:
    """The record as known now and true today in Jakarta: person, identity, standing, employments, certificates, cards.

    Of an erased person what is not personal stays, `erased` is true and the personal parts are null.
    """
    registry = desk.registry
    history, _ = registry.worker(find(desk, given))
    return record(registry, history.state(on=today(registry.now())), history.version)


@router.get("/{id}/history", responses=responses(*PROBLEMS), summary="A worker's history, on both time axes")
def history(
    desk: AtDesk,
    given: WorkerId,
    known_at: Annotated[
        AwareDatetime | None,
        Query(
            description="What the registry knew at this moment; with an offset, its + as %2B. Now when left out",
            examples=["2026-03-01T00:00:00+07:00"],
        ),
    ] = None,
    as_of: Annotated[
        date | None,
        Query(description="What was true on this date; all that is known when left out", examples=["2026-02-01"]),
    ] = None,
) -> Replay:
    """Every fact: who said it, when it was true, when it was known, which amendment decides it, what is disputed.

    `known_at` cuts by what had been recorded, `as_of` by what had happened. The record is the fold of what remains.
    """
    registry = desk.registry
    told, _ = registry.worker(find(desk, given))
    known = [e for e in told.events if known_at is None or e.recorded_at <= known_at]
    state = told.state(known_at=known_at, on=as_of)
    return Replay(
        worker=told.stream,
        known_at=known_at,
        as_of=as_of,
        facts=facts(told, known_at=known_at, as_of=as_of),
        record=record(registry, state, known[-1].originator_version) if known else None,
    )

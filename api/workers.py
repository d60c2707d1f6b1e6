"""`/v1/workers/{id}`: a person's record, and how it came to be."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from api.desk import AtDesk, Desk
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

"""`/v1/workers/{id}/card/...`: a card suspended, reinstated, revoked, lost; and the life of all of a worker's cards.

Asked again for what is so already, each answers as before, with `again`, and records nothing.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.cards import NO_CARD, Card, card_of
from api.desk import AtDesk
from api.problems import responses
from api.workers import PROBLEMS, WorkerId, find, number_in
from domain.event import Actor, Role
from registry.app import SYSTEM
from registry.cards import life

router = APIRouter(prefix="/v1/workers", tags=["cards"])

CHANGES = (*PROBLEMS, "card-none", "card-state", "no-mandate", "worker-erased", "busy")
Officer = Annotated[
    str | None,
    Field(min_length=1, max_length=80, description="Account of the officer who decides; else the registry itself"),
]


class Decision(BaseModel):
    """Of a card number in the path it is that card; of a worker's id the card in force, else the newest."""

    officer: Officer = None


class Suspension(Decision):
    cause: life.SuspensionCause


class Revocation(Decision):
    cause: life.RevocationCause


class Loss(Decision):
    replace: bool = Field(False, description="Revoke it for good and issue another; else it is suspended at once")


class Change(BaseModel):
    """The card as it now is. `again`: it was so before, and nothing was recorded. `issued`: what takes its place."""

    number: str = Field(examples=["11S4-QGDC-09RC"])
    state: str = Field(examples=["suspended"])
    cause: str | None
    since: date
    again: bool
    issued: Card | None


class Chapter(BaseModel):
    """`what`: issued, suspended, reinstated, revoked or superseded."""

    number: str
    what: str
    on: date
    cause: str | None
    organisation: str
    role: str
    recorded_at: datetime
    expires_at: datetime | None = Field(description="Of a card that was issued: its end")


class CardsOf(BaseModel):
    cards: list[Chapter]


@router.post("/{id}/card/suspend", responses=responses(*CHANGES), summary="Refuse a card for now")
def suspend(desk: AtDesk, given: WorkerId, asked: Suspension) -> Change:
    """Status 2: verifiers refuse it until it is reinstated."""
    stream, by = find(desk, given), _by(asked)
    return _told(life.suspend(desk.registry, stream, cause=asked.cause, by=by, number=number_in(given)))


@router.post("/{id}/card/reinstate", responses=responses(*CHANGES), summary="A suspended card counts again")
def reinstate(desk: AtDesk, given: WorkerId, asked: Decision) -> Change:
    """It is what it was before: in force, or out of date. A revoked card never is again."""
    return _told(life.reinstate(desk.registry, find(desk, given), by=_by(asked), number=number_in(given)))


@router.post("/{id}/card/revoke", responses=responses(*CHANGES), summary="Refuse a card for good")
def revoke(desk: AtDesk, given: WorkerId, asked: Revocation) -> Change:
    """Status 1: for ever."""
    stream, by = find(desk, given), _by(asked)
    return _told(life.revoke(desk.registry, stream, cause=asked.cause, by=by, number=number_in(given)))


@router.post(
    "/{id}/card/lost",
    responses=responses(*CHANGES, *NO_CARD),
    summary="A card was lost",
)
def lost(desk: AtDesk, given: WorkerId, asked: Loss) -> Change:
    """Suspended at once; with `replace` revoked, and another issued in the same save.

    A replacement asked for by card number may be asked for again: it gives the card that took its place.
    """
    stream, by = find(desk, given), _by(asked)
    return _told(life.lose(desk.registry, stream, by=by, number=number_in(given), replace=asked.replace))


@router.get("/{id}/cards", responses=responses(*PROBLEMS), summary="The life of a worker's cards")
def history(desk: AtDesk, given: WorkerId) -> CardsOf:
    """Every card that was issued and what became of it, oldest first."""
    told = life.history(desk.registry, find(desk, given))
    return CardsOf(
        cards=[
            Chapter(
                number=c.card,
                what=c.what,
                on=c.day,
                cause=c.cause,
                organisation=c.by.organisation,
                role=c.by.role.value,
                recorded_at=c.recorded_at,
                expires_at=c.expires_at,
            )
            for c in told
        ]
    )


def _by(asked: Decision) -> Actor:
    if asked.officer is None:
        return SYSTEM
    return Actor(organisation="kemnaker", role=Role.OFFICER, person=asked.officer)


def _told(change: life.Change) -> Change:
    return Change(
        number=change.card,
        state=change.state,
        cause=change.cause,
        since=change.since,
        again=change.again,
        issued=card_of(change.issued) if change.issued else None,
    )

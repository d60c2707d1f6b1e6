"""`/v1/workers/{id}/card`: issue a card; give the issued one again."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.desk import AtDesk
from api.problems import responses
from api.workers import PROBLEMS, WorkerId, find
from registry import cards
from registry.app import SYSTEM

router = APIRouter(prefix="/v1/workers", tags=["cards"])

NO_CARD = ("identity-unverified", "worker-deceased", "worker-merged", "card-held", "permit-lapsed", "card-claims")
"""Why somebody is given no card."""


class StatusEntry(BaseModel):
    """Where verifiers look the card's status up: entry `index` of `/v1/status/{list}`."""

    list: int
    index: int


class Card(BaseModel):
    """`text` is what the QR code holds; `jwt` says the same. Both verify offline, see docs/card-profile.md."""

    number: str = Field(examples=["11S4-QGDC-09RC"])
    issued_at: datetime
    expires_at: datetime
    status: StatusEntry
    text: str = Field(description="Draw it in alphanumeric mode, error correction M")
    jwt: str
    back: str | None = Field(description="Likewise what the QR code on the back holds; null without a portrait")


def card_of(issued: cards.Issued) -> Card:
    claims = issued.claims
    return Card(
        number=claims.number,
        issued_at=datetime.fromtimestamp(claims.issued_at, UTC),
        expires_at=datetime.fromtimestamp(claims.expires_at, UTC),
        status=StatusEntry(list=claims.status.shard, index=claims.status.index),
        text=issued.text,
        jwt=issued.jwt,
        back=issued.back,
    )


@router.post(
    "/{id}/card",
    status_code=201,
    responses=responses(*PROBLEMS, *NO_CARD, "worker-erased", "busy"),
    summary="Issue a card",
)
def issue(desk: AtDesk, given: WorkerId, response: Response) -> Card:
    """Issue a card from the record of today. Needs a verified identity. A card in force is superseded.

    Each call issues one: after a lost answer, `GET` gives what was issued.
    """
    stream = find(desk, given)
    issued = cards.issue(desk.registry, stream, by=SYSTEM)
    desk.measures.cards.inc()
    response.headers["Location"] = f"/v1/workers/{stream}/card"
    return card_of(issued)


@router.get(
    "/{id}/card", responses=responses(*PROBLEMS, "card-none", "worker-erased"), summary="The card in force, again"
)
def current(desk: AtDesk, given: WorkerId) -> Card:
    """The very bytes that were released: a signature is never made twice."""
    return card_of(cards.current(desk.registry, find(desk, given)))

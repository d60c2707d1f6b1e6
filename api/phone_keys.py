"""The worker's phone: a code for it at a desk, its key and the card in exchange, its withdrawal.

`POST /v1/phone-keys` is the only route that a worker's phone asks; docs/how-to/live-card.md tells the way.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError

from api.desk import AtDesk
from api.problems import responses
from api.workers import PROBLEMS, WorkerId, find
from domain import facts as f
from keys.encoding import unb64url
from registry import phones
from registry.app import SYSTEM

router = APIRouter(tags=["cards"])

MOST = 1_000
"""Bytes of a phone's request; a good one has some 350."""
Coordinate = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{43}$")]
NO_CARD = ("identity-unverified", "worker-deceased", "worker-merged", "worker-erased", "card-held")


class PhoneCode(BaseModel):
    """Show `link` as a QR code to the worker's phone. What is kept of the code is a hash."""

    code: str = Field(examples=["4F7K-9QXT-2M0B-W6ZD"])
    link: str
    ends_at: datetime


class PhoneProof(BaseModel):
    """The code, the phone's public key on P-256 as `x` and `y` of its JWK, and the phone's signature of the code."""

    code: str = Field(max_length=40, examples=["4F7K-9QXT-2M0B-W6ZD"])
    x: Coordinate
    y: Coordinate
    proof: str = Field(
        pattern="^[A-Za-z0-9_-]{86}$",
        description="Base64url of ES256, r || s with s low, over the ASCII bytes of `kets-phone-key:1:` and the code"
        " without hyphens",
    )


class PhoneCard(BaseModel):
    """The card that names the phone, and the registry's clock, by which the phone may set its own codes right."""

    number: str = Field(examples=["11S4-QGDC-09RC"])
    name: str
    expires_at: datetime
    text: str = Field(description="The text of the card's QR code")
    now: int = Field(description="Unix seconds")


class Withdrawal(BaseModel):
    cause: phones.Cause


class PhoneWithdrawn(BaseModel):
    """`revoked`: numbers of the cards that named a lost or stolen phone."""

    revoked: list[str]


BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": PhoneProof.model_json_schema()}},
    }
}


async def _proof(request: Request) -> PhoneProof:
    """The body, of at most `MOST` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST:
            raise RequestValidationError([{"loc": ("body",), "msg": f"got more than {MOST} bytes", "type": "too_long"}])
    try:
        return PhoneProof.model_validate_json(bytes(body))
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]
        raise RequestValidationError(faults) from error


@router.post(
    "/v1/workers/{id}/phone-code",
    status_code=201,
    responses=responses(*PROBLEMS, *NO_CARD),
    summary="A code for a worker's phone",
)
def open_code(desk: AtDesk, given: WorkerId) -> PhoneCode:
    """For somebody who stands here with the phone: good for ten minutes, one phone, five tries. A newer ends it."""
    code = phones.open_code(desk.registry, find(desk, given))
    return PhoneCode(code=code.text, link=phones.link(desk.settings.issuer, code), ends_at=code.ends_at)


@router.post(
    "/v1/workers/{id}/phone-key/withdraw",
    responses=responses(*PROBLEMS, "phone-key-none", "worker-erased", "busy"),
    summary="A phone no longer speaks for its worker",
)
def withdraw(desk: AtDesk, given: WorkerId, asked: Withdrawal) -> PhoneWithdrawn:
    """Of a lost or stolen phone every card that names it is revoked; else the card in force is superseded.

    The next card names no phone, or the one that was enrolled by then.
    """
    withdrawn = phones.withdraw(desk.registry, find(desk, given), cause=asked.cause, by=SYSTEM)
    return PhoneWithdrawn(revoked=list(withdrawn.revoked))


@router.post(
    "/v1/phone-keys",
    status_code=201,
    openapi_extra=BODY,
    responses=responses("phone-key-proof", "enrolment-code", "phone-key-known", *NO_CARD, "permit-lapsed", "busy"),
    summary="A phone enrols its key",
)
def enrol(desk: AtDesk, given: Annotated[PhoneProof, Depends(_proof)], response: Response) -> PhoneCard:
    """The phone's key is recorded, and a card issued that names it; one in force is superseded.

    The same phone may send the same again while the code lives: it gets the same card.
    """
    key = f.PhoneKey(x=given.x, y=given.y)
    issued = phones.enrol(desk.registry, given.code, key=key, proof=unb64url(given.proof), by=SYSTEM)
    desk.measures.cards.inc()
    response.headers["Location"] = "/card"
    return PhoneCard(
        number=issued.claims.number,
        name=issued.claims.name,
        expires_at=datetime.fromtimestamp(issued.claims.expires_at, UTC),
        text=issued.text,
        now=int(desk.registry.now().timestamp()),
    )

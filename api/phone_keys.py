"""The worker's phone: a code for it at a desk, its key and the card in exchange, its withdrawal.

`POST /v1/phone-keys` is the only route that a worker's phone asks; docs/how-to/live-card.md tells the way.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError

from api.desk import AtDesk, Desk
from api.problems import responses
from api.workers import PROBLEMS, WorkerId, find
from domain import facts as f
from keys.encoding import unb64url
from registry import phones
from registry.app import SYSTEM
from registry.cards import Issued

router = APIRouter(tags=["cards"])

MOST, MOST_SHOWN = 1_000, 5_000
"""Bytes of a phone's requests; good ones have some 350, and some 1,000."""
Sent = TypeVar("Sent", bound=BaseModel)
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


class PhoneRenewal(BaseModel):
    """A live presentation of the card that the phone has, with the nonce `kets-renewal`."""

    text: str = Field(max_length=4_296)


class Withdrawal(BaseModel):
    cause: phones.Cause


class PhoneWithdrawn(BaseModel):
    """`revoked`: numbers of the cards that named a lost or stolen phone."""

    revoked: list[str]


def _body(kind: type[BaseModel]) -> dict[str, Any]:
    content = {"application/json": {"schema": kind.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}


async def _proof(request: Request) -> PhoneProof:
    return await _sent(request, PhoneProof, MOST)


async def _renewal(request: Request) -> PhoneRenewal:
    return await _sent(request, PhoneRenewal, MOST_SHOWN)


async def _sent(request: Request, kind: type[Sent], most: int) -> Sent:
    """The body, of at most `most` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise RequestValidationError([{"loc": ("body",), "msg": f"got more than {most} bytes", "type": "too_long"}])
    try:
        return kind.model_validate_json(bytes(body))
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
    openapi_extra=_body(PhoneProof),
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
    return _card(desk, issued)


@router.post(
    "/v1/phone-keys/card",
    openapi_extra=_body(PhoneRenewal),
    responses=responses("phone-key-proof", "card-unknown", "card-none", "worker-erased"),
    summary="A phone gets its card anew",
)
def renew(desk: AtDesk, given: Annotated[PhoneRenewal, Depends(_renewal)]) -> PhoneCard:
    """The card in force, when another has taken the place of the one that the phone shows."""
    shown = phones.shown(given.text)
    return _card(desk, phones.renew(desk.registry, find(desk, shown.number), shown))


def _card(desk: Desk, issued: Issued) -> PhoneCard:
    return PhoneCard(
        number=issued.claims.number,
        name=issued.claims.name,
        expires_at=datetime.fromtimestamp(issued.claims.expires_at, UTC),
        text=issued.text,
        now=int(desk.registry.now().timestamp()),
    )

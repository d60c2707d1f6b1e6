"""`/v1/workers/{id}/photo`: the portrait that the next card shows."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from api.desk import AtDesk
from api.fresh import HEADER, write_positions
from api.problems import responses
from api.workers import PROBLEMS, WorkerId, find
from card.photo import MAX_FILE
from domain.errors import Refused
from registry import photos

router = APIRouter(prefix="/v1/workers", tags=["cards"])

KINDS = ("image/jpeg", "image/png", "image/webp")
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"The picture's file, at most {MAX_FILE} bytes: upright, one face, about 3:4",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in KINDS},
    }
}


class PhotoKept(BaseModel):
    """Which fact the picture became, and where it stands: shard -> positions."""

    events: list[str] = Field(examples=[["0b9d8f1e-54f3-4f0e-8a3d-2f5f2c1d9e07:5"]])
    positions: dict[int, list[int]] = Field(examples=[{7: [41]}])


async def _picture(request: Request) -> bytes:
    """The body. Raises: Refused("media-type"), Refused("photo-too-large")."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in KINDS:
        raise Refused("media-type", got=kind[:80], expected=", ".join(KINDS))
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FILE:
            raise Refused("photo-too-large")
    return bytes(body)


@router.put(
    "/{id}/photo",
    openapi_extra=BODY,
    responses=responses(
        *PROBLEMS, "media-type", "photo-too-large", "photo-too-small", "photo-unreadable", "worker-erased", "busy"
    ),
    summary="Take in a portrait",
)
def take(desk: AtDesk, given: WorkerId, picture: Annotated[bytes, Depends(_picture)], response: Response) -> PhotoKept:
    """Cut to 3:4, encoded again without metadata, kept sealed. The next card shows it; one in force stays as it is."""
    receipt = photos.take(desk.registry, find(desk, given), picture, by=photos.DESK)
    response.headers[HEADER] = write_positions({shard: max(at) for shard, at in receipt.positions.items()})
    return PhotoKept(events=receipt.events, positions=receipt.positions)

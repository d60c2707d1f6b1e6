"""The status lists under the names that credentials give them, for verifiers without our trust list.

The bits are those of `/v1/status/{n}`; `sub` is this address, as the Token Status List has it (section 5.1).
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.desk import AtDesk
from api.lists import CACHED, STATUS_JWT
from api.problems import responses
from card.credential import STATUS_PATH, status_uri
from projections.cards import statuses
from registry import cards

router = APIRouter()


@router.get(
    f"{STATUS_PATH}{{n}}",
    responses={
        **responses("status-shard-unknown"),
        200: {
            "description": "The signed list",
            "content": {STATUS_JWT: {"schema": {"type": "string", "description": "A compact JWS"}}},
        },
    },
    response_class=Response,
    summary="A status list, as credentials name it",
)
def status(
    desk: AtDesk, n: Annotated[int, Path(ge=0, le=65_535, description="Number of the list, as the address has it")]
) -> Response:
    """The status of every card of one list, signed by a signer of that list (IETF Token Status List)."""
    registry, issuer = desk.registry, desk.settings.issuer
    with desk.reading() as conn:
        made = desk.kept.get(
            f"wallet/status/{n}",
            cards.moment(registry),
            lambda now: cards.status_jwt_token(registry, n, statuses(conn, n), now=now, subject=status_uri(issuer, n)),
        )
    return Response(made.content, headers={**CACHED, "ETag": made.etag}, media_type=STATUS_JWT)

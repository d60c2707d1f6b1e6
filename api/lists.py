"""The signed lists that verifiers fetch when they have a network: who signs, and which cards no longer count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Header, Path, Response

from api.desk import AtDesk
from api.problems import responses
from projections.cards import statuses
from registry import cards

if TYPE_CHECKING:
    from api.kept import Token

router = APIRouter(prefix="/v1", tags=["lists"])

TRUST, STATUS = "application/kets-trust+jwt", "application/statuslist+jwt"
CACHED = {"Cache-Control": "public, max-age=60", "Cross-Origin-Resource-Policy": "cross-origin"}
IfNoneMatch = Annotated[str | None, Header(max_length=1000, description="ETag of the list that is held already")]


def _answers(media_type: str, *codes: str) -> dict[int | str, dict[str, object]]:
    token = {"schema": {"type": "string", "description": "A compact JWS"}}
    return {
        **responses(*codes),
        200: {"description": "The signed list", "content": {media_type: token}},
        304: {"description": "The list that is held is still the one"},
    }


@router.get("/trust-list", responses=_answers(TRUST), response_class=Response, summary="The trust list")
def trust_list(desk: AtDesk, if_none_match: IfNoneMatch = None) -> Response:
    """Every signer of cards, signed by the root that verifiers pin (docs/card-profile.md section 6)."""
    registry, issuer = desk.registry, desk.settings.issuer
    made = desk.kept.get(
        "trust", cards.moment(registry), lambda now: cards.trust_list(registry, issuer=issuer, now=now)
    )
    return _token(made, TRUST, if_none_match)


@router.get(
    "/status/{n}",
    responses=_answers(STATUS, "status-shard-unknown"),
    response_class=Response,
    summary="A status list",
)
def status(
    desk: AtDesk,
    n: Annotated[int, Path(ge=0, le=65_535, description="Number of the list, as cards name it")],
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The status of every card of one list, signed (IETF Token Status List, docs/card-profile.md section 7)."""
    registry = desk.registry
    with desk.reading() as conn:
        made = desk.kept.get(
            f"status/{n}",
            cards.moment(registry),
            lambda now: cards.status_token(registry, n, statuses(conn, n), now=now),
        )
    return _token(made, STATUS, if_none_match)


def _token(made: Token, media_type: str, held: str | None) -> Response:
    headers = {**CACHED, "ETag": made.etag}
    if held is not None and made.etag in {tag.strip().removeprefix("W/") for tag in held.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(made.text, headers=headers, media_type=media_type)

"""The signed lists that verifiers fetch when they have a network: who signs, and which cards no longer count.

`/v1/lists/` is laid out as a verifier's folder (docs/card-profile.md section 9), so that any web server with an export
serves verifiers as well as this one. `/v1/status/{n}` is the address that the trust list gives; who asks there for a
JWT is given one.
"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Header, Path, Response

from api.accepted import preferred
from api.desk import AtDesk
from api.problems import responses
from card.status import TYP as STATUS
from card.trust import titles_json
from projections.cards import statuses, statuses_since
from registry import cards

if TYPE_CHECKING:
    from api.kept import Token

router = APIRouter(prefix="/v1", tags=["lists"])

TRUST, STATUS_JWT, DELTA = (f"application/{kind}+jwt" for kind in ("kets-trust", "statuslist", "kets-status-delta"))
JSON = "application/json"
CACHED = {
    "Cache-Control": "public, max-age=60",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Vary": "Accept, Accept-Encoding",
}
IfNoneMatch = Annotated[str | None, Header(max_length=1000, description="ETag of the list that is held already")]
AcceptEncoding = Annotated[str, Header(max_length=1000, description="`gzip` saves about a quarter of a signed list")]
Accept = Annotated[str, Header(max_length=1000, include_in_schema=False)]
Number = Annotated[int, Path(ge=0, le=65_535, description="Number of the list, as cards name it")]


def _answers(*media_types: str, codes: tuple[str, ...] = ()) -> dict[int | str, dict[str, object]]:
    return {
        **responses(*codes),
        200: {
            "description": "The list",
            "content": {each: {"schema": _SCHEMAS.get(each, _JWS)} for each in media_types},
        },
        304: {"description": "The list that is held is still the one"},
    }


_JWS = {"type": "string", "description": "A compact JWS"}
_SCHEMAS: dict[str, dict[str, str]] = {
    JSON: {"description": "JSON"},
    STATUS: {"type": "string", "format": "binary", "description": "A CWT: COSE_Sign1"},
}


@router.get("/trust-list", responses=_answers(TRUST), response_class=Response, summary="The trust list")
@router.get("/lists/trust-list.jwt", responses=_answers(TRUST), response_class=Response, summary="The trust list")
def trust_list(desk: AtDesk, if_none_match: IfNoneMatch = None, accept_encoding: AcceptEncoding = "") -> Response:
    """Every signer of cards, signed by the root that verifiers pin (docs/card-profile.md section 6)."""
    registry, issuer = desk.registry, desk.settings.issuer
    made = desk.kept.get(
        "trust", cards.moment(registry), lambda now: cards.trust_list(registry, issuer=issuer, now=now)
    )
    return _token(made, TRUST, if_none_match, accept_encoding)


@router.get("/lists/root.json", responses=_answers(JSON), response_class=Response, summary="The root")
def root(desk: AtDesk, if_none_match: IfNoneMatch = None, accept_encoding: AcceptEncoding = "") -> Response:
    """The root that signs today, a public JWK: what a verifier pins when it is set up, and never takes from here
    again."""
    made = desk.kept.get(
        "root", cards.moment(desk.registry), lambda _: json.dumps(desk.registry.keyring.root.public_jwk)
    )
    return _token(made, JSON, if_none_match, accept_encoding)


@router.get("/lists/roots.json", responses=_answers(JSON), response_class=Response, summary="The chain of roots")
def roots(desk: AtDesk, if_none_match: IfNoneMatch = None, accept_encoding: AcceptEncoding = "") -> Response:
    """Statements that lead from the root that a verifier knows to the one that signs today."""
    made = desk.kept.get(
        "roots", cards.moment(desk.registry), lambda _: json.dumps(desk.registry.keyring.roots.chain())
    )
    return _token(made, JSON, if_none_match, accept_encoding)


@router.get("/lists/titles.json", responses=_answers(JSON), response_class=Response, summary="Titles of codes")
def titles(desk: AtDesk, if_none_match: IfNoneMatch = None, accept_encoding: AcceptEncoding = "") -> Response:
    """Titles of the occupations that cards name; the trust list holds the digest of these very bytes."""
    made = desk.kept.get("titles", cards.moment(desk.registry), lambda _: titles_json(cards.titles()).decode())
    return _token(made, JSON, if_none_match, accept_encoding)


@router.get(
    "/lists/status/{n}.since-{day}.jwt",
    responses=_answers(DELTA, codes=("status-shard-unknown", "status-delta-unknown")),
    response_class=Response,
    summary="What changed in a status list",
)
def status_since(
    desk: AtDesk,
    n: Number,
    day: Annotated[date, Path(description="Day of the list that is held, UTC: today or one of the seven days before")],
    if_none_match: IfNoneMatch = None,
    accept_encoding: AcceptEncoding = "",
) -> Response:
    """The entries that changed since that day began, signed (docs/card-profile.md section 7)."""
    registry = desk.registry
    with desk.reading() as conn:
        made = desk.kept.get(
            f"status/{n}/{day}",
            cards.moment(registry),
            lambda now: cards.status_delta(registry, n, statuses_since(conn, n), since=day, now=now),
        )
    return _token(made, DELTA, if_none_match, accept_encoding)


@router.get(
    "/status/{n}",
    responses=_answers(STATUS, STATUS_JWT, codes=("status-shard-unknown",)),
    response_class=Response,
    summary="A status list",
)
def status(
    desk: AtDesk,
    n: Number,
    if_none_match: IfNoneMatch = None,
    accept_encoding: AcceptEncoding = "",
    accept: Accept = "",
) -> Response:
    """The status of every card of one list, signed (IETF Token Status List, docs/card-profile.md section 7): a CWT,
    or where `Accept` prefers it the JWT, which has a third more bytes."""
    if preferred(accept, [STATUS, STATUS_JWT]) == STATUS:
        return status_file(desk, n, if_none_match)
    registry = desk.registry
    with desk.reading() as conn:
        made = desk.kept.get(
            f"status/{n}.jwt",
            cards.moment(registry),
            lambda now: cards.status_jwt_token(registry, n, statuses(conn, n), now=now),
        )
    return _token(made, STATUS_JWT, if_none_match, accept_encoding)


@router.get(
    "/lists/status/{n}.cwt",
    responses=_answers(STATUS, codes=("status-shard-unknown",)),
    response_class=Response,
    summary="A status list, as a verifier keeps it",
)
def status_file(desk: AtDesk, n: Number, if_none_match: IfNoneMatch = None) -> Response:
    """The status of every card of one list, signed: a CWT. It is zlib inside, and gzip would make it no smaller."""
    registry = desk.registry
    with desk.reading() as conn:
        made = desk.kept.get(
            f"status/{n}",
            cards.moment(registry),
            lambda now: cards.status_token(registry, n, statuses(conn, n), now=now),
        )
    return _token(made, STATUS, if_none_match, "")


def _token(made: Token, media_type: str, held: str | None, accepted: str) -> Response:
    headers = {**CACHED, "ETag": made.etag}
    if held is not None and made.etag in {tag.strip().removeprefix("W/") for tag in held.split(",")}:
        return Response(status_code=304, headers=headers)
    if "gzip" in {each.partition(";")[0].strip() for each in accepted.split(",")}:
        return Response(made.gzipped, headers={**headers, "Content-Encoding": "gzip"}, media_type=media_type)
    return Response(made.content, headers=headers, media_type=media_type)

"""What a wallet sends: bounded, read strictly, and refused in the protocol's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from api.desk import AtDesk
from keys.strict import strict_json
from registry.wallet.denied import Denied

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_FORM, MOST_JSON = 4_096, 65_536
MOST_FIELDS = 20
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def _paced(desk: AtDesk) -> None:
    """Raises: Denied("temporarily_unavailable")."""
    if not desk.pace.take():
        raise Denied("temporarily_unavailable", "too many wallets ask at once; try again in a second")


async def _form(request: Request) -> dict[str, str]:
    """A form of the token endpoint. Raises: Denied("invalid_request"), for a field that is there twice too."""
    content = await _read(request, FORM, MOST_FORM, "invalid_request")
    try:
        pairs = parse_qsl(
            content.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as error:
        raise Denied("invalid_request", "the body is no form of at most 20 fields") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Denied("invalid_request", "a field is there twice")
    return fields


async def _json(request: Request) -> dict[str, Any]:
    """A request of the credential endpoint. Raises: Denied("invalid_credential_request")."""
    content = await _read(request, JSON, MOST_JSON, "invalid_credential_request")
    try:
        found = strict_json(content)
    except ValueError as error:
        raise Denied("invalid_credential_request", "the body is no JSON, or has a member twice") from error
    if not isinstance(found, dict):
        raise Denied("invalid_credential_request", "the body is no JSON object")
    return found


async def _read(request: Request, kind: str, most: int, error: str) -> bytes:
    got = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if got != kind:
        raise Denied(error, f"the content type is not {kind}")
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > most:
            raise Denied(error, f"the body has more than {most} bytes")
    return content


def described(kind: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """For a route's OpenAPI: what its body must be."""
    return {"requestBody": {"required": True, "content": {kind: {"schema": schema}}}}


Paced = Annotated[None, Depends(_paced)]
Form = Annotated[dict[str, str], Depends(_form)]
Json = Annotated[dict[str, Any], Depends(_json)]

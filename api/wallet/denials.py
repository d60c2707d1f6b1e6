"""How a wallet is told no: the protocol's errors, which are no problem+json (RFC 6749 section 5.2, RFC 6750 section 3).

Everything else, such as a database that does not answer, is a problem as everywhere.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.responses import JSONResponse

from api.problems import responses
from registry.wallet.denied import Denied

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

STATUS = {
    "invalid_token": HTTPStatus.UNAUTHORIZED,
    "temporarily_unavailable": HTTPStatus.TOO_MANY_REQUESTS,
}
"""Of the errors that are not 400."""
_FOREIGN = {ord('"'): "'", ord("\\"): "/"}


def add_to(app: FastAPI) -> None:
    app.add_exception_handler(Denied, _denied)


def _denied(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Denied)  # noqa: S101 - registered for this type alone
    headers = {"Cache-Control": "no-store"}
    if error.error == "invalid_token":
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    if error.error == "temporarily_unavailable":
        headers["Retry-After"] = "1"
    body = {"error": error.error, "error_description": described(error.description)}
    return JSONResponse(body, STATUS.get(error.error, HTTPStatus.BAD_REQUEST), headers)


def described(text: str) -> str:
    """Printable ASCII without quotes and backslashes, as an error_description must be; at most 300 characters."""
    plain = text.translate(_FOREIGN)
    return "".join(letter if " " <= letter <= "~" else "?" for letter in plain)[:300]


def answers(*errors: str) -> dict[int | str, dict[str, Any]]:
    """For a route's OpenAPI: the errors it answers with, beside the problems of every route."""
    found = responses()
    for error in errors:
        status = STATUS.get(error, HTTPStatus.BAD_REQUEST)
        entry = found.setdefault(int(status), {"description": status.phrase, "content": {}})
        said = entry["content"].setdefault("application/json", {"schema": _SCHEMA, "examples": {}})
        said["examples"][error] = {"summary": error, "value": {"error": error}}
    return found


_SCHEMA = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
}

"""Problems as RFC 9457 has them, and which HTTP status each code has. The only place where the two meet."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from registry.submissions.messages import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

MEDIA_TYPE = "application/problem+json"
TYPE = "https://kets.example/problems/"
RETRY_AFTER = "2"

STATUS: dict[str, HTTPStatus] = {
    "no-mandate": HTTPStatus.FORBIDDEN,
    "origin-differs": HTTPStatus.FORBIDDEN,
    "second-officer": HTTPStatus.FORBIDDEN,
    "auditor-unknown": HTTPStatus.UNAUTHORIZED,
    "event-unknown": HTTPStatus.NOT_FOUND,
    "ledger-empty": HTTPStatus.NOT_FOUND,
    "not-found": HTTPStatus.NOT_FOUND,
    "submission-unknown": HTTPStatus.NOT_FOUND,
    "tile-unknown": HTTPStatus.NOT_FOUND,
    "worker-unknown": HTTPStatus.NOT_FOUND,
    "intake-unknown": HTTPStatus.NOT_FOUND,
    "card-unknown": HTTPStatus.NOT_FOUND,
    "card-none": HTTPStatus.NOT_FOUND,
    "employer-unknown": HTTPStatus.NOT_FOUND,
    "fact-unknown": HTTPStatus.NOT_FOUND,
    "cube-unknown": HTTPStatus.NOT_FOUND,
    "projection-unknown": HTTPStatus.NOT_FOUND,
    "publication-unknown": HTTPStatus.NOT_FOUND,
    "status-delta-unknown": HTTPStatus.NOT_FOUND,
    "status-shard-unknown": HTTPStatus.NOT_FOUND,
    "method-not-allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "already-employed": HTTPStatus.CONFLICT,
    "card-exists": HTTPStatus.CONFLICT,
    "card-held": HTTPStatus.CONFLICT,
    "card-live": HTTPStatus.CONFLICT,
    "card-state": HTTPStatus.CONFLICT,
    "dispute-open": HTTPStatus.CONFLICT,
    "identity-claimed": HTTPStatus.CONFLICT,
    "identity-unverified": HTTPStatus.CONFLICT,
    "permit-lapsed": HTTPStatus.CONFLICT,
    "ref-conflict": HTTPStatus.CONFLICT,
    "registered-already": HTTPStatus.CONFLICT,
    "worker-deceased": HTTPStatus.CONFLICT,
    "worker-merged": HTTPStatus.CONFLICT,
    "enrolment-code": HTTPStatus.FORBIDDEN,
    "phone-key-known": HTTPStatus.CONFLICT,
    "phone-key-none": HTTPStatus.NOT_FOUND,
    "key-destroyed": HTTPStatus.GONE,
    "worker-erased": HTTPStatus.GONE,
    "photo-too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "file-too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "request-too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "too-many-rows": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "zip-bomb": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "media-type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "wrong-suffix": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "loopback-only": HTTPStatus.MISDIRECTED_REQUEST,
    "internal": HTTPStatus.INTERNAL_SERVER_ERROR,
    "publication-altered": HTTPStatus.INTERNAL_SERVER_ERROR,
    "sealed-part-unreadable": HTTPStatus.INTERNAL_SERVER_ERROR,
    "busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "not-fresh": HTTPStatus.SERVICE_UNAVAILABLE,
    "read-model-building": HTTPStatus.SERVICE_UNAVAILABLE,
    "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
}


class Message(BaseModel):
    """One sentence for people, in Indonesian and English."""

    id: str
    en: str


class Problem(BaseModel):
    """What went wrong. Programs read `code`, which never changes its meaning; people read `message`."""

    type: str = Field(examples=[TYPE + "worker-unknown"])
    title: str = Field(examples=["Worker unknown"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no such person in the registry."])
    instance: str = Field(
        description="Names this one occurrence: the request's number, also in X-Request-Id",
        examples=["urn:uuid:0d8f3c5e-5d0c-4a77-9a57-3c7d0a6a2a51"],
    )
    code: str = Field(examples=["worker-unknown"])
    message: Message


def status_of(code: str) -> HTTPStatus:
    """422 for what is not listed: the request was understood and is refused for what it says."""
    return STATUS.get(code, HTTPStatus.UNPROCESSABLE_ENTITY)


def said(code: str, details: Mapping[str, object]) -> Message:
    return Message(id=sentence(code, details, "id"), en=sentence(code, details, "en"))


def problem(code: str, details: Mapping[str, object], request: str) -> Problem:
    message = said(code, details)
    return Problem(
        type=TYPE + code,
        title=code.replace("-", " ").capitalize(),
        status=status_of(code),
        detail=message.en,
        instance=f"urn:uuid:{request}",
        code=code,
        message=message,
    )


def answer(code: str, details: Mapping[str, object], request: str) -> JSONResponse:
    """The response for a refusal; `request` is the request's number."""
    status = status_of(code)
    headers = {"Retry-After": RETRY_AFTER} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if code == "method-not-allowed":
        headers["Allow"] = str(details["expected"])
    return JSONResponse(problem(code, details, request).model_dump(), status, headers, MEDIA_TYPE)


def responses(*codes: str) -> dict[int | str, dict[str, Any]]:
    """For a route's OpenAPI: the problems it answers with, an example of each code; those of every route included."""
    found: dict[int | str, dict[str, Any]] = {}
    for code in ("loopback-only", "origin-differs", "request-invalid", "unavailable", "internal", *codes):
        entry = found.setdefault(
            int(status_of(code)),
            {
                "description": status_of(code).phrase,
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}},
            },
        )
        example = problem(code, {}, "0d8f3c5e-5d0c-4a77-9a57-3c7d0a6a2a51").model_dump()
        entry["content"][MEDIA_TYPE]["examples"][code] = {"summary": code, "value": example}
    return found

"""`/docs` and `/openapi.json`: what the door offers. The page has no script and asks no other site."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse

from api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

DESCRIPTION = """Employers' files come in; records, histories, cards and counts go out.

**For this machine only.** Nobody signs in yet, so every request whose Host is not a loopback one is refused
(`loopback-only`), and so is every request with the Origin of another site (`origin-differs`).

**Refusals** are problem+json (RFC 9457) with a stable `code` and a sentence in Indonesian and English.
`X-Request-Id` is the number of the request, which is all that the log keeps of it beside route and status.

**Times**: `recorded_at` and `known_at` are moments with an offset; `effective_on` and `as_of` are civil dates at the
workplace."""

_CODE, _STRONG = re.compile(r"`([^`]+)`"), re.compile(r"\*\*([^*]+)\*\*")

router = APIRouter(include_in_schema=False)


def complete(app: FastAPI) -> None:
    """Give the OpenAPI document the schema of problems, to which every route's answers refer."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                summary=app.summary,
                description=app.description,
                routes=app.routes,
            )
            schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            made["components"]["schemas"] |= {**schema.pop("$defs"), "Problem": schema}
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # as FastAPI's documentation extends it


@router.get("/docs", response_class=HTMLResponse)
def page(request: Request) -> str:
    """The routes in words; `/openapi.json` has all of it."""
    document = request.app.openapi()
    sections = "".join(_sections(document["paths"]))
    description = _html(document["info"]["description"])
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>KETS API</title><h1>KETS API</h1>{description}'
        f'<p><a href="openapi.json">openapi.json</a></p>{sections}</html>'
    )


def _sections(paths: dict[str, Any]) -> Iterator[str]:
    for path, methods in paths.items():
        for method, operation in methods.items():
            answers = ", ".join(operation["responses"])
            parameters = "".join(
                f"<li><code>{escape(p['name'])}</code> ({p['in']}) {_marked(p.get('description', ''))}</li>"
                for p in operation.get("parameters", ())
            )
            yield (
                f"<h2><code>{method.upper()} {escape(path)}</code> {escape(operation['summary'])}</h2>"
                f"{_html(operation['description'])}{parameters and f'<ul>{parameters}</ul>'}<p>Answers: {answers}</p>"
            )


def _html(text: str) -> str:
    """The paragraphs of a description."""
    return "".join(f"<p>{_marked(part)}</p>" for part in text.split("\n\n"))


def _marked(text: str) -> str:
    """The two marks of Markdown that descriptions have, `code` and **strong**."""
    return _STRONG.sub(r"<strong>\1</strong>", _CODE.sub(r"<code>\1</code>", escape(text)))

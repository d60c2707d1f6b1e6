"""`/card`: the page with which a worker's phone is enrolled and shows its holder's card, as `make web` built it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from api import pages
from api.desk import AtDesk
from domain.errors import Refused

router = APIRouter(prefix="/card", include_in_schema=False)

BUILT = pages.BUILT / "holder"
HEADERS = {
    **pages.headers(permissions="camera=(), geolocation=(), microphone=(), screen-wake-lock=(self)"),
    "Cache-Control": "no-cache",
    "Service-Worker-Allowed": "/card",
}
NOT_BUILT = pages.not_built("Halaman kartu belum dibuat", "The card's page is not built yet")
Name = Literal["main.js", "sw.js", "style.css", "manifest.webmanifest", "icon.svg"]


class Now(BaseModel):
    """The registry's clock, by which a phone with a wrong one sets its codes right."""

    now: int


@router.get("")
def slash(request: Request) -> RedirectResponse:
    """The page's files are named relative to `/card/`; what follows `#` stays."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/card/", status_code=308)


@router.get("/")
def page() -> Response:
    """The page; without it, how to get it."""
    if not (BUILT / "index.html").exists():
        return HTMLResponse(NOT_BUILT, status_code=503)
    return _sent("index.html", "text/html; charset=utf-8")


@router.get("/now")
def now(desk: AtDesk) -> Now:
    return Now(now=int(desk.registry.now().timestamp()))


@router.get("/{name}")
def file(name: Annotated[Name, InPath()]) -> Response:
    """Script, service worker, style, icon."""
    return _sent(name, pages.TYPES[Path(name).suffix])


def _sent(name: str, media_type: str) -> Response:
    try:
        content = (BUILT / name).read_bytes()
    except FileNotFoundError:
        raise Refused("not-found") from None
    return Response(content, headers=HEADERS, media_type=media_type)

"""`/card`: the page with which a worker's phone is enrolled and shows its holder's card, as `make web` built it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from api.desk import AtDesk
from api.phone import TYPES
from domain.errors import Refused

router = APIRouter(prefix="/card", include_in_schema=False)

BUILT = Path(__file__).parents[1] / "card" / "verifier" / "dist" / "holder"
CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types kets",
    )
)
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": CSP,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), screen-wake-lock=(self)",
    "Service-Worker-Allowed": "/card",
}
NOT_BUILT = (
    '<!doctype html><html lang="id"><meta charset="utf-8"><title>KETS</title>'
    "<h1>Halaman kartu belum dibuat</h1><p>Jalankan <code>make web</code>.</p>"
    '<div lang="en"><h1>The card\'s page is not built yet</h1><p>Run <code>make web</code>.</p></div></html>'
)
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
    return _sent(name, TYPES[Path(name).suffix])


def _sent(name: str, media_type: str) -> Response:
    try:
        content = (BUILT / name).read_bytes()
    except FileNotFoundError:
        raise Refused("not-found") from None
    return Response(content, headers=HEADERS, media_type=media_type)

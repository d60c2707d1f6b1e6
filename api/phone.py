"""`/verify`: the page with which a phone checks cards, as `make web` built it. Its lists are `/v1/lists/`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, RedirectResponse

from api import pages
from domain.errors import Refused

router = APIRouter(prefix="/verify", include_in_schema=False)

BUILT = pages.BUILT / "page"
HEADERS = pages.headers(
    permissions="camera=(self), geolocation=(), microphone=()",
    script_src="'self' 'wasm-unsafe-eval'",
    img_src="'self' blob:",
)
REVALIDATED = {"Cache-Control": "no-cache"}
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
"""For names that carry a digest of what they name."""
ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""By preference, with the ending of the file that the build has compressed so."""
NOT_BUILT = pages.not_built("Halaman pemeriksa belum dibuat", "The verifier is not built yet")
AcceptEncoding = Annotated[str, Header(max_length=200)]


@router.get("")
def slash(request: Request) -> RedirectResponse:
    """The page's files are named relative to `/verify/`."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/verify/", status_code=308)


@router.get("/")
def page(accept_encoding: AcceptEncoding = "") -> Response:
    """The page; without it, how to get it."""
    if not (BUILT / "index.html").exists():
        return HTMLResponse(NOT_BUILT, status_code=503)
    return _sent("index.html", "text/html; charset=utf-8", accept_encoding, REVALIDATED)


@router.get("/sw.js")
def service_worker(accept_encoding: AcceptEncoding = "") -> Response:
    """Never kept, so that a new page is noticed; it may answer for `/verify` itself, too."""
    headers = {**REVALIDATED, "Service-Worker-Allowed": "/verify"}
    return _sent("sw.js", pages.TYPES[".js"], accept_encoding, headers)


@router.get("/{name}")
def file(
    name: Annotated[str, InPath(max_length=80, pattern=r"^[a-z0-9]+(-[a-z0-9]+)+\.[a-z]+$")],
    accept_encoding: AcceptEncoding = "",
) -> Response:
    """Scripts, styles, icons, zxing: all by names that change with their content."""
    media_type = pages.TYPES.get(Path(name).suffix)
    if media_type is None:
        raise Refused("not-found")
    return _sent(name, media_type, accept_encoding, FOR_EVER)


def _sent(name: str, media_type: str, accept_encoding: str, headers: dict[str, str]) -> Response:
    accepted = {each.partition(";")[0].strip() for each in accept_encoding.split(",")}
    for encoding, ending in ENCODINGS.items():
        if encoding in accepted and (BUILT / f"{name}{ending}").is_file():
            headers = {**headers, "Content-Encoding": encoding}
            name = f"{name}{ending}"
            break
    try:
        content = (BUILT / name).read_bytes()
    except FileNotFoundError:
        raise Refused("not-found") from None
    return Response(content, headers={**HEADERS, **headers, "Vary": "Accept-Encoding"}, media_type=media_type)

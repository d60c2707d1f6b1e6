"""Bodies that are no files are small: what is larger is refused before any route reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from api.problems import answer
from api.upload import SUFFIX

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 131_072
"""Good ones have some 10,000. Routes with bounds of their own, in words of their own, have smaller ones."""
MOST_OF_A_FILE = 16 * 2**20
"""More than any route reads of a file: what is cut off here was sent, as a file, to a route that takes none."""


class Bounded:
    """ASGI middleware. Files and pictures are counted by their routes, which allow them more, and cut off here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
        elif _is_file(scope):
            await self._app(scope, _cut(receive), send)
        else:
            await self._small(scope, receive, send)

    async def _small(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytearray()
        while len(body) <= MOST_BYTES:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if not message.get("more_body", False):
                break
        if len(body) > MOST_BYTES:
            refusal = answer("request-too-large", {"expected": MOST_BYTES}, scope["state"]["number"])
            await refusal(scope, receive, send)
        else:
            await self._app(scope, _again(bytes(body), receive), send)


def _is_file(scope: Scope) -> bool:
    kind = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
    return kind in SUFFIX or kind.startswith("image/")


def _cut(receive: Receive) -> Receive:
    """As if the client had gone, once it has sent too much."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        return message if size <= MOST_OF_A_FILE else {"type": "http.disconnect"}

    return counted


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that was read, once; then what the server says next."""
    told = False

    async def replayed() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed

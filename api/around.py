"""What happens around every request: its number, the headers of its answer, one line in the log, the measures.

No line names a person: neither path nor query is logged, only the route's pattern; of an error its type and place.
"""

from __future__ import annotations

import sys
import time
import traceback
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect

from api.problems import answer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.measures import Measures

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every answer, unless the route says otherwise."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class _Lines:
    """Standard error, as it is when a line is written."""

    def write(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    info = error = write


def make_log() -> Any:
    """One JSON object a line."""
    return structlog.wrap_logger(
        _Lines(),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
    )


class Around:
    """ASGI middleware, the outermost: also answers for what nobody caught."""

    def __init__(self, app: ASGIApp, *, measures: Measures, log: Any) -> None:
        self._app, self._measures, self._log = app, measures, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number, began = str(uuid4()), time.perf_counter()
        scope.setdefault("state", {})["number"] = number
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = number
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except ClientDisconnect:
            self._log.info("gone", request=number, route=_route(scope))
        except Exception as error:  # the last resort: logged, and answered
            self._log.error("failed", request=number, route=_route(scope), error=type(error).__name__, at=_place(error))
            if status:
                raise  # half an answer is out: only breaking the connection tells the client
            await answer("internal", {}, number)(scope, receive, noted)
        finally:
            self._note(scope, number, status, time.perf_counter() - began)

    def _note(self, scope: Scope, number: str, status: int, seconds: float) -> None:
        route, method = _route(scope), scope["method"] if scope["method"] in METHODS else "other"
        self._measures.requests.labels(method, route, str(status)).inc()
        self._measures.seconds.labels(route).observe(seconds)
        self._log.info("answered", request=number, method=method, route=route, status=status, ms=round(seconds * 1e3))


def _route(scope: Scope) -> str:
    """The pattern (`/v1/workers/{id}`), which names nobody."""
    return getattr(scope.get("route"), "path", "unmatched")


def _place(error: Exception) -> list[str]:
    """Where it happened, innermost last: files and lines, no values."""
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]

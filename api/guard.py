"""Who may knock: until organisations have accounts, this machine alone.

A page of another site cannot make a browser on this machine read or write here: its Origin differs. Nor can it give
our address a name of its own (DNS rebinding): the Host would then not be a loopback one.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from api.problems import answer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_HOST = re.compile(r"(?P<name>\[(?P<six>[0-9a-fA-F:]+)\]|[a-zA-Z0-9.-]+)(:[0-9]{1,5})?", re.ASCII)


class Guard:
    """ASGI middleware: refuses a Host that is not loopback, and an Origin that is not our own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        code = refusal(headers.getlist("host"), headers.getlist("origin"), scope["scheme"])
        if code is None:
            await self._app(scope, receive, send)
        else:
            await answer(code, {}, scope["state"]["number"])(scope, receive, send)


def refusal(hosts: list[str], origins: list[str], scheme: str) -> str | None:
    """The code for which a request with these headers is refused, or None."""
    if len(hosts) != 1 or not is_loopback(hosts[0]):
        return "loopback-only"
    if any(origin.lower() != f"{scheme}://{hosts[0].lower()}" for origin in origins):
        return "origin-differs"
    return None


def is_loopback(host: str) -> bool:
    """True for `localhost`, 127.0.0.0/8 and [::1], each with or without a port."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    try:
        return found["name"].lower() == "localhost" or ipaddress.ip_address(found["six"] or found["name"]).is_loopback
    except ValueError:
        return False

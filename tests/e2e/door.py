"""The API on a port of this machine, in a thread, as browsers meet it; stopped and started again at will."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import uvicorn

from api import create_app

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tests.conftest import Site


@dataclass
class Door:
    """`sent` counts the bytes of bodies, as they went over the wire, by path.

    `encodings`: what browsers are taken to have asked for, where it is not what they did.
    """

    site: Site
    port: int = 0
    sent: dict[str, int] = field(default_factory=dict)
    encodings: str | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        if not self.port:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
        app = self._counted(create_app(self.site.settings, registry=self.site.registry))
        config = uvicorn.Config(app, port=self.port, log_level="error", ws="none", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until = time.monotonic() + 30
        while not self._server.started:
            assert time.monotonic() < until, "the API did not start"
            time.sleep(0.02)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=30)
        assert not self._thread.is_alive(), "the API did not stop"

    def _counted(self, app: ASGIApp) -> ASGIApp:
        async def counting(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and self.encodings is not None:
                others = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
                scope["headers"] = [*others, (b"accept-encoding", self.encodings.encode())]

            async def counted(message: Message) -> None:
                if message["type"] == "http.response.body":
                    path = scope["path"]
                    self.sent[path] = self.sent.get(path, 0) + len(message.get("body", b""))
                await send(message)

            await app(scope, receive, counted)

        return counting

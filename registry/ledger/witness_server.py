"""A witness over HTTP: `POST /add-checkpoint`, and nothing else."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from registry.ledger.witness import LONGEST, Answer

if TYPE_CHECKING:
    from registry.ledger.witness import Witness


class WitnessServer(ThreadingHTTPServer):
    """Listens once made; `serve_forever` answers."""

    daemon_threads = True

    def __init__(self, witness: Witness, host: str, port: int) -> None:
        self.witness = witness
        super().__init__((host, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.path != "/add-checkpoint":
            self._answer(Answer(404, "expected /add-checkpoint\n"))
        elif not length.isdecimal() or len(length) > 9 or int(length) > LONGEST:
            self._answer(Answer(400, f"expected a Content-Length of at most {LONGEST}\n"))
        else:
            body = self.rfile.read(int(length))
            self._answer(self.server.witness.add_checkpoint(body, int(time.time())))
            return
        self.close_connection = True  # its body was not read

    def _answer(self, answer: Answer) -> None:
        body = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server calls it by
        """What was cosigned is in the folder; nothing else is kept."""

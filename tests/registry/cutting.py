"""A line to the database that is cut at the moment of a commit: the one failure after which nobody knows what was done.

It speaks enough of PostgreSQL's protocol (manual, "Message Formats") to know where a commit is on its way: a simple
query COMMIT, or a prepared INSERT of events outside a transaction, which commits by itself.
"""

from __future__ import annotations

import os
import socket
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import parse_qs, urlsplit

from psycopg.conninfo import make_conninfo

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

Cut = Literal["before", "after", "late", "unheard"]
"""before: the commit never arrives. after: it is done, its acknowledgement is lost. unheard: it arrives, and the client
has gone already. late: it arrives when the client has gone and has had time to ask again."""
LATE = 0.15
SOCKET = ".s.PGSQL.5432"


class Line:
    """Listens in a folder of its own; `url` leads through it. `cuts` says what happens to the commits to come, one by
    one; None lets one pass, and so does the end of the list."""

    def __init__(self, url: str, cuts: Iterable[Cut | None] = ()) -> None:
        (folder,) = parse_qs(urlsplit(url).query)["host"]
        self._server = f"{folder}/{SOCKET}"
        self._folder = tempfile.TemporaryDirectory(prefix="kets-line-", dir="/tmp")
        self.url = make_conninfo(url, host=self._folder.name)
        self.cuts, self.done = list(cuts), list[Cut]()
        self._turn = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(os.fspath(Path(self._folder.name) / SOCKET))
        self._listener.listen()
        self._start(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for one in (self._listener, *self._open):
            _close(one)
        for thread in self._threads:
            thread.join(10)
        self._folder.cleanup()

    def next(self) -> Cut | None:
        with self._turn:
            cut = self.cuts.pop(0) if self.cuts else None
            if cut:
                self.done.append(cut)
            return cut

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                self._open += [client, server]
                connection = Connection(self, client, server)
                self._start(connection.upward)
                self._start(connection.downward)

    def _start(self, what: object) -> None:
        thread = threading.Thread(target=what, daemon=True)  # type: ignore[arg-type]  # a method
        self._threads.append(thread)
        thread.start()


class Connection:
    """One client and its server process."""

    def __init__(self, line: Line, client: socket.socket, server: socket.socket) -> None:
        self.line, self.client, self.server = line, client, server
        self.appending: set[bytes] = set()
        self.in_transaction = self.appended = self.silent = False

    def upward(self) -> None:
        """From the client: the start message, then one message after the other."""
        with suppress(OSError, EOFError):
            length = _read(self.client, 4)
            self.server.sendall(length + _read(self.client, int.from_bytes(length) - 4))
            while True:
                kind, message = _message(self.client)
                if self._commits(kind, message) and (cut := self.line.next()):
                    return self._cut(cut, self._whole(kind, message))
                self.server.sendall(message)
        _close(self.server)
        return None

    def downward(self) -> None:
        """From the server: to the client, or to nobody when the line is cut."""
        with suppress(OSError, EOFError):
            while True:
                kind, message = _message(self.server)
                if kind == b"Z":
                    self.in_transaction = message[5:6] != b"I"
                    self.appended &= self.in_transaction
                if not self.silent:
                    self.client.sendall(message)
                elif kind == b"Z":
                    break
        _close(self.client)
        _close(self.server)

    def _commits(self, kind: bytes, message: bytes) -> bool:
        """Whether this message commits events."""
        body = message[5:]
        if kind == b"P" and b"INSERT INTO event_" in body:
            self.appending.add(body.partition(b"\0")[0])
        if (kind == b"B" and body.split(b"\0")[1] in self.appending) or (kind == b"Q" and b"COPY event_" in body):
            self.appended = True
            return not self.in_transaction
        return kind == b"Q" and self.appended and body.startswith(b"COMMIT")

    def _whole(self, kind: bytes, message: bytes) -> bytes:
        """The message and those after it that belong to it, to the end of the request."""
        while kind not in {b"Q", b"S"}:
            kind, more = _message(self.client)
            message += more
        return message

    def _cut(self, cut: Cut, request: bytes) -> None:
        if cut == "before":
            _close(self.server)
            return
        self.silent = True
        if cut == "late":
            _close(self.client)
            time.sleep(LATE)
        self.server.sendall(request)
        if cut == "unheard":
            _close(self.client)


def _message(of: socket.socket) -> tuple[bytes, bytes]:
    head = _read(of, 5)
    return head[:1], head + _read(of, int.from_bytes(head[1:]) - 4)


def _read(of: socket.socket, count: int) -> bytes:
    data = of.recv(count, socket.MSG_WAITALL) if count else b""
    if len(data) < count:
        raise EOFError
    return data


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()

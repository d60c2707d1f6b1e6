"""`kets up` from outside: one program, an embedded database, an API that answers, and nothing left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

TOUR = Path(__file__).parents[2] / "docs" / "tour"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def within(seconds: float, met: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if met():
            return True
        time.sleep(0.1)
    return met()


class Up:
    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.environment = {**os.environ, "KETS_HOME": str(home), "KETS_PORT": str(self.port)}
        for name in ("DATABASE_URL", "KETS_VAULT_URL", "KETS_KEYS"):
            self.environment.pop(name, None)

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "registry", "up"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        with self.process.stdout as output:
            self.said = output.readline()
            assert "KETS is up" in self.said, self.said + output.read()

    def ask(self, path: str, body: bytes | None = None) -> Any:
        headers = {"Content-Type": "text/csv"} if body else {}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
            return json.loads(answer.read())

    def others(self) -> list[int]:
        """Processes that work for this home: the API, the projections, and the server where it keeps its data here."""
        mine = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and int(folder.name) != self.process.pid:
                try:
                    about = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
                except OSError:
                    continue
                if str(self.home).encode() in about and int(folder.name) != os.getpid():
                    mine.append(int(folder.name))
        return mine


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    running = Up(tmp_path / "home")
    running.start()
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()


def test_a_file_goes_in_and_a_count_comes_out_and_a_kill_loses_nothing(up: Up) -> None:
    sent = up.ask("/v1/submissions", (TOUR / "hire.csv").read_bytes())
    assert (sent["accepted"], sent["recorded"], sent["refused"]) == (4, 5, {"already-employed": 1})
    placed = "/v1/statistics/placements?by=channel"
    assert within(10, lambda: bool(up.ask(placed)["rows"]))
    before = up.ask(placed)["rows"]

    assert len(up.others()) >= 2
    up.process.send_signal(signal.SIGKILL)
    up.process.wait()
    assert within(20, lambda: not up.others()), "the kernel tells the children when their parent dies"

    up.start()
    again = up.ask("/v1/submissions", (TOUR / "hire.csv").read_bytes())
    assert (again["accepted"], again["again"], again["recorded"]) == (4, 4, 0)
    assert up.ask(placed)["rows"] == before


def test_it_says_where_it_is_and_an_interrupt_ends_it_in_order(up: Up) -> None:
    docs, verify = re.findall(r"http://\S+", up.said)
    with urllib.request.urlopen(docs, timeout=30) as page:  # noqa: S310 - loopback
        assert b"<h1>KETS API</h1>" in page.read()
    assert verify.endswith(f":{up.port}/verify")
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(timeout=30) == 0
    assert up.others() == []

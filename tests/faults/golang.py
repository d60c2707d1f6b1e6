"""The witness that shares nothing with us: a Go program over x/mod/sumdb (go/watch.go)."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.require import require

SOURCE = Path(__file__).parent / "go" / "watch.go"
GOPATH = Path("/usr/share/gocode")


class Go(NamedTuple):
    """The built program."""

    program: Path

    def once(self, folder: Path, key: str, *notes: Path) -> int:
        """The size of the tree in `folder`: all of it hashed anew, and each of `notes` continued by it."""
        command = [str(self.program), str(folder), key, "once", *map(str, notes)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert ran.returncode == 0, ran.stderr
        return int(ran.stdout)

    def follow(self, folder: Path, key: str) -> Follower:
        return Follower(self.program, folder, key)


class Follower:
    """Watches the checkpoint of `folder` until `ended`."""

    def __init__(self, program: Path, folder: Path, key: str) -> None:
        self.process = subprocess.Popen(
            [str(program), str(folder), key, "follow"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ended(self) -> tuple[int, int]:
        """How many transitions it has verified, and the size of the last checkpoint. AssertionError on any doubt."""
        out, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, errors
        transitions, size = out.split()
        return int(transitions), int(size)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def build(folder: Path) -> Go:
    """Build the program in `folder`. Skips the test where there is no Go."""
    go = shutil.which("go")
    require(go and (GOPATH / "src/golang.org/x/mod/sumdb/tlog").exists(), "Go with golang-golang-x-mod-dev")
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GOPATH), "GOCACHE": str(folder / "cache")}
    command = [str(go), "build", "-o", str(folder / "watch"), str(SOURCE)]
    subprocess.run(command, env={**environment, "GOFLAGS": ""}, check=True, timeout=300)
    return Go(folder / "watch")

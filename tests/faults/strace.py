"""One system call of a running process made to fail: strace(1) attached to it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.require import require

if TYPE_CHECKING:
    from collections.abc import Iterable

CALL = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?([a-z_0-9]+)\(", re.MULTILINE)
ATTACHED = re.compile(r"Process \d+ attached")


class Fault(NamedTuple):
    """The `number`-th call of `name` gets `error` and is not made; with KILL, the process ends before it.

    "1+" is every call from the first on.
    """

    name: str
    number: int | str
    error: str

    @property
    def expression(self) -> str:
        what = "signal=KILL" if self.error == "KILL" else f"error={self.error}"
        return f"inject={self.name}:{what}:when={self.number}"


def needed() -> str:
    """strace, where it is there and may attach; skips the test otherwise."""
    strace = shutil.which("strace")
    require(strace, "strace")
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"]) as sleeper:
        try:
            tracing = _attach(sleeper.pid, [], Path("/dev/null"))
            attached = tracing.poll() is None
            tracing.terminate()
            tracing.communicate()
        finally:
            sleeper.kill()
    require(attached, "leave to trace a process (ptrace)")
    return str(strace)


class Traced:
    """A process under strace: its calls of `names` go to `log`, one of them with a fault."""

    def __init__(self, pid: int, names: Iterable[str], log: Path, fault: Fault | None = None) -> None:
        self.log = log
        expressions = [f"trace={','.join(names)}", *([fault.expression] if fault else [])]
        self.process = _attach(pid, expressions, log)

    def lifted(self) -> None:
        """Leave the process alone again; faults end."""
        self.process.terminate()
        self.process.communicate(timeout=60)

    def ended(self) -> None:
        """Wait until strace has seen the process end."""
        self.process.communicate(timeout=60)

    def calls(self) -> Counter[str]:
        """How often each call was begun."""
        return Counter(CALL.findall(self.log.read_text(encoding="utf-8", errors="replace")))

    def injected(self) -> bool:
        """Whether the fault came about: strace marks the call, or saw the process killed."""
        said = self.log.read_text(encoding="utf-8", errors="replace")
        return "(INJECTED)" in said or "killed by SIGKILL" in said


def _attach(pid: int, expressions: Iterable[str], log: Path) -> subprocess.Popen[str]:
    """strace on `pid`, once it is attached; or ended, when it may not."""
    words = [word for expression in expressions for word in ("-e", expression)]
    command = ["strace", "-f", "-p", str(pid), "-o", str(log), *words]
    tracing = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tracing.stderr
    for line in tracing.stderr:
        if ATTACHED.search(line):
            return tracing
    tracing.wait()
    return tracing

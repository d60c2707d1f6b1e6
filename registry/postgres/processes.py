"""What another process is, asked of /proc or, where there is none (macOS), of ps(1)."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path


def runs(pid: int, argument: Path | None = None) -> bool:
    """Whether process `pid` is alive (not a zombie) and, if given, `argument` is among its arguments."""
    process = Path(f"/proc/{pid}")
    if not Path("/proc/self").exists():
        said = subprocess.run(  # noqa: S603 - a fixed program, and a number
            ["/bin/ps", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
        return bool(said) and not said.startswith("Z") and (argument is None or str(argument) in said)
    try:
        state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        arguments = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return state != "Z" and (argument is None or os.fsencode(argument) in arguments)


def end(pid: int, argument: Path, *, patience: float) -> bool:
    """Shut the server `pid` down, first in order (SIGINT), then at once (SIGQUIT); True when it is gone."""
    for parting in (signal.SIGINT, signal.SIGQUIT):
        deadline = time.monotonic() + patience
        if runs(pid, argument):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, parting)
        while runs(pid, argument):
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        else:
            return True
    return False

"""Starting a PostgreSQL program as an account, tied to the life of this process."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

from registry.postgres.account import Account

LAUNCHER = Path(__file__).with_name("launcher.py")


def launch(
    command: Sequence[str | Path],
    *,
    account: Account | None,
    environment: Mapping[str, str],
    log: Path,
    parting: signal.Signals,
) -> subprocess.Popen[bytes]:
    """Start `command` as `account`, its output appended to `log`; it gets `parting` when this process dies.

    The kernel ties the signal to the *thread* that starts the program. From any other thread than the main one, which
    may end long before the process, a thread is made that starts the program and stays with it.
    """

    def start() -> subprocess.Popen[bytes]:
        who = (str(account.uid), str(account.gid)) if account else ("-", "-")
        variables = [f"{name}={value}" for name, value in environment.items()]
        starter: list[str | Path] = [sys.executable, "-I", "-S", LAUNCHER, str(os.getpid()), str(int(parting)), *who]
        log.touch(mode=0o600)  # a statement that failed is logged with its data
        with log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - our own launcher and programs we looked up
                [*starter, *variables, "--", *command],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    if threading.current_thread() is threading.main_thread():
        return start()
    started: Future[subprocess.Popen[bytes]] = Future()

    def stay() -> None:
        try:
            started.set_result(start())
        except OSError as error:
            started.set_exception(error)
        else:
            started.result().wait()

    threading.Thread(target=stay, name="postgres", daemon=True).start()
    return started.result()

"""A sequencer that works off what waits, in a process of its own that starts on a signal: something to trace."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg

from domain.errors import Refused
from registry.ledger.sequencer import Sequencer
from registry.ledger.tiles import Folder
from tests.registry.ledger.conftest import signer

if TYPE_CHECKING:
    from pathlib import Path

BATCH = 12
FAILED = 3
PR_SET_PTRACER = 0x59616D61


def sequencing(url: str, path: Path, ready: Any, said: Path) -> None:
    """Sequence all there is once SIGUSR1 comes; 0 when all went well, `FAILED` after an error, named in `said`."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    with psycopg.connect(url) as conn:  # what is imported at the first use is imported now
        conn.execute("SELECT 1")
    _let_trace()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what a library says of a fault while it goes down
    ready.set()
    if signal.sigtimedwait({signal.SIGUSR1}, 60) is None:  # the test has died
        os._exit(FAILED)
    try:
        with Sequencer(url, Folder(path), signer(), batch=BATCH) as sequencer:
            sequencer.catch_up()
    except (OSError, psycopg.Error, Refused) as error:
        with suppress(OSError):
            said.write_text(f"{type(error).__name__} {error}")
        os._exit(FAILED)
    os._exit(0)


def _let_trace() -> None:
    """Where only ancestors may trace a process (Yama), say that others may."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)

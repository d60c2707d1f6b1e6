"""An embedded server that may be killed, with all its processes, and is found under one address all the same."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from registry.postgres import Embedded, state
from registry.postgres.processes import runs

if TYPE_CHECKING:
    from collections.abc import Iterator

DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
"""Settings of PostgreSQL that must be on: they are left as they come."""


class Served:
    """The server of `home`. Its socket folder is another at each start; programs are given a link to the newest."""

    def __init__(self, home: Path) -> None:
        self._home, self._link = home, home.with_name(f"{home.name}-socket")
        self._server = Embedded(home)

    def start(self) -> None:
        """Start the server, also after its death, and lead the link to it."""
        self._server.start()
        new = self._link.with_suffix(".new")
        new.unlink(missing_ok=True)
        new.symlink_to(self._told().socket_folder)
        new.rename(self._link)

    def stop(self) -> None:
        self._server.stop()

    def kill(self) -> None:
        """SIGKILL to the postmaster and all its children; returns when they are gone."""
        postmaster = self._told().server
        assert postmaster
        doomed = [postmaster, *children(postmaster)]
        for pid in doomed:
            with suppress(ProcessLookupError):  # its work was done
                os.kill(pid, signal.SIGKILL)
        while any(runs(pid) for pid in doomed):
            time.sleep(0.002)

    def url(self, database: str = "postgres") -> str:
        """The address of a database; it does not change."""
        return self._server.url(database).replace(quote(self._told().socket_folder, safe="/"), str(self._link))

    def _told(self) -> state.State:
        told = state.read(self._home / "state.json")
        assert told
        return told


def children(parent: int) -> Iterator[int]:
    """The processes that `parent` has begun and that have not ended."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                of = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if of == parent and runs(int(folder.name)):
                yield int(folder.name)

"""The folder of an export: files that never change once they have their name, and a manifest that says which count.

    facts/shard=NN/FIRST-LAST.parquet    the facts of a shard from position FIRST to LAST
    manifest.json                        written last: which files there are, and up to where they go
    unfinished.ndjson                    files of a run that has not come to its end, a line each

The order of writes; what a kill leaves is put right by the next run:

    1. the file under another name           left: a file to be removed
    2. its name, on disk                     left: a file that nothing lists, removed and written again
    3. a line in unfinished.ndjson           left: files that the next run takes over; half a line, cut away
    4. after the last file the manifest      left: lines that it holds already
    5. no unfinished.ndjson
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from domain.errors import Refused
from keys.files import sync_folder
from projections.export.manifest import FORMAT, MANIFEST, read_manifest
from registry.ledger.files import replace
from registry.store import SHARDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNFINISHED = "unfinished.ndjson"


class Written(NamedTuple):
    """A file of the export. `event` is the id of its last fact, by which another log is noticed."""

    path: str
    shard: int
    first: int
    last: int
    rows: int
    bytes: int
    sha256: str
    event: str


def name_of(shard: int, first: int, last: int) -> str:
    return f"facts/shard={shard:02d}/{first:012d}-{last:012d}.parquet"


class Export:
    """An export as far as it has come, in `files`. `ledger`: which ledger of the registry its numbers are of.

    Raises: Refused("export-format"), Refused("export-differs").
    """

    def __init__(self, path: Path, ledger: int) -> None:
        self.path = path
        self.manifest = read_manifest(path)
        self.files = [Written(**listed) for listed in self.manifest["files"]] if self.manifest else []
        self._unfinished = path / UNFINISHED
        for file in self.files:
            if not (path / file.path).is_file() or (path / file.path).stat().st_size != file.bytes:
                raise Refused("export-differs", folder=str(path), got=f"no {file.path}", expected=f"{file.bytes} bytes")
        self._take_over(ledger)
        self._clear()

    def upto(self, shard: int) -> int:
        """The last position of a shard that is there; 0 when none is."""
        return max((file.last for file in self.files if file.shard == shard), default=0)

    def add(self, building: Path, file: Written) -> None:
        """Give a whole file its name."""
        place = self.path / file.path
        building.rename(place)
        sync_folder(place.parent)
        self._tell(file._asdict())
        self.files.append(file)

    def finish(self, manifest: dict[str, Any]) -> None:
        """Let the files count: `manifest` without what it says of them."""
        files = sorted(self.files, key=lambda file: (file.shard, file.first))
        told = {"format": FORMAT, **manifest, "rows": sum(file.rows for file in files)}
        told["files"] = [file._asdict() for file in files]
        replace(self.path / MANIFEST, json.dumps(told, indent=1) + "\n")
        self._unfinished.unlink(missing_ok=True)

    def _take_over(self, ledger: int) -> None:
        """The files of a run that was broken off, if it was about the same ledger."""
        known = {file.path for file in self.files}
        lines = list(_lines(self._unfinished))
        if not lines or lines[0] != {"ledger": ledger}:
            self._unfinished.unlink(missing_ok=True)
            self._tell({"ledger": ledger})
            return
        for file in (Written(**line) for line in lines[1:]):
            place = self.path / file.path
            if file.path not in known and place.is_file() and place.stat().st_size == file.bytes:
                self.files.append(file)

    def _clear(self) -> None:
        """Without files that nothing lists, the half-written among them; with a folder for each shard."""
        listed = {self.path / file.path for file in self.files}
        for shard in range(SHARDS):
            folder = (self.path / name_of(shard, 0, 0)).parent
            folder.mkdir(parents=True, exist_ok=True)
            for found in folder.iterdir():
                if found not in listed:
                    found.unlink()

    def _tell(self, line: dict[str, Any]) -> None:
        with self._unfinished.open("ab") as file:
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """The folder, made if it is not there, for one run at a time. Raises: Refused("export-in-use")."""
    path.mkdir(parents=True, exist_ok=True)
    with (path / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused("export-in-use", folder=str(path)) from None
        yield


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines that are whole; one that was broken off is cut away, or the next would be written behind it."""
    if path.exists():
        with path.open("r+b") as file:
            *whole, broken_off = file.read().split(b"\n")
            file.truncate(file.tell() - len(broken_off))
        for line in whole:
            yield json.loads(line)

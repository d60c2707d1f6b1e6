"""A witness of ledgers (C2SP tlog-witness): cosigns a checkpoint that extends the one it cosigned before, no other.

Of each origin it keeps the checkpoint that it cosigned last, in one file. The order, and what a crash leaves:

    1. lock; read the last checkpoint; check everything     nothing
    2. the new checkpoint written, fsynced, renamed         it counts as cosigned, and nobody has the cosignature: who
                                                            asks again, from this size, is given one
    3. the cosignature answered                             -
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from domain.errors import Refused
from keys.errors import KeysError
from keys.notes import parted
from registry.ledger import checkpoint
from registry.ledger.files import replace
from registry.ledger.merkle import EMPTY, HASH, consistent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from keys.cosignatures import Cosigner
    from keys.notes import NoteVerifier
    from registry.ledger.checkpoint import Checkpoint

LONGEST = 64 * 1024
"""Bytes of a request."""
MOST_HASHES = 63
PLAIN, SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"


class Answer(NamedTuple):
    """What is answered to a request: HTTP status, body, media type."""

    status: int
    body: str
    media_type: str = PLAIN


class Request(NamedTuple):
    """An `add-checkpoint` request: the size extended, the consistency proof, the checkpoint's note."""

    old: int
    proof: list[bytes]
    note: str


class Witness:
    """A witness of `logs`, each by the key that signs its checkpoints; what it has seen is kept in `folder`."""

    def __init__(self, folder: Path, cosigner: Cosigner, logs: Iterable[NoteVerifier]) -> None:
        self.folder, self.cosigner = folder, cosigner
        self._logs = {log.name: log for log in logs}

    def add_checkpoint(self, body: bytes, at: int) -> Answer:
        """Answer a request at `at`, Unix seconds; the statuses are those of the specification."""
        try:
            request = read_request(body)
        except ValueError as error:
            return Answer(400, f"{error}\n")
        log = self._logs.get(request.note.partition("\n")[0])
        if log is None:
            return Answer(404, "unknown origin\n")
        try:
            new = checkpoint.opened(request.note, log)
        except Refused:
            return Answer(400, "not a checkpoint\n")
        except KeysError as error:
            return Answer(400 if error.code == "note-malformed" else 403, f"{error.code}\n")
        if request.old > new.size:
            return Answer(400, "the old size is above the new\n")
        with self._alone(new.origin) as path:
            return self._extended(path, log, request, new, at)

    def _extended(self, path: Path, log: NoteVerifier, request: Request, new: Checkpoint, at: int) -> Answer:
        size, root = self._seen(path, log)
        if request.old != size or (size == new.size and root != new.root):
            return Answer(409, f"{size}\n", SIZE)
        if not _extends(size, root, new, request.proof):
            return Answer(422, "the proof does not lead from the old root to the new\n")
        replace(path, request.note)
        return Answer(200, self.cosigner.cosign(parted(request.note)[0], at))

    def _seen(self, path: Path, log: NoteVerifier) -> tuple[int, bytes]:
        if not path.exists():
            return 0, EMPTY
        seen = checkpoint.opened(path.read_text(encoding="utf-8"), log)
        return seen.size, seen.root

    @contextmanager
    def _alone(self, origin: str) -> Iterator[Path]:
        """Where the last checkpoint of an origin is; nobody else looks at it meanwhile."""
        path = self.folder / hashlib.sha256(origin.encode()).hexdigest()
        with path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield path


def read_request(body: bytes) -> Request:
    """The parts of an `add-checkpoint` body. ValueError says what is wrong with it."""
    if len(body) > LONGEST:
        raise ValueError(f"got {len(body)} bytes, expected at most {LONGEST}")
    head, blank, note = body.decode("utf-8").partition("\n\n")
    first, *lines = head.split("\n")
    word, _, number = first.partition(" ")
    if not blank or word != "old" or not number.isdecimal() or str(int(number)) != number or len(number) > 19:
        raise ValueError("expected old SIZE, hashes, an empty line, a checkpoint")
    if len(lines) > MOST_HASHES:
        raise ValueError(f"got {len(lines)} hashes, expected at most {MOST_HASHES}")
    return Request(int(number), [_hash(line) for line in lines], note)


def write_request(request: Request) -> bytes:
    """The body of an `add-checkpoint` request."""
    lines = [f"old {request.old}", *(base64.b64encode(each).decode("ascii") for each in request.proof)]
    return ("\n".join(lines) + "\n\n" + request.note).encode()


def _extends(size: int, root: bytes, new: Checkpoint, proof: Sequence[bytes]) -> bool:
    """Nothing is to be proved from nothing; an empty tree has the empty root."""
    if size == 0:
        return not proof and (new.size > 0 or new.root == EMPTY)
    return consistent(old=size, old_root=root, size=new.size, root=new.root, proof=proof)


def _hash(line: str) -> bytes:
    try:
        data = base64.b64decode(line, validate=True)
    except binascii.Error as error:
        raise ValueError("got a hash that is not base64") from error
    if len(data) != HASH:
        raise ValueError(f"got a hash of {len(data)} bytes, expected {HASH}")
    return data

"""The owner's lock: whoever holds it owns the server, and the kernel releases it when the holder dies."""

import fcntl
import os
from pathlib import Path


class Lock:
    """An exclusive flock(2) on `path`: one holder among all processes and all instances of this class."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        return self._descriptor is not None

    def acquire(self) -> bool:
        """Take the lock without waiting; True when it is ours now (or was already)."""
        if self.held:
            return True
        # The file is never removed: a lock on a file that has lost its name excludes nobody.
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        _held.add(self)
        return True

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = None
        _held.discard(self)


_held: set[Lock] = set()


def _let_go_in_child() -> None:
    """A forked child shares its parent's lock; were it to outlive the parent, nobody could take over."""
    for lock in tuple(_held):
        lock.release()


os.register_at_fork(after_in_child=_let_go_in_child)

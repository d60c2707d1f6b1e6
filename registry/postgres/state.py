"""What the owner tells those who come after: which server runs, and where its socket is."""

from pathlib import Path

import msgspec


class State(msgspec.Struct, frozen=True):
    """`owner` and `server` are pids; `server` is None while it does not take connections."""

    owner: int
    socket_folder: str
    server: int | None = None


def read(path: Path) -> State | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=State)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def write(path: Path, state: State) -> None:
    """Replace the file at once: a reader sees the old state or the new one."""
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_bytes(msgspec.json.encode(state))
    new.replace(path)

"""Secret files: 0600 in a folder of 0700, whole or not there, never overwritten."""

from __future__ import annotations

import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

from keys.errors import KeysError


def write_once(path: Path, content: dict[str, Any]) -> bool:
    """Write `content` as JSON unless `path` is there; whether it was written. A crash leaves at most a `.new` file."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".new")  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)  # fails when another writer was first, where rename would overwrite its key
    except FileExistsError:
        return False
    finally:
        Path(temporary).unlink()
    sync_folder(path.parent)
    return True


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path) -> dict[str, Any]:
    """The JSON of a secret file that only its owner may read. KeysError("keys-exposed", "keys-malformed")."""
    try:
        content = json.loads(secret(path))
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise KeysError("keys-malformed", f"got {path.name}, which is cut off or altered, expected a JSON object")
    return content


def secret(path: Path) -> str:
    """The text of a file that only its owner may read, without the blanks around it. KeysError("keys-exposed")."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise KeysError("keys-exposed", f"got mode {mode:04o} on {path.name}, expected 0600: others may read it")
    return path.read_text(encoding="utf-8").strip()

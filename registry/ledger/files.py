"""Public files that are whole or not there, and survive a power cut once written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from keys.files import sync_folder


def replace(path: Path, text: str) -> None:
    """Put `text` in the place of what `path` holds, by way of a file of another name beside it."""
    handle, building = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(handle, 0o644)  # mkstemp's files are their owner's alone
            file.write(text)
            file.flush()
            os.fsync(handle)
        Path(building).rename(path)
    except BaseException:
        Path(building).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)

"""What a drill has found: a JSON file each below var/faults, shown at the end of the run."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[2] / "var" / "faults"
FULL = os.environ.get("KETS_FAULTS") == "all"
"""`make faults`; without it the same drills are run in a size that `make test` can bear."""
_BEGUN = time.time()


def sized(small: int, full: int) -> int:
    """How much of something this run does."""
    return full if FULL else small


def report(name: str, **found: Any) -> None:
    """Keep the figures of a drill; those of a small run go below var/faults/small."""
    folder = RESULTS if FULL else RESULTS / "small"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({"name": name, **found}, indent=1) + "\n")


def found() -> list[str]:
    """The figures of the full drills of this run, a line each."""
    written = [path for path in sorted(RESULTS.glob("*.json")) if path.stat().st_mtime >= _BEGUN]
    figures = [json.loads(path.read_text()) for path in written]
    return [f"{each.pop('name')}: " + ", ".join(f"{key} {value}" for key, value in each.items()) for each in figures]

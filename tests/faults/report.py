"""What a drill has found: a JSON file each below var/faults, said again at the end of the run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[2] / "var" / "faults"
FULL = os.environ.get("KETS_FAULTS") == "all"
"""`make faults`; without it the same drills are run in a size that `make test` can bear."""
said: list[str] = []


def sized(small: int, full: int) -> int:
    """How much of something this run does."""
    return full if FULL else small


def report(name: str, **found: Any) -> None:
    """Keep the figures of a drill; those of a small run go below var/faults/small."""
    folder = RESULTS if FULL else RESULTS / "small"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({"name": name, **found}, indent=1) + "\n")
    if FULL:
        said.append(f"{name}: " + ", ".join(f"{key} {value}" for key, value in found.items()))

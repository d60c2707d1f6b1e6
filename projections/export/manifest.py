"""What an export says of itself. Who reads an export needs this module alone, and no database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from domain.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = "kets-facts/1"
MANIFEST = "manifest.json"


def read_manifest(path: Path) -> dict[str, Any] | None:
    """What counts in the folder; None before the first run has come to its end. Raises: Refused("export-format")."""
    place = path / MANIFEST
    if not place.exists():
        return None
    try:
        told: dict[str, Any] = json.loads(place.read_bytes())
        known = told["format"]
    except (ValueError, KeyError, TypeError):
        known = None
    if known != FORMAT:
        raise Refused("export-format", folder=str(path), got=str(known), expected=FORMAT)
    return told

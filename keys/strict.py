"""JSON in one reading only: what two readers could take for two things is none."""

from __future__ import annotations

import json
from typing import Any


def strict_json(data: bytes) -> Any:
    """JSON in UTF-8 with no member twice and no constants that are not JSON; ValueError else."""
    try:
        text = data.decode()  # json takes bytes for UTF-16 too, which no other reader of tokens does
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("got JSON nested too deeply") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("got a JSON member twice")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"got {name}, which is not JSON")

"""One row of an employer's file as it was read, and the refusal of a whole file."""

from __future__ import annotations

import msgspec

from domain.errors import Refused


class BadFile(Refused):
    """Nothing of this file is read. `details` may hold `line`, `column`, `got` and `expected`."""


class Line(msgspec.Struct, frozen=True):
    """A row: its number in the file (the heading is 1) and its cells, trimmed, by machine name; empty ones left out.

    `refused` is set when the row cannot be read; `values` then holds `ref` alone, if that was read.
    """

    number: int
    values: dict[str, str]
    refused: Refused | None = None


def shown(text: str) -> str:
    """At most 80 characters of what was got, control characters made visible."""
    visible = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text[:80])
    return visible if len(text) <= 80 else f"{visible[:80]}…"

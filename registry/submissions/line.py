"""One row of an employer's file as it was read, and the refusal of a whole file."""

from __future__ import annotations

import re

import msgspec

from domain.errors import Refused

_BETWEEN = re.compile(r'[,;:\t\r\n"{}]+')
_NUMBER = re.compile(r"[0-9]{16}|(?=[A-Za-z]*[0-9])[A-Za-z0-9]{5,9}")
_NIK = re.compile(r"(?<![0-9])[0-9]{16}(?![0-9])")


class BadFile(Refused):
    """Nothing of this file is read. `details` may hold `line`, `column`, `got` and `expected`."""


class Line(msgspec.Struct, frozen=True):
    """A row: its number in the file (the heading is 1) and its cells, trimmed, by machine name; empty ones left out.

    `refused` is set when the row cannot be read; `values` then holds `ref` alone, if that was read, and `raw` what the
    row was written as, cell by cell or whole.
    """

    number: int
    values: dict[str, str]
    refused: Refused | None = None
    raw: tuple[str, ...] = ()

    def numbers(self) -> set[str]:
        """The numbers of persons that the row names; of one that cannot be read, all that may be one."""
        if self.refused is None:
            return {self.values[name] for name in ("nik", "passport") if name in self.values}
        cells = (cell for text in self.raw for cell in _BETWEEN.split(text))
        plain = ("".join(filter(str.isalnum, cell)) for cell in cells)
        return {cell for cell in plain if _NUMBER.fullmatch(cell)}.union(*map(_NIK.findall, self.raw))


def shown(text: str) -> str:
    """At most 80 characters of what was got, control characters made visible."""
    visible = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text[:80])
    return visible if len(text) <= 80 else f"{visible[:80]}…"

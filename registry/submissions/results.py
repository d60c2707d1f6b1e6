"""The result file: what became of each row, in both languages, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import os
from typing import TYPE_CHECKING, Literal, Self

from registry.submissions.journal import part_of
from registry.submissions.messages import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

    from domain.errors import Refused

Outcome = Literal["recorded", "again", "refused"]
HEADINGS = ("line", "ref", "outcome", "code", "message_id", "message_en", "receipt")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


BOM = "\ufeff"
"""Without it a spreadsheet takes the file for its own code page."""


class ResultWriter:
    """Writes `path` row by row; the file has its name only once it is whole.

    `recorded` and `again` carry the receipt: the ids of the row's events, separated by blanks. After an error inside
    the `with`, or a kill, only `<path>.part` is there; `resume` goes on with it.
    """

    def __init__(self, path: Path, *, resume: bool = False) -> None:
        self._path, self._part = path, part_of(path)
        self._mode: Literal["a", "w"] = "a" if resume else "w"

    def __enter__(self) -> Self:
        self._file = self._part.open(self._mode, encoding="utf-8", newline="")
        self._rows = csv.writer(self._file)
        if not self._file.tell():
            self._file.write(BOM)
            self._rows.writerow(HEADINGS)
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self._file.flush()
            os.fsync(self._file.fileno())
        self._file.close()
        if kind is None:
            self._part.replace(self._path)

    def flush(self) -> None:
        """What was written survives this process, if not the machine."""
        self._file.flush()

    def recorded(self, line: int, ref: str | None, receipt: Iterable[str]) -> None:
        """The row's facts are recorded now."""
        self._write(line, ref, "recorded", "", "", "", " ".join(receipt))

    def again(self, line: int, ref: str | None, receipt: Iterable[str]) -> None:
        """The row was recorded before; this is the first receipt."""
        self._write(line, ref, "again", "", "", "", " ".join(receipt))

    def refused(self, line: int, ref: str | None, refusal: Refused) -> None:
        """Nothing of the row is recorded, and why. Each result is one line of text: the journal counts on it."""
        said = (" ".join(sentence(refusal.code, refusal.details, language).split()) for language in ("id", "en"))
        self._write(line, ref, "refused", refusal.code, *said, "")

    def _write(self, line: int, ref: str | None, outcome: Outcome, *cells: str) -> None:
        self._rows.writerow(result_row(line, ref, outcome, *cells))


def result_row(line: int, ref: str | None, outcome: Outcome, *cells: str) -> tuple[int | str, ...]:
    """The cells below `HEADINGS`; `cells`: code, message in both languages, receipt."""
    return (line, harmless(ref or ""), outcome, *map(harmless, cells))


def harmless(text: str) -> str:
    """The text, with an apostrophe before it if a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text

"""The result file: what became of each row, in both languages, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import os
from typing import TYPE_CHECKING, Literal, Self

from registry.submissions.journal import part_of
from registry.submissions.messages import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

    from domain.errors import Refused

Outcome = Literal["recorded", "again", "refused"]
HEADINGS = ("line", "ref", "outcome", "code", "message_id", "message_en", "receipt")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


BOM = "\ufeff"
"""Without it a spreadsheet takes the file for its own code page."""


class WholeFile:
    """A CSV file written row by row, which has its name only once it is whole.

    After an error inside the `with`, or a kill, only `<path>.part` is there; with `resume` it is gone on with.
    """

    def __init__(self, path: Path, headings: Sequence[str], *, resume: bool) -> None:
        self._path, self._part, self._headings = path, part_of(path), headings
        self._mode: Literal["a", "w"] = "a" if resume else "w"

    def __enter__(self) -> Self:
        if self._mode == "a" and not self._part.exists() and self._path.exists():
            self._path.replace(self._part)  # it was whole when others were broken off
        self._file = self._part.open(self._mode, encoding="utf-8", newline="")
        self._rows = csv.writer(self._file)
        if not self._file.tell():
            self._file.write(BOM)
            self._rows.writerow(self._headings)
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

    def write(self, *cells: int | str) -> None:
        """A row, each cell harmless in a spreadsheet; one line of text: the journal counts on it."""
        self._rows.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in cells])


def sentences(refusal: Refused) -> tuple[str, str]:
    """What is said of a refusal in Indonesian and English, each in one line."""
    said = [" ".join(sentence(refusal.code, refusal.details, language).split()) for language in ("id", "en")]
    return said[0], said[1]


class ResultWriter(WholeFile):
    """What became of the rows of a file. `recorded` and `again` carry the receipt: the events' ids between blanks."""

    def __init__(self, path: Path, *, resume: bool = False) -> None:
        super().__init__(path, HEADINGS, resume=resume)

    def recorded(self, line: int, ref: str | None, receipt: Iterable[str]) -> None:
        """The row's facts are recorded now."""
        self._write(line, ref, "recorded", "", "", "", " ".join(receipt))

    def again(self, line: int, ref: str | None, receipt: Iterable[str]) -> None:
        """The row was recorded before; this is the first receipt."""
        self._write(line, ref, "again", "", "", "", " ".join(receipt))

    def refused(self, line: int, ref: str | None, refusal: Refused) -> None:
        """Nothing of the row is recorded, and why."""
        self._write(line, ref, "refused", refusal.code, *sentences(refusal), "")

    def _write(self, line: int, ref: str | None, outcome: Outcome, *cells: str) -> None:
        self._rows.writerow(result_row(line, ref, outcome, *cells))


def result_row(line: int, ref: str | None, outcome: Outcome, *cells: str) -> tuple[int | str, ...]:
    """The cells below `HEADINGS`; `cells`: code, message in both languages, receipt."""
    return (line, harmless(ref or ""), outcome, *map(harmless, cells))


def harmless(text: str) -> str:
    """The text, with an apostrophe before it if a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text

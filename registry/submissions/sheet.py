"""The rows of a worksheet, as a stream (ECMA-376 part 1, 18.3).

The XML is read here and not through a spreadsheet library, because a library gives a formula's cached value for a
value, an error for an empty cell, and holds the whole sheet in memory.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from registry.submissions import limits
from registry.submissions.archive import Attributes, local, parsed
from registry.submissions.workbook import Book, unescaped

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator
    from xml.parsers.expat import XMLParserType


class Holds(Enum):
    """What a cell holds. `DATE` is a number shown as one; `ISO` a date written as text by the strict format."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    ISO = "iso"
    BOOLEAN = "boolean"
    ERROR = "error"
    FORMULA = "formula"


class Cell(NamedTuple):
    holds: Holds
    value: str


class SheetRow(NamedTuple):
    """A row's number, its cells by column (from 0), and what is wrong with its XML, if anything."""

    number: int
    cells: dict[int, Cell]
    fault: str = ""


_TYPES = {"b": Holds.BOOLEAN, "e": Holds.ERROR, "d": Holds.ISO, "n": Holds.NUMBER}
_NUMBER = re.compile(r"[0-9]{1,7}")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def rows(archive: zipfile.ZipFile, book: Book) -> Iterator[SheetRow]:
    """Every row that has a cell with something in it. Raises: BadFile, as `archive.parsed` does."""
    reader = _Rows(book)
    for _ in parsed(archive, book.sheet, reader.listen, limits.SHEET_BYTES):
        yield from reader.taken()


class _Rows:
    """Listens to the parser and collects rows until they are taken."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._done: list[SheetRow] = []
        self._spills: list[tuple[int, int, int, int]] = []
        self._number, self._column, self._fault = 0, -1, ""
        self._cells: dict[int, Cell] = {}
        self._type, self._style = "n", ""
        self._pieces: list[str] = []
        self._length = 0
        self._reading = self._formula = self._phonetic = False

    def listen(self, parser: XMLParserType) -> None:
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text

    def taken(self) -> list[SheetRow]:
        done, self._done = self._done, []
        return done

    def start(self, tag: str, attributes: Attributes) -> None:
        match local(tag):
            case "row":
                self._begin_row(attributes)
            case "c":
                self._begin_cell(attributes)
            case "f":
                self._formula = True
                self._spill(attributes)
            case "v" | "t":
                self._reading = not self._phonetic
            case "rPh":
                self._phonetic = True

    def end(self, tag: str) -> None:
        match local(tag):
            case "v" | "t":
                self._reading = False
            case "rPh":
                self._phonetic = False
            case "c":
                self._end_cell()
            case "row":
                if self._cells or self._fault:
                    self._done.append(SheetRow(self._number, self._cells, self._fault))

    def text(self, data: str) -> None:
        if self._reading and self._length <= limits.CELL_CHARACTERS:
            self._pieces.append(data)
            self._length += len(data)

    def _begin_row(self, attributes: Attributes) -> None:
        given = attributes.get("r", "")
        number = int(given) if _NUMBER.fullmatch(given) else self._number + 1
        in_order = self._number < number <= limits.ROWS + 1
        self._fault = "" if in_order else f"row {number} after row {self._number}"
        self._number = max(number, self._number)
        self._cells = {}
        self._column = -1

    def _begin_cell(self, attributes: Attributes) -> None:
        reference = _REFERENCE.fullmatch(attributes.get("r", ""))
        column = _column(reference[1]) if reference else self._column + 1
        if not self._column < column < limits.SHEET_COLUMNS:
            self._fault = self._fault or f"cell {attributes.get('r', '')} out of order"
        self._column = max(column, self._column)
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._pieces, self._length = [], 0
        self._formula = self._phonetic = False

    def _end_cell(self) -> None:
        text = "".join(self._pieces)
        if self._fault or not (text or self._formula):
            return
        if self._formula or self._is_spilled():
            self._cells[self._column] = Cell(Holds.FORMULA, text)
        elif self._type == "s":
            self._cells[self._column] = self._shared(text)
        elif self._type in ("str", "inlineStr"):
            self._cells[self._column] = Cell(Holds.TEXT, unescaped(text))
        else:
            self._cells[self._column] = Cell(self._kind(), text)

    def _shared(self, index: str) -> Cell:
        if not _NUMBER.fullmatch(index) or int(index) >= len(self._book.texts):
            self._fault = f"no shared text {index}"
            return Cell(Holds.ERROR, index)
        return Cell(Holds.TEXT, self._book.texts[int(index)])

    def _kind(self) -> Holds:
        holds = _TYPES.get(self._type, Holds.ERROR)
        if holds is Holds.NUMBER and self._style in self._book.date_styles:
            return Holds.DATE
        return holds

    def _spill(self, attributes: Attributes) -> None:
        """An array formula fills a range of cells, of which only the first says so."""
        corners = attributes.get("ref", "").split(":")
        matched = [match for corner in corners if (match := _REFERENCE.fullmatch(corner))]
        if attributes.get("t") in ("array", "dataTable") and len(matched) == 2:
            (left, top), (right, bottom) = ((_column(match[1]), int(match[2])) for match in matched)
            self._spills.append((left, top, right, bottom))
            if len(self._spills) > limits.SHEET_ARRAYS:  # past remembering: all that follows counts as filled by them
                self._spills = [(0, self._number, limits.SHEET_COLUMNS, limits.ROWS + 1)]

    def _is_spilled(self) -> bool:
        return any(
            left <= self._column <= right and top <= self._number <= bottom for left, top, right, bottom in self._spills
        )


def _column(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1

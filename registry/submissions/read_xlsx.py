"""XLSX: the sheet `Data`, or the only one. A cell counts for what it holds, never for what it looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.errors import Refused
from registry.submissions import limits
from registry.submissions.archive import open_archive, parsed
from registry.submissions.cells import number
from registry.submissions.columns import Column, Kind
from registry.submissions.heading import columns_of, line_of
from registry.submissions.line import BadFile, Line, shown
from registry.submissions.sheet import Cell, Holds, SheetRow, rows
from registry.submissions.workbook import Book, book_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MIDNIGHT = ("", "00:00:00", "00:00:00.000", "00:00:00Z")
_DAY_LENGTH = 10


def read_xlsx(path: Path) -> Iterator[Line]:
    """The lines of a worksheet; a row's number is the spreadsheet's own.

    The sheet's XML is gone through twice: a fault of the whole is raised before the first line.

    Raises: BadFile, as `open_archive`, `book_of` and `columns_of` do, and "empty-file", "formula-cell".
    """
    with open_archive(path) as archive:
        book = book_of(archive)
        for _ in parsed(archive, book.sheet, lambda _parser: None, limits.SHEET_BYTES):
            pass
        heading = next(rows(archive, book), None)
    if heading is None:
        raise BadFile("empty-file")
    return _lines(path, book, heading.number, columns_of(_headings(heading), line=heading.number))


def _headings(heading: SheetRow) -> list[str]:
    if heading.fault:
        raise BadFile("xlsx-broken", line=heading.number, got=shown(heading.fault))
    for cell in heading.cells.values():
        if cell.holds is Holds.FORMULA:
            raise BadFile("formula-cell", line=heading.number, got=shown(cell.value))
    return [
        heading.cells[index].value if index in heading.cells else ""
        for index in range(max(heading.cells, default=-1) + 1)
    ]


def _lines(path: Path, book: Book, heading: int, columns: list[Column | None]) -> Iterator[Line]:
    with open_archive(path) as archive:
        for row in rows(archive, book):
            if row.number > heading and (line := _line(row, columns, book)):
                yield line


def _line(row: SheetRow, columns: list[Column | None], book: Book) -> Line | None:
    raw = (cell.value for cell in row.cells.values())
    if row.fault:
        return Line(row.number, {}, Refused("xlsx-cell", got=shown(row.fault)), tuple(raw))
    return line_of(row.number, (_text(columns, index, cell, book) for index, cell in row.cells.items()), raw)


def _text(columns: list[Column | None], index: int, cell: Cell, book: Book) -> tuple[Column | None, str]:
    """The cell as text, with its column.

    Raises: Refused("formula-cell", "error-cell", "boolean-cell", "date-in-other-column", "date-has-time",
        "identifier-stored-as-number", "text-stored-as-number").
    """
    column = columns[index] if index < len(columns) else None
    named = {"column": column.name} if column else {}
    match cell.holds:
        case Holds.TEXT:
            return column, cell.value
        case Holds.FORMULA:
            raise Refused("formula-cell", got=shown(cell.value), **named)
        case Holds.ERROR:
            raise Refused("error-cell", got=shown(cell.value), **named)
        case Holds.BOOLEAN:
            raise Refused("boolean-cell", got="true" if cell.value == "1" else "false", **named)
        case Holds.NUMBER:
            return column, number(column, cell.value) if column else cell.value
        case Holds.DATE:
            return column, _day(column, cell.value, book) if column else cell.value
        case Holds.ISO:
            return column, _iso_day(column, cell.value) if column else cell.value


def _day(column: Column, serial: str, book: Book) -> str:
    _in_a_date_column(column, serial)
    try:
        exact = float(serial)
    except ValueError:
        return serial
    if not exact.is_integer():
        raise Refused("date-has-time", column=column.name, got=shown(serial))
    day = book.day(int(exact))
    return day.isoformat() if day else serial


def _iso_day(column: Column, written: str) -> str:
    _in_a_date_column(column, written)
    if written[_DAY_LENGTH:].lstrip("T") not in _MIDNIGHT:
        raise Refused("date-has-time", column=column.name, got=shown(written))
    return written[:_DAY_LENGTH]


def _in_a_date_column(column: Column, written: str) -> None:
    if column.kind is not Kind.DATE:
        raise Refused("date-in-other-column", column=column.name, got=shown(written))

"""Rows into a file, one at a time: CSV, NDJSON or XLSX by the file's suffix."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import xlsxwriter  # type: ignore[import-untyped]  # it ships no types

from registry.submissions.columns import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

HEADING = [column.name for column in COLUMNS]
XLSX_ROWS = 1_048_575


def write(rows: Iterable[Mapping[str, str]], path: Path) -> int:
    """Write `rows` to `path` and return their number. Memory does not grow with it.

    Raises: ValueError for another suffix, or more rows than a sheet has.
    """
    writers = {".csv": _csv, ".ndjson": _ndjson, ".xlsx": _xlsx}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise ValueError(f"{path.name}: got suffix {path.suffix!r}, expected .csv, .ndjson or .xlsx")
    return writer(rows, path)


def _csv(rows: Iterable[Mapping[str, str]], path: Path) -> int:
    count = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(HEADING)
        for count, row in enumerate(rows, start=1):  # noqa: B007 - counted on the way
            out.writerow([row.get(name, "") for name in HEADING])
    return count


def _ndjson(rows: Iterable[Mapping[str, str]], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for count, row in enumerate(rows, start=1):  # noqa: B007 - counted on the way
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return count


def _xlsx(rows: Iterable[Mapping[str, str]], path: Path) -> int:
    """Every cell is text, in text-formatted columns, so that no spreadsheet takes an identifier for a number."""
    count = 0
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet, text = book.add_worksheet("data"), book.add_format({"num_format": "@"})
        sheet.set_column(0, len(HEADING) - 1, 16, text)
        sheet.write_row(0, 0, HEADING, book.add_format({"bold": True}))
        sheet.freeze_panes(1, 0)
        for count, row in enumerate(rows, start=1):
            if count > XLSX_ROWS:
                raise ValueError(f"{path.name}: got more than {XLSX_ROWS} rows, which is all a sheet has; write CSV")
            for at, name in enumerate(HEADING):
                if name in row:
                    sheet.write_string(count, at, row[name], text)
    return count

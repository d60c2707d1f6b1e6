"""The XLSX an HR clerk fills in: identifiers as text, dates as dates, pick lists, a guide in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xlsxwriter  # type: ignore[import-untyped]  # it ships no types

from registry.submissions.actions import ACTIONS, PICK
from registry.submissions.choices import LABEL, Choice, listed
from registry.submissions.columns import COLUMNS, Column, Kind
from registry.submissions.examples import EXAMPLES
from registry.submissions.workbook import SHEET

if TYPE_CHECKING:
    from pathlib import Path

_LAST_ROW = 1_048_575
_WIDTH = 22
_NUMBER_FORMATS = {Kind.DATE: "yyyy-mm-dd", Kind.INTEGER: "0"}
_HINT_LENGTH = 255
_TITLE_LENGTH = 32
_GUIDE = (
    ("Isi lembar 'Data', satu baris untuk satu hal yang dilaporkan.", "Fill in the sheet 'Data', one row a thing."),
    ("Jangan ubah judul kolom; kolom yang tidak dipakai boleh dihapus.", "Keep the headings; drop unused columns."),
    ("NIK, NIB, NPWP dan kode ditulis sebagai teks; angka ditolak.", "NIK, NIB, NPWP and codes are text; no numbers."),
    ("Rumus ditolak; tempel nilainya.", "Formulas are refused; paste values."),
    (
        f"Dari daftar pilihan hanya kode sebelum '{LABEL.strip()}' yang dibaca; kode saja juga boleh.",
        f"Of a pick list only the code before '{LABEL.strip()}' is read; the code alone will do.",
    ),
)


def write_template(path: Path) -> None:
    """Write the empty template. Raises: OSError."""
    with xlsxwriter.Workbook(str(path), {"strings_to_urls": False}) as book:
        text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "text_wrap": True})
        data = book.add_worksheet(SHEET)
        _guide(book, bold)
        _examples(book, text, bold)
        ranges = _lists(book, text, bold)
        _head(data, book, bold)
        for index, column in enumerate(COLUMNS):
            data.data_validation(1, index, _LAST_ROW, index, _validation(column, ranges))
        data.freeze_panes(1, 0)
        data.activate()


def _head(sheet: xlsxwriter.worksheet.Worksheet, book: xlsxwriter.Workbook, bold: xlsxwriter.format.Format) -> None:
    formats = {kind: book.add_format({"num_format": _NUMBER_FORMATS.get(kind, "@")}) for kind in Kind}
    for index, column in enumerate(COLUMNS):
        sheet.set_column(index, index, _WIDTH, formats[column.kind])
        sheet.write_string(0, index, column.heading, bold)


def _validation(column: Column, ranges: dict[str, str]) -> dict[str, object]:
    """The column's pick list, if it has one, and its meaning beside the selected cell. A bare code may be typed."""
    said = {
        "input_title": column.name[:_TITLE_LENGTH],
        "input_message": f"{column.about_id}\n{column.about_en}"[:_HINT_LENGTH],
        "show_error": False,
    }
    if column.name in ranges:
        return {"validate": "list", "source": ranges[column.name], **said}
    return {"validate": "any", **said}


def _lists(book: xlsxwriter.Workbook, text: xlsxwriter.format.Format, bold: xlsxwriter.format.Format) -> dict[str, str]:
    """A sheet for each list; gives each column the range its list stands in."""
    written: dict[object, str] = {}
    ranges = {}
    for column in COLUMNS:
        choices = PICK if column.name == "action" else column.pick
        key = column.codes or (column.name if choices else None)
        if key is None:
            continue
        if key not in written:
            choices = choices or (listed(*column.codes) if column.codes else ())
            written[key] = _list(book.add_worksheet(f"Daftar {column.name}"), choices, text, bold)
        ranges[column.name] = written[key]
    return ranges


def _list(
    sheet: xlsxwriter.worksheet.Worksheet,
    choices: tuple[Choice, ...],
    text: xlsxwriter.format.Format,
    bold: xlsxwriter.format.Format,
) -> str:
    sheet.set_column(0, 3, _WIDTH * 2, text)
    sheet.write_row(0, 0, ("Pilihan / Choice", "Kode / Code", "Indonesia", "English"), bold)
    for row, choice in enumerate(choices, start=1):
        cells = (f"{choice.value}{LABEL}{choice.id}", *choice)
        for index, cell in enumerate(cells):
            sheet.write_string(row, index, cell, text)
    return f"='{sheet.get_name()}'!$A$2:$A${len(choices) + 1}"


def _guide(book: xlsxwriter.Workbook, bold: xlsxwriter.format.Format) -> None:
    """What to do, then each column, then each action with what it needs."""
    sheet = book.add_worksheet("Petunjuk - Guide")
    sheet.set_column(0, 3, _WIDTH * 2)
    rows: list[tuple[str, ...]] = [*_GUIDE, (), ("Kolom / Column", "Judul / Heading", "Arti", "Meaning")]
    rows += [(column.name, column.heading, column.about_id, column.about_en) for column in COLUMNS]
    rows += [(), ("Tindakan / Action", "Wajib / Required", "Arti", "Meaning")]
    rows += [(action.name, needs(action.required, person=action.person), action.id, action.en) for action in ACTIONS]
    for index, row in enumerate(rows):
        for place, cell in enumerate(row):
            sheet.write_string(index, place, cell, bold if " / " in row[0] else None)


def needs(required: frozenset[str], *, person: bool) -> str:
    """The required columns in the order of the file."""
    names = [column.name for column in COLUMNS if column.name in required]
    return ", ".join(["nik (or passport, nationality)", *names] if person else names)


def _examples(book: xlsxwriter.Workbook, text: xlsxwriter.format.Format, bold: xlsxwriter.format.Format) -> None:
    sheet = book.add_worksheet("Contoh - Examples")
    sheet.set_column(0, len(COLUMNS) - 1, _WIDTH, text)
    for index, column in enumerate(COLUMNS):
        sheet.write_string(0, index, column.heading, bold)
        for row, example in enumerate(EXAMPLES, start=1):
            if column.name in example:
                sheet.write_string(row, index, example[column.name], text)

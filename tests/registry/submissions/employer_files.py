"""Writes employer files for the tests: good ones by other people's libraries, bad ones by hand."""

from __future__ import annotations

import csv
import json
import zipfile
from typing import TYPE_CHECKING, Any

import openpyxl
import xlsxwriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

Values = dict[str, str]

HIRE: Values = {
    "ref": "r-1",
    "submitter": "9120001234567",
    "action": "hire",
    "nik": "3275014101900001",
    "name": "Siti Rahmawati",
    "birth_date": "1990-01-01",
    "sex": "P",
    "education": "5",
    "residence": "32.75",
    "effective_on": "2026-02-02",
    "establishment": "BEKASI-1",
    "regency": "32.75",
    "kbli": "10710",
    "kbji": "7212",
    "channel": "public-service",
    "contract": "fixed-term",
    "ends_on": "2027-02-01",
    "wage": "5600000",
}
END: Values = {"action": "end", "nik": "3275014101900001", "effective_on": "2026-03-31", "reason": "resignation"}


def hire(**changed: str) -> Values:
    return {name: text for name, text in {**HIRE, **changed}.items() if text != ""}


def columns(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def csv_file(path: Path, *rows: Mapping[str, str], delimiter: str = ",", headings: Sequence[str] = ()) -> Path:
    names = columns(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(headings or names)
        writer.writerows([row.get(name, "") for name in names] for row in rows)
    return path


def ndjson_file(path: Path, *rows: Mapping[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def xlsx_file(
    path: Path, *rows: Mapping[str, Any], sheet: str = "Data", formats: Mapping[str, str] | None = None
) -> Path:
    """By openpyxl: a str is a text cell, an int a number cell, a date a date cell, "=..." a formula."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    names = columns(rows)
    page.append(names)
    for number, row in enumerate(rows, start=2):
        for place, name in enumerate(names, start=1):
            if name in row:
                cell = page.cell(number, place, row[name])
                cell.number_format = (formats or {}).get(name, cell.number_format)
    book.save(path)
    return path


def written_xlsx(path: Path, *rows: Mapping[str, str], constant_memory: bool = False) -> Path:
    """By xlsxwriter: all text, in shared texts, or inline when it may not hold them."""
    names = columns(rows)
    with xlsxwriter.Workbook(str(path), {"constant_memory": constant_memory}) as book:
        page = book.add_worksheet("Data")
        page.write_row(0, 0, names)
        for number, row in enumerate(rows, start=1):
            for place, name in enumerate(names):
                if row.get(name):
                    page.write_string(number, place, row[name])
    return path


_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def raw_xlsx(
    path: Path,
    rows: str,
    *,
    prolog: str = "",
    texts: str | None = None,
    sheets: Sequence[str] = ("Data",),
    book_properties: str = "",
    styles: str = "",
    more: Mapping[str, bytes] | None = None,
) -> Path:
    """By hand: `rows` is what stands inside sheetData."""
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="s{n}"/>' for n, name in enumerate(sheets))
    related = "".join(
        f'<Relationship Id="s{n}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(len(sheets))
    )
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r" Type="{_RELATIONS}/officeDocument" '
        'Target="/xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">{book_properties}<sheets>{listed}'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}">{related}'
        f'<Relationship Id="t" Type="{_RELATIONS}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="y" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        "xl/sharedStrings.xml": texts or f'<sst xmlns="{_MAIN}"/>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">{styles}</styleSheet>',
    }
    for n in range(len(sheets)):
        parts[f"xl/worksheets/sheet{n}.xml"] = (
            f'{prolog}<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**parts, **(more or {})}.items():
            archive.writestr(name, content)
    return path


def inline(text: str, reference: str = "") -> str:
    place = f' r="{reference}"' if reference else ""
    return f'<c{place} t="inlineStr"><is><t>{text}</t></is></c>'


def inline_row(*texts: str) -> str:
    return f"<row>{''.join(inline(text) for text in texts)}</row>"

"""Rows that are refused while the rest of the file is read, each with its own code."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from domain.errors import Refused
from registry.submissions import limits
from registry.submissions.messages import sentence
from registry.submissions.read import read
from registry.submissions.typed import typed
from tests.registry.submissions.employer_files import (
    END,
    HIRE,
    csv_file,
    hire,
    inline,
    inline_row,
    ndjson_file,
    raw_xlsx,
    xlsx_file,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from registry.submissions.line import Line


def refusal(line: Line) -> Refused:
    with pytest.raises(Refused) as refused:
        typed(line)
    return refused.value


def only_the_second_is_refused(path: Path) -> Refused:
    """The file's three rows: a good one, the bad one, a good one."""
    first, bad, last = read(path)
    assert typed(first).action
    assert typed(last).action
    found = refusal(bad)
    assert sentence(found.code, found.details, "id") != sentence(found.code, found.details, "en")
    return found


CELLS: dict[str, tuple[dict[str, str], str]] = {
    "nik in scientific notation": ({"nik": "3.27501E+15"}, "identifier-stored-as-number"),
    "nik in scientific notation with a decimal comma": ({"nik": "3,27501E+15"}, "identifier-stored-as-number"),
    "nib in scientific notation": ({"submitter": "9.12E+12"}, "identifier-stored-as-number"),
    "nik with a decimal": ({"nik": "3275014101900001.0"}, "identifier-stored-as-number"),
    "ref in scientific notation": ({"ref": "1E+5"}, "identifier-stored-as-number"),
    "industry with a decimal": ({"kbli": "10710.0"}, "identifier-stored-as-number"),
    "nik one digit short": ({"nik": "327501410190000"}, "digit-lost"),
    "nib that lost its leading zero": ({"submitter": "220001234567"}, "digit-lost"),
    "industry that lost its leading zero": ({"kbli": "1111"}, "digit-lost"),
    "formula as a name": ({"name": "=HYPERLINK(1)"}, "csv-injection"),
    "plus before a name": ({"name": "+Siti"}, "csv-injection"),
    "minus before a name": ({"name": "-2+3"}, "csv-injection"),
    "at sign before a name": ({"name": "@SUM(A1)"}, "csv-injection"),
    "wide equals sign before a name": ({"name": "＝1+1"}, "csv-injection"),
    "blanks before a formula": ({"name": "  =1+1"}, "csv-injection"),
    "tab before a name": ({"name": "\t=1+1"}, "csv-injection"),
    "carriage return before a name": ({"name": "\r=1+1"}, "csv-injection"),
    "formula as a reference": ({"ref": "=A1"}, "csv-injection"),
    "plus before a phone that is no number": ({"phone": "+cmd"}, "csv-injection"),
    "formula as a note": ({"note": "=1"}, "csv-injection"),
    "line break in a name": ({"name": "Siti\nRahmawati"}, "control-character"),
    "escape in a name": ({"name": "Siti\x1b[31m"}, "control-character"),
    "a row hidden in a quoted name": ({"name": "x\nend,3275014101900001"}, "control-character"),
    "unicode line separator": ({"name": "Siti\u2028Rahmawati"}, "control-character"),
    "direction of writing turned": ({"name": "Siti \u202etamhaR"}, "bidi-override"),
    "zero width space": ({"name": "Si\u200bti"}, "invisible-character"),
    "soft hyphen": ({"name": "Si\u00adti"}, "invisible-character"),
    "private use character": ({"name": "Siti \ue000"}, "invisible-character"),
    "error of a spreadsheet as text": ({"name": "#N/A"}, "error-cell"),
    "reference beyond its length": ({"ref": "r" * 65}, "too-long"),
    "name beyond its length": ({"name": "Siti" * 60}, "too-long"),
    "nationality beyond its length": ({"nationality": "Indonesia"}, "too-long"),
    "unknown action": ({"action": "hired"}, "choice-unknown"),
    "no action": ({"action": ""}, "missing-column"),
    "unknown sex": ({"sex": "F"}, "choice-unknown"),
    "unknown channel": ({"channel": "pubic-service"}, "choice-unknown"),
    "unknown contract": ({"contract": "PKWT"}, "choice-unknown"),
    "unknown education": ({"education": "13"}, "choice-unknown"),
    "unknown reason of an end": ({**END, "reason": "fired"}, "choice-unknown"),
    "day first": ({"birth_date": "01/02/1990"}, "date-format"),
    "a spreadsheet's day number": ({"birth_date": "32874"}, "date-format"),
    "date in words": ({"birth_date": "1 Januari 1990"}, "date-format"),
    "date with a time": ({"birth_date": "1990-01-01T00:00:00"}, "date-format"),
    "date in other digits": ({"birth_date": "١٩٩٠-٠١-٠١"}, "date-format"),
    "29 February of a common year": ({"effective_on": "2026-02-29"}, "date-unknown"),
    "month 13": ({"effective_on": "2026-13-01"}, "date-unknown"),
    "year 1026": ({"effective_on": "1026-02-02"}, "date-bounds"),
    "year 9999": ({"ends_on": "9999-12-31"}, "date-bounds"),
    "wage with separators": ({"wage": "5.600.000"}, "integer-format"),
    "wage with its currency": ({"wage": "Rp5600000"}, "integer-format"),
    "wage below zero": ({"wage": "-1"}, "integer-bounds"),
    "wage beyond all bounds": ({"wage": "99999999999"}, "integer-bounds"),
    "fourth warning": (
        {"action": "warn", "nik": HIRE["nik"], "effective_on": "2026-02-02", "level": "4"},
        "integer-bounds",
    ),
    "hire without a name": ({"name": ""}, "missing-column"),
    "hire without a channel": ({"channel": ""}, "missing-column"),
    "hire with blanks for a name": ({"name": "   "}, "missing-column"),
    "fixed term without its end": ({"ends_on": ""}, "missing-column"),
    "nobody named": ({"nik": ""}, "person-missing"),
    "passport without nationality": ({"nik": "", "passport": "X1234567"}, "person-missing"),
    "nik and passport": ({"passport": "X1234567", "nationality": "JPN"}, "nik-and-passport"),
    "a column the action does not use": ({"counterparty": "9120001234567"}, "unused-column"),
    "void without a reference": ({"action": "void", "reason": "x"}, "missing-column"),
}
ONLY_GIVEN = {"unknown reason of an end", "fourth warning", "void without a reference"}


@pytest.mark.parametrize("defect", CELLS)
def test_a_bad_cell_refuses_its_row_in_every_format(defect: str, tmp_path: Path) -> None:
    changed, code = CELLS[defect]
    bad = changed if defect in ONLY_GIVEN else hire(**changed)
    rows = [hire(), bad, END]
    found = [
        only_the_second_is_refused(csv_file(tmp_path / "a.csv", *rows)),
        only_the_second_is_refused(csv_file(tmp_path / "b.csv", *rows, delimiter=";")),
        only_the_second_is_refused(ndjson_file(tmp_path / "a.ndjson", *rows)),
    ]
    assert [one.code for one in found] == [code] * len(found)
    assert found[0].details == found[1].details == found[2].details


HEAD = b"action,nik,effective_on,reason\n"
ROW = b"end,3275014101900001,2026-03-31,resignation\n"
CSV_ROWS: dict[str, tuple[bytes, str]] = {
    "a field too few": (b"end,3275014101900001,2026-03-31\n", "column-count"),
    "a field too many": (b"end,3275014101900001,2026-03-31,resignation,\n", "column-count"),
    "a comma without quotes": (b"end,3275014101900001,2026-03-31,tired, left\n", "column-count"),
    "text after a quote": (b'end,"3275014101900001"x,2026-03-31,resignation\n', "quote-broken"),
    "a carriage return within the line": (b"end,3275014101900001\r,2026-03-31,resignation\n", "bare-carriage-return"),
}


@pytest.mark.parametrize("defect", CSV_ROWS)
def test_a_bad_csv_row_is_refused(defect: str, tmp_path: Path) -> None:
    content, code = CSV_ROWS[defect]
    path = tmp_path / "a.csv"
    path.write_bytes(HEAD + ROW + content + ROW)
    assert only_the_second_is_refused(path).code == code


def test_a_quote_never_closed_names_the_lines_it_swallowed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(HEAD + ROW + b'end,"3275014101900001,2026-03-31,x\n' + ROW + ROW)
    good, bad = read(path)
    assert good.refused is None
    assert refusal(bad).code == "quote-unclosed"
    assert refusal(bad).details == {"line": 3, "until": 5}


def test_a_value_under_no_heading_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(HEAD.replace(b"\n", b",\n") + ROW.replace(b"\n", b",\n") + ROW.replace(b"\n", b",x\n"))
    good, bad = read(path)
    assert good.refused is None
    assert refusal(bad).code == "value-without-heading"


ENDED = '{"action": "end", "nik": "3275014101900001", "reason": "expiry", "effective_on": %s}'
PAID = '{"action": "wage", "nik": "3275014101900001", "effective_on": "2026-03-31", "wage": %s}'
JSON_ROWS: dict[str, tuple[str, str]] = {
    "not json": ("{action: end}", "json-invalid"),
    "cut off": ('{"action": "end"', "json-invalid"),
    "not a number": ('{"wage": NaN}', "json-invalid"),
    "a control character": ('{"action": "\x01"}', "json-invalid"),
    "two objects": ('{"action": "end"} {"action": "end"}', "json-trailing"),
    "a trailing comma": ('{"action": "end"},', "json-trailing"),
    "an array": ('["end"]', "json-not-object"),
    "a text": ('"end"', "json-not-object"),
    "a number": ("12", "json-not-object"),
    "a nested array": ('{"action": ["end"]}', "json-nested"),
    "a nested object": ('{"action": {"is": "end"}}', "json-nested"),
    "nesting without end": ('{"action":' + "[" * 60_000, "json-too-deep"),
    "a key twice": ('{"action": "end", "action": "hire"}', "duplicate-key"),
    "a key twice in two languages": ('{"name": "a", "Nama": "b"}', "duplicate-key"),
    "an unknown key": ('{"action": "end", "salary": "1"}', "unknown-column"),
    "a number for an identifier": ('{"action": "end", "nik": 3275014101900001}', "identifier-stored-as-number"),
    "a number for a code": ('{"action": "end", "regency": 32.70}', "identifier-stored-as-number"),
    "a number for a name": ('{"action": "end", "name": 7}', "text-stored-as-number"),
    "a number for a date": (ENDED % "46112", "date-format"),
    "a broken number for a wage": (PAID % "1e999999999", "integer-format"),
    "a fraction for a wage": (PAID % "5600000.5", "integer-format"),
    "a word for a wage": (PAID % '"soon"', "integer-format"),
    "true": ('{"action": true}', "boolean-cell"),
    "half a surrogate pair": ('{"name": "\\ud83d"}', "lone-surrogate"),
    "an escaped nul": ('{"name": "a\\u0000"}', "control-character"),
}


@pytest.mark.parametrize("defect", JSON_ROWS)
def test_a_bad_json_line_is_refused(defect: str, tmp_path: Path) -> None:
    content, code = JSON_ROWS[defect]
    path = ndjson_file(tmp_path / "a.ndjson", END)
    good = path.read_text()
    path.write_text(good + content + "\n" + good, encoding="utf-8")
    assert only_the_second_is_refused(path).code == code


SHEET_ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "a number for a nik": ({**END, "nik": 3275014101900001}, "identifier-stored-as-number"),
    "a number for a nib": ({**END, "submitter": 9120001234567}, "identifier-stored-as-number"),
    "a number for a phone": ({**END, "phone": 81200000001}, "identifier-stored-as-number"),
    "a number for an industry": ({**hire(), "kbli": 10710}, "identifier-stored-as-number"),
    "a number for a regency": ({**hire(), "regency": 32.75}, "identifier-stored-as-number"),
    "a number for a name": ({**END, "name": 12}, "text-stored-as-number"),
    "a number for a sex": ({**hire(), "sex": 2}, "text-stored-as-number"),
    "a formula": ({**END, "nik": '="3275014101900001"'}, "formula-cell"),
    "a formula for a date": ({**END, "effective_on": "=TODAY()"}, "formula-cell"),
    "a formula under no heading": ({**END, "": "=1+1"}, "formula-cell"),
    "a truth": ({**END, "reason": True}, "boolean-cell"),
    "an error": ({**END, "reason": "#N/A"}, "error-cell"),
    "a date for a name": ({**END, "name": date(1990, 1, 1)}, "date-in-other-column"),
    "a date for a nik": ({**END, "nik": date(1990, 1, 1)}, "date-in-other-column"),
    "a date for a wage": ({**hire(), "wage": date(1990, 1, 1)}, "date-in-other-column"),
    "a date with a time": ({**END, "effective_on": datetime(2026, 3, 31, 9, 30)}, "date-has-time"),  # noqa: DTZ001 - as cells are
    "a number for a date": ({**END, "effective_on": 46112}, "date-format"),
    "a date as a clerk types it": ({**END, "effective_on": "31/03/2026"}, "date-format"),
    "a fraction for a wage": ({**hire(), "wage": 5600000.5}, "integer-format"),
    "a formula sign in text": ({**END, "name": "@SUM(A1)"}, "csv-injection"),
    "a value under no heading": ({**END, "": "x"}, "value-without-heading"),
}


@pytest.mark.parametrize("defect", SHEET_ROWS)
def test_a_bad_cell_of_a_workbook_refuses_its_row(defect: str, tmp_path: Path) -> None:
    bad, code = SHEET_ROWS[defect]
    found = only_the_second_is_refused(xlsx_file(tmp_path / "a.xlsx", hire(), bad, END))
    assert found.code == code
    changed = [name for name in bad if name and bad[name] not in (END.get(name), HIRE.get(name))]
    assert [found.details.get("column")] == (changed or [None])


HEADING = inline_row("action", "nik", "effective_on", "reason")
GOOD = inline_row("end", "3275014101900001", "2026-03-31", "resignation")
RAW_ROWS: dict[str, tuple[str, str]] = {
    "cells out of order": (f"<row>{inline('x', 'B3')}{inline('end', 'A3')}</row>", "xlsx-cell"),
    "a cell twice": (f"<row>{inline('end', 'A3')}{inline('end', 'A3')}</row>", "xlsx-cell"),
    "a row twice": (f'<row r="2">{inline("end")}</row>', "xlsx-cell"),
    "a row beyond the sheet": (f'<row r="1048577">{inline("end")}</row>', "xlsx-cell"),
    "a column beyond the sheet": (f"<row>{inline('end', 'XFE3')}</row>", "xlsx-cell"),
    "a shared text that is not there": ('<row><c t="s"><v>7</v></c></row>', "xlsx-cell"),
    "a cell type nobody knows": ('<row><c t="z"><v>7</v></c></row>', "error-cell"),
    "an error cell": ('<row><c t="e"><v>#REF!</v></c></row>', "error-cell"),
    "an error formula": ('<row><c t="e"><f>1/0</f><v>#DIV/0!</v></c></row>', "formula-cell"),
    "a formula without its value": ("<row><c><f>A1</f></c></row>", "formula-cell"),
    "a formula that gives a text": ('<row><c t="str"><f>A1</f><v>end</v></c></row>', "formula-cell"),
    "a shared formula": ('<row><c t="str"><f t="shared" si="0"/><v>end</v></c></row>', "formula-cell"),
    "an array formula's second cell": (
        '<row><c r="A3" t="str"><f t="array" ref="A3:B3">X</f></c><c r="B3"><v>3</v></c></row>',
        "formula-cell",
    ),
    "a carriage return in the spreadsheet's own escape": (f"<row>{inline('end_x000D_')}</row>", "control-character"),
    "the date that never was": (
        f'<row>{inline("end")}{inline("3275014101900001")}<c s="1"><v>60</v></c>{inline("expiry")}</row>',
        "date-format",
    ),
    "a date with a time by the strict format": (
        f'<row>{inline("end")}{inline("3275014101900001")}<c t="d"><v>2026-03-31T09:30:00</v></c></row>',
        "date-has-time",
    ),
    "a day beyond the calendar": (
        f'<row>{inline("end")}{inline("3275014101900001")}<c s="1"><v>2958466</v></c>{inline("expiry")}</row>',
        "date-format",
    ),
    "a number that is none": (
        f'<row>{inline("end")}{inline("3275014101900001")}<c s="1"><v>soon</v></c>{inline("expiry")}</row>',
        "date-format",
    ),
}
STYLES = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'


@pytest.mark.parametrize("defect", RAW_ROWS)
def test_a_row_no_spreadsheet_would_write_is_refused(defect: str, tmp_path: Path) -> None:
    bad, code = RAW_ROWS[defect]
    lines = list(read(raw_xlsx(tmp_path / "a.xlsx", HEADING + GOOD + bad, styles=STYLES)))
    assert typed(lines[0]).action == "end"
    assert refusal(lines[1]).code == code


def test_the_cells_an_array_formula_fills_are_formulas(tmp_path: Path) -> None:
    rows = HEADING + (
        '<row r="2"><c r="A2" t="str"><f t="array" ref="A2:A3">X</f><v>end</v></c></row>'
        f'<row r="3"><c r="A3" t="str"><v>end</v></c></row><row r="4">{inline("end", "A4")}</row>'
    )
    lines = read(raw_xlsx(tmp_path / "a.xlsx", rows))
    assert [line.refused.code if line.refused else None for line in lines] == ["formula-cell", "formula-cell", None]


def test_past_so_many_array_formulas_every_cell_counts_as_one(tmp_path: Path) -> None:
    array = '<c r="A{0}" t="str"><f t="array" ref="A{0}:B{0}">X</f><v>end</v></c>'
    arrays = "".join(f'<row r="{n}">{array.format(n)}</row>' for n in range(2, limits.SHEET_ARRAYS + 3))
    [*_, last] = read(raw_xlsx(tmp_path / "a.xlsx", HEADING + arrays + inline_row("end", "3275014101900001")))
    assert refusal(last).code == "formula-cell"


def test_an_identifier_that_was_a_number_is_never_put_right(tmp_path: Path) -> None:
    line, _ = read(xlsx_file(tmp_path / "a.xlsx", {**END, "nik": 3275014101900001}, END))
    assert line.values == {}
    assert refusal(line).details == {"column": "nik", "got": "3275014101900001"}


@pytest.mark.parametrize("make", [csv_file, ndjson_file, xlsx_file])
def test_a_refused_row_still_tells_its_reference(make: Callable[..., Path], tmp_path: Path) -> None:
    name = {csv_file: "a.csv", ndjson_file: "a.ndjson", xlsx_file: "a.xlsx"}[make]
    [line] = read(make(tmp_path / name, hire(ref="r-9", name="=1+1" if make is not xlsx_file else "@x")))
    assert line.values == {"ref": "r-9"}
    assert refusal(line).code == "csv-injection"


def test_a_number_cell_without_a_number_is_no_wage(tmp_path: Path) -> None:
    paid = f"<row>{inline('wage')}{inline(END['nik'])}{inline('2026-03-31')}<c><v>soon</v></c></row>"
    rows = inline_row("action", "nik", "effective_on", "wage") + paid
    [line] = read(raw_xlsx(tmp_path / "a.xlsx", rows))
    assert refusal(line).code == "integer-format"

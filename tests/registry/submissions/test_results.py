"""The result file, the sentences in it, and the template."""

from __future__ import annotations

import ast
import csv
import string
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

import registry.submissions
from domain.errors import Refused
from registry.submissions.actions import ACTIONS
from registry.submissions.columns import COLUMNS, Kind
from registry.submissions.examples import EXAMPLES
from registry.submissions.line import BadFile
from registry.submissions.messages import HINTS, MESSAGES, sentence
from registry.submissions.read import read
from registry.submissions.results import HEADINGS, ResultWriter
from registry.submissions.template import write_template
from registry.submissions.typed import typed
from tests.registry.submissions.employer_files import HIRE

LAYER = ("cells", "heading", "lines", "line", "read", "read_csv", "read_ndjson", "read_xlsx", "archive", "workbook")
MODULES = (*LAYER, "sheet", "typed")


def raised_codes() -> set[str]:
    """Every code that a module of this layer refuses with: all kebab-case strings given to Refused or BadFile."""
    found = set()
    for module in MODULES:
        source = Path(registry.submissions.__path__[0], f"{module}.py").read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("Refused", "BadFile")
            ):
                found |= {
                    part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant) and part.value
                }
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "code":
                found |= {part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant)}
            if isinstance(node, ast.Return) and module == "cells" and isinstance(node.value, ast.Constant):
                found |= {node.value.value} - {"", None}
    return {code for code in found if isinstance(code, str)} - {"Extra data"}


def test_every_code_has_a_sentence_and_every_sentence_a_code() -> None:
    assert raised_codes() == set(MESSAGES)


@pytest.mark.parametrize("code", MESSAGES)
def test_both_languages_say_the_same(code: str) -> None:
    said = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in MESSAGES[code]]
    assert said[0] == said[1]
    assert MESSAGES[code][0] != MESSAGES[code][1]


def test_a_sentence_says_what_was_got_and_expected() -> None:
    details = {"column": "nik", "got": "327501410190000", "expected": 16}
    assert sentence("digit-lost", details, "en").startswith("nik: '327501410190000' is one digit short of 16;")
    assert sentence("digit-lost", details, "id").startswith("nik: '327501410190000' kurang satu digit dari 16;")


def test_a_sentence_carries_its_hint() -> None:
    said = sentence("date-format", {"column": "ends_on", "got": "31/12/2025", "hint": "day-first"}, "id")
    assert said.endswith(HINTS["day-first"][0])


def test_a_sentence_survives_what_it_does_not_know() -> None:
    assert sentence("of-somebody-else", {"got": 3}, "id") == "of-somebody-else, got: 3"
    assert sentence("error-cell", {"got": "{0} {x}"}, "en") == "-: the cell holds the error {0} {x}."


def test_an_added_sentence_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MESSAGES, "of-somebody-else", ("Tidak {got}.", "Not {got}."))
    assert sentence("of-somebody-else", {"got": 3}, "id") == "Tidak 3."


def test_the_result_file_tells_every_row(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    with ResultWriter(path) as results:
        results.recorded(2, "r-1", ["e1", "e2"])
        results.again(3, None, ["e3"])
        results.refused(4, "r-3", Refused("missing-column", column="name", action="hire"))
        assert not path.exists()
    with path.open(encoding="utf-8-sig", newline="") as file:
        heading, *rows = csv.reader(file)
    assert tuple(heading) == HEADINGS
    assert rows == [
        ["2", "r-1", "recorded", "", "", "", "e1 e2"],
        ["3", "", "again", "", "", "", "e3"],
        [
            "4",
            "r-3",
            "refused",
            "missing-column",
            "name: wajib diisi untuk tindakan 'hire'.",
            "name: must be filled in for the action 'hire'.",
            "",
        ],
    ]
    assert [left.name for left in tmp_path.iterdir()] == ["results.csv"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_the_result_file_holds_no_formula(start: str, tmp_path: Path) -> None:
    with ResultWriter(tmp_path / "results.csv") as results:
        results.refused(2, f"{start}1+1", Refused(f"{start}code"))
    with (tmp_path / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = list(csv.reader(file))[1]
    assert cells[1:3] == [f"'{start}1+1", "refused"]
    assert all(not text.startswith(start) for text in cells)


def test_a_result_file_left_half_has_not_its_name(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    with pytest.raises(ValueError, match="e3"), ResultWriter(path) as results:
        results.recorded(2, "r-1", (str(int(event)) for event in ("1", "e3")))
    assert [left.name for left in tmp_path.iterdir()] == ["results.csv.part"]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.xlsx"
    write_template(path)
    return path


def test_the_empty_template_has_no_rows(template: Path) -> None:
    with pytest.raises(BadFile) as refused:
        read(template)
    assert refused.value.code == "no-rows"


def test_a_filled_template_is_read(template: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(template)
    for number, example in enumerate((*EXAMPLES, HIRE), start=2):
        for place, column in enumerate(COLUMNS, start=1):
            if column.name in example:
                book["Data"].cell(number, place, example[column.name]).number_format = "@"
    book.save(tmp_path / "filled.xlsx")
    lines = list(read(tmp_path / "filled.xlsx"))
    assert [line.values for line in lines] == [*EXAMPLES, HIRE]
    assert [typed(line).line for line in lines] == list(range(2, len(EXAMPLES) + 3))


def test_a_choice_of_the_pick_lists_is_read_as_its_code(template: Path, tmp_path: Path) -> None:
    """Every first entry of every list, chosen as the spreadsheet offers it."""
    book = openpyxl.load_workbook(template)
    data = book["Data"]
    offered = {}
    for validation in data.data_validations.dataValidation:
        if validation.type == "list":
            sheet, _, cells = validation.formula1.rpartition("!")
            first = book[sheet.strip("'")][cells.partition(":")[0].replace("$", "")]
            place = str(validation.sqref).split(":")[0].rstrip("0123456789")
            data[f"{place}2"] = first.value
            offered[place] = first.offset(0, 1).value
    book.save(tmp_path / "filled.xlsx")
    [line] = read(tmp_path / "filled.xlsx")
    letters = {column.name: get_column_letter(place) for place, column in enumerate(COLUMNS, start=1)}
    assert {letters[name]: text for name, text in line.values.items()} == offered
    listed = {column.name for column in COLUMNS if column.pick or column.codes} | {"action"}
    assert set(line.values) == listed


def test_identifiers_are_text_in_the_template_and_dates_dates(template: Path) -> None:
    """By the formats of the columns, as every cell typed into them takes them."""
    data = openpyxl.load_workbook(template)["Data"]
    formats = {
        place: group.number_format
        for group in data.column_dimensions.values()
        for place in range(group.min, group.max + 1)
    }
    others = {Kind.DATE: "yyyy-mm-dd", Kind.INTEGER: "0"}
    expected = {place: others.get(column.kind, "@") for place, column in enumerate(COLUMNS, start=1)}
    assert formats == expected


def test_the_template_speaks_both_languages(template: Path) -> None:
    book = openpyxl.load_workbook(template)
    headings = [cell.value for cell in book["Data"][1]]
    assert headings == [column.heading for column in COLUMNS]
    guide = {cell.value for row in book["Petunjuk - Guide"].iter_rows() for cell in row}
    for thing in ACTIONS:
        assert {thing.name, thing.id, thing.en} <= guide
    for column in COLUMNS:
        assert {column.name, column.heading, column.about_id, column.about_en} <= guide

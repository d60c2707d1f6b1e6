"""docs/employer-file.md says all there is to say, and its examples are good."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from registry.submissions import limits
from registry.submissions.actions import ACTIONS, Action
from registry.submissions.columns import COLUMNS, Column
from registry.submissions.messages import CELL_MESSAGES, FILE_MESSAGES, ROW_MESSAGES
from registry.submissions.read import SUFFIXES, read
from registry.submissions.results import HEADINGS
from registry.submissions.typed import typed

DOC = (Path(__file__).parents[3] / "docs" / "employer-file.md").read_text(encoding="utf-8")


def row_of(name: str, *, header: str) -> list[str]:
    """The cells of the one table row that begins with the name, in the table whose first heading is `header`."""
    tables = [table for table in DOC.split("\n\n") if table.startswith(f"| {header} |")]
    [found] = [line for table in tables for line in table.splitlines() if line.startswith(f"| `{name}` |")]
    return [cell.strip() for cell in found.strip("|").split(" | ")]


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_every_column_is_documented(column: Column) -> None:
    _, heading_id, heading_en, kind, length, meaning = row_of(column.name, header="column")
    assert (heading_id, heading_en, kind, length) == (column.id, column.en, column.kind.value, str(column.length))
    assert meaning.startswith(f"{column.about_id} · {column.about_en}")


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_action_is_documented_with_what_it_needs(action: Action) -> None:
    _, title_id, title_en, required, allowed = row_of(action.name, header="action")
    assert (title_id, title_en) == (action.id, action.en)
    assert set(re.findall(r"`(\w+)`", required)) == action.required
    assert required.startswith("person") == action.person
    named = set(re.findall(r"`(\w+)`", allowed.partition("(`reason`")[0]))
    assert named <= action.allowed
    assert all(choice.value in allowed for choice in action.reasons)


@pytest.mark.parametrize(
    ("code", "said"), {**FILE_MESSAGES, **CELL_MESSAGES, **ROW_MESSAGES}.items(), ids=lambda value: str(value)[:30]
)
def test_every_code_is_documented_as_it_is_said(code: str, said: tuple[str, str]) -> None:
    assert tuple(row_of(code, header="code")[1:]) == said


def test_no_column_action_or_code_is_documented_that_is_not_there() -> None:
    listed = set(re.findall(r"^\| `([\w-]+)` \|", DOC, flags=re.MULTILINE))
    things = {thing.name for thing in (*COLUMNS, *ACTIONS)}
    assert listed == things | {*FILE_MESSAGES, *CELL_MESSAGES, *ROW_MESSAGES}


@pytest.mark.parametrize(
    ("what", "bound"),
    [
        ("a CSV or NDJSON file", limits.TEXT_FILE_BYTES),
        ("an XLSX file", limits.XLSX_BYTES),
        ("rows", limits.ROWS),
        ("headings", limits.COLUMNS),
        ("one row of CSV or NDJSON", limits.RECORD_BYTES),
        ("a worksheet, unpacked", limits.SHEET_BYTES),
        ("the shared texts", limits.PART_BYTES),
        ("parts in an XLSX, and its sheets and relations", limits.XLSX_PARTS),
        ("one tag or run of text", limits.XML_TOKEN_BYTES),
        ("characters of a worksheet's cell", limits.CELL_CHARACTERS),
        ("array formulas", limits.SHEET_ARRAYS),
    ],
)
def test_every_limit_is_documented(what: str, bound: int) -> None:
    [line] = [line for line in DOC.splitlines() if line.startswith(f"| {what}")]
    assert re.search(rf"\b{bound}\b", line)


def test_every_suffix_and_result_column_is_documented() -> None:
    for name in (*SUFFIXES, *HEADINGS):
        assert f"`{name}`" in DOC


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_the_examples_are_good(form: str, tmp_path: Path) -> None:
    [block] = re.findall(rf"```{form}\n(.*?)```", DOC, flags=re.DOTALL)
    path = tmp_path / f"example.{form}"
    path.write_text(block, encoding="utf-8")
    rows = [typed(line) for line in read(path)]
    assert len(rows) == len(block.splitlines()) - (form == "csv")

"""What is written is what is read, in every format and by every writer; and how it may be written."""

from __future__ import annotations

import tracemalloc
import unicodedata
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import Refused
from registry.submissions import limits
from registry.submissions.columns import COLUMNS, Column, Kind, column_of
from registry.submissions.line import BadFile
from registry.submissions.messages import MESSAGES
from registry.submissions.read import read
from tests.registry.submissions.employer_files import (
    END,
    HIRE,
    csv_file,
    hire,
    inline_row,
    ndjson_file,
    raw_xlsx,
    written_xlsx,
    xlsx_file,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def values(path: Path) -> list[dict[str, str]]:
    lines = list(read(path))
    assert [line.refused for line in lines] == [None] * len(lines)
    return [line.values for line in lines]


_LETTERS = st.characters(categories=["L", "M", "N", "P", "S", "Zs"], exclude_characters="·")


def _cell(column: Column) -> st.SearchStrategy[str]:
    """Any text that a cell of the column may hold: trimmed, in NFC, no formula."""
    if column.kind is Kind.INTEGER:
        return st.integers(0, 10**9).map(str)
    if column.kind is Kind.DATE:
        return st.dates(date(1900, 3, 1), date(2199, 12, 31)).map(date.isoformat)
    if column.pick:
        return st.sampled_from([choice.value for choice in column.pick])
    if column.kind is Kind.TEXT:
        written = st.text(_LETTERS, min_size=1, max_size=column.length)
    else:
        written = st.text("ABCXYZabcxyz0123456789./:()-", min_size=1, max_size=column.length)
    composed = written.map(lambda text: unicodedata.normalize("NFC", "".join(" " if c.isspace() else c for c in text)))
    return composed.map(str.strip).filter(lambda text: _is_plain(column, text))


def _is_plain(column: Column, text: str) -> bool:
    return 0 < len(text) <= column.length and text[0] not in "=+-@＝＋－＠#" and not text.replace(".", "").isdecimal()


_ROW = st.fixed_dictionaries(
    {"action": st.just("hire")}, optional={column.name: _cell(column) for column in COLUMNS if column.name != "action"}
)
WRITERS: dict[str, Callable[..., Path]] = {"a.csv": csv_file, "a.ndjson": ndjson_file, "a.xlsx": xlsx_file}


@pytest.mark.parametrize("name", WRITERS)
@given(rows=st.lists(_ROW, min_size=1, max_size=4))
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_what_is_written_is_read(name: str, tmp_path: Path, rows: list[dict[str, str]]) -> None:
    assert values(WRITERS[name](tmp_path / name, *rows)) == rows


@pytest.mark.parametrize("heading", ["name", "id", "en", "heading"])
def test_every_heading_is_known_in_every_language(heading: str) -> None:
    for column in COLUMNS:
        written = getattr(column, heading)
        assert column_of(written) is column
        assert column_of(f"  {written.upper()} ") is column


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_takes_the_delimiter_of_its_heading(delimiter: str, tmp_path: Path) -> None:
    row = hire(name="Siti; Rahmawati, S.Kom")
    assert values(csv_file(tmp_path / "a.csv", row, END, delimiter=delimiter)) == [row, END]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfaction,note\nvoid,Jaya\n",
        b"action,note\r\nvoid,Jaya\r\n",
        b"action,note\nvoid,Jaya",
        b"\n\naction,note\n\n\nvoid,Jaya\n,\n",
        b" \n , \naction,note\n  \nvoid,Jaya\n\t \n , \n",
        b"action,note,,\nvoid,Jaya,,\n",
        b'"action","note"\n"void"," Jaya "\n',
        b"Tindakan;Catatan\nvoid;Jaya\n",
        "action,note\nvoid,\u00a0Jaya\u3000\n".encode(),
        "action,note\nvoid · Pembatalan,Jaya\n".encode(),
    ],
    ids=[
        "bom",
        "crlf",
        "no last line end",
        "blank lines",
        "lines of blanks",
        "empty headings",
        "quotes",
        "Excel",
        "blanks",
        "label",
    ],
)
def test_the_same_csv_written_otherwise(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert values(path) == [{"action": "void", "note": "Jaya"}]


def test_a_line_has_the_number_an_editor_shows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'\naction,note\nvoid,a\n\nvoid,"b\nc"\nvoid,d\n')
    assert [line.number for line in read(path)] == [3, 5, 7]


def test_a_row_has_the_number_the_spreadsheet_shows(tmp_path: Path) -> None:
    rows = inline_row("action", "note") + '<row r="7"><c t="inlineStr"><is><t>void</t></is></c></row>'
    assert [line.number for line in read(raw_xlsx(tmp_path / "a.xlsx", rows))] == [7]


def test_names_are_composed(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "André Géraldine")
    [row] = values(csv_file(tmp_path / "a.csv", {**END, "name": decomposed}))
    assert row["name"] == "André Géraldine"


@pytest.mark.parametrize("phone", ["+6281200000001", "081200000001", "+62 812-0000-0001"])
def test_a_phone_may_begin_with_a_plus(phone: str, tmp_path: Path) -> None:
    assert values(csv_file(tmp_path / "a.csv", {**END, "phone": phone})) == [{**END, "phone": phone}]


def test_an_apostrophe_begins_a_name(tmp_path: Path) -> None:
    assert values(csv_file(tmp_path / "a.csv", {**END, "name": "'Aisyah"}))[0]["name"] == "'Aisyah"


@pytest.mark.parametrize("constant_memory", [False, True], ids=["shared texts", "inline texts"])
def test_texts_of_another_writer(tmp_path: Path, constant_memory: bool) -> None:
    rows = [{**END, "note": text} for text in ("_x0041_", "a&b <c>", "Siti  Rahmawati", "Ä")]
    assert values(written_xlsx(tmp_path / "a.xlsx", *rows, constant_memory=constant_memory)) == rows


def test_a_date_cell_is_a_date_and_a_number_cell_a_wage(tmp_path: Path) -> None:
    row: dict[str, Any] = {**HIRE, "birth_date": date(1990, 1, 1), "wage": 5600000, "education": 5}
    formats = {"birth_date": '[$-421]dd\\ mmmm\\ yyyy;@"hari"', "wage": '[Red]"Rp"#,##0', "education": "0"}
    assert values(xlsx_file(tmp_path / "a.xlsx", row, formats=formats)) == [HIRE]


@pytest.mark.parametrize(
    ("properties", "serial", "day"),
    [
        ("", 1, "1900-01-01"),
        ("", 59, "1900-02-28"),
        ("", 61, "1900-03-01"),
        ("", 46112, "2026-03-31"),
        ('<workbookPr date1904="1"/>', 44650, "2026-03-31"),
    ],
)
def test_the_day_of_a_date_cell(properties: str, serial: int, day: str, tmp_path: Path) -> None:
    rows = (
        inline_row("action", "ends_on")
        + f'<row><c t="inlineStr"><is><t>end</t></is></c><c s="0"><v>{serial}</v></c></row>'
    )
    styles = (
        '<numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts><cellXfs><xf numFmtId="164"/></cellXfs>'
    )
    path = raw_xlsx(tmp_path / "a.xlsx", rows, styles=styles, book_properties=properties)
    assert values(path) == [{"action": "end", "ends_on": day}]


@pytest.mark.parametrize("written", ["2026-03-31", "2026-03-31T00:00:00"])
def test_a_date_of_the_strict_format(written: str, tmp_path: Path) -> None:
    rows = inline_row("action", "ends_on")
    rows += f'<row><c t="inlineStr"><is><t>end</t></is></c><c t="d"><v>{written}</v></c></row>'
    assert values(raw_xlsx(tmp_path / "a.xlsx", rows)) == [{"action": "end", "ends_on": "2026-03-31"}]


def test_rich_text_is_joined_and_its_reading_aid_left_out(tmp_path: Path) -> None:
    texts = "<sst><si><r><t>Si</t></r><r><t>ti</t></r><rPh><t>xx</t></rPh></si></sst>"
    rows = inline_row("action", "name")
    rows += '<row><c t="inlineStr"><is><t>end</t></is></c><c t="s"><v>0</v></c></row>'
    assert values(raw_xlsx(tmp_path / "a.xlsx", rows, texts=texts)) == [{"action": "end", "name": "Siti"}]


def test_a_reading_aid_in_the_cell_itself_is_left_out(tmp_path: Path) -> None:
    rows = inline_row("action", "name") + inline_row("end", "Siti</t><rPh><t>xx</t></rPh><t>")
    assert values(raw_xlsx(tmp_path / "a.xlsx", rows)) == [{"action": "end", "name": "Siti"}]


def test_blank_lines_of_ndjson_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(b'\xef\xbb\xbf\n{"action": "void"}\r\n \n{"Tindakan": "void"}')
    assert [(line.number, line.values) for line in read(path)] == [(2, {"action": "void"}), (4, {"action": "void"})]


def test_the_sheet_called_data_is_read_or_the_only_one(tmp_path: Path) -> None:
    assert values(xlsx_file(tmp_path / "a.xlsx", END, sheet="Lembar1")) == [END]
    rows = inline_row("action") + inline_row("void")
    assert values(raw_xlsx(tmp_path / "b.xlsx", rows, sheets=("Petunjuk", "data"))) == [{"action": "void"}]


@pytest.mark.parametrize("name", ["a.csv", "a.ndjson", "a.xlsx"])
def test_memory_does_not_grow_with_the_file(name: str, tmp_path: Path) -> None:
    def peak(count: int) -> int:
        path = tmp_path / name
        if name == "a.xlsx":
            written_xlsx(path, *[HIRE] * count, constant_memory=True)
        else:
            WRITERS[name](path, *[HIRE] * count)
        tracemalloc.start()
        assert sum(1 for _ in read(path)) == count
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    few, many = peak(200), peak(2_000)
    assert many < few + 200_000


def test_numbers_of_json_in_columns_of_numbers(tmp_path: Path) -> None:
    row = {**HIRE, "wage": 5600000, "education": 5, "vacancy": None}
    assert values(ndjson_file(tmp_path / "a.ndjson", row)) == [HIRE]


def test_there_are_fewer_columns_than_the_bound() -> None:
    assert len(COLUMNS) < limits.COLUMNS


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("good")
    rows = [HIRE, END, {**END, "name": "André", "ref": "r-2"}]
    return {name: write(folder / name, *rows).read_bytes() for name, write in WRITERS.items()}


_DAMAGE = st.one_of(st.binary(max_size=8), st.sampled_from([b'"', b"\r", b"{", b"[" * 99, b"<", b"\xff", b"&#0;"]))


@pytest.mark.parametrize("name", WRITERS)
@given(part=st.floats(0, 1), gone=st.integers(0, 30), put=_DAMAGE)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_refused_or_read_and_nothing_else(
    name: str, good: dict[str, bytes], tmp_path: Path, part: float, gone: int, put: bytes
) -> None:
    """No damage raises anything but a refusal that has a sentence."""
    at = int(part * len(good[name]))
    (tmp_path / name).write_bytes(good[name][:at] + put + good[name][at + gone :])
    refusals: list[Refused | None] = []
    try:
        refusals += [line.refused for line in read(tmp_path / name)]
    except BadFile as refused:
        refusals.append(refused)
    assert {refused.code for refused in refusals if refused} <= set(MESSAGES)


LINES = st.lists(st.text("a1 ,;\t\r\x1f\u00e9=\u200b", max_size=12), max_size=6)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(LINES, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.sampled_from(["", "\ufeff"]))
def test_a_file_without_quotes_is_read_as_one_with_quotes(
    tmp_path: Path, rows: list[str], end: str, unfinished: bool, mark: str
) -> None:
    """The way that skips the look for quoted line breaks finds the same lines, numbers and refusals."""
    text = mark + end.join(["ref,action,name", *rows]) + ("" if unfinished else end)
    plain, quoted = tmp_path / "plain.csv", tmp_path / "quoted.csv"
    plain.write_text(text, encoding="utf-8", newline="")
    quoted.write_text(text.replace("action", '"action"'), encoding="utf-8", newline="")

    def told(path: Path) -> list[object]:
        try:
            return [(line.number, line.values, line.refused and line.refused.code) for line in read(path)]
        except BadFile as refusal:
            return [refusal.code]

    assert told(plain) == told(quoted)

"""Files that are refused as a whole, each with its own code, before any of their rows is handed out."""

from __future__ import annotations

import tracemalloc
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from registry.submissions import archive, limits
from registry.submissions.line import BadFile
from registry.submissions.lines import lines
from registry.submissions.messages import sentence
from registry.submissions.read import read
from tests.registry.submissions.employer_files import (
    END,
    HIRE,
    csv_file,
    inline_row,
    ndjson_file,
    raw_xlsx,
    written_xlsx,
    xlsx_file,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GOOD = b"action,nik,effective_on,reason\nend,3275014101900001,2026-03-31,resignation\n"
HEADING = inline_row("action", "nik", "effective_on", "reason")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

TEXT_FILES: dict[str, tuple[str, bytes, str]] = {
    "unknown suffix": ("a.ods", GOOD, "wrong-suffix"),
    "macro workbook": ("a.xlsm", GOOD, "wrong-suffix"),
    "no suffix": ("a", GOOD, "wrong-suffix"),
    "a workbook called csv": ("a.csv", b"PK\x03\x04rest", "wrong-suffix"),
    "an old workbook called csv": ("a.csv", OLE, "wrong-suffix"),
    "gzip called ndjson": ("a.ndjson", b"\x1f\x8b\x08\x00", "wrong-suffix"),
    "no bytes": ("a.csv", b"", "empty-file"),
    "no bytes in ndjson": ("a.jsonl", b"", "empty-file"),
    "no bytes in xlsx": ("a.xlsx", b"", "empty-file"),
    "blank lines alone": ("a.csv", b"\n\r\n\n", "empty-file"),
    "blanks alone": ("a.csv", b"  \n\n,,\n", "empty-file"),
    "blank lines alone in ndjson": ("a.ndjson", b"\n \n", "empty-file"),
    "byte order mark alone": ("a.csv", b"\xef\xbb\xbf", "empty-file"),
    "heading alone": ("a.csv", b"action,nik\n", "no-rows"),
    "heading and empty rows": ("a.csv", b"action,nik\n,\n,\n", "no-rows"),
    "utf-16 little end first": ("a.csv", b"\xff\xfe" + GOOD.decode().encode("utf-16-le"), "utf-16"),
    "utf-16 big end first": ("a.csv", b"\xfe\xff" + GOOD.decode().encode("utf-16-be"), "utf-16"),
    "utf-16 ndjson": ("a.ndjson", '{"action":"end"}'.encode("utf-16"), "utf-16"),
    "utf-16 without its mark": ("a.csv", GOOD.decode().encode("utf-16-le"), "nul-byte"),
    "windows code page": ("a.csv", GOOD + b"end,1,2026-03-31,Andr\xe9\n", "not-utf-8"),
    "overlong utf-8": ("a.csv", GOOD + b"end,1,2026-03-31,\xc0\xaf\n", "not-utf-8"),
    "surrogate in utf-8": ("a.csv", GOOD + b"end,1,2026-03-31,\xed\xa0\x80\n", "not-utf-8"),
    "nul byte in a row": ("a.csv", GOOD + b"end,3275\x00014101900001,2026-03-31,x\n", "nul-byte"),
    "nul byte in the heading": ("a.csv", b"action\x00,nik\n", "nul-byte"),
    "nul byte in ndjson": ("a.ndjson", b'{"action":"end\x00"}\n', "nul-byte"),
    "a line beyond the bound": ("a.csv", GOOD + b"x" * 70_000 + b"\n", "line-too-long"),
    "an ndjson line beyond the bound": ("a.ndjson", b'{"note":"' + b"x" * 70_000 + b'"}\n', "line-too-long"),
    "a quote that swallows the file": ("a.csv", GOOD + b'end,"1' + b"\nend,1,2,3" * 9_000, "record-too-long"),
    "no heading": ("a.csv", b"end,3275014101900001,2026-03-31,resignation\n", "heading-missing"),
    "sep= before the heading": ("a.csv", b"sep=;\n" + GOOD.replace(b",", b";"), "heading-missing"),
    "a heading nobody knows": ("a.csv", b"action,nik,salery\nend,1,2\n", "unknown-column"),
    "a heading twice": ("a.csv", b"action,nik,NIK\nend,1,1\n", "duplicate-column"),
    "a heading twice in two languages": ("a.csv", b"action,name,Nama\nend,1,1\n", "duplicate-column"),
    "no action column": ("a.csv", b"nik,name\n3275014101900001,Siti\n", "action-column-missing"),
    "too many columns": ("a.csv", b"action," + b"x," * 100 + b"\n", "too-many-columns"),
    "a broken quote in the heading": ("a.csv", b'action,"nik"x,reason\nend,1,x\n', "quote-broken"),
    "old macintosh line ends": ("a.csv", GOOD.replace(b"\n", b"\r"), "bare-carriage-return"),
    "not a zip": ("a.xlsx", GOOD, "xlsx-broken"),
    "a truncated zip": ("a.xlsx", b"PK\x03\x04" + b"\x00" * 100, "xlsx-broken"),
    "an encrypted workbook": ("a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "xlsx-encrypted"),
    "an old workbook called xlsx": ("a.xlsx", OLE + b"Workbook", "xls-old"),
    "more parts than any workbook": ("a.xlsx", b"PK\x01\x02" * 1_001, "zip-bomb"),
}


@pytest.mark.parametrize("defect", TEXT_FILES)
def test_a_bad_file_is_refused(defect: str, tmp_path: Path) -> None:
    name, content, code = TEXT_FILES[defect]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadFile) as refused:
        read(tmp_path / name)
    assert refused.value.code == code


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'

WORKBOOKS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "no rows at all": (lambda path: raw_xlsx(path, ""), "empty-file"),
    "heading alone": (lambda path: raw_xlsx(path, HEADING), "no-rows"),
    "several sheets, none called Data": (lambda path: raw_xlsx(path, HEADING, sheets=("A", "B")), "sheet-ambiguous"),
    "no sheet": (lambda path: raw_xlsx(path, HEADING, sheets=()), "sheet-ambiguous"),
    "xml that breaks off": (lambda path: raw_xlsx(path, f"{HEADING}<row>"), "xlsx-broken"),
    "xml that breaks off late": (
        lambda path: raw_xlsx(path, HEADING + inline_row("end") * 20_000 + "<"),
        "xlsx-broken",
    ),
    "entities": (lambda path: raw_xlsx(path, inline_row("action", "&b;"), prolog=ENTITIES), "xlsx-broken"),
    "entities in the shared texts": (lambda path: raw_xlsx(path, HEADING, texts=f"{ENTITIES}<sst/>"), "xlsx-broken"),
    "a tag without end": (lambda path: raw_xlsx(path, f"{HEADING}<row r='{'1' * 2_000_000}'/>"), "xlsx-broken"),
    "no workbook": (lambda path: raw_xlsx(path, HEADING, more={"_rels/.rels": b"<Relationships/>"}), "xlsx-broken"),
    "a formula in the heading": (
        lambda path: raw_xlsx(path, '<row><c t="str"><f>A2</f><v>action</v></c></row>'),
        "formula-cell",
    ),
    "a heading nobody knows": (lambda path: xlsx_file(path, {**END, "salery": "1"}), "unknown-column"),
    "no action column": (lambda path: xlsx_file(path, {"nik": "3275014101900001"}), "action-column-missing"),
    "a broken shared text table": (lambda path: raw_xlsx(path, HEADING, texts="<sst>"), "xlsx-broken"),
    "a sheet out of order from the heading": (
        lambda path: raw_xlsx(path, '<row r="5"><c r="B5"><v>1</v></c><c r="A5"><v>1</v></c></row>'),
        "xlsx-broken",
    ),
}


@pytest.mark.parametrize("defect", WORKBOOKS)
def test_a_bad_workbook_is_refused(defect: str, tmp_path: Path) -> None:
    make, code = WORKBOOKS[defect]
    path = make(tmp_path / "a.xlsx")
    with pytest.raises(BadFile) as refused:
        read(path)
    assert refused.value.code == code


def rezip(path: Path, *, drop: str = "", compression: int = zipfile.ZIP_DEFLATED, twice: str = "") -> Path:
    with zipfile.ZipFile(path) as before:
        parts = {name: before.read(name) for name in before.namelist() if name != drop}
    with zipfile.ZipFile(path, "w", compression) as after:
        for name, content in parts.items():
            after.writestr(name, content)
        if twice:
            with pytest.warns(UserWarning, match="Duplicate name"):
                after.writestr(twice, parts[twice])
    return path


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"drop": "_rels/.rels"}, "xlsx-broken"),
        ({"drop": "xl/worksheets/sheet1.xml"}, "xlsx-broken"),
        ({"drop": "xl/sharedStrings.xml"}, "xlsx-broken"),
        ({"twice": "xl/worksheets/sheet1.xml"}, "xlsx-broken"),
        ({"compression": zipfile.ZIP_LZMA}, "xlsx-broken"),
    ],
    ids=["no relations", "no sheet part", "no shared texts", "two sheets of one name", "another compression"],
)
def test_a_workbook_with_a_strange_archive_is_refused(changed: dict[str, Any], code: str, tmp_path: Path) -> None:
    path = rezip(written_xlsx(tmp_path / "a.xlsx", END), **changed)
    with pytest.raises(BadFile) as refused:
        read(path)
    assert refused.value.code == code


def test_a_part_with_a_flipped_byte_is_refused(tmp_path: Path) -> None:
    path = rezip(xlsx_file(tmp_path / "a.xlsx", END), compression=zipfile.ZIP_STORED)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"3275014101900001", b"3275014101900002", 1))
    with pytest.raises(BadFile, match="CRC"):
        read(path)


def test_an_encrypted_part_is_refused(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path / "a.xlsx", END)
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(BadFile) as refused:
        read(path)
    assert refused.value.code == "xlsx-encrypted"


_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@pytest.mark.parametrize(
    ("kind", "times", "code"),
    [("sharedStrings", 2, "xlsx-broken"), ("styles", 2, "xlsx-broken"), ("image", 1_001, "zip-bomb")],
)
def test_parts_are_not_read_as_often_as_they_are_named(tmp_path: Path, kind: str, times: int, code: str) -> None:
    """A part of 64 MiB is some kilobytes in the archive, and naming it again some bytes."""
    sheet = f'<Relationship Id="s0" Type="{_KIND}/worksheet" Target="worksheets/sheet0.xml"/>'
    again = f'<Relationship Id="t" Type="{_KIND}/{kind}" Target="{kind}.xml"/>' * times
    related = f"<Relationships>{sheet}{again}</Relationships>".encode()
    path = raw_xlsx(tmp_path / "a.xlsx", HEADING, more={"xl/_rels/workbook.xml.rels": related})
    with pytest.raises(BadFile) as refused:
        read(path)
    assert refused.value.code == code
    assert str(limits.XLSX_PARTS if code == "zip-bomb" else times) in sentence(code, refused.value.details, "en")


def test_a_zip_bomb_is_refused_by_its_size_and_not_unpacked(tmp_path: Path) -> None:
    path = raw_xlsx(tmp_path / "a.xlsx", HEADING, texts="<sst>" + " " * (limits.PART_BYTES + 1) + "</sst>")
    assert path.stat().st_size < 1_000_000
    tracemalloc.start()
    with pytest.raises(BadFile) as refused:
        read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused.value.code == "zip-bomb"
    assert peak < 2_000_000


@pytest.mark.parametrize(
    ("name", "bound"), [("a.csv", "TEXT_FILE_BYTES"), ("a.ndjson", "TEXT_FILE_BYTES"), ("a.xlsx", "XLSX_BYTES")]
)
def test_a_file_beyond_the_bound_is_not_opened(name: str, bound: str, tmp_path: Path) -> None:
    with (tmp_path / name).open("wb") as file:
        file.truncate(getattr(limits, bound) + 1)
    with pytest.raises(BadFile) as refused:
        read(tmp_path / name)
    assert refused.value.code == "file-too-large"


@pytest.mark.parametrize("name", ["a.csv", "a.ndjson"])
@pytest.mark.parametrize(
    ("start", "code"), [(b"action,nik\n", "nul-byte"), (b"action,nik\n" + b"9" * 66_000, "line-too-long")]
)
def test_a_line_of_a_gigabyte_is_refused_after_its_first_kilobytes(
    name: str, start: bytes, code: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(start)
        file.truncate(1024**3)
    tracemalloc.start()
    with path.open("rb") as read_from:
        with pytest.raises(BadFile) as refused:
            list(lines(read_from))
        assert read_from.tell() < 1_000_000
    with pytest.raises(BadFile) as again:
        read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused.value.code == again.value.code == code
    assert peak < 1_000_000


@pytest.mark.parametrize("name", ["a.csv", "a.ndjson"])
def test_rows_beyond_the_bound_are_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ROWS", 3)
    make = {"a.csv": csv_file, "a.ndjson": ndjson_file}[name]
    assert len(list(read(make(tmp_path / name, END, END, END)))) == 3
    with pytest.raises(BadFile) as refused:
        read(make(tmp_path / name, END, END, END, END))
    assert refused.value.code == "too-many-rows"


def test_a_refused_file_is_told_before_its_good_rows(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", *[HIRE] * 500)
    path.write_bytes(path.read_bytes() + b"\xff\n")
    with pytest.raises(BadFile) as refused:
        read(path)
    assert refused.value.details["line"] == 502


def test_the_directory_of_the_archive_is_bounded_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as many:
        for n in range(limits.XLSX_PARTS + 1):
            many.writestr(f"{n}.xml", b"")
    with pytest.raises(BadFile) as refused:
        archive.open_archive(path)
    assert refused.value.code == "zip-bomb"

"""What must be known of an XLSX workbook (ECMA-376 part 1, 18.2 to 18.8) before its sheet is read."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from registry.submissions import limits
from registry.submissions.archive import Attributes, local, parse, starts
from registry.submissions.line import BadFile, shown

if TYPE_CHECKING:
    import zipfile
    from xml.parsers.expat import XMLParserType

SHEET = "Data"
"""The worksheet that is read; a file with only one worksheet may call it anything."""

_LAST_DAY = 2_950_000  # within the year 9999 by either epoch
_DATE_FORMATS = frozenset(map(str, [*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)]))
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class Book(NamedTuple):
    """What a sheet needs to be read: its part, the shared texts, which styles are dates, and the day 0."""

    sheet: str
    texts: list[str]
    date_styles: frozenset[str]
    epoch_1904: bool

    def day(self, serial: int) -> date | None:
        """The civil date of a spreadsheet's day number; None for 29 February 1900, which only a spreadsheet knows."""
        if not 0 < serial <= _LAST_DAY:
            return None
        if self.epoch_1904:
            return date(1904, 1, 1) + timedelta(serial)
        if serial == 60:
            return None
        return date(1899, 12, 31 if serial < 60 else 30) + timedelta(serial)


def book_of(archive: zipfile.ZipFile) -> Book:
    """Find the sheet, the shared texts and the styles.

    Raises: BadFile("sheet-ambiguous", "xlsx-broken", "zip-bomb").
    """
    workbook = _related(archive, "")["officeDocument"][0][1]
    related = _related(archive, workbook)
    sheets = dict(related.get("worksheet", []))
    named = [(sheet.get("name", ""), sheets.get(sheet.get("id", ""))) for sheet in starts(archive, workbook, "sheet")]
    properties = starts(archive, workbook, "workbookPr")
    return Book(
        sheet=_chosen([(name, part) for name, part in named if part]),
        texts=_shared_texts(archive, related),
        date_styles=_date_styles(archive, related),
        epoch_1904=bool(properties) and properties[0].get("date1904", "0") in ("1", "true"),
    )


def _chosen(sheets: list[tuple[str, str]]) -> str:
    for name, part in sheets:
        if name.casefold() == SHEET.casefold():
            return part
    if len(sheets) != 1:
        raise BadFile("sheet-ambiguous", got=shown(", ".join(name for name, _ in sheets)), expected=SHEET)
    return sheets[0][1]


def _related(archive: zipfile.ZipFile, part: str) -> dict[str, list[tuple[str, str]]]:
    """The parts that a part refers to: kind to (id, part)."""
    folder, _, name = part.rpartition("/")
    found: dict[str, list[tuple[str, str]]] = {}
    for relation in starts(archive, f"{folder}/_rels/{name}.rels".lstrip("/"), "Relationship"):
        if relation.get("TargetMode") != "External":
            target = relation.get("Target", "")
            full = target[1:] if target.startswith("/") else f"{folder}/{target}".lstrip("/")
            kind = relation.get("Type", "").rpartition("/")[2]
            found.setdefault(kind, []).append((relation.get("Id", ""), full))
    if not part and "officeDocument" not in found:
        raise BadFile("xlsx-broken", got="no workbook")
    return found


def _shared_texts(archive: zipfile.ZipFile, related: dict[str, list[tuple[str, str]]]) -> list[str]:
    texts: list[str] = []
    if part := _only(related, "sharedStrings"):
        parse(archive, part, _Texts(texts).listen, limits.PART_BYTES)
    return texts


def _only(related: dict[str, list[tuple[str, str]]], kind: str) -> str | None:
    """The part of a kind of which a workbook has one or none: each more would cost its size once again."""
    parts = [part for _, part in related.get(kind, [])]
    if len(parts) > 1:
        raise BadFile("xlsx-broken", got=f"{len(parts)} parts of {kind}")
    return parts[0] if parts else None


class _Texts:
    """Collects shared texts: the runs of each entry joined, phonetic guides left out."""

    def __init__(self, into: list[str]) -> None:
        self._into, self._runs, self._open, self._phonetic = into, list[str](), False, False

    def listen(self, parser: XMLParserType) -> None:
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text

    def start(self, tag: str, _: Attributes) -> None:
        match local(tag):
            case "si":
                self._runs = []
            case "rPh":
                self._phonetic = True
            case "t":
                self._open = not self._phonetic

    def end(self, tag: str) -> None:
        match local(tag):
            case "si":
                self._into.append(unescaped("".join(self._runs)))
            case "rPh":
                self._phonetic = False
            case "t":
                self._open = False

    def text(self, data: str) -> None:
        if self._open:
            self._runs.append(data)


def unescaped(text: str) -> str:
    """Undo the spreadsheet's own escape for characters XML cannot carry: `_x000D_` (ECMA-376 part 1, 22.4.2.4)."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _date_styles(archive: zipfile.ZipFile, related: dict[str, list[tuple[str, str]]]) -> frozenset[str]:
    """The cell styles that show a number as a date or time."""
    styles = _Styles()
    if part := _only(related, "styles"):
        parse(archive, part, styles.listen, limits.PART_BYTES)
    return frozenset(str(index) for index, is_date in enumerate(styles.dates) if is_date)


class _Styles:
    """Collects, for each cell style in order, whether its number format shows a date."""

    def __init__(self) -> None:
        self.dates: list[bool] = []
        self._custom: dict[str, str] = {}
        self._inside = False

    def listen(self, parser: XMLParserType) -> None:
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end

    def start(self, tag: str, attributes: Attributes) -> None:
        match local(tag):
            case "numFmt":
                self._custom[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
            case "cellXfs":
                self._inside = True
            case "xf" if self._inside:
                self.dates.append(_shows_date(attributes.get("numFmtId", "0"), self._custom))

    def end(self, tag: str) -> None:
        if local(tag) == "cellXfs":
            self._inside = False


def _shows_date(number_format: str, custom: dict[str, str]) -> bool:
    if number_format in custom:
        bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', "", custom[number_format].casefold())
        return bool(re.search(r"[ymdhs]", bare)) and "general" not in bare
    return number_format in _DATE_FORMATS

"""CSV (RFC 4180) with comma, semicolon or tab: whatever the heading row is written with."""

from __future__ import annotations

import csv
from codecs import getincrementaldecoder
from io import TextIOWrapper
from typing import TYPE_CHECKING, NamedTuple

from domain.errors import Refused
from registry.submissions import limits
from registry.submissions.cells import SEPARATOR, plain_row
from registry.submissions.columns import column_of
from registry.submissions.heading import columns_of, line_of
from registry.submissions.line import BadFile, Line
from registry.submissions.lines import begin, lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader

    from registry.submissions.columns import Column

_BLOCK = 2**16
_CR, _LF = b"\r\n"
_DELIMITERS = (",", ";", "\t")


class Record(NamedTuple):
    """One record: the lines it spans, and its fields or why it has none, and then its text."""

    first: int
    last: int
    fields: list[str]
    refused: Refused | None = None
    text: str = ""

    @property
    def blank(self) -> bool:
        """Whether nothing stands in it."""
        return not self.refused and not any(field.strip() for field in self.fields)


def read_csv(file: BufferedReader) -> Iterator[Line]:
    """The lines of a CSV file. The file is gone through twice: a fault of the whole is raised before the first line.

    Raises: BadFile, as `lines` and `columns_of` do, and "empty-file", "record-too-long", "too-many-rows".
    """
    delimiter, heading = _heading(file)
    columns = columns_of(heading.fields, line=heading.first)
    records = _plain_records if _is_plain(file) else _records
    if records is _records:
        rows = sum(1 for record in _records(file, delimiter) if not record.blank) - 1
        if rows > limits.ROWS:
            raise BadFile("too-many-rows", got=rows, expected=limits.ROWS)
    return _lines(records(file, delimiter), columns, heading.last)


def _lines(records: Iterator[Record], columns: list[Column | None], heading: int) -> Iterator[Line]:
    names, plain = [column.name if column else "" for column in columns], plain_row(columns)
    for record in records:
        if record.last <= heading:
            continue
        if plain(SEPARATOR.join(record.fields)) and len(record.fields) == len(names):
            if values := {name: text for name, text in zip(names, record.fields, strict=True) if text}:
                yield Line(record.first, values)
        elif line := _line(record, columns):
            yield line


def _line(record: Record, columns: list[Column | None]) -> Line | None:
    if record.refused:
        return Line(record.first, {}, record.refused, (record.text,))
    if record.blank:
        return None
    if len(record.fields) != len(columns):
        details = {"got": len(record.fields), "expected": len(columns), "until": record.last}
        return Line(record.first, {}, Refused("column-count", **details), tuple(record.fields))
    return line_of(record.first, zip(columns, record.fields, strict=True), record.fields)


def _heading(file: BufferedReader) -> tuple[str, Record]:
    """The delimiter that makes the most known headings out of the first record, and that record."""
    best: tuple[int, str, Record] | None = None
    for delimiter in _DELIMITERS:
        record = next((record for record in _records(file, delimiter) if not record.blank), None)
        if record is None:
            raise BadFile("empty-file")
        known = sum(1 for heading in record.fields if column_of(heading))
        if best is None or known > best[0]:
            best = known, delimiter, record
    assert best is not None  # noqa: S101 - there is at least one delimiter
    if best[2].refused:
        raise BadFile(best[2].refused.code, **best[2].refused.details)
    return best[1], best[2]


def _is_plain(file: BufferedReader) -> bool:
    """Whether each line is a record and nothing is wrong with the file as a whole. Looked at in large blocks: a file
    that is not plain is gone through line by line, and says what is wrong and where."""
    file.seek(0)
    decode = getincrementaldecoder("utf-8")().decode
    lines, unfinished, returned = 0, 0, False
    while block := file.read(_BLOCK):
        ended = block.split(b"\n")
        lines += len(ended) - 1
        ended[0] = bytes(min(unfinished, limits.RECORD_BYTES)) + ended[0]
        unfinished = len(ended[-1])
        if b'"' in block or b"\0" in block or max(map(len, ended)) >= limits.RECORD_BYTES or lines > limits.ROWS:
            return False
        if block.count(b"\r", 0, -1) != block.count(b"\r\n") or (returned and block[0] != _LF):
            return False
        returned = block[-1] == _CR
        try:
            decode(block)
        except UnicodeDecodeError:
            return False
    try:
        decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _plain_records(file: BufferedReader, delimiter: str) -> Iterator[Record]:
    begin(file)
    text = TextIOWrapper(file, encoding="utf-8", newline="\n")
    try:
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        for number, fields in enumerate(reader, 1):
            yield Record(number, number, fields)
    finally:
        text.detach()  # the file is not ours to close


def _records(file: BufferedReader, delimiter: str) -> Iterator[Record]:
    feed = _Feed(file)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        feed.begin()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            yield Record(feed.first, feed.last, [], _refusal(fault, feed), feed.text)
        else:
            yield Record(feed.first, feed.last, fields)


def _refusal(fault: csv.Error, feed: _Feed) -> Refused:
    if "new-line" in str(fault):
        return Refused("bare-carriage-return", line=feed.first)
    if "unexpected end" in str(fault):
        return Refused("quote-unclosed", line=feed.first, until=feed.last)
    return Refused("quote-broken", line=feed.first, until=feed.last)


class _Feed:
    """Hands lines to the parser and bounds what one record may take: an open quote would swallow the file."""

    def __init__(self, file: BufferedReader) -> None:
        self._lines = lines(file)
        self.begin()
        self.last = 0

    def begin(self) -> None:
        self.first, self._taken, self._texts = 0, 0, list[str]()

    @property
    def text(self) -> str:
        """The record so far, as it is written."""
        return "".join(self._texts)

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        self.last, text = next(self._lines)
        self.first = self.first or self.last
        self._texts.append(text)
        self._taken += len(text)
        if self._taken > limits.RECORD_BYTES:
            raise BadFile("record-too-long", line=self.first, expected=limits.RECORD_BYTES)
        return text

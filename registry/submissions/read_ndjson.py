"""NDJSON: one flat JSON object a line, keys named as columns are, values strings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from domain.errors import Refused
from registry.submissions import limits
from registry.submissions.cells import number
from registry.submissions.columns import Column, column_of
from registry.submissions.heading import line_of, nearest
from registry.submissions.line import BadFile, Line, shown
from registry.submissions.lines import lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader


class _Number(str):
    """A JSON number, kept as it was written."""

    __slots__ = ()


def read_ndjson(file: BufferedReader) -> Iterator[Line]:
    """The lines of an NDJSON file; blank ones are passed over.

    Raises: BadFile, as `lines` does, and "empty-file", "too-many-rows"; before the first line.
    """
    count = sum(1 for _, text in lines(file) if not text.isspace())
    if count == 0:
        raise BadFile("empty-file")
    if count > limits.ROWS:
        raise BadFile("too-many-rows", got=count, expected=limits.ROWS)
    return (line for number, text in lines(file) if (line := _line(number, text)))


def _line(number: int, text: str) -> Line | None:
    if text.isspace():
        return None
    try:
        members = _members(text)
        columns = [_column(key) for key, _ in members]
        _named_once(columns)
    except Refused as refusal:
        return Line(number, {}, refusal, (text,))
    cells = ((column, _text(column, value)) for column, (_, value) in zip(columns, members, strict=True))
    return line_of(number, cells, (text,))


def _members(text: str) -> list[tuple[str, object]]:
    try:
        value = json.loads(text, object_pairs_hook=_Members, parse_int=_Number, parse_float=_Number, parse_constant=_no)
    except RecursionError:
        raise Refused("json-too-deep") from None
    except json.JSONDecodeError as fault:
        code = "json-trailing" if fault.msg == "Extra data" else "json-invalid"
        raise Refused(code, at=fault.colno, got=shown(text[fault.pos : fault.pos + 20].strip())) from None
    if not isinstance(value, _Members):
        raise Refused("json-not-object", got=shown(text.strip()))
    return value


class _Members(list[tuple[str, object]]):
    """A JSON object as its members, doubles included: the loader's dict would drop all but the last."""


def _no(constant: str) -> None:
    raise Refused("json-invalid", at=0, got=constant)


def _column(key: str) -> Column:
    column = column_of(key)
    if column is None:
        raise Refused("unknown-column", got=shown(key), near=nearest(key))
    return column


def _named_once(columns: list[Column]) -> None:
    names = [column.name for column in columns]
    for name in names:
        if names.count(name) > 1:
            raise Refused("duplicate-key", column=name)


def _text(column: Column, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        raise Refused("boolean-cell", column=column.name, got=str(value).lower())
    if isinstance(value, list):
        raise Refused("json-nested", column=column.name)
    return number(column, value) if isinstance(value, _Number) else str(value)

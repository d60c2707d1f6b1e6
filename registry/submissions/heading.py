"""The heading row, and the lines beneath it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from domain.errors import Refused
from registry.submissions import limits
from registry.submissions.cells import clean
from registry.submissions.columns import COLUMNS, Column, column_of
from registry.submissions.line import BadFile, Line, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_HEADINGS = [heading for column in COLUMNS for heading in (column.name, column.id, column.en)]

_LONGEST = 80


def columns_of(headings: Sequence[str], *, line: int = 1) -> list[Column | None]:
    """The columns a heading row names; None under an empty heading.

    Raises: BadFile("heading-missing", "too-many-columns", "unknown-column", "duplicate-column",
        "action-column-missing").
    """
    if len(headings) > limits.COLUMNS and any(heading.strip() for heading in headings[limits.COLUMNS :]):
        raise BadFile("too-many-columns", line=line, got=len(headings), expected=limits.COLUMNS)
    if not any(column_of(heading) for heading in headings):
        raise BadFile("heading-missing", line=line, got=shown(", ".join(headings)))
    columns = [_named(heading, line) if heading.strip() else None for heading in headings]
    named = [column.name for column in columns if column]
    for name in named:
        if named.count(name) > 1:
            raise BadFile("duplicate-column", line=line, column=name)
    if "action" not in named:
        raise BadFile("action-column-missing", line=line, expected="action")
    return columns


def _named(heading: str, line: int) -> Column:
    column = column_of(heading)
    if column is None:
        raise BadFile("unknown-column", line=line, got=shown(heading.strip()), near=nearest(heading))
    return column


def nearest(heading: str) -> str:
    """The heading that is most like an unknown one; "" when none is."""
    near = get_close_matches(heading[:_LONGEST].strip(), _HEADINGS, n=1)
    return near[0] if near else ""


def line_of(number: int, cells: Iterable[tuple[Column | None, str]], written: Iterable[str]) -> Line | None:
    """The line made of cells with their columns; None when all are empty.

    The first bad cell refuses it, whether it is found here or while `cells` is gone through. `written`: the `raw` of
    `Line`.
    """
    values: dict[str, str] = {}
    try:
        for column, raw in cells:
            if not raw:
                continue
            if column is None:
                _nothing_but_blanks(raw)
            elif text := clean(column, raw):
                values[column.name] = text
    except Refused as refusal:
        return Line(number, {"ref": values["ref"]} if "ref" in values else {}, refusal, tuple(written))
    return Line(number, values) if values else None


def _nothing_but_blanks(raw: str) -> None:
    if raw.strip():
        raise Refused("value-without-heading", got=shown(raw))

"""A line made into a row: every cell in the type of its column, every column its action needs present.

What a NIK or a code means is not judged here; `domain.identifiers` and `domain.codes` know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from functools import partial
from typing import Any

import msgspec

from domain.errors import Refused
from registry.submissions.actions import BY_NAME as ACTIONS
from registry.submissions.actions import Action
from registry.submissions.columns import BY_NAME as COLUMN
from registry.submissions.columns import COLUMNS, Column, Kind
from registry.submissions.line import Line, shown

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY_FIRST = re.compile(r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2,4}")
_SERIAL = re.compile(r"[0-9]{5}(\.[0-9]+)?")
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_YEARS = range(1900, 2200)


def _folded(values: Iterable[str]) -> dict[str, str]:
    return {value.casefold(): value for value in values}


Reader = Callable[[str], str | int | date]
_KNOWN_SHAPES: dict[tuple[object, ...], tuple[tuple[str, Reader], ...]] = {}
"""Rows of a file mostly have the same columns filled: what is checked of them is checked once."""
_MOST_SHAPES = 4096
_FEW = 6
_ACTION_NAMES = _folded(ACTIONS)
_CHOICES = {column.name: _folded(choice.value for choice in column.pick) for column in COLUMNS if column.pick}
_REASONS = {action.name: _folded(choice.value for choice in action.reasons) for action in ACTIONS.values()}


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One reported thing. Absent cells are None; codes are bare, as in the file; `sex` is L or P."""

    line: int = 0
    action: str
    ref: str | None = None
    submitter: str | None = None
    nik: str | None = None
    passport: str | None = None
    nationality: str | None = None
    permit_until: date | None = None
    name: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    education: str | None = None
    phone: str | None = None
    residence: str | None = None
    effective_on: date | None = None
    establishment: str | None = None
    regency: str | None = None
    kbli: str | None = None
    kbji: str | None = None
    channel: str | None = None
    vacancy: str | None = None
    contract: str | None = None
    ends_on: date | None = None
    wage: int | None = None
    reason: str | None = None
    level: int | None = None
    certificate: str | None = None
    number: str | None = None
    counterparty: str | None = None
    npwp: str | None = None
    late_reason: str | None = None
    corrects: str | None = None
    note: str | None = None


def typed(line: Line) -> Row:
    """The row a line holds.

    Raises: Refused: the line's own refusal; "missing-column", "unused-column", "person-missing",
        "nik-and-passport"; "choice-unknown", "date-format", "date-unknown", "date-bounds", "integer-format",
        "integer-bounds", "digit-lost". `details` names the column.
    """
    if line.refused:
        raise line.refused
    values: dict[str, Any] = line.values.copy()
    for name, read in _readers(line.values):
        values[name] = read(values[name])
    return Row(line=line.number, **values)


def _readers(values: Mapping[str, str]) -> tuple[tuple[str, Reader], ...]:
    """How the cells that are more than text are read, for rows with these columns; the first bad column is refused."""
    shape = (values.get("action"), values.get("contract") == "fixed-term", *values)
    if (found := _KNOWN_SHAPES.get(shape)) is None:
        action = _action(values)
        _check_columns(action, values)
        found = tuple((name, read) for name in values if (read := _reader(COLUMN[name], action)))
        if len(_KNOWN_SHAPES) < _MOST_SHAPES:
            _KNOWN_SHAPES[shape] = found
    return found


def check_again(row: Row, action: str) -> None:
    """A correction says a whole row again: the columns that `action` requires must be there, its reason in its list.

    Raises: Refused("missing-column"), Refused("choice-unknown"), Refused("person-missing").
    """
    values = {name: value for name in COLUMN if name != "action" and (value := getattr(row, name)) is not None}
    known = ACTIONS[action]
    for name in COLUMN:
        if name in known.required and name not in values and name != "action":
            raise Refused("missing-column", column=name, action=action)
    if known.person:
        _check_person(known, values)
    if row.reason is not None and known.reasons:
        _chosen(_REASONS[action], "reason", row.reason)


def canonical(row: Row) -> bytes:
    """The row's content, the same however it was written: the bytes its idempotency digest is taken of.

    JSON in UTF-8 of the cells that are not empty, by machine name in alphabetical order, no blanks; dates as
    YYYY-MM-DD, integers as numbers, choices and codes as typed. `ref` is left out, being a name for the content, and
    `line`, being its place.
    """
    return msgspec.json.encode(msgspec.structs.replace(row, line=0, ref=None), order="sorted")


def _action(values: Mapping[str, str]) -> Action:
    if "action" not in values:
        raise Refused("missing-column", column="action", action="")
    return ACTIONS[_chosen(_ACTION_NAMES, "action", values["action"])]


def _check_columns(action: Action, values: Mapping[str, str]) -> None:
    for name in values:
        if name not in action.allowed:
            raise Refused("unused-column", column=name, action=action.name, got=shown(values[name]))
    for name in COLUMN:
        if name in action.required and name not in values:
            raise Refused("missing-column", column=name, action=action.name)
    if "ends_on" in action.allowed and values.get("contract") == "fixed-term" and "ends_on" not in values:
        raise Refused("missing-column", column="ends_on", action=action.name)
    if action.person:
        _check_person(action, values)


def _check_person(action: Action, values: Mapping[str, object]) -> None:
    if "nik" in values and "passport" in values:
        raise Refused("nik-and-passport", column="passport", action=action.name)
    if "nik" not in values and not ("passport" in values and "nationality" in values):
        raise Refused("person-missing", column="nik", action=action.name)


def _reader(column: Column, action: Action) -> Reader | None:
    """What makes a cell's text its value; None where the text is the value."""
    match column.kind:
        case Kind.DATE:
            return partial(_date, column)
        case Kind.INTEGER:
            return partial(_integer, column)
        case Kind.CHOICE:
            return partial(_chosen, _ACTION_NAMES if column.name == "action" else _CHOICES[column.name], column.name)
    if column.name == "reason" and action.reasons:
        return partial(_chosen, _REASONS[action.name], "reason")
    return partial(_all_digits, column) if column.digits else None


def _chosen(known: Mapping[str, str], name: str, text: str) -> str:
    """The value of the list that is meant, whatever its case."""
    if (found := known.get(text.casefold())) is None:
        near = get_close_matches(text.casefold(), known, n=3) or (list(known) if len(known) <= _FEW else [])
        raise Refused("choice-unknown", column=name, got=shown(text), near=", ".join(known[key] for key in near))
    return found


def _date(column: Column, text: str) -> date:
    if not _DATE.fullmatch(text):
        hint = "day-first" if _DAY_FIRST.fullmatch(text) else "serial" if _SERIAL.fullmatch(text) else ""
        raise Refused("date-format", column=column.name, got=shown(text), expected="YYYY-MM-DD", hint=hint)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused("date-unknown", column=column.name, got=text) from None
    if day.year not in _YEARS:
        raise Refused("date-bounds", column=column.name, got=text, expected=f"{_YEARS.start}-{_YEARS.stop - 1}")
    return day


def _integer(column: Column, text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise Refused("integer-format", column=column.name, got=shown(text))
    least, most = column.bounds or (0, 0)
    if not least <= (value := int(text)) <= most:
        raise Refused("integer-bounds", column=column.name, got=value, expected=f"{least}-{most}")
    return value


def _all_digits(column: Column, text: str) -> str:
    """One digit short: a spreadsheet dropped a leading zero, or somebody a digit. Said, never put back."""
    if column.digits and len(text) == column.digits - 1 and text.isdecimal():
        raise Refused("digit-lost", column=column.name, got=shown(text), expected=column.digits)
    return text

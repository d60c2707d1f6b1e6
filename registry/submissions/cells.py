"""What the text of one cell must be, in whatever format it came. Identifiers are refused, never repaired."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from domain.errors import Refused
from registry.submissions.choices import LABEL
from registry.submissions.columns import COLUMNS, Column, Kind
from registry.submissions.line import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FORMULA_STARTS = frozenset("=+-@＝＋－＠")
_SPREADSHEET_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!"})
_SCIENTIFIC = re.compile(r"[0-9]+([.,][0-9]+)?[eE]\+[0-9]+")
_DECIMAL = re.compile(r"[0-9]+[.,]0+")
_WHOLE_DIGITS = 15
_PHONE = re.compile(r"\+[0-9]")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _plain(column: Column) -> re.Pattern[str]:
    """What nothing can be wrong with: most cells are, and need no closer look."""
    ends, within = ("A-Za-z0-9", "A-Za-z0-9-") if column.digits else ("A-Za-z0-9.)", "A-Za-z0-9 .,/:()&'-")
    return re.compile(f"[A-Za-z0-9](?:[{within}]{{0,{column.length - 2}}}[{ends}])?")


_PLAIN = {column.name: _plain(column) for column in COLUMNS}
SEPARATOR = "\x1f"
"""Stands in no plain cell."""


def plain_row(columns: Sequence[Column | None]) -> Callable[[str], object]:
    """Says of a row's cells, joined by `SEPARATOR`, whether nothing can be wrong with any; one look instead of many."""
    cells = (f"(?:{_PLAIN[column.name].pattern})?" if column else "" for column in columns)
    return re.compile(SEPARATOR.join(cells)).fullmatch


def clean(column: Column, raw: str) -> str:
    """The cell's text: trimmed, in NFC, a pick list's title cut off; "" when there is nothing in it.

    Raises: Refused, with `column` and `got`, for what `docs/employer-file.md` lists under "Cells".
    """
    if _PLAIN[column.name].fullmatch(raw):
        return raw
    text = raw.strip(" ") if raw.isascii() and raw.isprintable() else _visible(column, raw)
    if not text:
        return ""
    if column.pick or column.codes or column.name == "action":
        text = text.partition(LABEL)[0].rstrip()
    if text in _SPREADSHEET_ERRORS:
        raise Refused("error-cell", column=column.name, got=text)
    if column.kind in (Kind.IDENTIFIER, Kind.CODE) and _number_written_out(column, text):
        raise Refused("identifier-stored-as-number", column=column.name, got=shown(text))
    if text[0] in _FORMULA_STARTS and _is_free(column) and not (column.name == "phone" and _PHONE.match(text)):
        raise Refused("csv-injection", column=column.name, got=shown(text))
    if len(text) > column.length:
        raise Refused("too-long", column=column.name, got=len(text), expected=column.length)
    return text


def number(column: Column, written: str) -> str:
    """The text of a number cell: whole numbers where they lose nothing, anything in a date column (judged later).

    Raises: Refused("identifier-stored-as-number", "text-stored-as-number"); a number has already lost leading
        zeros and, past 15 digits, its last ones.
    """
    if column.kind is Kind.DATE:
        return written
    if not column.takes_numbers:
        lossy = column.kind in (Kind.IDENTIFIER, Kind.CODE)
        code = "identifier-stored-as-number" if lossy else "text-stored-as-number"
        raise Refused(code, column=column.name, got=shown(written))
    try:
        exact = Decimal(written)
    except InvalidOperation:
        return written
    whole = exact.is_finite() and exact.adjusted() < _WHOLE_DIGITS and exact == exact.to_integral_value()
    return str(int(exact)) if whole else written


def _visible(column: Column, raw: str) -> str:
    """Refuse what a clerk cannot see; make every kind of blank a plain one and compose accents (NFC)."""
    if raw[0] in "\t\r":
        raise Refused("csv-injection", column=column.name, got=shown(raw))
    for char in raw:
        if code := _unseen(char):
            raise Refused(code, column=column.name, got=f"U+{ord(char):04X}")
    blanks = "".join(" " if char.isspace() else char for char in raw)
    return unicodedata.normalize("NFC", blanks).strip(" ")


def _unseen(char: str) -> str | None:
    if char in _BIDI:
        return "bidi-override"
    match unicodedata.category(char):
        case "Cc" | "Zl" | "Zp":
            return "control-character"
        case "Cs":
            return "lone-surrogate"
        case "Cf" | "Co" | "Cn":
            return "invisible-character"
        case _:
            return None


def _is_free(column: Column) -> bool:
    return column.kind in (Kind.TEXT, Kind.IDENTIFIER, Kind.CODE)


def _number_written_out(column: Column, text: str) -> bool:
    """Whether a spreadsheet wrote a number here: 3.2E+15, or 3201010101010001.0."""
    if not text[0].isdigit():
        return False
    return bool(_SCIENTIFIC.fullmatch(text) or (column.digits and _DECIMAL.fullmatch(text)))

"""Codes of competency units (SKKNI). There is no list to look in, so their shape is what is checked.

Permenakertrans 8/2012, annex: category letter, six digits of the industry (KBLI group and its extension), sequence,
version: `F.431000.001.02`. Since about 2020 decrees also print `M.70SDM01.001.2` (SKKNI 14/2020): category, division,
three letters of the field, two digits, sequence, one-digit version. Units decreed before 2012 have other shapes
(`TIK.TE02.010.01`); they are accepted and flagged.
"""

from __future__ import annotations

import re

from domain.codes.lists import KBLI, scheme

CURRENT = re.compile(r"([A-Z])\.(\d{2})(?:\d{4}|[A-Z]{3}\d{2})\.\d{3}\.\d{1,2}", re.ASCII)
LEGACY = re.compile(r"[A-Z]{2,4}(?:\.[A-Z0-9]{2,4}){2,4}", re.ASCII)


def is_unit(code: str) -> bool:
    """True where the bare code has a known shape and its letter is the KBLI category of its division."""
    shape = CURRENT.fullmatch(code)
    return is_legacy(code) or (shape is not None and shape[1] == category_of_division(shape[2]))


def is_legacy(code: str) -> bool:
    """True for the shapes used before Permenakertrans 8/2012: accepted, worth a warning."""
    return LEGACY.fullmatch(code) is not None


def right_letter(code: str) -> str | None:
    """The same unit under the letter its division belongs to; None where shape or division is unknown."""
    shape = CURRENT.fullmatch(code)
    letter = category_of_division(shape[2]) if shape else None
    return f"{letter}{code[1:]}" if letter else None


def category_of_division(division: str) -> str | None:
    industries = scheme(KBLI)
    entry = industries.entries.get(division) if industries else None
    return entry.more if entry else None

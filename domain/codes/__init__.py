"""Codes of the field: industries, occupations, regions, education, causes. Each carries its scheme and version.

`kbli:2020/41011`, `kbji:2014/7212` or `kbji:2014/7212.01`, `kemendagri:2025/32.75`, `sakernas:2024/9`, `kkni/6`,
`skkni/F.431000.001.02`, `iso3166/IDN`, `PP35/2021:43(1)`; our own short lists as `channel/direct`.

Papua: BPS and Kemendagri number its provinces 91 to 97 differently (`bps/91` is Papua Barat,
`kemendagri:2025/91` is Papua). A bare number therefore never leaves this package.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from domain.codes import skkni
from domain.codes.lists import (
    BPS,
    CHANNEL,
    CONTRACT,
    COUNTRY,
    EDUCATION,
    ENDING,
    JOB_STATUS,
    KBJI,
    KBLI,
    KKNI,
    REGION,
    SKKNI,
    STATUS,
    SUSPENSION,
    TERMINATION,
    Entry,
    full,
    scheme,
    split,
)
from domain.codes.near import near
from domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "BPS",
    "CHANNEL",
    "CONTRACT",
    "COUNTRY",
    "EDUCATION",
    "ENDING",
    "JOB_STATUS",
    "KBJI",
    "KBLI",
    "KKNI",
    "REGION",
    "SKKNI",
    "STATUS",
    "SUSPENSION",
    "TERMINATION",
    "category_of",
    "codes",
    "full",
    "is_legacy_unit",
    "known",
    "level",
    "major_of",
    "near",
    "province_of",
    "split",
    "title",
]


@functools.lru_cache(maxsize=16_384)
def known(code: str, *levels: str) -> bool:
    """May `code` stand in a fact? With `levels`, only at those: known("kemendagri:2025/32.75", "regency").

    Without them: KBLI at five digits, KBJI at four or six (`7212`, `7212.01`), a region at any of its three levels,
    any code of the other lists, and an SKKNI unit by its shape.
    """
    name, bare = split(code)
    if name == SKKNI:
        return skkni.is_unit(bare)
    among = scheme(name)
    entry = among.entries.get(bare) if among else None
    return among is not None and entry is not None and entry.level in (levels or among.reportable)


def level(code: str) -> str:
    """The level of a listed code: "unit", "subclass", "regency"..., "item" in a flat list.

    Raises: Refused("unknown-code").
    """
    return _entry(code).level


def title(code: str, language: str = "id") -> str:
    """What a listed code means, at any level, in "id" or "en"; Indonesian where no English title is carried.

    An SKKNI unit is its own title: there is no list of them.
    Raises: Refused("unknown-code").
    """
    name, bare = split(code)
    if name == SKKNI and skkni.is_unit(bare):
        return bare
    entry = _entry(code)
    return (entry.title_en if language == "en" else "") or entry.title_id


def codes(name: str, at: str | None = None, language: str = "id") -> Iterator[tuple[str, str]]:
    """A pick list: (full code, title) of one scheme in the order of its file, of level `at` or of what is reportable.

    Raises: Refused("unknown-scheme").
    """
    among = scheme(name)
    if among is None:
        raise Refused("unknown-scheme", got=name)
    wanted = frozenset({at}) if at else among.reportable
    for entry in among.entries.values():
        if entry.level in wanted:
            code = full(name, entry.code)
            yield code, title(code, language)


def province_of(region: str) -> str:
    """The Kemendagri province of a region or of a BPS province: `kemendagri:2025/32.75` -> `kemendagri:2025/32`.

    Raises: Refused("unknown-code").
    """
    entry = _entry(region)
    return full(REGION, entry.more if split(region)[0] == BPS else entry.code[:2])


def category_of(kbli: str) -> str:
    """The letter of an industry: `kbli:2020/41011` -> "F". Raises: Refused("unknown-code")."""
    return _entry(kbli).more


def major_of(kbji: str) -> str:
    """The first digit of an occupation: `kbji:2014/7212` -> "7". Raises: Refused("unknown-code")."""
    return _entry(kbji).code[0]


def is_legacy_unit(code: str) -> bool:
    """True for an SKKNI unit in a shape older than 2012: accepted, and worth a warning."""
    name, bare = split(code)
    return name == SKKNI and skkni.is_legacy(bare)


def _entry(code: str) -> Entry:
    name, bare = split(code)
    among = scheme(name)
    entry = among.entries.get(bare) if among else None
    if entry is None:
        raise Refused("unknown-code", got=code, near=near(name, bare))
    return entry

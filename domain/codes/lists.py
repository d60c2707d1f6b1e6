"""The lists themselves: read once, on first use, from the data files beside this module (see SOURCES.md)."""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KBLI = "kbli:2020"
KBJI = "kbji:2014"
REGION = "kemendagri:2025"
BPS = "bps"
COUNTRY = "iso3166"
EDUCATION = "sakernas:2024"
JOB_STATUS = "sakernas-status:2024"
KKNI = "kkni"
SKKNI = "skkni"
TERMINATION = "PP35/2021"
ENDING = "ending"
CHANNEL = "channel"
CONTRACT = "contract"
SUSPENSION = "suspension"
STATUS = "status"

FILES = {
    KBLI: "kbli_2020.csv",
    KBJI: "kbji_2014.csv",
    REGION: "kemendagri_2025.csv",
    BPS: "bps_provinces.csv",
    COUNTRY: "iso3166.csv",
}
# The short lists share one file, `lists.csv`.
SMALL = frozenset({EDUCATION, JOB_STATUS, KKNI, TERMINATION, ENDING, CHANNEL, CONTRACT, SUSPENSION, STATUS})
# Length of a code -> the name of its level.
LEVELS: dict[str, dict[int, str]] = {
    KBLI: {1: "category", 2: "division", 3: "group", 4: "class", 5: "subclass"},
    KBJI: {1: "major", 2: "sub-major", 3: "minor", 4: "unit", 7: "occupation"},
    REGION: {2: "province", 5: "regency", 8: "district"},
}
# What may stand in a fact. The levels above are for pick lists and statistics.
REPORTABLE = {
    KBLI: frozenset({"subclass"}),
    KBJI: frozenset({"unit", "occupation"}),
    REGION: frozenset({"province", "regency", "district"}),
}
ITEM = "item"  # the one level of a list that has no levels


@dataclass(frozen=True)
class Entry:
    """One code of one list. `more` is the list's own third column: a KBLI category, a Kemendagri province."""

    code: str
    level: str
    title_id: str
    title_en: str
    more: str


@dataclass(frozen=True, eq=False)  # one object a list, so that it can be a key of what is derived from it
class Scheme:
    """One list in one version, in the order of its file."""

    name: str
    entries: Mapping[str, Entry]

    @property
    def reportable(self) -> frozenset[str]:
        return REPORTABLE.get(self.name, frozenset({ITEM}))


def full(name: str, bare: str) -> str:
    """A bare code as files carry it, with its scheme: full(KBJI, "7212") is `kbji:2014/7212`. Nothing is checked."""
    return f"{name}{':' if name == TERMINATION else '/'}{bare}"


def split(code: str) -> tuple[str, str]:
    """`kbji:2014/7212` -> ("kbji:2014", "7212"); `PP35/2021:43(1)` -> ("PP35/2021", "43(1)")."""
    if code.startswith(TERMINATION + ":"):
        return TERMINATION, code.removeprefix(TERMINATION + ":")
    name, _, bare = code.partition("/")
    return name, bare


def scheme(name: str) -> Scheme | None:
    """The list called `name`, or None where there is none (SKKNI has a shape, not a list)."""
    return _load(name) if name in FILES or name in SMALL else None


@functools.cache
def _load(name: str) -> Scheme:
    rows = _read(FILES[name]) if name in FILES else (row for row in _read("lists.csv") if row["scheme"] == name)
    levels = LEVELS.get(name, {})
    return Scheme(name, {row["code"]: _entry(row, levels) for row in rows})


def _entry(row: Mapping[str, str], levels: Mapping[int, str]) -> Entry:
    return Entry(
        code=row["code"],
        level=levels.get(len(row["code"]), ITEM),
        title_id=row["title_id"],
        title_en=row.get("title_en", ""),
        more=row.get("category") or row.get("kemendagri") or "",
    )


def _read(file: str) -> Iterator[dict[str, str]]:
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines())

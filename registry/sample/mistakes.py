"""Rows as clerks get them wrong: each a copy of a good row with one fault, and the code it must be refused with."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

Row = dict[str, str]
PERSON = ("nik", "passport", "nationality")


def _with(**cells: str) -> Callable[[Row, Random], Row]:
    return lambda row, _chance: {**row, **cells}


def _without(name: str) -> Callable[[Row, Random], Row]:
    return lambda row, _chance: {key: cell for key, cell in row.items() if key != name}


def _nik(change: Callable[[str], str]) -> Callable[[Row, Random], Row | None]:
    """A fault in the NIK; people with a passport have none."""
    return lambda row, _chance: {**row, "nik": change(row["nik"])} if "nik" in row else None


def _other_day(nik: str) -> str:
    """Another day of the same month that exists: the number of somebody else."""
    day = int(nik[6:8])
    base = 40 if day > 40 else 0
    return f"{nik[:6]}{base + (day - base) % 28 + 1:02}{nik[8:]}"


def _ends_early(row: Row, _chance: Random) -> Row:
    ends_on = date.fromisoformat(row["effective_on"]) - timedelta(days=30)
    return {**row, "contract": "fixed-term", "ends_on": ends_on.isoformat()}


def _day_first(row: Row, _chance: Random) -> Row:
    year, month, day = row["effective_on"].split("-")
    return {**row, "effective_on": f"{day}/{month}/{year}"}


def _other_wage(row: Row, chance: Random) -> Row:
    return {**row, "wage": str(int(row["wage"]) + chance.randrange(1, 90) * 1000)}


def _extended_backwards(row: Row, _chance: Random) -> Row:
    return {**row, "ends_on": (date.fromisoformat(row["effective_on"]) - timedelta(days=200)).isoformat()}


BEFORE: dict[str, list[tuple[str, Callable[[Row, Random], Row | None]]]] = {
    "hire": [
        ("nik-mismatch-birth-date", _nik(_other_day)),
        ("nik-mismatch-birth-date", _nik(_other_day)),
        ("nik-birth-date", _nik(lambda nik: f"{nik[:8]}13{nik[10:]}")),
        ("nik-province", _nik(lambda nik: f"97{nik[2:]}")),
        ("nik-serial", _nik(lambda nik: f"{nik[:12]}0000")),
        ("digit-lost", _nik(lambda nik: nik[:-1])),
        ("identifier-stored-as-number", _nik(lambda nik: f"{nik[0]}.{nik[1:6]}E+15")),
        ("code-unknown", _with(kbji="9999")),
        ("code-unknown", _with(regency="32.99")),
        ("choice-unknown", _with(channel="teman")),
        ("choice-unknown", _with(education="13")),
        ("ends-before-start", _ends_early),
        ("missing-column", _without("wage")),
        ("missing-column", _without("birth_date")),
        ("date-format", _day_first),
        ("integer-format", _with(wage="4.500.000")),
    ],
    "wage": [
        ("integer-format", _with(wage="Rp 4.500.000")),
        ("date-format", _day_first),
        ("date-unknown", _with(effective_on="2025-02-30")),
        ("missing-column", _without("wage")),
        ("in-the-future", _with(effective_on="2099-01-01")),
    ],
    "position": [("code-unknown", _with(kbji="7299"))],
    "extend": [("extension-not-later", _extended_backwards)],
    "terminate": [("code-unknown", _with(reason="PP35/2021:54(3)"))],
    "certificate": [("code-unknown", _with(certificate="A.431000.001.02"))],
}
BEFORE["opening"] = BEFORE["hire"]
"""Wrong first attempts, by action; the good row follows them under a reference of its own."""


def before(row: Row, chance: Random) -> tuple[str, Row] | None:
    """A wrong attempt at `row` and the code it is refused with; None where this row offers none."""
    offered = BEFORE.get(row["action"])
    if offered is None:
        return None
    code, spoil = chance.choice(offered)
    spoilt = spoil(row, chance)
    return None if spoilt is None else (code, spoilt)


def after(row: Row, chance: Random) -> tuple[str, Row] | None:
    """A row that is wrong because `row` came first: the same hire again, more pay for somebody who has left."""
    day = date.fromisoformat(row["effective_on"]) if "effective_on" in row else date.min
    match row["action"]:
        case "hire" if chance.random() < 0.5:
            again = (day + timedelta(days=chance.randrange(1, 10))).isoformat()
            return "already-employed", {**row, "effective_on": again}
        case "hire" | "wage" if chance.random() < 0.3:
            return "ref-conflict", _other_wage(row, chance)
        case "end" | "terminate":
            person: Row = {key: row[key] for key in PERSON if key in row}
            later = (day + timedelta(days=10)).isoformat()
            return "employment-ended", {
                "submitter": row["submitter"],
                "action": "wage",
                **person,
                "effective_on": later,
                "wage": str(chance.randrange(2500, 6000) * 1000),
            }
    return None

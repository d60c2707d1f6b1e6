"""People whom the registry has not met: as an employer's file, or as facts."""

from __future__ import annotations

from datetime import date
from itertools import count, islice
from typing import TYPE_CHECKING

from tests.registry.people import hired
from tests.registry.submissions.employer_files import csv_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.registry.submissions.employer_files import Values

REGENCIES = ("3275", "3273", "3171", "3578", "1271", "7371")
MANY = 9_999
"""Serial numbers of one day and regency."""


def numbers(start: int = 0) -> Iterator[tuple[str, date]]:
    """NIK and birth date of one woman after the other; from another `start` on, others."""
    for n in count(start):
        day, serial = divmod(n, MANY)
        regency, day = divmod(day, 28 * 12 * 30)
        year, month = divmod(day // 28, 12)
        born = date(1970 + year, month + 1, day % 28 + 1)
        yield f"{REGENCIES[regency]}01{born.day + 40}{born:%m%y}{serial + 1:04}", born


def files(folder: Path, rows: int, start: int = 0) -> Iterator[Path]:
    """One file of `rows` hires after the other, each of newcomers."""
    people = numbers(start)
    for n in count():
        yield csv_file(folder / f"hires-{start}-{n}.csv", *islice(_hires(people, start + n * rows), rows))


def _hires(people: Iterator[tuple[str, date]], first: int) -> Iterator[Values]:
    for n, (nik, born) in enumerate(people, start=first):
        yield hired(1, ref=f"b-{n}", nik=nik, birth_date=born.isoformat(), name=f"Pekerja {n}")

"""Made-up rows, the same for the same numbers, and how many facts of each kind they must become."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.registry.people import ACME, hired
from tests.registry.submissions.employer_files import csv_file, ndjson_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.registry.submissions.employer_files import Values

WRONG = 50
"""One row in so many is about a number that does not exist."""
CHANNELS = ("public-service", "direct", "private-agency", "inter-region")


def person(n: int) -> Values:
    """The n-th person, 9,999 born on a day, women and men of Bekasi."""
    days, serial = divmod(n, 9_999)
    months, day = divmod(days, 28)
    years, month = divmod(months, 12)
    born = f"{day + 41:02}{month + 1:02}{80 + years:02}"
    return {
        "nik": f"327501{born}{serial + 1:04}",
        "birth_date": f"19{80 + years}-{month + 1:02}-{day + 1:02}",
        "name": f"Pekerja {n}",
    }


def rows(first: int, people: int) -> Iterator[Values]:
    """A hire of each person; of every third a higher wage, of every seventh an end as well; some rows are wrong."""
    for n in range(first, first + people):
        who = person(n)
        about = {"submitter": ACME, "nik": who["nik"]}
        yield hired(1, **who, ref=f"h-{n}", channel=CHANNELS[n % 4])
        if n % 3 == 0:
            yield {**about, "ref": f"w-{n}", "action": "wage", "effective_on": "2026-03-02", "wage": "6000000"}
        if n % 7 == 0:
            yield {**about, "ref": f"e-{n}", "action": "end", "effective_on": "2026-04-30", "reason": "resignation"}
        if n % WRONG == 0:
            yield {**about, "ref": f"x-{n}", "nik": "3275010000000001", "action": "wage", "effective_on": "2026-03-02"}


def facts(first: int, people: int) -> Counter[str]:
    """The facts, by topic, that `rows` become."""
    numbers = range(first, first + people)
    return Counter(
        {
            "worker.registered": people,
            "worker.hired": people,
            "worker.wage-changed": sum(n % 3 == 0 for n in numbers),
            "worker.employment-ended": sum(n % 7 == 0 for n in numbers),
        }
    )


def written(folder: Path, first: int, people: int) -> Path:
    """The rows as a file: CSV, or NDJSON when `first` is odd."""
    write, suffix = (ndjson_file, "ndjson") if first % 2 else (csv_file, "csv")
    return write(folder / f"people-{first}.{suffix}", *rows(first, people))

"""Going on where a load was broken off: the result rows written so far say which rows are done.

A result row is written after its facts are committed, so a row without one may be there all the same; taken again it
gets its first receipt. Beside the result file lies a note of what is being loaded, for as long as it is:

    results.csv.note            digest of the file, submitter, processes, submission
    results.csv.part            result rows so far; of each of several processes results.csv.0.part, ...
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID, uuid4

import msgspec

from domain.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path


class Attempt(msgspec.Struct, frozen=True):
    """What is being loaded into a result file. `file`: SHA-256, in hex."""

    file: str
    submitter: str | None
    processes: int
    submission: UUID


class Done(NamedTuple):
    """What the result rows so far say: the last line, and how many rows came to what."""

    last: int
    outcomes: Counter[str]
    facts: int
    refused: Counter[str]


NOTHING = Done(0, Counter(), 0, Counter())


def begin(results: Path, file: Path, submitter: str | None, processes: int) -> Attempt:
    """The attempt that was broken off, when it was at the same and all its result rows are there, in parts or whole;
    else a new one, and nothing is left of another.

    Raises: Refused("results-over-file").
    """
    if results.exists() and results.samefile(file):
        raise Refused("results-over-file", file=file)
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    new = Attempt(digest, submitter, processes, uuid4())
    before = _noted(results)
    same = before is not None and before == msgspec.structs.replace(new, submission=before.submission)
    if before and same and all(part_of(path).exists() or path.exists() for path in shares(results, processes)):
        return before
    for path in shares(results, before.processes) if before and before.processes > 1 else ():
        path.unlink(missing_ok=True)
        part_of(path).unlink(missing_ok=True)
    for path in shares(results, processes):
        part_of(path).write_bytes(b"")  # from now on: no part, so the whole is there
    note = _note_of(results)
    draft = note.with_name(f"{note.name}.new")
    draft.write_bytes(msgspec.json.encode(new))
    draft.replace(note)
    return new


def broken_off(results: Path) -> bool:
    """Whether something was begun and is not at its end."""
    return _note_of(results).exists()


def end(results: Path) -> None:
    """The result file is whole."""
    _note_of(results).unlink(missing_ok=True)


def shares(results: Path, processes: int) -> list[Path]:
    """The result file of each process: itself when there is one."""
    if processes == 1:
        return [results]
    return [results.with_name(f"{results.name}.{index}") for index in range(processes)]


def part_of(path: Path) -> Path:
    """Where a result file is until it is whole."""
    return path.with_name(f"{path.name}.part")


def done(path: Path) -> Done:
    """What is done of a share. A row that was cut off is cut away."""
    part = part_of(path)
    if part.exists():
        _cut(part)
    else:
        part = path
    outcomes: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    last = facts = 0
    with part.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            last = int(row["line"])
            outcomes[row["outcome"]] += 1
            if row["outcome"] == "recorded":
                facts += len(row["receipt"].split())
            elif row["outcome"] == "refused":
                refused[row["code"]] += 1
    return Done(last, outcomes, facts, refused)


def _cut(part: Path) -> None:
    with part.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - 65_536)
            file.seek(start)
            at = file.read(end - start).rfind(b"\n")
            if at >= 0:
                file.truncate(start + at + 1)
                return
            end = start
        file.truncate(0)


def _note_of(results: Path) -> Path:
    return results.with_name(f"{results.name}.note")


def _noted(results: Path) -> Attempt | None:
    try:
        return msgspec.json.decode(_note_of(results).read_bytes(), type=Attempt)
    except (FileNotFoundError, msgspec.DecodeError):
        return None

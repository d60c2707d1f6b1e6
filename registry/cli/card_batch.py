"""`kets card issue-many`: cards for many workers at once."""

from __future__ import annotations

import csv
import hashlib
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from card.errors import CardError
from card.number import parse_number
from projections.cards import without_card, workers_of
from registry.cards import batch
from registry.cli.output import Json, answer, console, progress, table
from registry.cli.site import Site
from registry.processes import MOST, Place
from registry.submissions import journal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import psycopg

TOGETHER = 10_000
"""Card numbers looked up by one query."""
LONGEST = 2_000
"""Characters of a line."""


def issue_many(
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder of the report, report.csv; the same to go on.")],
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="Worker ids or card numbers, a line each, or a CSV report."),
    ] = None,
    all_verified: Annotated[
        bool, typer.Option("--all-verified", help="Everybody verified who has no card in force.")
    ] = False,
    processes: Annotated[int, typer.Option(min=1, max=MOST, help="How many processes share the work.")] = 1,
    as_json: Json = False,
) -> None:
    """Issue a card to everybody on a list who has none in force, with a report of every row.

    Broken off, the same command goes on where it was; nobody gets two cards. Exit code 0 also when rows were refused.
    """
    if (file is None) is not all_verified:
        raise typer.BadParameter("give either FILE or --all-verified")
    report = out / "report.csv"
    with Site() as site:
        workers, total = _list(site, out, report, file)
        place = Place(site.database_url, site.vault_url, site.settings.open_keys)
        with progress("cards", total) as seen:
            said = batch.issue_many(place, workers, report=report, processes=processes, progress=seen)
    console.print(f"{said.issued:,} cards issued, {said.in_force:,} in force before: {report}")
    if said.refused:
        table("Refused", ("code", "workers"), said.refused.most_common())
    answer({"ok": True, **said._asdict(), "report": str(report)}, as_json=as_json)


def _list(site: Site, out: Path, report: Path, file: Path | None) -> tuple[Path, int]:
    """The list of worker ids, and how long it is: the one that was begun with, when that was broken off."""
    workers, source = out / "workers.txt", out / "source.txt"
    out.mkdir(parents=True, exist_ok=True)
    given = "all-verified" if file is None else _digest(file)
    if not (journal.broken_off(report) and workers.exists() and source.read_text(encoding="ascii") == given):
        site.runner.catch_up()
        with site.reading() as conn, workers.open("w", encoding="ascii") as lines:
            chosen = without_card(conn, site.registry.now()) if file is None else streams(conn, names(file))
            lines.writelines(f"{stream or ''}\n" for stream in chosen)
        source.write_text(given, encoding="ascii")
    with workers.open("rb") as written:
        return workers, sum(1 for _ in written)


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def names(file: Path) -> Iterator[str]:
    """What stands on each line: the whole line; of a CSV with a column `worker` or `card`, that."""
    with file.open(encoding="utf-8-sig", newline="", errors="replace") as text:
        lines = iter(partial(text.readline, LONGEST), "")
        heading = next(csv.reader([next(lines, "")]), [])
        column = next((heading.index(name) for name in ("worker", "card") if name in heading), None)
        if column is None:
            text.seek(0)
            yield from (line.strip() for line in lines)
            return
        for line in lines:
            cells = next(csv.reader([line]), [])
            yield cells[column] if column < len(cells) else ""


def streams(conn: psycopg.Connection[tuple[object, ...]], given: Iterable[str]) -> Iterator[UUID | None]:
    """The stream of each name; None for one that nobody has. What is no name is not told again: it may be a NIK."""
    given = iter(given)
    while some := list(islice(given, TOGETHER)):
        parsed = [_parsed(name) for name in some]
        found = workers_of(conn, [name for name in parsed if isinstance(name, str)])
        yield from (name if isinstance(name, UUID) else found.get(name or "") for name in parsed)


def _parsed(name: str) -> UUID | str | None:
    """A worker's id, or a card number as it is written; None for anything else."""
    try:
        return UUID(name)
    except ValueError:
        pass
    try:
        return parse_number(name)
    except CardError:
        return None


def add_to(card: typer.Typer) -> None:
    card.command()(issue_many)

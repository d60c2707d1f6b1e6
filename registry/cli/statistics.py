"""`kets statistics`: months that are published, each revision kept for ever."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import Refused
from projections.statistics import picture
from projections.statistics import publications as published
from registry.cli.output import Json, Language, answer, console, table
from registry.settings import Settings

if TYPE_CHECKING:
    from projections.statistics.publications import Publication

statistics = typer.Typer(help="Published statistics, each revision kept.", no_args_is_help=True)

YEARS = range(1900, 9999)


def _of_these_years(month: datetime) -> datetime:
    if month.year not in YEARS:
        raise typer.BadParameter(f"got a month of the year {month.year}, expected {YEARS[0]} to {YEARS[-1]}")
    return month


Month = Annotated[datetime, typer.Option(formats=["%Y-%m"], help="The month, YYYY-MM.", callback=_of_these_years)]
Out = Annotated[
    Path | None, typer.Option(file_okay=False, help="Folder of publications; KETS_PUBLICATIONS when not given.")
]
ROWS = 40


@statistics.callback()
def group() -> None:
    """Published statistics, each revision kept."""


@statistics.command()
def publish(
    month: Month,
    facts: Annotated[Path, typer.Option(exists=True, file_okay=False, help="What `kets export facts` wrote.")],
    cut_off: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="UTC; facts recorded by then count. Default: the export's."
        ),
    ] = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Publish a month, or its next revision: counts below 5 and what would give them away are withheld."""
    try:
        from projections.statistics.publishing import opened, publish
    except ImportError as error:
        raise Refused("extra-missing", extra="statistics", library=error.name) from error
    with opened(facts) as source:
        until = cut_off.replace(tzinfo=UTC) if cut_off else source.created_at
        _told([publish(source, month.date(), until, _folder(out))], as_json=as_json)


@statistics.command("list")
def list_(out: Out = None, as_json: Json = False) -> None:
    """All publications: month, revision, cut-off, how many counts are withheld."""
    _told(published.publications(_folder(out)), as_json=as_json)


@statistics.command()
def show(
    month: Annotated[str, typer.Argument(help="YYYY-MM")],
    cube: Annotated[str, typer.Argument(help="Name of a table; see `list`.")],
    revision: Annotated[int | None, typer.Option(min=1, help="Default: the latest.")] = None,
    on: Annotated[
        datetime | None,
        typer.Option("--as-published-on", formats=["%Y-%m-%d"], help="What stood at the end of that day in Jakarta."),
    ] = None,
    where: Annotated[list[str] | None, typer.Option(help="COLUMN=CODE; may be given again. `_T` is the total.")] = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """A published table, or the part of it that is asked for."""
    found = published.publication(_folder(out), month, revision=revision, as_published_on=on.date() if on else None)
    told = found.table(cube)
    cells = published.chosen(told, _asked(where))
    rows = [
        [*(told["codes"][c][code][1] for c, code in zip(told["columns"], cell, strict=False)), _value(cell[-1])]
        for cell in cells
    ]
    title = f"{cube} {found.month}, revision {found.revision}, published {found.published_on}"
    table(title, [*told["columns"], "count"], rows[:ROWS])
    if len(rows) > ROWS:
        console.print(f"{len(rows) - ROWS} more rows: {found.file(cube, 'csv')}", highlight=False)
    answer({"ok": True, "month": found.month, "revision": found.revision, "cells": cells}, as_json=as_json)


@statistics.command()
def draw(
    month: Annotated[str, typer.Argument(help="YYYY-MM")],
    cube: Annotated[str, typer.Argument(help="Name of a table; see `list`.")],
    by: Annotated[str, typer.Option(help="The column whose codes are the bars.")],
    svg: Annotated[Path, typer.Option(help="File to draw into.", dir_okay=False)],
    revision: Annotated[int | None, typer.Option(min=1, help="Default: the latest.")] = None,
    where: Annotated[list[str] | None, typer.Option(help="COLUMN=CODE of another column; default: its total.")] = None,
    lang: Annotated[Language, typer.Option(help="Of the words in the picture.")] = Language.EN,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Draw a published table as bars, at most 40, the withheld ones told as such."""
    found = published.publication(_folder(out), month, revision=revision)
    svg.write_text(picture.drawn(found, cube, by, _asked(where), lang.value), encoding="utf-8")
    console.print(f"Drawn: {svg}", highlight=False)
    answer({"ok": True, "month": found.month, "revision": found.revision, "svg": str(svg)}, as_json=as_json)


@statistics.command()
def verify(out: Out = None, as_json: Json = False) -> None:
    """Check every file against its manifest, and every manifest against the next revision's."""
    count = published.verified(_folder(out))
    console.print(f"{count} publications are whole", highlight=False)
    answer({"ok": True, "publications": count}, as_json=as_json)


def _asked(where: list[str] | None) -> dict[str, list[str]]:
    asked: dict[str, list[str]] = {}
    for each in where or []:
        column, _, code = each.partition("=")
        asked.setdefault(column, []).append(code)
    return asked


def _value(value: int | None) -> str:
    return "withheld" if value is None else f"{value:,}"


def _folder(out: Path | None) -> Path:
    return out or Settings().publication_folder


def _told(found: list[Publication], *, as_json: bool) -> None:
    rows = [_row(each) for each in found]
    table("publications", ["month", "revision", "published", "cut-off", "cells", "withheld"], rows)
    keys = ("month", "revision", "published_on", "cut_off", "cells", "withheld")
    answer({"ok": True, "publications": [dict(zip(keys, row, strict=True)) for row in rows]}, as_json=as_json)


def _row(each: Publication) -> tuple[str, int, date, str, int, int]:
    cubes = each.manifest["cubes"]
    cells, withheld = (sum(cube[what] for cube in cubes) for what in ("cells", "withheld"))
    return each.month, each.revision, each.published_on, each.manifest["cut_off"], cells, withheld


def add_to(app: typer.Typer) -> None:
    app.add_typer(statistics, name="statistics")

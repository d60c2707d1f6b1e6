"""`kets export`: facts for engines that compute from them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from domain.errors import Refused
from registry.cli.output import Json, answer, console, progress
from registry.cli.site import Databases

export = typer.Typer(help="Facts for engines that compute from them.", no_args_is_help=True)


@export.callback()
def group() -> None:
    """Facts for engines that compute from them."""


@export.command()
def facts(
    out: Annotated[
        Path, typer.Option(help="The folder; one that holds an export is brought up to date.", file_okay=False)
    ],
    file_rows: Annotated[int, typer.Option(min=1, max=16_777_216, help="Rows of a file, at most.")] = 1_048_576,
    as_json: Json = False,
) -> None:
    """Write the clear facts as Parquet files, those that have come since the last run; no key is opened."""
    try:
        from projections.export.run import export as export_facts
    except ImportError as error:
        raise Refused("extra-missing", extra="statistics", library=error.name) from error
    with Databases() as databases, databases.reading() as conn, progress("facts", None) as seen:
        found = export_facts(conn, out, datetime.now(UTC), file_rows=file_rows, progress=seen)
    waiting = f"; {found.waiting:,} wait for the ledger and come with the next run" if found.waiting else ""
    console.print(f"{found.added:,} facts added, {found.rows:,} in {out}{waiting}", highlight=False)
    answer({"ok": True, **found._asdict(), "out": str(out)}, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    app.add_typer(export, name="export")

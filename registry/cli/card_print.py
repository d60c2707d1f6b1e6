"""`kets card print`: a print job."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Literal

import typer

from registry.cli.card_batch import names, streams
from registry.cli.output import Json, answer, console, progress, table
from registry.cli.site import Site

Layout = Literal["a4", "cr80"]


def print_(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="Worker ids or card numbers, a line each, or a report.")
    ],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder of the PDFs and the manifest.")],
    layout: Annotated[Layout, typer.Option(help="Ten on an A4 page, or a CR80 page a side for a card printer.")] = "a4",
    specimen: Annotated[bool, typer.Option("--specimen", help="Print CONTOH · SPECIMEN under every face.")] = False,
    as_json: Json = False,
) -> None:
    """Draw the cards in force of everybody on a list, a thousand in a PDF, with a manifest of where each one is."""
    from registry.cards import printing

    with Site() as site, tempfile.TemporaryDirectory() as folder:
        workers = Path(folder) / "workers.txt"
        site.runner.catch_up()
        with site.reading() as conn, workers.open("w", encoding="ascii") as lines:
            lines.writelines(f"{stream or ''}\n" for stream in streams(conn, names(file)))
        with progress("cards", None) as seen:
            job = printing.print_cards(site.registry, workers, out, layout=layout, specimen=specimen, progress=seen)
    console.print(f"{job.printed:,} cards in {len(job.files)} file(s) of {out}; where each is: {out / 'manifest.csv'}")
    if job.refused:
        table("Not printed", ("code", "workers"), job.refused.most_common())
    answer({"ok": True, **job._asdict(), "manifest": str(out / "manifest.csv")}, as_json=as_json)


def add_to(card: typer.Typer) -> None:
    card.command("print")(print_)

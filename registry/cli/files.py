"""`kets sample`, `template`, `load`: employers' files, made up, empty, and real."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from keys.keyring import Keyring
from registry.cli.output import Json, answer, console, progress, table
from registry.cli.people import parse_day
from registry.cli.site import Site
from registry.submissions.load import Loader
from registry.submissions.processes import MOST, Place
from registry.submissions.processes import load as load_by

CALIBRATED_UNTIL = date(2026, 10, 31)


def sample(
    workers: Annotated[int, typer.Option(min=1, max=10_000_000, help="How many people.")] = 300,
    seed: Annotated[int, typer.Option(help="The same seed gives the same file.")] = 1,
    out: Annotated[Path, typer.Option(dir_okay=False, help="CSV, NDJSON or XLSX, by its suffix.")] = Path("sample.csv"),
    employers: Annotated[int | None, typer.Option(min=1, help="How many employers; by default about 1 to 100.")] = None,
    errors: Annotated[bool, typer.Option(help="Plant deliberate errors in about 3 % of the rows.")] = True,
    until: Annotated[str, typer.Option(help="The last day anything happens.")] = CALIBRATED_UNTIL.isoformat(),
    truth: Annotated[Path | None, typer.Option(dir_okay=False, help="JSON of what statistics must find in it.")] = None,
    as_json: Json = False,
) -> None:
    """Write a made-up employers' file, calibrated to published figures of Sakernas and BPJSTK."""
    from registry import sample as made_up

    planted: Counter[tuple[str, ...]] | None = None if truth is None else Counter()
    last = parse_day(until) or CALIBRATED_UNTIL
    rows = made_up.generate(workers=workers, seed=seed, employers=employers, errors=errors, until=last, planted=planted)
    count = 0
    with progress("people and facts", None) as seen:

        def counted() -> Iterator[dict[str, str]]:
            nonlocal count
            for row in rows:
                count += 1
                if count % 1000 == 0:
                    seen(count)
                yield row

        try:
            made_up.write(counted(), out)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    if truth is not None and planted is not None:
        known = made_up.truth(planted, workers=workers, seed=seed, until=last)
        truth.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(f"{count:,} rows about {workers:,} people in {out}")
    answer({"ok": True, "rows": count, "file": str(out)}, as_json=as_json)


def template(
    out: Annotated[Path, typer.Option(dir_okay=False, help="The workbook.")] = Path("kets-template.xlsx"),
    as_json: Json = False,
) -> None:
    """Write an empty spreadsheet: text-formatted identifiers, pick lists, headings in both languages."""
    from registry.submissions.template import write_template

    write_template(out)
    console.print(f"Template written to {out}")
    answer({"ok": True, "file": str(out)}, as_json=as_json)


def load(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV, XLSX or NDJSON.")],
    submitter: Annotated[
        str | None, typer.Option("--as", help="NIB of the employer (or an authority) that submits.")
    ] = None,
    results: Annotated[Path | None, typer.Option(help="Per-row result file; by default beside the file.")] = None,
    processes: Annotated[
        int, typer.Option(min=1, max=MOST, help="How many processes share the work; each takes people of its own.")
    ] = 1,
    as_json: Json = False,
) -> None:
    """Load a file: each row is accepted or refused by itself. Loading it again records nothing twice.

    Broken off, the same command goes on at the row where it was. Exit code 0 when the file was read to its end, also
    when rows were refused; 1 when the file as a whole was.
    """
    results = results or file.with_name(file.stem + ".results.csv")
    with Site() as site, progress("rows", None) as seen:
        if processes == 1:
            summary = Loader(site.registry, submitter=submitter).load(file, results=results, progress=seen)
        else:
            keyring = partial(Keyring.open, site.settings.key_folder, token=site.settings.token)
            place = Place(site.database_url, site.vault_url, keyring)
            summary = load_by(place, file, submitter=submitter, results=results, processes=processes, progress=seen)
        site.registry.settle_claims()
    refused = dict(sorted(summary.refused.items(), key=lambda item: (-item[1], item[0])))
    console.print(
        f"{summary.rows:,} rows: {summary.accepted:,} accepted ({summary.again:,} known before),"
        f" {summary.recorded:,} facts recorded, {sum(refused.values()):,} rows refused"
    )
    if refused:
        table("Refused", ("code", "rows"), list(refused.items()))
    console.print(f"Row by row: {results}")
    answer(
        {
            "ok": True,
            "rows": summary.rows,
            "accepted": summary.accepted,
            "again": summary.again,
            "recorded": summary.recorded,
            "refused": refused,
            "results": str(results),
        },
        as_json=as_json,
    )


def add_to(app: typer.Typer) -> None:
    for command in (sample, template, load):
        app.command()(command)

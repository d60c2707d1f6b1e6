"""`kets project` and `kets stats`: the read models and what they count."""

from __future__ import annotations

import signal
import threading
from datetime import date
from typing import Annotated, Any

import typer

from domain import codes
from domain.errors import Refused
from projections.placements import placements as count_placements
from projections.runner import PROJECTIONS
from registry.cli.output import Json, answer, console, progress, table
from registry.cli.people import parse_day
from registry.cli.site import Site

project = typer.Typer(help="Read models: status, rebuild, run.", no_args_is_help=True)
stats = typer.Typer(help="Statistics.", no_args_is_help=True)

SETTLE_EVERY = 600.0


@project.command()
def status(as_json: Json = False) -> None:
    """How far each read model is."""
    with Site() as site:
        found = site.runner.status()
    rows = [(name, at["included"], at["behind"]) for name, at in found.items()]
    table("Read models", ("name", "facts included", "behind"), rows)
    answer({"ok": True, "projections": found}, as_json=as_json)


@project.command()
def rebuild(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(PROJECTIONS)}.")], as_json: Json = False
) -> None:
    """Build a read model anew beside the one that serves, then swap them."""
    with Site() as site, progress(name, None) as seen:
        included = site.runner.rebuild(name, lambda done, _total: seen(done))
    console.print(f"{name}: {included:,} facts included")
    answer({"ok": True, "projection": name, "included": included}, as_json=as_json)


@project.command()
def run() -> None:
    """Keep the read models up with the log until told to stop; settle claims that were left behind."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with Site() as site:
        settler = threading.Thread(target=_settle, args=(site, stopped), daemon=True)
        settler.start()
        site.runner.follow(stopped.is_set)
        settler.join(timeout=5)


def _settle(site: Site, stopped: threading.Event) -> None:
    while True:
        site.registry.settle_claims()
        if stopped.wait(SETTLE_EVERY):
            return


@stats.command()
def placements(
    by: Annotated[
        str, typer.Option(help="Dimensions, comma separated: month, channel, province, industry, occupation.")
    ] = "province",
    since: Annotated[str | None, typer.Option(help="First month, YYYY-MM-DD.")] = None,
    until: Annotated[str | None, typer.Option(help="Last month, YYYY-MM-DD.")] = None,
    top: Annotated[int, typer.Option(min=1, max=100_000, help="Rows shown.")] = 20,
    as_json: Json = False,
) -> None:
    """Placements (hires through a service) and, beside them, all hires."""
    dimensions = [name.strip() for name in by.split(",") if name.strip()]
    with Site() as site:
        site.runner.catch_up()
        with site.reading() as conn:
            rows = count_placements(conn, dimensions, since=parse_day(since), until=parse_day(until))
        positions = site.runner.status()["placements"]["positions"]
    show_placements(rows[:top], dimensions)
    answer({"ok": True, "by": dimensions, "positions": positions, "rows": rows}, as_json=as_json)


def show_placements(rows: list[dict[str, Any]], dimensions: list[str]) -> None:
    columns = [*dimensions, "placements", "hires"]
    table("Placements", columns, [[_titled(row[column]) for column in columns] for row in rows])


def _titled(value: object) -> object:
    """A code with its title; a month without its day."""
    if isinstance(value, date):
        return f"{value:%Y-%m}"
    if isinstance(value, str) and "/" in value:
        try:
            return f"{codes.title(value)} ({value})"
        except Refused:
            return value
    return value


def add_to(app: typer.Typer) -> None:
    app.add_typer(project, name="project")
    app.add_typer(stats, name="stats")

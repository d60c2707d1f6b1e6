"""`kets project` and `kets stats`: the read models and what they count."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain import codes
from domain.errors import Refused
from projections.placements import DIMENSIONS, source
from projections.placements import placements as count_placements
from projections.runner import PROJECTIONS
from registry.cli.output import Json, answer, console, progress, table
from registry.cli.people import parse_day
from registry.cli.site import Site
from registry.store import SHARDS

if TYPE_CHECKING:
    from collections.abc import Iterator

project = typer.Typer(help="Read models: status, rebuild, run.", no_args_is_help=True)
stats = typer.Typer(help="Live counts for those in office; not for publication.", no_args_is_help=True)

SETTLE_EVERY = 600.0


@project.command()
def status(as_json: Json = False) -> None:
    """How far each read model is."""
    with Site() as site:
        found = site.runner.status()
    rows = [(name, at["included"], at["behind"], _state(at)) for name, at in found.items()]
    table("Read models", ("name", "facts included", "behind", ""), rows)
    answer({"ok": True, "projections": found}, as_json=as_json)


def _state(at: dict[str, Any]) -> str:
    running = at["rebuild"]
    if running is None:
        return "outdated: kets project rebuild" if at["outdated"] else ""
    left = running["seconds_left"]
    share = f"{running['done'] / running['total']:.0%}" if running["total"] else "0%"
    return f"rebuilding: {share}" + (f", {timedelta(seconds=round(left))} left" if left is not None else "")


@project.command()
def rebuild(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help=f"Any of {', '.join(PROJECTIONS)}; together they take one fold. None: those that another version of"
            " the software made."
        ),
    ] = None,
    processes: Annotated[int, typer.Option(min=1, max=SHARDS, help="How many processes share the shards.")] = 1,
    as_json: Json = False,
) -> None:
    """Build read models anew beside those that serve, then swap them."""
    with Site() as site:
        chosen = names or site.runner.outdated()
        title = ", ".join(chosen) or "nothing"
        with progress(title, None) as seen:
            outdated_only = not names
            included = site.runner.rebuild(*chosen, processes=processes, progress=seen, outdated_only=outdated_only)
    console.print(f"{title}: {included:,} facts included")
    answer({"ok": True, "projections": chosen, "included": included}, as_json=as_json)


@project.command()
def run() -> None:
    """Keep the read models up with the log until told to stop; settle claims that were left behind.

    Those that another version of the software made are built anew meanwhile, by a process of their own.
    """
    stopped = threading.Event()

    def stop(*_: object) -> None:
        if not stopped.is_set():
            stopped.set()
            raise SystemExit  # also out of waiting for a database that has gone; what is not committed is taken back

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    with Site() as site, _renewing(site):
        settler = threading.Thread(target=_settle, args=(site, stopped), daemon=True)
        settler.start()
        try:
            site.runner.follow(stopped.is_set)
        finally:
            settler.join(timeout=5)


@contextmanager
def _renewing(site: Site) -> Iterator[None]:
    if not site.runner.outdated():
        yield
        return
    command = [sys.executable, "-m", "registry", "project", "rebuild"]
    environment = os.environ | {"DATABASE_URL": site.database_url, "KETS_VAULT_URL": site.vault_url}
    with subprocess.Popen(command, env=environment) as child:  # noqa: S603 - this program itself
        try:
            yield
        finally:
            child.terminate()


def _settle(site: Site, stopped: threading.Event) -> None:
    while True:
        site.registry.settle_claims()
        if stopped.wait(SETTLE_EVERY):
            return


@stats.command()
def placements(
    by: Annotated[str, typer.Option(help=f"Dimensions, comma separated: {', '.join(DIMENSIONS)}.")] = "province",
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
        positions = site.runner.status()[source(dimensions)]["positions"]
    show_placements(rows[:top], dimensions)
    answer({"ok": True, "by": dimensions, "positions": positions, "rows": rows}, as_json=as_json)


def show_placements(rows: list[dict[str, Any]], dimensions: list[str]) -> None:
    columns = [*dimensions, "placements", "hires"]
    table("Placements", columns, [[titled(row[column]) for column in columns] for row in rows])


def titled(value: object) -> object:
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

"""`kets stats flows|training|quality|cards` and `kets employer calendar`: live tables, and what is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain.decide import today
from domain.errors import Refused
from projections import calendar, cardcounts, employers, flows, quality, training
from registry.cli.output import Json, answer, table
from registry.cli.people import parse_day
from registry.cli.reading import stats, titled
from registry.cli.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable

employer = typer.Typer(help="What falls due at an employer.", no_args_is_help=True)

Since = Annotated[str | None, typer.Option(help="First month, YYYY-MM-DD.")]
Until = Annotated[str | None, typer.Option(help="Last month, YYYY-MM-DD.")]
Top = Annotated[int, typer.Option(min=1, max=100_000, help="Rows shown.")]


def _by(dimensions: tuple[str, ...]) -> Any:
    return typer.Option(help=f"Dimensions, comma separated: {', '.join(dimensions)}.")


@stats.command("flows")
def show_flows(
    by: Annotated[str, _by(flows.DIMENSIONS)] = "month",
    since: Since = None,
    until: Until = None,
    top: Top = 20,
    as_json: Json = False,
) -> None:
    """Hires, ends, layoffs, fixed terms that became permanent, medians of days."""
    _show("flows", flows.flows, by, since, until, top, as_json=as_json)


@stats.command("training")
def show_training(
    by: Annotated[str, _by(training.DIMENSIONS)] = "month",
    since: Since = None,
    until: Until = None,
    top: Top = 20,
    as_json: Json = False,
) -> None:
    """Who had work when a training was completed, and 6 and 12 months after."""
    _show("training", training.effect, by, since, until, top, as_json=as_json, asked_on_a_day=True)


@stats.command("quality")
def show_quality(
    by: Annotated[str, _by(quality.DIMENSIONS)] = "what",
    since: Since = None,
    until: Until = None,
    top: Top = 20,
    as_json: Json = False,
) -> None:
    """Late facts by reason, corrections, voids, disputes, mismatched identities."""
    _show("quality", quality.quality, by, since, until, top, as_json=as_json)


@stats.command("cards")
def show_cards(
    by: Annotated[str, _by(cardcounts.DIMENSIONS)] = "month",
    since: Since = None,
    until: Until = None,
    top: Top = 20,
    as_json: Json = False,
) -> None:
    """Cards issued, and what became of them."""
    _show("card-counts", cardcounts.card_counts, by, since, until, top, as_json=as_json, asked_on_a_day=True)


def _show(
    model: str,
    counting: Callable[..., list[dict[str, Any]]],
    by: str,
    since: str | None,
    until: str | None,
    top: int,
    *,
    as_json: bool,
    asked_on_a_day: bool = False,
) -> None:
    dimensions = [name.strip() for name in by.split(",") if name.strip()]
    with Site() as site:
        site.runner.catch_up()
        day = [today(site.registry.now())] if asked_on_a_day else []
        with site.reading() as conn:
            rows = counting(conn, *day, dimensions, since=parse_day(since), until=parse_day(until))
        positions = site.runner.status()[model]["positions"]
    if rows:
        table(model, list(rows[0]), [[titled(value) for value in row.values()] for row in rows[:top]])
    answer({"ok": True, "by": dimensions, "positions": positions, "rows": rows}, as_json=as_json)


@employer.command("calendar")
def show_calendar(
    given: Annotated[str, typer.Argument(metavar="EMPLOYER", help="NIB or id.")],
    days: Annotated[int, typer.Option(min=0, max=366, help="How many days ahead.")] = 60,
    top: Top = 100,
    as_json: Json = False,
) -> None:
    """What an employer has to see to: contracts, certificates and permits that end, reports due; overdue ones too."""
    with Site() as site:
        site.runner.catch_up()
        day = today(site.registry.now())
        with site.reading() as conn:
            stream = employers.employer_of(conn, given)
            if stream is None:
                raise Refused("employer-unknown", nib=given)
            due = calendar.calendar(conn, stream, day, days=days, most=top)
    columns = ("due on", "in days", "what", "worker", "subject", "establishment")
    table(given, columns, [(each.due_on, (each.due_on - day).days, *each[1:]) for each in due])
    answer({"ok": True, "employer": stream, "today": day, "due": [each._asdict() for each in due]}, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    app.add_typer(employer, name="employer")

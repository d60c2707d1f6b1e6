"""`kets worker show`: one person's record; and how a person, a moment and a day are named on the command line."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from card.errors import CardError
from card.number import parse_number
from domain import codes
from domain.decide import JAKARTA, today
from domain.errors import Refused
from projections.cards import worker_of
from registry.cli.output import Json, Language, answer, console, table
from registry.cli.site import Site
from registry.replay.timeline import summary
from registry.replay.words import said

worker = typer.Typer(help="A worker's current record.", no_args_is_help=True)


@worker.command()
def show(
    who: Annotated[str, typer.Argument(help="Worker id or card number.")],
    lang: Annotated[Language, typer.Option(help="Of the table.")] = Language.EN,
    as_json: Json = False,
) -> None:
    """The current record: the person, the employment, certificates, card."""
    with Site() as site:
        stream = find(site, who)
        history, _ = site.registry.worker(stream)
        found = summary(history, on=today(site.registry.now()))
        show_record(found, site, None, lang)
    answer({"ok": True, "worker": found}, as_json=as_json)


def find(site: Site, who: str) -> UUID:
    """The stream of a worker id or a card number. Raises: Refused("worker-unknown"), ("card-unknown")."""
    try:
        return UUID(who)
    except ValueError:
        pass
    try:
        number = parse_number(who)
    except CardError as error:
        raise Refused("worker-unknown", got=who[:40], expected="a worker id or a card number") from error
    site.runner.catch_up()
    with site.reading() as conn:
        stream = worker_of(conn, number)
    if stream is None:
        raise Refused("card-unknown", card=number)
    return stream


def parse_moment(text: str | None, *, beginning: bool = False) -> datetime | None:
    """ISO 8601; without an offset it is Jakarta's; a bare date means the end of that day there, or its `beginning`."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if len(text) == 10 and not beginning:
            moment = moment.replace(hour=23, minute=59, second=59, microsecond=999_999)
        return (moment if moment.tzinfo else moment.replace(tzinfo=JAKARTA)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"got {text!r}, expected ISO 8601 such as 2026-11-22T09:30+07:00") from error


def parse_day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(f"got {text!r}, expected YYYY-MM-DD") from error


def show_record(found: dict[str, Any], site: Site, day: date | None, lang: Language) -> None:
    """The record, of what was true on `day`, as a table."""
    details = found["details"] or {}
    rows: list[tuple[str, object]] = [
        (said(lang, "worker"), found["id"]),
        (said(lang, "name"), details.get("name", said(lang, "nameless") if details else None)),
        (said(lang, "born"), details.get("birth_date", found["birth_year"] or None)),
        (said(lang, "identity"), found["identity"]),
        (said(lang, "standing"), found["standing"]),
    ]
    job = found["employments"].get(found["current"])
    if job:
        employer = site.registry.history(UUID(job["employer"])).state()
        rows += [
            (said(lang, "employer"), f"{employer.name} (NIB {employer.nib})"),
            (said(lang, "occupation"), f"{codes.title(job['occupation'], lang)} ({job['occupation']})"),
            (said(lang, "contract"), f"{job['contract']['kind']} {job['contract'].get('ends_on', '') or ''}".strip()),
            (said(lang, "since"), job["started_on"]),
        ]
    rows += [
        (said(lang, "certificate"), f"{each['unit']} ({each['standing']}, {each['state']})")
        for each in found["certificates"].values()
    ]
    rows += [(said(lang, "finding", code=each["code"]), beyond(each, lang)) for each in found["findings"]]
    rows += [(said(lang, "card"), f"{each['number']} ({each['state']})") for each in found["cards"].values()]
    table(said(lang, "record-on", day=day) if day else said(lang, "record"), ("", ""), rows)
    if not job:
        console.print(said(lang, "no-employment"))


def beyond(finding: dict[str, Any], lang: Language) -> str:
    """What is beyond which limit of which law."""
    return said(lang, "beyond", **{name: finding[name] for name in ("law", "article", "got", "limit")})


def add_to(app: typer.Typer) -> None:
    app.add_typer(worker, name="worker")

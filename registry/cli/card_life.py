"""`kets card suspend|reinstate|revoke|lost|reissue|history`: what becomes of a card that was issued."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from card.errors import CardError
from card.number import parse_number
from domain.decide import JAKARTA
from domain.event import Actor, Role
from registry import cards
from registry.app import SYSTEM
from registry.cards import life
from registry.cli.cards import write_card
from registry.cli.output import Json, answer, console, table
from registry.cli.people import find
from registry.cli.site import Site

if TYPE_CHECKING:
    from registry.cards import Issued
    from registry.cards.life import Change

Who = Annotated[str, typer.Argument(help="Card number; or worker id: then the card in force, else the newest.")]
By = Annotated[
    str | None, typer.Option("--by", help="Account of the officer who decides; without it, the registry itself.")
]
Out = Annotated[Path, typer.Option(file_okay=False, help="Folder for the new card's files.")]


def suspend(
    who: Who,
    cause: Annotated[life.SuspensionCause, typer.Option(help="Why.")],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Refuse a card for now; it may be reinstated. Asked again, nothing changes."""
    with Site() as site:
        change = life.suspend(site.registry, find(site, who), cause=cause, by=officer(by), number=number_in(who))
    _tell(change, as_json)


def reinstate(who: Who, by: By = None, as_json: Json = False) -> None:
    """A suspended card is what it was before. A revoked one never is."""
    with Site() as site:
        change = life.reinstate(site.registry, find(site, who), by=officer(by), number=number_in(who))
    _tell(change, as_json)


def revoke(
    who: Who,
    cause: Annotated[life.RevocationCause, typer.Option(help="Why.")],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Refuse a card for good. Asked again, nothing changes."""
    with Site() as site:
        change = life.revoke(site.registry, find(site, who), cause=cause, by=officer(by), number=number_in(who))
    _tell(change, as_json)


def lost(
    who: Who,
    replace: Annotated[
        bool, typer.Option("--replace", help="Revoke it for good and issue another; else it is suspended at once.")
    ] = False,
    out: Annotated[Path | None, typer.Option(file_okay=False, help="Folder for the new card's files.")] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """A card was lost: it is suspended at once; found again, reinstate it. `--replace` gives another one."""
    if replace and out is None:
        raise typer.BadParameter("--replace needs --out FOLDER for the new card's files")
    with Site() as site:
        stream = find(site, who)
        change = life.lose(site.registry, stream, by=officer(by), number=number_in(who), replace=replace)
    _tell(change, as_json, _written(change.issued, out) if out and change.issued else ())


def reissue(who: Who, out: Out, by: By = None, as_json: Json = False) -> None:
    """Issue the card again, from the record of today: the one in force is superseded."""
    with Site() as site:
        issued = cards.issue(site.registry, find(site, who), by=officer(by))
    files = _written(issued, out)
    console.print(f"Card {issued.claims.number} for {issued.claims.name}, valid until {issued.claims.last_day}: {out}")
    answer({"ok": True, "card": issued.claims.number, "files": files}, as_json=as_json)


def history(who: Annotated[str, typer.Argument(help="Worker id or card number.")], as_json: Json = False) -> None:
    """The life of all cards of a worker: issued, suspended, reinstated, revoked, superseded; why and by whom."""
    with Site() as site:
        told = life.history(site.registry, find(site, who))
    rows = [
        (
            c.card,
            c.what,
            c.day,
            c.cause or "",
            f"{c.by.role.value} {c.by.person or c.by.organisation}"[:40],
            c.recorded_at.astimezone(JAKARTA).strftime("%Y-%m-%d %H:%M"),
        )
        for c in told
    ]
    table("Cards", ("card", "what", "on", "why", "by", "recorded"), rows)
    shown = [
        {**c._asdict(), "by": {"organisation": c.by.organisation, "role": c.by.role.value, "person": c.by.person}}
        for c in told
    ]
    answer({"ok": True, "cards": shown}, as_json=as_json)


def number_in(who: str) -> str | None:
    """The card number that was given; None when it was a worker's id."""
    try:
        return parse_number(who)
    except CardError:
        return None


def officer(account: str | None) -> Actor:
    """Who decides: an officer of the ministry by their account, or the registry itself."""
    if account is None:
        return SYSTEM
    if not 0 < len(account) <= 80:
        raise typer.BadParameter(f"got an account of {len(account)} characters, expected 1 to 80")
    return Actor(organisation="kemnaker", role=Role.OFFICER, person=account)


def _written(issued: Issued, out: Path) -> list[str]:
    return [str(path) for path in write_card(issued, out, cards.titles())]


def _tell(change: Change, as_json: bool, files: object = ()) -> None:
    was = " already; nothing was recorded" if change.again else ""
    why = f" ({change.cause})" if change.cause else ""
    console.print(f"Card {change.card} is {change.state}{why} since {change.since}{was}")
    if change.issued:
        console.print(f"Card {change.issued.claims.number} takes its place")
    said = change._asdict() | {"issued": change.issued.claims.number if change.issued else None}
    answer({"ok": True, **said, "files": files}, as_json=as_json)


def add_to(card: typer.Typer) -> None:
    for command in (suspend, reinstate, revoke, lost, reissue, history):
        card.command()(command)

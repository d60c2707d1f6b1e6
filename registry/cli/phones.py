"""`kets card enrol-phone` and `withdraw-phone`: the phone with which a worker shows a live card."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from card import qr
from domain.decide import JAKARTA
from registry import phones
from registry.app import SYSTEM
from registry.cli.output import Json, answer, console
from registry.cli.people import find
from registry.cli.site import Site

Who = Annotated[str, typer.Argument(help="Worker id or card number.")]


def enrol_phone(who: Who, as_json: Json = False) -> None:
    """Give out a code for the phone of a worker who is here, as a QR code: ten minutes, one phone, five tries."""
    with Site() as site:
        code = phones.open_code(site.registry, find(site, who))
        link = phones.link(site.settings.issuer, code)
    sys.stdout.write(f"{qr.drawn(link)}\n{link}\n")
    console.print(f"Code {code.text}, good for one phone until {code.ends_at.astimezone(JAKARTA):%H:%M:%S}")
    answer({"ok": True, "code": code.text, "link": link, "ends_at": code.ends_at}, as_json=as_json)


def withdraw_phone(
    who: Who,
    cause: Annotated[phones.Cause, typer.Option(help="Why.")],
    as_json: Json = False,
) -> None:
    """The phone no longer speaks for the worker; of a lost or stolen one the cards that name it are revoked."""
    with Site() as site:
        withdrawn = phones.withdraw(site.registry, find(site, who), cause=cause, by=SYSTEM)
    told = f"revoked: {', '.join(withdrawn.revoked)}" if withdrawn.revoked else "no card revoked"
    console.print(f"The phone is withdrawn; {told}")
    answer({"ok": True, "revoked": list(withdrawn.revoked)}, as_json=as_json)


def add_to(card: typer.Typer) -> None:
    card.command()(enrol_phone)
    card.command()(withdraw_phone)

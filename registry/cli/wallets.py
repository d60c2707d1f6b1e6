"""`kets card offer`: the card for the wallet on its holder's phone."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from card import qr
from domain.decide import JAKARTA
from registry.cli.output import Json, answer, console
from registry.cli.people import find
from registry.cli.site import Site
from registry.wallet import offers


def offer(who: Annotated[str, typer.Argument(help="Worker id or card number.")], as_json: Json = False) -> None:
    """Offer the card in force to a wallet: a QR code for the wallet, and six digits to tell its holder."""
    with Site() as site:
        opened = offers.open_offer(site.registry, find(site, who))
        document = offers.document(site.settings.issuer, opened.code)
    uri = offers.uri(document)
    sys.stdout.write(f"{qr.drawn(uri)}\n{uri}\n")
    console.print(f"Digits, to be told and not sent with it: {opened.tx_code}")
    console.print(f"Good once, until {opened.ends_at.astimezone(JAKARTA):%H:%M:%S}, for {offers.TRIES} tries")
    found = {"ok": True, "uri": uri, "offer": document, "tx_code": opened.tx_code, "expires_at": opened.ends_at}
    answer(found, as_json=as_json)


def add_to(card: typer.Typer) -> None:
    card.command()(offer)

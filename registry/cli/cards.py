"""`kets card`: issue and check cards."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from card import cli as verifying
from card import live, qr
from card.back import LEVEL
from card.photo import MAX_FILE
from registry import cards, photos
from registry.app import SYSTEM
from registry.cli.output import Json, answer, console
from registry.cli.people import find
from registry.cli.site import Site
from registry.wallet import credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.cards import Issued

card = typer.Typer(help="The worker card.", no_args_is_help=True)


@card.command()
def issue(
    who: Annotated[str, typer.Argument(help="Worker id or card number.")],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder for the card's files.")],
    as_json: Json = False,
) -> None:
    """Issue a worker's card: card.pdf, card.png, card.svg, card.txt (the QR's text), card.jwt, card.sdjwt,
    and with a portrait back.png (the code on the back)."""
    with Site() as site:
        issued = cards.issue(site.registry, find(site, who), by=SYSTEM)
        issuer, days = site.settings.issuer, site.settings.wallet_days
        sd_jwt, *_ = credentials.signed(site.registry, issued.claims, issuer=issuer, days=days)
    written = [*write_card(issued, out, cards.titles()), out / "card.sdjwt"]
    written[-1].write_text(sd_jwt, encoding="ascii")
    console.print(f"Card {issued.claims.number} for {issued.claims.name}, valid until {issued.claims.last_day}: {out}")
    answer(
        {
            "ok": True,
            "card": issued.claims.number,
            "characters": len(issued.text),
            "expires": issued.claims.last_day,
            "files": [str(path) for path in written],
        },
        as_json=as_json,
    )


@card.command()
def photo(
    who: Annotated[str, typer.Argument(help="Worker id or card number.")],
    file: Annotated[Path, typer.Argument(dir_okay=False, exists=True, help="JPEG, PNG or WebP, upright, one face.")],
    as_json: Json = False,
) -> None:
    """Take in a worker's portrait, which the next card shows: cut to 3:4, small, without metadata, sealed."""
    with file.open("rb") as picture:
        content = picture.read(MAX_FILE + 1)
    with Site() as site:
        receipt = photos.take(site.registry, find(site, who), content, by=photos.DESK)
    console.print(f"Photo kept as {receipt.events[0]}; the next card shows it")
    answer({"ok": True, "events": receipt.events}, as_json=as_json)


@card.command()
def verify(
    source: Annotated[str, typer.Argument(metavar="FILE|TEXT", help="PNG, PDF, text or JWT file, or the text itself.")],
    trust_folder: Annotated[Path, typer.Option("--trust", help="Folder of `kets trust export`.")],
    now: Annotated[str | None, typer.Option(help="Pretend it is this time: ISO 8601 or Unix seconds.")] = None,
    nonce: Annotated[str | None, typer.Option(help="The 8 characters that the holder's phone was given.")] = None,
    back: Annotated[
        str | None, typer.Option(metavar="FILE|TEXT", help="The code on its back, checked to belong to it.")
    ] = None,
    photo: Annotated[Path | None, typer.Option(dir_okay=False, help="File for the face in that code: AVIF.")] = None,
    as_json: Json = False,
) -> None:
    """Check a card offline. Exit 0 valid, 1 invalid, 2 usage, 3 valid but status old, 4 cannot check."""
    at = int(datetime.now(UTC).timestamp()) if now is None else verifying.parse_now(now)
    given = None if nonce is None else live.challenge(nonce)
    status = verifying.run(
        source, trust=trust_folder, now=at, nonce=given, back=back, photo=photo, as_json=as_json, out=sys.stdout
    )
    raise typer.Exit(status)


def write_card(
    issued: Issued, out: Path, titles: Mapping[str, Mapping[str, str]], *, specimen: bool = False
) -> list[Path]:
    """The files of a card. The PDF is CR80 front and back and an A4 sheet."""
    from card import pdf

    out.mkdir(parents=True, exist_ok=True)
    contents = {
        "card.pdf": pdf.render(
            issued.claims, issued.text, titles=titles, photo=issued.portrait, back=issued.back, specimen=specimen
        ),
        "card.png": qr.png(issued.text),
        "card.svg": qr.svg(issued.text),
        "card.txt": issued.text.encode(),
        "card.jwt": issued.jwt.encode(),
        **({"back.png": qr.png(issued.back, level=LEVEL)} if issued.back else {}),
    }
    for name, content in contents.items():
        (out / name).write_bytes(content)
    return [out / name for name in contents]


def add_to(app: typer.Typer) -> None:
    app.add_typer(card, name="card")

"""`kets trust`: hand out what checking cards offline needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from card import trustdir
from projections.cards import shards, statuses
from registry import cards
from registry.cli.output import Json, answer, console
from registry.cli.site import Site

trust = typer.Typer(help="What a verifier keeps to check cards offline.", no_args_is_help=True)


@trust.command()
def export(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="New, or exported before.")], as_json: Json = False
) -> None:
    """Write the trust list, the status lists and the titles that a verifier needs offline."""
    with Site() as site:
        lists = write_trust(site, folder)
    console.print(f"Trust list and {lists} status list(s) in {folder}")
    answer({"ok": True, "folder": str(folder), "status_lists": lists}, as_json=as_json)


def write_trust(site: Site, folder: Path) -> int:
    """Export for verifiers as of now; how many status lists."""
    now = site.registry.now()
    site.runner.catch_up()
    with site.reading() as conn:
        tokens = {n: cards.status_token(site.registry, n, statuses(conn, n), now=now) for n in shards(conn)}
    trustdir.export(
        folder,
        root=site.keyring.root.public_jwk,
        trust_list=cards.trust_list(site.registry, issuer=site.settings.issuer, now=now),
        statuses=tokens,
        titles=cards.titles(),
        chain=site.keyring.roots.chain(),
    )
    return len(tokens)


def add_to(app: typer.Typer) -> None:
    app.add_typer(trust, name="trust")

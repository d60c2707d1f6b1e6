"""`kets trust`: hand out what checking cards offline needs."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from card import cli as verifying
from card import trustdir, updating
from card.trustupdate import Folder
from domain.errors import Refused
from projections.cards import shards, statuses_since
from registry import cards
from registry.cli.output import Json, answer, console
from registry.cli.site import Site
from registry.trust_source import Web

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


@trust.command()
def update(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="A verifier's folder, with its pinned root.")],
    source: Annotated[str, typer.Option("--from", metavar="DIR|URL", help="A newer export, or where one is served.")],
    now: Annotated[str | None, typer.Option(help="Pretend it is this time: ISO 8601 or Unix seconds.")] = None,
    as_json: Json = False,
) -> None:
    """Take newer lists into a verifier's folder, all or none. Exit 0 done, 2 usage, 4 refused: all is as it was."""
    at = int(datetime.now(UTC).timestamp()) if now is None else verifying.parse_now(now)
    lists = Web(source) if source.startswith(("http://", "https://")) else Folder(Path(source))
    raise typer.Exit(updating.run(folder, source=lists, now=at, as_json=as_json, out=sys.stdout))


def write_trust(site: Site, folder: Path) -> int:
    """Export for verifiers as of now; how many status lists."""
    registry, now = site.registry, cards.moment(site.registry)
    site.runner.catch_up()
    tokens, deltas = {}, {}
    with site.reading() as conn:
        for n in shards(conn):
            entries = statuses_since(conn, n)
            tokens[n] = cards.status_token(registry, n, [entry[:2] for entry in entries], now=now)
            for day in cards.delta_days(now):
                with suppress(Refused):  # more changes than a delta may name: the list is fetched whole
                    delta = cards.status_delta(registry, n, entries, since=day, now=now)
                    deltas[trustdir.since_file(n, day)] = delta
    trustdir.export(
        folder,
        root=site.keyring.root.public_jwk,
        trust_list=cards.trust_list(registry, issuer=site.settings.issuer, now=now),
        statuses=tokens,
        titles=cards.titles(),
        chain=site.keyring.roots.chain(),
        deltas=deltas,
    )
    return len(tokens)


def add_to(app: typer.Typer) -> None:
    app.add_typer(trust, name="trust")

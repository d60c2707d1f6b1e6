"""`kets keys`: make and list the keys of this registry. Secrets are never shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from keys.keyring import Keyring
from registry.cli.output import Json, answer, console, progress, table
from registry.settings import Settings

keys = typer.Typer(help="Keys: made once, listed without their secrets.", no_args_is_help=True)


@keys.command()
def init(as_json: Json = False) -> None:
    """Make the keys of a new registry. Refuses to overwrite any."""
    folder = Settings().key_folder
    Keyring.create(folder)
    console.print(f"Keys made in {folder}. Back them up now: without them no sealed fact can be read.")
    answer({"ok": True, "folder": str(folder)}, as_json=as_json)


@keys.command("list")
def list_keys(as_json: Json = False) -> None:
    """List the keys: use, id, shard, since when."""
    listing = Keyring.open(Settings().key_folder).listing()
    rows = [(k.use, k.kid, k.shard, datetime.fromtimestamp(k.created, UTC).isoformat()) for k in listing]
    table("Keys", ("use", "id", "shard", "created"), rows)
    names = ("use", "kid", "shard", "created")
    answer({"ok": True, "keys": [dict(zip(names, row, strict=True)) for row in rows]}, as_json=as_json)


@keys.command("rotate-kek")
def rotate_kek(
    resume: Annotated[bool, typer.Option("--resume", help="Make no new key; go on wrapping by the newest.")] = False,
    as_json: Json = False,
) -> None:
    """Make a new key-encryption key and wrap every data key by it, while the registry is used."""
    from registry.cli.site import Site

    with Site() as site, progress("data keys", None) as seen:
        kek = site.keyring.wrapping()[0] if resume else site.keyring.rotate_kek()
        done = 0
        for done in site.registry.vault.rewrap():
            seen(done)
    console.print(f"{done} data keys wrapped by {kek}. Keep the older files: backups of the vault need them.")
    answer({"ok": True, "kek": kek, "wrapped": done}, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    app.add_typer(keys, name="keys")

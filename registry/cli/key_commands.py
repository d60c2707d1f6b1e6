"""`kets keys`: make and list the keys of this registry. Secrets are never shown."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from keys.keyring import Keyring
from registry.cli.output import Json, answer, console, table
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


def add_to(app: typer.Typer) -> None:
    app.add_typer(keys, name="keys")

"""`kets keys`: make and list the keys of this registry. Secrets are never shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from keys.keyring import Keyring
from registry.cli.output import Json, answer, console, progress, table
from registry.settings import Settings

keys = typer.Typer(help="Keys: made once, listed without their secrets.", no_args_is_help=True)


Resume = Annotated[bool, typer.Option("--resume", help="Make no new key; go on with the newest.")]


@keys.command()
def init(as_json: Json = False) -> None:
    """Make the keys of a new registry. Refuses to overwrite any."""
    settings = Settings()
    folder = settings.key_folder
    settings.create_keys()
    console.print(f"Keys made in {folder}. Back them up now: without them no sealed fact can be read.")
    answer({"ok": True, "folder": str(folder)}, as_json=as_json)


@keys.command("list")
def list_keys(as_json: Json = False) -> None:
    """List the keys: use, id, shard, since when, where, and which signers and roots sign."""
    listing = Keyring.open(Settings().key_folder).listing()
    names = ("use", "kid", "shard", "created", "where", "state")
    rows = [
        (k.use, k.kid, k.shard, datetime.fromtimestamp(k.created, UTC).isoformat(), k.where, k.state) for k in listing
    ]
    table("Keys", ("use", "id", "shard", "created", "where", "state"), rows)
    answer({"ok": True, "keys": [dict(zip(names, row, strict=True)) for row in rows]}, as_json=as_json)


@keys.command("rotate-kek")
def rotate_kek(resume: Resume = False, as_json: Json = False) -> None:
    """Make a new key-encryption key, where KETS_KEK says, and wrap everything by it, while the registry is used."""
    from registry import rotation
    from registry.cli.site import Site

    with Site() as site, progress("wrapped keys", None) as seen:
        vault = site.registry.vault
        if not resume:
            rotation.new_kek(vault, in_token=site.settings.kek == "pkcs11")
        kek, done = f"kek-{vault.in_use(again=True).kek}", 0
        for done in rotation.rewrap(vault):
            seen(done)
    console.print(f"{done} keys wrapped by {kek}. Backups of the vault need the older ones: see docs/how-to/keys.md.")
    answer({"ok": True, "kek": kek, "wrapped": done}, as_json=as_json)


@keys.command("retire-kek")
def retire_kek(
    kek: Annotated[str, typer.Argument(help="Its id, such as kek-1.")],
    as_json: Json = False,
) -> None:
    """Destroy a key-encryption key for good. Refused while anything is wrapped by it."""
    from registry import rotation
    from registry.cli.site import Site

    with Site() as site:
        rotation.retire_kek(site.registry.vault, kek)
    console.print(f"{kek} is destroyed. Backups of the vault from before its rotation can no longer be opened.")
    answer({"ok": True, "kek": kek}, as_json=as_json)


@keys.command("rotate-index")
def rotate_index(resume: Resume = False, as_json: Json = False) -> None:
    """Make a new key of the identity index and enter everybody under it, while the registry is used."""
    from registry import rotation
    from registry.cli.site import Site

    with Site() as site, progress("identities", None) as seen:
        if not resume:
            rotation.new_index(site.registry.vault)
        for state in rotation.rotate_index(site.registry):
            seen(state.entered)
    console.print(f"{state.entered} identities entered under version {state.version}.")
    if state.left:
        console.print(f"{state.left} wait for their person's first fact: `kets keys rotate-index --resume` in an hour.")
    answer({"ok": True, **state._asdict()}, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    app.add_typer(keys, name="keys")

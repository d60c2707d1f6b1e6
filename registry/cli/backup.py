"""`kets backup` and `kets restore` (docs/how-to/recovery.md)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import psycopg
import typer

from domain.errors import Refused
from registry.backup.passes import LEDGER, Place, locked, take_backup
from registry.backup.programs import programs_of, run
from registry.backup.reopen import reopen
from registry.backup.restore import chosen, restore_embedded, restore_into, restore_ledger
from registry.backup.sets import sets_in
from registry.backup.source import drop_slot
from registry.cli.output import Json, answer, console
from registry.cli.people import parse_moment
from registry.cli.site import Site, urls
from registry.ledger import log
from registry.ledger.place import folder_of, newest, numbered, signer_of, told_by
from registry.ledger.tiles import Folder
from registry.postgres.account import account_for
from registry.postgres.pair import FOLDERS
from registry.settings import Settings

if TYPE_CHECKING:
    from registry.backup.passes import Pass

Root = Annotated[Path, typer.Argument(metavar="DIR", help="The backup folder.")]


def backup(
    root: Root,
    every: Annotated[
        float | None, typer.Option(min=1, help="Go on, once in so many seconds, until told to stop.")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Then restore it to a scratch folder and audit that.")
    ] = False,
    end: Annotated[bool, typer.Option("--end", help="Take none: let the servers forget this folder.")] = False,
    as_json: Json = False,
) -> None:
    """Bring a backup folder up to the present: write-ahead log, a new base when due, the ledger; expired sets go."""
    settings = Settings()
    stopped = threading.Event()
    if every:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
    with ExitStack() as until:
        place = _place(settings, until)
        if end:
            _forget(place, root)
        else:
            found = _said(take_backup(place, root))
            while every and not stopped.wait(every):
                found = _said(take_backup(place, root))
    if end:
        console.print(f"The servers keep nothing for {root} any more")
    answer({"ok": True, **({} if end else found), **(_verified(root, settings) if verify else {})}, as_json=as_json)


def restore(
    root: Root,
    to: Annotated[
        str | None, typer.Option(help="The moment (ISO 8601, Jakarta's time unless it says otherwise).")
    ] = None,
    only: Annotated[Literal["events", "vault", "ledger"] | None, typer.Option(help="One of the three.")] = None,
    into: Annotated[Path | None, typer.Option(file_okay=False, help="Data folders for servers of your own.")] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(dir_okay=False, exists=True, help="The newest checkpoint held outside.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Set aside the data that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Bring events, vault and ledger back from a backup folder, then check that the ledger may go on."""
    settings, moment = Settings(), parse_moment(to)
    if not root.is_dir():
        raise Refused("backup-empty")
    note = checkpoint.read_text(encoding="utf-8") if checkpoint else None
    with locked(root):
        if into is not None:
            answer({"ok": True, **_into(root, into, moment, only)}, as_json=as_json)
            return
        if settings.database_url is not None and only != "ledger":
            raise Refused("restore-into")
        if only in (None, "ledger"):
            _restore_ledger(root, settings, note)
        aside = _servers(root, settings.home, moment, only, replace=replace) if only != "ledger" else {}
    with Site(settings) as site:
        with site.reading() as conn:
            folder, signer = numbered(settings, log.number(conn))
        found = reopen(site.database_url, site.registry, folder, signer, settings.erasure_list)
    console.print(f"Restored. {found.size:,} facts in the ledger, which goes on; {found.tiles:,} tiles made again.")
    answer({"ok": True, "set_aside": aside, **found._asdict()}, as_json=as_json)


def _restore_ledger(root: Path, settings: Settings, note: str | None) -> None:
    """Into the folder of the ledger that was opened last, as folders, checkpoint kept outside and backup tell."""
    copied = Folder(root / LEDGER).checkpoint()
    number = max(newest(settings), told_by(settings, note), told_by(settings, copied))
    folder, signer = numbered(settings, number)
    restore_ledger(root, folder, note, signer.verifier)


def _place(settings: Settings, until: ExitStack) -> Place:
    database_url, vault_url = urls(settings, until)
    return Place(
        database_url,
        vault_url,
        folder_of(settings),
        signer_of(settings).verifier,
        settings.erasure_list,
        events_days=settings.backup_days,
        vault_days=settings.vault_backup_days,
    )


def _said(done: Pass) -> dict[str, Any]:
    """Tell what a pass brought, to people and as JSON."""
    spans = {name: {"from": one.about.ended, "to": one.about.until} for name, one in done.sets.items()}
    for name, span in spans.items():
        console.print(f"{name}: any moment from {span['from'].isoformat()} to {span['to'].isoformat()}")
    console.print(f"{LEDGER}: {done.tiles:,} tiles")
    return {"sets": spans, "tiles": done.tiles}


def _forget(place: Place, root: Path) -> None:
    with locked(root):
        for name, url in (("events", place.database_url), ("vault", place.vault_url)):
            with psycopg.connect(url, autocommit=True) as conn:
                for held in sets_in(root / name):
                    drop_slot(conn, held.slot)


def _servers(
    root: Path, home: Path, moment: datetime | None, only: str | None, *, replace: bool
) -> dict[str, str | None]:
    """Restore the embedded servers; where each one's old data are."""
    aside = {}
    for name, held in chosen(root, moment, only).items():
        console.print(f"{name}: from {held.path.name} to {(moment or held.about.until).isoformat()}")
        kept = restore_embedded(held, home / FOLDERS[name], moment, replace=replace)
        aside[name] = str(kept) if kept else None
        if kept:
            console.print(f"{name}: what was there is kept in {kept}")
        moment = None if only is None else moment  # the vault goes to its end
    return aside


def _into(root: Path, into: Path, moment: datetime | None, only: str | None) -> dict[str, Any]:
    sets = chosen(root, moment, only)
    for name, held in sets.items():
        restore_into(held, into / name, moment)
        moment = None
        console.print(f"{into / name}: give it to the account of your PostgreSQL {held.about.major} and start that")
    return {"folders": {name: str(into / name) for name in sets}}


def _verified(root: Path, settings: Settings) -> dict[str, Any]:
    """Check every base against its manifest, then restore the newest sets as a registry of its own and audit it."""
    for name in FOLDERS:
        for held in sets_in(root / name):
            run(programs_of(held.about.major) / "pg_verifybackup", "--quiet", held.base)
    with tempfile.TemporaryDirectory(prefix="kets-drill-") as scratch:
        home = Path(scratch)
        if account := account_for(home / "data"):
            account.given(home)  # the server passes through it
        with locked(root):
            scratched = settings.model_copy(update={"home": home, "keys": settings.key_folder.resolve()})
            _restore_ledger(root, scratched, Folder(root / LEDGER).checkpoint())
            _servers(root, home, None, None, replace=False)
        environment = os.environ | {
            "KETS_ENV": "development",
            "KETS_HOME": str(home),
            "KETS_KEYS": str(settings.key_folder.resolve()),
            "KETS_ERASURES": str(settings.erasure_list.resolve()),
        }
        for name in ("DATABASE_URL", "KETS_VAULT_URL"):
            environment.pop(name, None)
        for words in (["restore", str(root.resolve()), "--only", "ledger"], ["audit"]):
            program = [sys.executable, "-m", "registry", *words, "--json"]
            done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
            said = json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {}
            if done.returncode:
                raise Refused("backup-not-restorable", said=said.get("message") or said or done.stderr[-600:])
    console.print(f"Restored to a scratch folder and audited: {said['size']:,} facts, nothing that differs")
    return {"audited": said["size"]}


def add_to(app: typer.Typer) -> None:
    for command in (backup, restore):
        app.command()(command)

"""`kets audit`: everything recomputed and compared."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain.errors import Refused
from registry.audit import outside
from registry.audit.bundle import LONGEST, make, written
from registry.audit.check import check as check_bundle
from registry.audit.rows import heads
from registry.audit.run import Vault
from registry.audit.run import audit as run_audit
from registry.audit.vault import key_of, unwrapping
from registry.cli.ledger import PolicyFile, show_witnesses, verifier_of
from registry.cli.output import Json, answer, console, marked, progress
from registry.cli.people import find
from registry.cli.site import Databases, Site
from registry.ledger import policy
from registry.ledger.place import folder_of, signer_of
from registry.population.checking import check as check_papers
from registry.roles import DatabaseRole, connect
from registry.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from psycopg import Connection

    from keys.notes import NoteVerifier
    from registry.audit.report import Audited

audit = typer.Typer(help="Recompute everything, and histories that anybody can check offline.")

SHOWN = 50
Key = Annotated[
    str | None, typer.Option(help="The ledger's verifier key, or a file that holds it; this registry's own without it.")
]


@audit.callback(invoke_without_command=True)
def run(
    context: typer.Context,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="A checkpoint that was kept outside; may be given again.", exists=True, dir_okay=False),
    ] = None,
    proof: Annotated[
        list[Path] | None,
        typer.Option(help="A proof that was kept outside; may be given again.", exists=True, dir_okay=False),
    ] = None,
    tiles: Annotated[
        Path | None,
        typer.Option(help="What `kets ledger export` wrote and was kept outside.", exists=True, file_okay=False),
    ] = None,
    key: Key = None,
    policy_file: PolicyFile = None,
    without_vault: Annotated[bool, typer.Option("--without-vault", help="Open no key and no sealed part.")] = False,
    most: Annotated[int, typer.Option(min=1, max=1_000_000, help="Differences named.")] = 1_000,
    report: Annotated[Path | None, typer.Option(help="Where the report goes, as JSON.")] = None,
    as_json: Json = False,
) -> None:
    """Recompute all that can be: rows, ledger, tiles, keys; name what differs. Exit code 1 when something does."""
    if context.invoked_subcommand:
        return
    settings = Settings()
    verifier = verifier_of(key) if key else signer_of(settings).verifier
    notes = [outside.text(path) for path in checkpoint or ()]
    witnessed = _witnessed(policy_file, notes)
    kept = outside.opened(
        verifier,
        notes=notes,
        proofs=[read_json(path) for path in proof or ()],
        tiles=tiles,
    )
    with _connections(settings, without_vault=without_vault) as (conn, vault):
        found = _audited(conn, vault, folder_of(settings).path, verifier, kept, most)
    said = found.as_json() | {"witnessed": witnessed}
    _show(found)
    show_witnesses(witnessed)
    if report:  # last: a disk that is full takes nothing of what was found away
        report.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    answer(said, as_json=as_json)
    if not found.ok:
        raise typer.Exit(1)


@contextmanager
def _connections(settings: Settings, *, without_vault: bool) -> Iterator[tuple[Connection[Any], Vault | None]]:
    """The log, to read only; the vault and what unwraps its keys, unless it is to be left alone."""
    with ExitStack() as closing:
        if without_vault and settings.database_url:
            yield closing.enter_context(connect(settings.database_url, DatabaseRole.READ, autocommit=True)), None
            return
        databases = closing.enter_context(Databases(settings))
        conn = closing.enter_context(databases.reading())
        if without_vault:
            yield conn, None
            return
        keys = closing.enter_context(connect(databases.vault_url, DatabaseRole.READ, autocommit=True))
        yield conn, Vault(keys, unwrapping(settings.open_keys()))


def _audited(
    conn: Connection[Any], vault: Vault | None, folder: Path, verifier: NoteVerifier, kept: outside.Outside, most: int
) -> Audited:
    with progress("facts", 2 * sum(heads(conn).values())) as seen:
        return run_audit(conn, folder, verifier, vault=vault, outside=kept, most=most, tell=seen)


def _show(found: Audited) -> None:
    for code, about, what in found.findings.kept[:SHOWN]:
        console.print(marked("red", code, f" {about}: {what}"))
    if found.findings.total > SHOWN:
        console.print(f"and {found.findings.total - SHOWN:,} more; --report FILE holds those that are kept")
    for each in found.waiting[:SHOWN]:
        console.print(f"not yet covered: {each}", highlight=False)
    for each in found.unchecked:
        console.print(marked("yellow", "not checked", f": {each}"))
    differs = f"{found.findings.total:,} differences" if found.findings.total else "nothing that differs"
    console.print(f"{found.size:,} facts recomputed, {found.opened:,} sealed parts opened, {differs}")


@audit.command()
def bundle(
    who: Annotated[str, typer.Argument(help="Worker id or card number.")],
    out: Annotated[Path, typer.Option(help="Where the bundle goes.")],
    personal: Annotated[
        bool, typer.Option("--personal", help="With the sealed parts and the data key that opens them, for good.")
    ] = False,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="A checkpoint that the reader kept, to be continued.", exists=True, dir_okay=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write one worker's history with its proofs: a file that anybody checks offline."""
    with Site() as site, site.reading() as conn:
        stream, settings = find(site, who), site.settings
        key = _data_key(site, stream) if personal else None
        older = outside.text(checkpoint) if checkpoint else None
        verifier = signer_of(settings).verifier
        made = make(conn, folder_of(settings), stream, verifier, older=older, data_key=key)
    data = written(made.bundle)
    if personal:
        out.touch(mode=0o600)
    out.write_bytes(data)
    facts = len(made.bundle["facts"])
    console.print(f"{facts:,} facts, {made.later:,} later ones not in the ledger yet: {out}")
    if personal:
        opens = "This file opens everything sealed of this person, also what is recorded later."
        console.print(marked("yellow", opens, ""))
    said = {"worker": str(stream), "facts": facts, "later": made.later, "personal": personal, "bundle": str(out)}
    answer({"ok": True, **said}, as_json=as_json)


@audit.command()
def check(
    file: Annotated[Path, typer.Argument(help="A bundle, or a folder of working papers.", exists=True)],
    key: Key = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="One's own checkpoint, which it must be under or continue.", exists=True, dir_okay=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a bundle, or working papers, offline: no database, no network. Without --key, by this registry's own."""
    verifier = verifier_of(key) if key else signer_of(Settings()).verifier
    kept = outside.text(checkpoint) if checkpoint else None
    if file.is_dir():
        _check_papers(file, verifier, kept, as_json=as_json)
        return
    with file.open("rb") as opened:
        found = check_bundle(opened.read(LONGEST + 1), verifier, kept=kept)
    signed = found.checkpoint
    for entry in found.facts:
        console.print(f"{entry.version} {entry.topic}, recorded at {entry.recorded_at.isoformat()}", highlight=False)
    there = f": {len(found.facts):,} facts, none between them missing, in {signed.origin}"
    console.print(marked("green", "proved", there))
    if not found.complete:
        console.print(marked("yellow", "not proved", ": that no later fact follows"))
    said = {
        "worker": str(found.facts[0].stream),
        "facts": len(found.facts),
        "origin": signed.origin,
        "size": signed.size,
        "older": found.older,
        "opened": found.opened,
        "complete": found.complete,
    }
    answer({"ok": True, **said}, as_json=as_json)


def _check_papers(folder: Path, verifier: NoteVerifier, kept: str | None, *, as_json: bool) -> None:
    found = check_papers(folder, verifier, kept=kept)
    under = f": {found.histories:,} histories under {found.size:,} facts of {found.origin}"
    console.print(marked("green", "proved", under))
    console.print(f"{found.listed:,} facts listed, {found.waiting:,} of them not proved yet")
    if found.seed is not None:
        console.print(f"{found.drawn:,} drawn of {found.asked:,} asked for, by seed {found.seed}", highlight=False)
    console.print(f"manifest.json has SHA-256 {found.sha256}", highlight=False)
    answer({"ok": True, **found._asdict()}, as_json=as_json)


def _data_key(site: Site, stream: UUID) -> bytes:
    """Raises: Refused("key-destroyed")."""
    with connect(site.vault_url, DatabaseRole.READ, autocommit=True) as conn:
        found = key_of(conn, unwrapping(site.keyring), stream)
    if found is None:
        raise Refused("key-destroyed", stream=stream)
    return found


def _witnessed(policy_file: Path | None, notes: list[str]) -> dict[str, int]:
    """Who cosigned the first checkpoint that was kept outside, and when. A policy that is given must be met.

    Without one, the lines of the witnesses of KETS_WITNESSES are checked and told.
    """
    if policy_file is not None:
        if not notes:
            raise typer.BadParameter("--policy needs --checkpoint: it is of the first one that is given")
        return policy.read(policy_file).required(notes[0])
    known = Settings().witnesses
    return policy.read(known).cosigned(notes[0]) if known and notes else {}


def read_json(path: Path) -> Any:
    """Raises: Refused("proof-malformed")."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Refused("proof-malformed", expected="JSON") from error


def add_to(app: typer.Typer) -> None:
    app.add_typer(audit, name="audit")

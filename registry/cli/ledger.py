"""`kets ledger`: the log for auditors, and proofs of single facts."""

from __future__ import annotations

import json
import signal
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import psycopg
import typer

from domain.errors import Refused
from keys.errors import KeysError
from keys.notes import NoteVerifier
from registry.cli import witnesses
from registry.cli.output import Json, answer, console, errors, marked
from registry.cli.site import Databases
from registry.ledger import auditors, checkpoint, log, policy, proof, refusal
from registry.ledger import restart as opening
from registry.ledger.leaf import leaf_id
from registry.ledger.place import base_of, folder_of, numbered, signer_of
from registry.ledger.rebuild import rebuild
from registry.ledger.sequencer import Sequencer
from registry.ledger.tiles import Folder
from registry.settings import Settings
from registry.submissions.messages import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

ledger = typer.Typer(help="The ledger: one provable log of all facts.", no_args_is_help=True)

PolicyFile = Annotated[
    Path | None,
    typer.Option("--policy", help="Which witnesses must have cosigned (tlog-policy).", exists=True, dir_okay=False),
]
WAIT = 0.5
LONGEST = 60.0
VERIFIER_KEY = "verifier-key"


@ledger.command()
def key(as_json: Json = False) -> None:
    """Print the verifier key: give it to auditors, by another way than the checkpoints."""
    found = signer_of(Settings()).verifier.key
    console.print(found, highlight=False)
    answer({"ok": True, "key": found}, as_json=as_json)


@ledger.command()
def status(as_json: Json = False) -> None:
    """How many facts are in the ledger, and how many wait."""
    with Databases() as databases, databases.reading() as conn:
        head = log.head(conn)
        behind = sum(top - last for last, top in log.waiting(conn).values())
    folder = folder_of(databases.settings)
    note, stopped = folder.checkpoint(), refusal.told(base_of(databases.settings))
    published = checkpoint.opened(note, signer_of(databases.settings).verifier).size if note else 0
    console.print(f"{head.size:,} facts in the ledger, {behind:,} wait; published: {published:,}")
    console.print(f"root {head.root.hex()}", highlight=False)
    if stopped:
        console.print(marked("bold red", stopped.code, f" since {stopped.since.isoformat()}: {stopped.message}"))
    found = {"size": head.size, "root": head.root.hex(), "behind": behind, "published": published}
    answer({"ok": True, **found, "refused": stopped._asdict() if stopped else None}, as_json=as_json)


@ledger.command()
def run() -> None:
    """Keep the ledger up with the log until told to stop. While another sequencer runs here, wait for its end.

    What is refused, or fails on the disk, is told, and tried again after a while: facts go on being recorded meanwhile.
    """
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with Databases() as databases:
        keep_up(databases, stopped)


def keep_up(databases: Databases, stopped: threading.Event) -> None:
    """Sequence until `stopped`. A refusal is written down, said on standard error and tried again, ever more seldom."""
    waits, said = backoff(), False
    base = base_of(databases.settings)
    while not stopped.is_set():
        try:
            with databases.reading() as conn:
                folder, signer = numbered(databases.settings, log.number(conn))
            with Sequencer(databases.database_url, folder, signer) as sequencer:
                console.print(f"Sequencing into {folder.path}")
                sequencer.step()
                refusal.clear(base)
                waits = backoff()
                sequencer.follow(stopped.is_set)
        except (Refused, KeysError, OSError) as error:
            if isinstance(error, OSError):
                error = Refused("ledger-unwritable", folder=str(base), reason=error.strerror or str(error))
            if error.code == "ledger-in-use":
                if not said:
                    console.print("Waiting: another sequencer writes here")
                said = True
                stopped.wait(WAIT)
                continue
            message = sentence(error.code, error.details, "en") if isinstance(error, Refused) else str(error)
            with suppress(OSError):  # of a full disk nothing can be written on it
                refusal.tell(base, error.code, message, datetime.now(UTC))
            errors.print(marked("bold red", error.code, f": {message}"))
            stopped.wait(next(waits))


def backoff() -> Iterator[float]:
    """Seconds to wait before the next try: 1, 2, 4 and so on, a minute at most."""
    wait = 1.0
    while True:
        yield wait
        wait = min(2 * wait, LONGEST)


@ledger.command(name="rebuild-tiles")
def rebuild_tiles(as_json: Json = False) -> None:
    """Make lost or altered tiles again from the database, once it gives the committed root."""
    with Databases() as databases, databases.reading() as conn:
        replaced = rebuild(conn, folder_of(databases.settings))
    console.print(f"{replaced:,} tiles written")
    answer({"ok": True, "tiles": replaced}, as_json=as_json)


@ledger.command()
def restart(
    after: Annotated[int, typer.Option(help="Size of the last published checkpoint, as the refusal says it.", min=1)],
    because: Annotated[str, typer.Option(help="What happened, for the published incident.")] = "facts were lost",
    lost: Annotated[
        list[Path] | None,
        typer.Option(help="A receipt or proof that somebody still holds; may be given again.", exists=True),
    ] = None,
    as_json: Json = False,
) -> None:
    """After a loss that no backup makes good: open a new ledger that says so in its first leaf and a signed note."""
    receipts = [_json(path, "receipt-malformed") for path in lost or ()]
    with Databases() as databases, psycopg.connect(databases.database_url, autocommit=True) as conn:
        now = datetime.now(UTC)
        done = opening.restart(conn, databases.settings, after=after, because=because, receipts=receipts, now=now)
    console.print(done.note, highlight=False)
    console.print(f"Opened {done.origin}. Give its key and this note to every auditor and witness.")
    answer({"ok": True, "origin": done.origin, "number": done.number, "lost": done.lost}, as_json=as_json)


@ledger.command()
def export(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where checkpoint and tiles go.")],
    as_json: Json = False,
) -> None:
    """Write the checkpoint, its tiles and the verifier key: all that a program of somebody else's needs."""
    settings = Settings()
    verifier = signer_of(settings).verifier
    note = folder_of(settings).checkpoint()
    if note is None:
        raise Refused("ledger-empty", folder=str(folder_of(settings).path))
    signed = checkpoint.opened(note, verifier)
    tiles = Folder(directory).export(folder_of(settings).read, signed.size, note)
    (directory / VERIFIER_KEY).write_text(verifier.key + "\n", encoding="utf-8")
    for name in ("witnessed", "incident"):
        if (source := folder_of(settings).path / name).exists():
            (directory / name).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    console.print(f"{signed.size:,} facts in {tiles:,} tiles: {directory}")
    answer({"ok": True, "size": signed.size, "tiles": tiles, "folder": str(directory)}, as_json=as_json)


@ledger.command()
def prove(
    event: Annotated[str, typer.Argument(help="The fact, as in its receipt: STREAM:VERSION.")],
    out: Annotated[Path, typer.Option(help="Where the proof goes.")],
    as_json: Json = False,
) -> None:
    """Write the proof that a fact is in the ledger; it shows the fact's clear part."""
    stream, version = _event(event)
    with Databases() as databases, databases.reading() as conn:
        made = proof.prove(conn, folder_of(databases.settings), stream, version)
    out.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(f"{event} is number {made['index']:,}: {out}")
    answer({"ok": True, "event": event, "index": made["index"], "proof": str(out)}, as_json=as_json)


@ledger.command()
def check(
    file: Annotated[Path, typer.Argument(help="A proof.", exists=True, dir_okay=False)],
    key: Annotated[str, typer.Option(help="The ledger's verifier key, or a file that holds it.")],
    policy_file: PolicyFile = None,
    as_json: Json = False,
) -> None:
    """Check a proof with nothing but the ledger's verifier key, and witnesses' if asked: no database, no network."""
    verifier = verifier_of(key)
    text = file.read_text(encoding="utf-8")
    if text.startswith(proof.TEXT):
        _check_text(text, verifier, policy_file, as_json)
        return
    read = _json(file, "proof-malformed")
    if isinstance(read, dict) and "proof" in read:  # what /v1/receipts answered
        read = read["proof"]
    found = proof.check(read, verifier)
    witnessed = policy.read(policy_file).required(read["checkpoint"]) if policy_file else {}
    entry, signed = found.entry, found.checkpoint
    said_of = f"{entry.id} ({entry.topic}), recorded at {entry.recorded_at.isoformat()}"
    console.print(marked("green", "proved", f": {said_of}"))
    console.print(f"number {found.place:,} of the {signed.size:,} that {signed.origin} has signed")
    show_witnesses(witnessed)
    said: dict[str, Any] = {"event": entry.id, "topic": entry.topic, "recorded_at": entry.recorded_at}
    said |= {"clear": entry.clear.decode(), "index": found.place, "size": signed.size, "origin": signed.origin}
    answer({"ok": True, **said, "witnessed": witnessed}, as_json=as_json)


def _check_text(text: str, verifier: NoteVerifier, policy_file: Path | None, as_json: bool) -> None:
    """A tlog-proof: the leaf is proved, and what it was made of is not told."""
    found = proof.check_text(text, verifier)
    witnessed = policy.read(policy_file).required(text.partition("\n\n")[2]) if policy_file else {}
    event, signed = leaf_id(found.leaf), found.checkpoint
    console.print(marked("green", "proved", f": the leaf of {event} is number {found.place:,} of {signed.size:,}"))
    show_witnesses(witnessed)
    said = {"event": event, "index": found.place, "size": signed.size, "origin": signed.origin}
    answer({"ok": True, **said, "witnessed": witnessed}, as_json=as_json)


@ledger.command()
def auditor(
    name: Annotated[str, typer.Argument(help="Whom the token is for; no spaces.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take the token away.")] = False,
    as_json: Json = False,
) -> None:
    """Print a new token for an auditor, who may then fetch tiles over HTTP. It is shown this once."""
    listed = Settings().auditor_list
    if remove:
        auditors.dismiss(listed, name)
        console.print(f"{name} may fetch tiles no longer")
        answer({"ok": True, "auditor": name}, as_json=as_json)
        return
    token = auditors.admit(listed, name)
    console.print(token, highlight=False)
    answer({"ok": True, "auditor": name, "token": token}, as_json=as_json)


def _json(path: Path, code: str) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Refused(code, expected="JSON") from error


def _event(text: str) -> tuple[UUID, int]:
    stream, _, version = text.rpartition(":")
    try:
        return UUID(stream), int(version)
    except ValueError as error:
        raise Refused("event-unknown", event=text) from error


def verifier_of(key: str) -> NoteVerifier:
    """A verifier key has plus signs, a path seldom has; what is a file is read."""
    path = Path(key)
    return NoteVerifier.of(path.read_text(encoding="utf-8") if path.is_file() else key)


def show_witnesses(witnessed: dict[str, int]) -> None:
    for name, at in witnessed.items():
        console.print(f"seen by {name} at {datetime.fromtimestamp(at, UTC).isoformat()}", highlight=False)


def add_to(app: typer.Typer) -> None:
    witnesses.add_to(ledger)
    app.add_typer(ledger, name="ledger")

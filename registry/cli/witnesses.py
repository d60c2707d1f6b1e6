"""`kets ledger cosign` and `kets ledger witness`: both sides of a cosignature."""

from __future__ import annotations

import signal
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import Refused
from keys.cosignatures import Cosigner
from keys.errors import KeysError
from keys.notes import NoteVerifier, parted
from registry.cli.output import Json, answer, console, errors, marked
from registry.ledger import checkpoint, policy
from registry.ledger.place import folder_of, signer_of
from registry.ledger.witness import Witness
from registry.ledger.witness_server import WitnessServer
from registry.ledger.witnessing import Cosigning
from registry.settings import Settings
from registry.submissions.messages import sentence

if TYPE_CHECKING:
    from registry.ledger.policy import Policy


def cosign(
    every: Annotated[float | None, typer.Option(help="Seconds between askings; once when left out.", min=0.1)] = None,
    write: Annotated[Path | None, typer.Option(help="Write the request for a witness that is asked by hand.")] = None,
    old: Annotated[int, typer.Option(help="With --write: how many facts that witness saw last.", min=0)] = 0,
    read: Annotated[Path | None, typer.Option(help="Take in what such a witness answered.", exists=True)] = None,
    as_json: Json = False,
) -> None:
    """Have the checkpoint cosigned by the witnesses of KETS_WITNESSES; publish it once they are a quorum."""
    settings = Settings()
    if settings.witnesses is None:
        raise Refused("policy-missing")
    rules = policy.read(settings.witnesses)
    if every is not None:
        _go_on_asking(settings, rules, every)
        return
    if write is not None:
        write.write_bytes(_under_way(settings, rules, anew=True).request(old))
        console.print(f"The witness answers {write} with a line for --read")
        answer({"ok": True, "request": str(write)}, as_json=as_json)
        return
    if read is not None:
        cosigning = _under_way(settings, rules, anew=False)
        found = cosigning.add(read.read_text(encoding="utf-8"))
    else:
        cosigning = _under_way(settings, rules, anew=True)
        found = _asked(settings, rules, cosigning)
    met = rules.met(found.keys())
    for name, at in found.items():
        console.print(f"{name} at {datetime.fromtimestamp(at, UTC).isoformat()}", highlight=False)
    console.print(f"{cosigning.size:,} facts, cosigned by {len(found)}: {'published' if met else 'no quorum yet'}")
    answer({"ok": met, "size": cosigning.size, "cosigned": found, "quorum": met}, as_json=as_json)
    if not met:
        raise typer.Exit(1)


def witness(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Its key, and what it has seen.")],
    log: Annotated[list[str], typer.Option(help="Verifier key of a ledger it watches; may be given again.")],
    name: Annotated[str, typer.Option(help="The witness's name, when its key is made.")] = "witness.example/kets",
    host: Annotated[str, typer.Option(help="Where it listens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Its port; 0 for one that is free.")] = 8170,
    request: Annotated[Path | None, typer.Option(help="Answer this request and end.", exists=True)] = None,
    out: Annotated[Path | None, typer.Option(help="With --request: where the answer goes.")] = None,
    as_json: Json = False,
) -> None:
    """Be a witness: cosign checkpoints that extend the last one seen, refuse all others. Asked over HTTP or by file."""
    directory.mkdir(parents=True, exist_ok=True)
    cosigner = Cosigner.kept(directory, name)
    watching = Witness(directory, cosigner, [NoteVerifier.of(each) for each in log])
    if request is not None:
        given = watching.add_checkpoint(request.read_bytes(), int(time.time()))
        if given.status != 200:
            raise Refused("witness-refused", witness=cosigner.name, got=f"{given.status} {given.body.strip()}")
        if out:
            out.write_text(given.body, encoding="utf-8")
        console.print(given.body, end="", highlight=False)
        answer({"ok": True, "line": given.body}, as_json=as_json)
        return
    with WitnessServer(watching, host, port) as server:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
        console.print(f"{cosigner.witness.key} http://{host}:{server.server_port}", highlight=False)
        sys.stdout.flush()
        server.serve_forever(poll_interval=0.1)


def _under_way(settings: Settings, rules: Policy, *, anew: bool) -> Cosigning:
    """The checkpoint that is being cosigned, with its lines; `anew`: the newest, with its lines if it is the same."""
    folder = folder_of(settings)
    newest, held = folder.checkpoint(), folder.witnessing()
    if newest is None or (held is None and not anew):
        raise Refused("ledger-empty", folder=str(folder.path))
    same = held is not None and parted(held)[0] == parted(newest)[0]
    note = held if held is not None and (same or not anew) else newest
    cosigning = Cosigning(folder, signer_of(settings).verifier, rules, note)
    cosigning.add("")
    return cosigning


def _asked(settings: Settings, rules: Policy, cosigning: Cosigning) -> dict[str, int]:
    """Ask every witness that has a URL; one that fails is told and does not keep the others from it."""
    note = folder_of(settings).witnessed()
    last = checkpoint.opened(note, signer_of(settings).verifier).size if note else 0
    there = rules.cosigned(note) if note else {}
    found = rules.cosigned(cosigning.note)
    for name, each in rules.witnesses.items():
        if each.url is None:
            continue
        try:
            found = cosigning.ask(each, last if name in there else 0)
        except (Refused, KeysError) as error:
            errors.print(marked("bold red", error.code, f": {_said(error)}"))
    return found


def _go_on_asking(settings: Settings, rules: Policy, every: float) -> None:
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    while not stopped.is_set():
        try:
            _asked(settings, rules, _under_way(settings, rules, anew=True))
        except (Refused, KeysError) as error:
            errors.print(marked("bold red", error.code, f": {_said(error)}"))
        stopped.wait(every)


def _said(error: Refused | KeysError) -> str:
    return sentence(error.code, error.details, "en") if isinstance(error, Refused) else str(error)


def add_to(ledger: typer.Typer) -> None:
    for command in (cosign, witness):
        ledger.command()(command)

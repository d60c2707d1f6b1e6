"""`kets erase`, `kets hold` and `kets export-subject`: a person's rights over what is held on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from domain.errors import Refused
from domain.event import Actor, Role
from domain.facts.people import ErasureGround
from registry import erasure, subject
from registry.cli.output import Json, answer, console
from registry.cli.people import find, parse_day
from registry.cli.site import Site

Who = Annotated[str, typer.Argument(help="Worker id or card number.")]


def erase(
    who: Who,
    ground: Annotated[ErasureGround, typer.Option(help="Why the person is erased.")],
    by: Annotated[str, typer.Option(help="Account of the officer who decides.")],
    second: Annotated[str, typer.Option(help="Account of the officer who agrees; another one.")],
    out: Annotated[Path | None, typer.Option(dir_okay=False, help="File for the certificate.")] = None,
    as_json: Json = False,
) -> None:
    """Erase a person for good: destroy the key, remove what was sealed, revoke the cards."""
    with Site() as site:
        certificate = erasure.erase(
            site.registry,
            find(site, who),
            ground=ground,
            by=Actor(organisation="kemnaker", role=Role.OFFICER, person=by),
            second=second,
            erasures=site.settings.erasure_list,
            backup_days=site.settings.vault_backup_days,
        )
    said = certificate._asdict()
    if out is not None:
        out.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    console.print(
        f"Erased {certificate.worker}: {certificate.events} sealed facts can no longer be read by anybody."
        f" Backups may hold the key until {certificate.keys_until}."
    )
    answer({"ok": True, "certificate": said}, as_json=as_json)


def hold(
    who: Who,
    reason: Annotated[str | None, typer.Option(help="Why the data must be kept.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day, YYYY-MM-DD; else until released.")] = None,
    release: Annotated[bool, typer.Option("--release", help="Lift the hold.")] = False,
    as_json: Json = False,
) -> None:
    """Keep a person from being erased, such as during a court case, or lift that."""
    if (reason is None) is not release or (release and until):
        raise typer.BadParameter("give either --reason TEXT, perhaps with --until, or --release")
    if reason is not None and not 0 < len(reason) <= 200:
        raise typer.BadParameter(f"got a reason of {len(reason)} characters, expected 1 to 200")
    day = parse_day(until)
    with Site() as site:
        worker = find(site, who)
        _, state = site.registry.worker(worker)
        if reason is None:
            site.registry.vault.release(worker)
        elif state.erased:
            raise Refused("worker-erased", worker=worker)
        else:
            site.registry.vault.hold(worker, reason, day)
    standing = "no hold" if reason is None else f"held until {day or 'released'}"
    console.print(f"{worker}: {standing}")
    answer({"ok": True, "worker": worker, "held": reason is not None, "until": day}, as_json=as_json)


def export_subject(
    who: Who,
    out: Annotated[Path, typer.Option(dir_okay=False, help="JSON file; it holds personal data.")],
    as_json: Json = False,
) -> None:
    """Write everything held on a person, for that person."""
    with Site() as site:
        found = subject.export(site.registry, find(site, who))
    out.touch(mode=0o600)
    out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(f"{len(found['facts'])} facts on {found['worker']} in {out}")
    answer({"ok": True, "worker": found["worker"], "facts": len(found["facts"]), "file": str(out)}, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    for command in (erase, hold):
        app.command()(command)
    app.command("export-subject")(export_subject)

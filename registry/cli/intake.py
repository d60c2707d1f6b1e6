"""`kets intake`: what the API keeps of what came in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from domain.decide import today
from registry.cli.output import Json, answer, console, table
from registry.cli.site import Site
from registry.intake import Intake, Kind

intake = typer.Typer(help="Uploads and result files that the API keeps, sealed.", no_args_is_help=True)


def _of(site: Site) -> Intake:
    return Intake(site.settings.intake_folder, site.registry.vault)


@intake.command("list")
def list_kept(as_json: Json = False) -> None:
    """List what is kept: submission, kind, from whom, since when, until when."""
    with Site() as site:
        kept = [one._asdict() for one in _of(site).listing()]
    names = ("submission", "kind", "organisation", "kept_at", "ends_on")
    table("Kept", names, [[one[name] for name in names] for one in kept])
    answer({"ok": True, "kept": kept}, as_json=as_json)


@intake.command()
def show(
    submission: Annotated[UUID, typer.Argument(help="Number of the submission, as its answer gave it.")],
    out: Annotated[Path, typer.Option(dir_okay=False, help="File for it; it holds personal data.")],
    kind: Annotated[Kind, typer.Option(help="The file as it came, or what became of its rows.")] = "upload",
    as_json: Json = False,
) -> None:
    """Write a kept file in the clear."""
    with Site() as site:
        content = b"".join(_of(site).read(submission, kind, today(site.registry.now())))
    out.touch(mode=0o600)
    out.write_bytes(content)
    answer({"ok": True, "submission": submission, "bytes": len(content), "file": str(out)}, as_json=as_json)


@intake.command()
def purge(
    submission: Annotated[UUID | None, typer.Argument(help="All of this submission; else what is due.")] = None,
    as_json: Json = False,
) -> None:
    """Destroy what is past its end date, or all of one submission."""
    with Site() as site:
        gone = _of(site).purge(today(site.registry.now()), submission)
    console.print(f"{gone} files destroyed")
    answer({"ok": True, "destroyed": gone}, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    app.add_typer(intake, name="intake")

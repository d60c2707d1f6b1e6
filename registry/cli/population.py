"""`kets audit query`, `sample`, `papers`: what stands out in all histories, a draw, what an auditor takes away."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain.errors import Refused
from registry.audit import outside
from registry.audit.rows import heads
from registry.cli.output import Json, answer, console, marked, progress, table
from registry.cli.people import parse_day, parse_moment
from registry.cli.site import Databases
from registry.ledger import checkpoint as checkpoints
from registry.ledger.merkle import Tree
from registry.ledger.place import folder_of, signer_of
from registry.population import evidence, sample
from registry.population.findings import told
from registry.population.papers import Draw, Papers
from registry.population.queries import backdated, mass, territory
from registry.population.queries.overrides import Overrides
from registry.population.queries.self_approval import SelfApproval
from registry.population.scope import Scope
from registry.population.search import MOST, search

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

    from registry.population.queries import Query

SHOWN = 50


class Name(StrEnum):
    """The queries of `registry.population.queries`."""

    BACKDATED = "backdated"
    SELF_APPROVAL = "self-approval"
    OVERRIDES = "overrides"
    TERRITORY = "territory"
    MASS = "mass"


Organisation = Annotated[str | None, typer.Option(help="Acts of this organisation alone.")]
Person = Annotated[str | None, typer.Option(help="Acts of this account alone.")]
Topic = Annotated[str | None, typer.Option(help="Facts of this topic alone, such as worker.hired.")]
KnownFrom = Annotated[str | None, typer.Option(help="Recorded at this time or later (a date: its beginning).")]
KnownUntil = Annotated[str | None, typer.Option(help="Recorded at this time or before (a date: its end).")]
EffectiveFrom = Annotated[str | None, typer.Option(help="True on this date or later.")]
EffectiveUntil = Annotated[str | None, typer.Option(help="True on this date or before.")]
Days = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=36_500,
        help=f"backdated: late by more than this ({backdated.DAYS}); mass: within so many days ({mass.DAYS}).",
    ),
]
Count = Annotated[int, typer.Option(min=1, max=1_000_000, help="mass: so many amendments.")]
Mandates = Annotated[
    Path | None,
    typer.Option(help="territory: CSV with organisation, person, region, from, until.", exists=True, dir_okay=False),
]


def query(
    name: Annotated[Name, typer.Argument(help="What is looked for.")],
    organisation: Organisation = None,
    person: Person = None,
    topic: Topic = None,
    known_from: KnownFrom = None,
    known_until: KnownUntil = None,
    effective_from: EffectiveFrom = None,
    effective_until: EffectiveUntil = None,
    days: Days = None,
    count: Count = mass.COUNT,
    mandates: Mandates = None,
    most: Annotated[int, typer.Option(min=1, max=100_000, help="Facts listed; all are counted.")] = MOST,
    out: Annotated[Path | None, typer.Option(help="Where the list goes with a proof of each fact, as NDJSON.")] = None,
    as_json: Json = False,
) -> None:
    """List facts of all histories that stand out: who, when on both axes, where in the ledger."""
    scope = scope_of(organisation, person, topic, (known_from, known_until), (effective_from, effective_until))
    asked = query_of(name, days, count, mandates)
    with Databases() as databases, snapshot(databases) as conn:
        folder = folder_of(databases.settings)
        with progress("facts", sum(heads(conn).values())) as seen:
            listed = search(conn, asked, scope, most=most, tell=seen)
        rows = list(evidence.placed(conn, [(found.shard, found.position) for found in listed.found]))
        said = [told(found, asked.name, row.number) for found, row in zip(listed.found, rows, strict=True)]
        if out:
            head, _ = evidence.committed(conn, folder)
            with out.open("w", encoding="utf-8") as file:
                for each, proof in zip(said, evidence.proofs(folder, head, rows), strict=True):
                    file.write(json.dumps({**each, "proof": proof}, ensure_ascii=False) + "\n")
    table(
        f"{asked.name}: {asked.says}",
        ("fact", "leaf", "kind", "topic", "recorded at", "true on", "by", ""),
        [_line(each) for each in said[:SHOWN]],
    )
    console.print(f"{listed.total:,} facts, {len(said):,} listed" + (f": {out}" if out else ""), highlight=False)
    for event in listed.unread:
        console.print(marked("red", "no fact", f": {event}: run the audit"))
    found = {
        "query": asked.name,
        "unread": listed.unread,
        "says": asked.says,
        "parameters": asked.parameters(),
        "found": listed.total,
    }
    answer({"ok": True, **found, "counts": dict(sorted(listed.counts.items())), "facts": said}, as_json=as_json)


def draw(
    seed: Annotated[int, typer.Option(min=0, max=sample.SEEDS - 1, help="Named after the checkpoint was kept.")],
    size: Annotated[int, typer.Option(min=1, max=sample.MOST, help="How many are drawn.")],
    workers: Annotated[bool, typer.Option("--workers", help="Draw workers, each as likely; else facts.")] = False,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="The checkpoint that is drawn under; the newest without it.", exists=True, dir_okay=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Draw facts or workers at random, so that anybody who has seed and checkpoint draws the same."""
    with Databases() as databases, snapshot(databases) as conn:
        folder, verifier = folder_of(databases.settings), signer_of(databases.settings).verifier
        head, note = evidence.committed(conn, folder)
        signed = checkpoints.opened(outside.text(checkpoint) if checkpoint else note, verifier)
        tree = Tree(folder.read, head.size)
        if not 0 < signed.size <= head.size or tree.root(signed.size) != signed.root:
            raise Refused("bundle-unlinked", size=signed.size)
        found = sample.drawn(conn, signed.root, seed, signed.size, size, workers=workers)
    drawn = [{"index": number, "event": entry.id, "topic": entry.topic} for number, entry in found]
    table(
        f"{len(drawn):,} of {signed.size:,} leaves, seed {seed}",
        ("leaf", "fact", "topic"),
        [[*d.values()] for d in drawn],
    )
    said = {"seed": seed, "size": signed.size, "root": signed.root.hex(), "workers": workers, "drawn": drawn}
    answer({"ok": True, **said}, as_json=as_json)


def papers(
    out: Annotated[Path, typer.Option(help="An empty folder, or one that is not there.", file_okay=False)],
    name: Annotated[
        list[Name] | None, typer.Option("--query", help="A query; may be given again. All but territory without it.")
    ] = None,
    organisation: Organisation = None,
    person: Person = None,
    topic: Topic = None,
    known_from: KnownFrom = None,
    known_until: KnownUntil = None,
    effective_from: EffectiveFrom = None,
    effective_until: EffectiveUntil = None,
    days: Days = None,
    count: Count = mass.COUNT,
    mandates: Mandates = None,
    most: Annotated[int, typer.Option(min=1, max=10_000, help="Facts listed of each query; all are counted.")] = 200,
    seed: Annotated[
        int | None, typer.Option(min=0, max=sample.SEEDS - 1, help="Draw a sample too, by this seed.")
    ] = None,
    size: Annotated[int, typer.Option(min=1, max=sample.MOST, help="How many are drawn.")] = 20,
    workers: Annotated[bool, typer.Option("--workers", help="Draw workers; else facts.")] = False,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="A checkpoint that was kept, to be continued and drawn under.", exists=True, dir_okay=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write working papers: lists, sample and the history of everybody in them, with proofs that anybody checks."""
    scope = scope_of(organisation, person, topic, (known_from, known_until), (effective_from, effective_until))
    names = name or [each for each in Name if each is not Name.TERRITORY or mandates]
    asked = [query_of(each, days, count, mandates) for each in dict.fromkeys(names)]
    with Databases() as databases, snapshot(databases) as conn:
        writing = Papers(out, conn, folder_of(databases.settings), signer_of(databases.settings).verifier)
        if checkpoint:
            writing.continuing(outside.text(checkpoint))
        found = {}
        for each in asked:
            with progress(each.name, sum(heads(conn).values())) as seen:
                found[each.name] = writing.ask(each, scope, most=most, tell=seen)
        drawn = writing.draw(Draw(seed, size, workers)) if seed is not None else 0
        with progress("histories", None) as seen:
            sha256 = writing.finish(datetime.now(UTC), tell=seen)
    table("Working papers", ("query", "found"), list(found.items()))
    console.print(f"{drawn:,} drawn; {out}/manifest.json has SHA-256 {sha256}", highlight=False)
    answer({"ok": True, "folder": str(out), "found": found, "drawn": drawn, "sha256": sha256}, as_json=as_json)


def query_of(name: Name, days: int | None, count: int, mandates: Path | None) -> Query:
    """Raises: Refused("mandates-malformed")."""
    match name:
        case Name.BACKDATED:
            return backdated.BackDated(days or backdated.DAYS)
        case Name.SELF_APPROVAL:
            return SelfApproval()
        case Name.OVERRIDES:
            return Overrides()
        case Name.MASS:
            return mass.Mass(count, days or mass.DAYS)
        case Name.TERRITORY:
            if mandates is None:
                raise typer.BadParameter("territory needs --mandates FILE")
            return territory.OutOfTerritory(territory.read(mandates), mandates.name)


def scope_of(
    organisation: str | None,
    person: str | None,
    topic: str | None,
    known: tuple[str | None, str | None],
    effective: tuple[str | None, str | None],
) -> Scope:
    return Scope(
        organisation=organisation,
        person=person,
        topic=topic,
        known_from=parse_moment(known[0], beginning=True),
        known_until=parse_moment(known[1]),
        effective_from=parse_day(effective[0]),
        effective_until=parse_day(effective[1]),
    )


@contextmanager
def snapshot(databases: Databases) -> Iterator[Connection[Any]]:
    """One moment of the log, to read."""
    with databases.reading() as conn, conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield conn


def _line(each: dict[str, Any]) -> tuple[object, ...]:
    by = f"{each['role']} {each['organisation'][:8]} {each['person']}".strip()
    detail = ", ".join(f"{name} {value}" for name, value in each["detail"].items() if value is not None)
    where = "waits" if each["index"] is None else f"{each['index']:,}"
    return (
        each["event"],
        where,
        each["kind"],
        each["topic"],
        each["recorded_at"][:19],
        each["effective_on"],
        by,
        detail,
    )


def add_to(app: typer.Typer) -> None:
    app.command()(query)
    app.command(name="sample")(draw)
    app.command()(papers)

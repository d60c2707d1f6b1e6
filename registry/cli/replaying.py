"""`kets replay`: how a worker's record came to be, for whoever must trust it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain.decide import JAKARTA
from domain.errors import Refused
from domain.rules.profiles import PROFILES
from registry.cli.output import Json, Language, answer, console, table
from registry.cli.people import find, parse_day, parse_moment, show_record
from registry.cli.site import Site
from registry.replay import differences, laws, picture
from registry.replay.proofs import Proof, ledger_of, proofs
from registry.replay.sources import Source, sources
from registry.replay.timeline import Entry, plain, shown, timeline

if TYPE_CHECKING:
    from domain.decide import History

LONGEST = 60
ALL = "all"


class Axis(StrEnum):
    """Which of the two times `--from` and `--to` are of."""

    KNOWN = "known"
    EFFECTIVE = "effective"


def replay(
    who: Annotated[str, typer.Argument(help="Worker id or card number.")],
    known_at: Annotated[
        str | None, typer.Option(help="What the registry knew at this time (ISO 8601; a date: its end).")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="What was true on this date.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="What changed after this time or date.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="And until this one; until now without it.")] = None,
    axis: Annotated[Axis, typer.Option(help="Of which time --from and --to are.")] = Axis.KNOWN,
    law: Annotated[
        list[str] | None,
        typer.Option(help=f"Findings under this law too: {', '.join(PROFILES)} or {ALL}; may be given again."),
    ] = None,
    svg: Annotated[Path | None, typer.Option(help="Draw both axes into this file.", dir_okay=False)] = None,
    lang: Annotated[Language, typer.Option(help="Of the words in the picture.")] = Language.EN,
    as_json: Json = False,
) -> None:
    """A worker's whole history on both time axes: who said what, when true, when known, how proved, what changed."""
    moment, day = parse_moment(known_at), parse_day(as_of)
    with Site() as site:
        stream = find(site, who)
        history, _ = site.registry.worker(stream)
        with site.reading() as conn:
            came, proved = sources(conn, stream), proofs(conn, ledger_of(site.settings), stream)
        entries, state = timeline(history, known_at=moment, on=day), history.state(known_at=moment, on=day)
        found = shown(state, day)
        table(
            f"Facts known {'now' if moment is None else 'at ' + moment.isoformat()}",
            ("v", "true on", "known at", "fact", "by", "standing", "came in", "proof", ""),
            [_line(entry, came.get(entry.version), proved[entry.version]) for entry in entries],
        )
        show_record(found, site, f"as of {day}" if day else "")
    facts = [told(entry, came.get(entry.version), proved[entry.version]) for entry in entries]
    said: dict[str, Any] = {"known_at": moment, "as_of": day, "facts": facts, "record": found}
    if since is not None:
        changed = _between(history, axis, since, until, moment, day)
        _show_changes(changed)
        said["differences"] = plain(changed)
    elif until is not None:
        raise typer.BadParameter("--to needs --from")
    if law:
        rows = laws.side_by_side(state, on=day or date.max, laws=() if ALL in law else law)
        _show_laws(rows)
        said["laws"] = plain(rows)
    if svg:
        svg.write_text(picture.drawn(entries, lang.value), encoding="utf-8")
        console.print(f"Drawn: {svg}", highlight=False)
    answer({"ok": True, **said}, as_json=as_json)


def told(entry: Entry, source: Source | None, proof: Proof) -> dict[str, Any]:
    """A fact with where it came in and its proof, as JSON."""
    fields = {name: getattr(entry, name) for name in entry.__struct_fields__}
    return {**fields, "disputes": plain(entry.disputes), "source": plain(source), "proof": plain(proof)}


def _between(
    history: History, axis: Axis, since: str, until: str | None, moment: datetime | None, day: date | None
) -> differences.Differences:
    """Raises: Refused("span-backwards"), Refused("span-too-long")."""
    if axis is Axis.KNOWN:
        if moment is not None:
            raise typer.BadParameter("--known-at goes with --axis effective; --to is what was known last")
        first = parse_moment(since) or history.events[0].recorded_at
        last = parse_moment(until) or max(first, history.events[-1].recorded_at)
        return differences.learned(history, _ordered(first, last), last, on=day)
    if day is not None:
        raise typer.BadParameter("--as-of goes with --axis known; --to is the last day")
    start, end = parse_day(since), parse_day(until) or date.max
    return differences.happened(history, _ordered(start, end), end, known_at=moment)


def _ordered(first: Any, last: Any) -> Any:
    if first > last:
        raise Refused("span-backwards", got=first, expected=f"at most {last}")
    return first


def _line(entry: Entry, source: Source | None, proof: Proof) -> tuple[object, ...]:
    recorded = entry.recorded_at.astimezone(JAKARTA).strftime("%Y-%m-%d %H:%M:%S")
    by = f"{entry.role} {entry.organisation[:8]} {entry.person}".strip()
    came = f"{source.door}, line {source.line}, {source.ref}" if source else ""
    return (
        entry.version,
        entry.effective_on,
        recorded,
        entry.topic,
        by,
        entry.standing,
        came,
        _proof(proof),
        _remarks(entry),
    )


def _remarks(entry: Entry) -> str:
    note = "" if entry.stands else "not in effect"
    if entry.amended_by:
        note = f"amended by v{entry.amended_by}"
    others = [version for version in entry.amendments if version != entry.amended_by]
    marks = [note, f"also amended by {_versions(others)}" if others else ""]
    marks += [f"dispute v{dispute.opened} {dispute.outcome or 'open'}" for dispute in entry.disputes]
    marks.append(f"worker's statement {_versions(entry.statements)}" if entry.statements else "")
    marks.append("erased" if entry.erased else "")
    return "; ".join(filter(None, marks))


def _versions(versions: list[int]) -> str:
    return ", ".join(f"v{version}" for version in versions)


def _proof(proof: Proof) -> str:
    if proof.state == "proved":
        seen = f", {len(proof.witnessed)} witnesses" if proof.witnessed else ""
        return f"no. {proof.index:,} of {proof.size:,}{seen}"
    return f"{proof.state}: {proof.why}" if proof.why else proof.state


def _show_changes(changed: differences.Differences) -> None:
    said = "learned" if changed.axis == "known" else "took effect"
    table(
        f"{len(changed.facts)} facts {said}; {len(changed.changes)} fields differ",
        ("field", "before", "after", "because of"),
        [(c.field, _short(c.before), _short(c.after), _versions(c.because)) for c in changed.changes],
    )


def _short(value: object) -> str:
    text = "-" if value is None else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _show_laws(rows: list[laws.Row]) -> None:
    columns = list(rows[0].under) if rows else []
    table(
        "Findings under each law",
        ("employment", "since", "finding", *columns),
        [(str(row.employment)[:8], row.since, row.code, *map(_judged, row.under.values())) for row in rows],
    )
    if not rows:
        console.print("No finding under any of these laws.")


def _judged(judged: list[laws.Judged]) -> str:
    return "; ".join(f"{each.law} {each.article}: got {each.got}, limit {each.limit}" for each in judged) or "-"


def add_to(app: typer.Typer) -> None:
    app.command()(replay)

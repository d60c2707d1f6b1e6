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
from registry.cli.people import beyond, find, parse_day, parse_moment, show_record
from registry.cli.site import Site
from registry.replay import differences, laws, picture
from registry.replay.proofs import Proof, ledger_of, proofs
from registry.replay.sources import Source, sources
from registry.replay.timeline import Entry, plain, shown, timeline
from registry.replay.words import COLUMNS, said

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
    lang: Annotated[Language, typer.Option(help="Of the tables and the picture.")] = Language.EN,
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
            said(lang, "known-at", moment=_shown(moment)) if moment else said(lang, "known-now"),
            COLUMNS[lang]["facts"],
            [_line(entry, came.get(entry.version), proved[entry.version], lang) for entry in entries],
        )
        show_record(found, site, day, lang)
    facts = [as_json_of(entry, came.get(entry.version), proved[entry.version]) for entry in entries]
    told: dict[str, Any] = {"known_at": moment, "as_of": day, "facts": facts, "record": found}
    if since is not None:
        changed = _between(history, axis, since, until, moment, day)
        _show_changes(changed, lang)
        told["differences"] = plain(changed)
    elif until is not None:
        raise typer.BadParameter("--to needs --from")
    if law:
        rows = laws.side_by_side(state, on=day or date.max, laws=() if ALL in law else law)
        _show_laws(rows, lang)
        told["laws"] = plain(rows)
    if svg:
        svg.write_text(picture.drawn(entries, lang.value), encoding="utf-8")
        console.print(said(lang, "drawn", path=svg), highlight=False)
    answer({"ok": True, **told}, as_json=as_json)


def as_json_of(entry: Entry, source: Source | None, proof: Proof) -> dict[str, Any]:
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
        raise Refused("span-backwards", got=first, expected=last)
    return first


def _line(entry: Entry, source: Source | None, proof: Proof, lang: Language) -> tuple[object, ...]:
    recorded = _shown(entry.recorded_at)
    by = f"{entry.role} {entry.organisation[:8]} {entry.person}".strip()
    came = said(lang, "came", door=said(lang, source.door), line=source.line, ref=source.ref) if source else ""
    return (
        entry.version,
        entry.effective_on,
        recorded,
        entry.topic,
        by,
        entry.standing,
        came,
        _proof(proof, lang),
        _remarks(entry, lang),
    )


def _shown(moment: datetime) -> str:
    """As a clock in Jakarta shows it."""
    return moment.astimezone(JAKARTA).strftime("%Y-%m-%d %H:%M:%S")


def _remarks(entry: Entry, lang: Language) -> str:
    note = "" if entry.stands else said(lang, "not-in-effect")
    if entry.amended_by:
        note = said(lang, "amended", by=f"v{entry.amended_by}")
    others = [version for version in entry.amendments if version != entry.amended_by]
    marks = [note, said(lang, "also-amended", by=_versions(others)) if others else ""]
    marks += [
        said(lang, "dispute", by=f"v{dispute.opened}", outcome=said(lang, dispute.outcome or "open"))
        for dispute in entry.disputes
    ]
    marks.append(said(lang, "statement", by=_versions(entry.statements)) if entry.statements else "")
    marks.append(said(lang, "erased") if entry.erased else "")
    return "; ".join(filter(None, marks))


def _versions(versions: list[int]) -> str:
    return ", ".join(f"v{version}" for version in versions)


def _proof(proof: Proof, lang: Language) -> str:
    if proof.state == "proved":
        seen = f", {said(lang, 'witnesses', count=len(proof.witnessed))}" if proof.witnessed else ""
        return said(lang, "proved", index=proof.index, size=proof.size) + seen
    state = said(lang, proof.state)
    return f"{state}: {proof.why}" if proof.why else state


def _show_changes(changed: differences.Differences, lang: Language) -> None:
    what = "learned" if changed.axis == "known" else "happened"
    table(
        said(lang, what, facts=len(changed.facts), fields=len(changed.changes)),
        COLUMNS[lang]["differences"],
        [(c.field, _short(c.before), _short(c.after), _versions(c.because)) for c in changed.changes],
    )


def _short(value: object) -> str:
    text = "-" if value is None else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _show_laws(rows: list[laws.Row], lang: Language) -> None:
    columns = list(rows[0].under) if rows else []

    def judged(by_law: list[laws.Judged]) -> str:
        return "; ".join(beyond(plain(each), lang) for each in by_law) or "-"

    table(
        said(lang, "laws"),
        (*COLUMNS[lang]["laws"], *columns),
        [(str(row.employment)[:8], row.since, row.code, *map(judged, row.under.values())) for row in rows],
    )
    if not rows:
        console.print(said(lang, "none"))


def add_to(app: typer.Typer) -> None:
    app.command()(replay)

"""`kets demo`: everything once, on real parts, in about a minute: files in, cards out, a history replayed."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer
from rich.panel import Panel

from card import qr
from domain import codes
from domain.decide import today
from domain.errors import Refused
from domain.facts import FactCorrected, Wage
from projections.placements import placements
from registry import cards
from registry.app import SYSTEM
from registry.cli.cards import write_card
from registry.cli.files import CALIBRATED_UNTIL
from registry.cli.output import Json, answer, console, progress
from registry.cli.reading import show_placements
from registry.cli.site import Site
from registry.cli.trust import write_trust
from registry.cli.up import serve
from registry.settings import Settings
from registry.submissions.actions import AMENDING
from registry.submissions.load import Loader, Summary

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from domain.decide import History
    from registry.cards import Issued

WORKERS, EMPLOYERS, SEED = 300, 3, 2026
NO_CARD = {"permit-lapsed", "worker-deceased"}
"""Why somebody among made-up people may have no card."""


def demo(as_json: Json = False) -> None:
    """3 employers, 300 workers, about 3,000 facts, cards, one verified offline; then, on a terminal, serve it."""
    began = time.monotonic()
    settings = _fresh(Settings())
    with Site(settings, make_keys=True) as site:
        found = _run(site, settings.home)
        found["seconds"] = round(time.monotonic() - began, 1)
        _say(found, settings.home)
        answer({"ok": found["ok"], **found}, as_json=as_json)
        if not found["ok"]:
            raise typer.Exit(1)
        if sys.stdout.isatty() and not as_json:
            serve(site, settings.port)


def _fresh(settings: Settings) -> Settings:
    """Settings of the demo's own home, emptied: it always starts from nothing and touches nothing else."""
    home = (settings.home / "demo").resolve()
    if settings.database_url is not None:
        raise Refused("demo-own-database", expected="no DATABASE_URL: the demo makes and empties its own database")
    marker = home / "made-by-kets-demo"
    if home.exists() and any(home.iterdir()) and not marker.exists():
        raise Refused("demo-folder", folder=str(home), expected="an empty folder, or one a demo made")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    marker.touch()
    return settings.model_copy(update={"home": home, "keys": None})


def _run(site: Site, home: Path) -> dict[str, Any]:
    from registry import sample as made_up

    planted: Counter[tuple[str, ...]] = Counter()
    until = min(CALIBRATED_UNTIL, today(site.registry.now()) - timedelta(days=1))
    rows = list(made_up.generate(workers=WORKERS, employers=EMPLOYERS, seed=SEED, until=until, planted=planted))
    first = _load(site, home / "employers.csv", [row for row in rows if row["action"] not in AMENDING])
    before_amendments = site.registry.now()
    second = _load(site, home / "corrections.csv", [row for row in rows if row["action"] in AMENDING])
    site.runner.catch_up()
    issued, without, star = _issue_all(site, before_amendments)
    write_card(star.issued, home, cards.titles(), specimen=True)
    write_trust(site, home / "trust")
    genuine = _verify(home / "card.png", home / "trust")
    tampered = _verify(_tampered(star.issued.text, home), home / "trust")
    with site.reading() as conn:
        top = placements(conn, ("province", "industry"))[:8]
        totals = placements(conn, ())[0]
    refused = first.refused + second.refused
    expected = sum(n for (kind, *_), n in planted.items() if kind == "error")
    return {
        "rows": first.rows + second.rows,
        "accepted": first.accepted + second.accepted,
        "recorded": first.recorded + second.recorded,
        "refused": dict(refused.most_common()),
        "errors_planted": expected,
        "cards_issued": issued,
        "cards_refused": dict(without.most_common()),
        "card": star.issued.claims.number,
        "worker": star.worker,
        "verified": genuine,
        "tampered": tampered,
        "replayed": _replayed(star.history, before_amendments),
        "placements": totals["placements"],
        "hires": totals["hires"],
        "top_placements": top,
        "ok": genuine["outcome"] == "valid" and tampered["outcome"] == "invalid" and sum(refused.values()) == expected,
    }


def _load(site: Site, path: Path, rows: list[dict[str, str]]) -> Summary:
    from registry.sample import write

    write(rows, path)
    results = path.with_name(path.stem + ".results.csv")
    with progress(path.name, len(rows)) as seen:
        return Loader(site.registry).load(path, results=results, progress=seen)


class Star(NamedTuple):
    """The worker whose card and history the demo shows."""

    worker: UUID
    history: History
    issued: Issued


def _issue_all(site: Site, known_then: datetime) -> tuple[int, Counter[str], Star]:
    """A card for everybody whose identity is verified, and why some may have none; the star has a corrected history, a
    job and certificates."""
    with site.reading() as conn:
        found = conn.execute(
            "SELECT worker FROM read.record WHERE identity = 'verified' ORDER BY employment IS NULL, worker"
        ).fetchall()
    best, star = -1, None
    count, without = 0, Counter[str]()
    with progress("cards", len(found)) as seen:
        for (worker,) in found:
            try:
                issued = cards.issue(site.registry, worker, by=SYSTEM)
            except Refused as refusal:
                if refusal.code not in NO_CARD:
                    raise
                without[refusal.code] += 1
                continue
            count += 1
            seen(count)
            history = site.registry.history(worker)
            worth = _worth(history, issued, known_then)
            if worth > best:
                best, star = worth, Star(worker, history, issued)
    if star is None:
        raise Refused("card-none")
    return count, without, star


def _worth(history: History, issued: Issued, known_then: datetime) -> int:
    """How much there is to see: most of all an answer that a correction changed."""
    amended = any(isinstance(event.fact, FactCorrected) for event in history.events)
    changed = amended and len(set(list(_replayed(history, known_then).values())[:2])) > 1
    return 10 * changed + 3 * (issued.claims.employer_name is not None) + min(len(issued.claims.certifications), 3)


def _verify(source: Path | str, trust: Path) -> dict[str, Any]:
    """The verifier as its own process: it has no database and asks no network."""
    command = [sys.executable, "-m", "card", "verify", str(source), "--trust", str(trust), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return {"outcome": said["outcome"], "code": said["code"], "exit": done.returncode}


def _tampered(text: str, home: Path) -> Path:
    """The same card with one byte of its signed content changed, wrapped as carefully as the real one."""
    cose = bytearray(qr.cose(text))
    cose[len(cose) // 2] ^= 1
    path = home / "tampered.txt"
    path.write_text(qr.text(bytes(cose)))
    return path


def _replayed(history: History, known_then: datetime) -> dict[str, Any]:
    """One history at two dates on both axes: the day a corrected fact took effect and today; known then, and now."""
    corrected = [e.fact.fact for e in history.events if isinstance(e.fact, FactCorrected)]
    days = sorted(e.fact.effective_on for e in history.events)
    middle = corrected[0].effective_on if corrected else days[len(days) // 2]

    def seen(known_at: datetime | None, on: date) -> str:
        job = history.state(known_at=known_at, on=on).current
        if job is None:
            return "no employment"
        wage = f"Rp{job.wage.monthly:,}" if isinstance(job.wage, Wage) else "wage erased"
        return f"{codes.title(job.occupation, 'en')}, {wage}, {job.contract.kind}, since {job.started_on}"

    return {
        f"as of {on}, as known {when} the corrections": seen(known_at, on)
        for on in (middle, today(history.events[-1].recorded_at))
        for when, known_at in (("before", known_then), ("after", None))
    }


def _say(found: dict[str, Any], home: Path) -> None:
    said = io.StringIO()
    refused = ", ".join(f"{code} {n}" for code, n in found["refused"].items())
    lines = [
        f"{found['rows']:,} rows: {found['accepted']:,} accepted, {found['recorded']:,} facts recorded",
        f"{sum(found['refused'].values())} refused of {found['errors_planted']} planted errors: {refused}",
        f"{found['cards_issued']} cards issued{_without(found['cards_refused'])}; {found['card']} in {_short(home)}",
        f"verified offline: {found['verified']['outcome']}; tampered: refused ({found['tampered']['code']})",
        *(f"{when}: {what}" for when, what in found["replayed"].items()),
        f"{found['placements']:,} placements among {found['hires']:,} hires; {found['seconds']} s",
    ]
    print("\n".join(lines), file=said)
    show_placements(found["top_placements"], ["province", "industry"])
    style = "green" if found["ok"] else "red"
    console.print(Panel(said.getvalue().rstrip(), title="KETS demo", border_style=style, style=style), soft_wrap=False)


def _without(refused: dict[str, int]) -> str:
    return f", none to {sum(refused.values())} ({', '.join(refused)})" if refused else ""


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def add_to(app: typer.Typer) -> None:
    app.command()(demo)

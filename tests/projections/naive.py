"""What each read model should hold, by the plainest code there is: fold each stream from the start, list its rows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from domain import cards, codes
from domain import facts as f
from domain.decide import History
from domain.employer import Employer
from domain.history import effective
from projections.runner import PROJECTIONS
from tests.projections import naive_lives as lives

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from uuid import UUID

    from psycopg import Connection

    from domain.event import Event
    from domain.worker import Worker

    Table = Counter[tuple[Any, ...]]

COLUMNS = {
    "record": "worker standing identity birth_year sex education residence employment employer establishment industry"
    " regency occupation contract contract_ends wage_band since suspended certificates card",
    "roster": "worker employment spell employer since establishment occupation contract contract_ends until cause",
    "placements": "month channel province industry occupation",
    "hires": "worker employment month channel province regency industry occupation sex age_band education",
    "cards": "worker card shard index status issued_at expires_at kid changed_at",
    "renewals": "worker card why due_on until",
    "employers": "employer nib name industry regency verified_on establishments",
    **lives.COLUMNS,
}
CARD_STATUS = {"valid": 0, "revoked": 1, "suspended": 2, "superseded": 3}


def expected(events: Iterable[Event]) -> dict[str, Table]:
    """The rows of every read model that includes exactly `events`; of counts, each row as often as it counts."""
    streams: dict[Any, list[Event]] = {}
    for event in events:
        streams.setdefault(event.originator_id, []).append(event)
    found: dict[str, Table] = {name: Counter() for name in COLUMNS}
    for stream, own in streams.items():
        history = History(stream, sorted(own, key=lambda event: event.originator_version))
        state = history.state()
        found["calendar"].update(set(lives.calendar(state, history)))
        found["quality"].update(lives.quality(history.events))
        if isinstance(state, Employer):
            found["employers"][_employer(state)] += 1
            continue
        found["record"][_record(state)] += 1
        found["roster"].update(_roster(state))
        found["cards"].update(_cards(state))
        found["renewals"].update((state.id, due.card, due.why, due.on, due.until) for due in cards.dues(state))
        found["card-counts"].update(lives.card_counts(state, history))

        def who(day: date, history: History = history) -> tuple[str, str, str]:
            return _person(history.state(on=day), day.year)

        found["flows"].update(lives.flows(history, who))
        found["training"].update(lives.training(history, who))
        for employment, cell, person in _hires(history):
            found["placements"][cell[:3] + cell[4:]] += 1
            found["hires"][(stream, employment, *cell, *person)] += 1
    return found


def held(conn: Connection[Any]) -> dict[str, Table]:
    """The rows that the read models hold."""
    found: dict[str, Table] = {}
    for name, columns in COLUMNS.items():
        names = ", ".join(f'"{column}"' for column in columns.split())
        count = "n" if PROJECTIONS[name].table.counts else "1"
        query = f"SELECT {names}, {count} FROM read.{PROJECTIONS[name].table.name}"  # noqa: S608 - our own names
        found[name] = Counter({tuple(row): n for *row, n in conn.execute(query)})
    return found


def _employer(e: Employer) -> tuple[Any, ...]:
    open_places = [place for place in e.establishments.values() if place.state == "open"]
    return (e.id, e.nib, e.name, e.industry, e.regency, e.verified_on, len(open_places))


def _record(w: Worker) -> tuple[Any, ...]:
    row = dict.fromkeys(COLUMNS["record"].split())
    row |= {"worker": w.id, "identity": w.identity, "birth_year": w.birth_year, "sex": w.sex}
    row |= {"education": w.education, "residence": w.residence}
    row["standing"] = w.labour_force_status if w.labour_force_status not in {None, "employed"} else "unknown"
    row["certificates"] = len([c for c in w.certificates.values() if c.state == "valid"])
    for card in w.cards.values():
        if card.state in {"valid", "suspended"}:
            row["card"] = card.number
    jobs = [e for e in w.employments.values() if e.ended_on is None]
    if jobs:
        job = sorted(jobs, key=lambda e: (e.started_on, e.id))[-1]
        row |= {"standing": "employed", "employment": job.id, "since": job.started_on, "suspended": job.suspended}
        row |= {"contract": job.contract.kind, "contract_ends": job.contract.ends_on, "wage_band": job.wage_band}
        for name in ("employer", "establishment", "industry", "regency", "occupation"):
            row[name] = getattr(job, name)
    return tuple(row.values())


def _roster(w: Worker) -> Iterable[tuple[Any, ...]]:
    for e in w.employments.values():
        spells = [(*spell, "transfer") for spell in e.earlier_employers]
        spells.append((e.employer, e.establishment, e.with_employer_since, e.ended_on, e.end_cause))  # type: ignore[arg-type]
        for n, (employer, place, since, until, cause) in enumerate(spells):
            terms = (e.occupation, e.contract.kind, e.contract.ends_on)
            yield (w.id, e.id, n + 1, employer, since, place, *terms, until, cause)


def _cards(w: Worker) -> Iterable[tuple[Any, ...]]:
    for c in w.cards.values():
        status = CARD_STATUS[c.state]
        yield (w.id, c.number, c.shard, c.index, status, c.issued_at, c.expires_at, c.kid, c.changed_at)


def _hires(history: History) -> Iterable[tuple[UUID, tuple[Any, ...], tuple[str, str, str]]]:
    """Straight from the facts that stand: nothing of the state is looked at but the person's, folded up to the day."""
    for event in effective(history.events):
        hire = event.fact
        if isinstance(hire, f.Hired) and not hire.declared:
            month = hire.effective_on.replace(day=1)
            industry = f"kbli:2020/{codes.category_of(hire.industry)}"
            occupation = f"kbji:2014/{codes.major_of(hire.occupation)}"
            province = f"kemendagri:2025/{hire.regency[16:18]}"
            cell = (month, hire.channel, province, hire.regency, industry, occupation)
            yield hire.employment, cell, _person(history.state(on=hire.effective_on), hire.effective_on.year)


def _person(w: Worker, year: int) -> tuple[str, str, str]:
    band = "unknown"
    if w.birth_year:
        for low, high, name in AGES:
            if low <= year - w.birth_year <= high:
                band = name
    return w.sex or "unknown", band, w.education or "unknown"


AGES = (
    (-1000, 14, "0-14"),
    (15, 17, "15-17"),
    (18, 24, "18-24"),
    (25, 34, "25-34"),
    (35, 44, "35-44"),
    (45, 54, "45-54"),
    (55, 1000, "55+"),
)

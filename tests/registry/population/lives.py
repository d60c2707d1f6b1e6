"""Made-up histories put into the log as they are, past the rules: by chance, and ordinary ones with acts planted."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from msgspec.structs import replace

from domain import facts as f
from domain.event import Actor, Event, Role
from domain.facts.work import Contract

if TYPE_CHECKING:
    from domain.event import Fact

START = datetime(2026, 1, 5, 2, tzinfo=UTC)
PLACES = ("32.75", "32.04", "31.71")
OFFICERS = [Actor(organisation="kemnaker", role=Role.OFFICER, person=f"officer-{n}") for n in (1, 2)]
ACTORS = [
    *OFFICERS,
    Actor(organisation="disnaker-jabar", role=Role.OFFICER, person="jabar-1"),
    Actor(organisation="disnaker-jabar", role=Role.OFFICER),
    Actor(organisation="dukcapil", role=Role.IDENTITY_AUTHORITY),
    Actor(organisation=str(UUID(int=0xACE)), role=Role.EMPLOYER),
]


class Chance:
    """Streams of any facts by anybody; the same seed gives the same."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def uuid(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128), version=4)

    def stream(self, length: int) -> list[Event]:
        stream, at, events = self.uuid(), START, list[Event]()
        employer = self.chance.random() < 0.2
        for version in range(1, length + 1):
            at += timedelta(hours=self.chance.randrange(1, 60))
            fact = self._fact(events, employer=employer)
            by = self.chance.choice(ACTORS)
            event = Event(originator_id=stream, originator_version=version, recorded_at=at, actor=by, fact=fact)
            events.append(event)
        return events

    def _fact(self, events: list[Event], *, employer: bool) -> Fact:
        day = (START + timedelta(days=self.chance.randrange(-90, 10))).date()
        if not events:
            return self._company(day, 0) if employer else registered(day, self._place())
        kind = self.chance.randrange(12)
        targets = [e for e in events if isinstance(e.fact, f.FactCorrected) or e.fact.amendable]
        if kind < 3 and targets:
            target = self.chance.choice(targets)
            inner = target.fact.fact if isinstance(target.fact, f.FactCorrected) else target.fact
            return f.FactCorrected(
                effective_on=day,
                corrects=target.originator_version,
                fact=_on(inner, self.chance.choice([day, inner.effective_on])),
            )
        if kind == 3:
            return f.FactVoided(effective_on=day, voids=self.chance.choice(events).originator_version, cause="error")
        return self._company(day, self.chance.randrange(1, 5)) if employer else self._life(events, day)

    def _life(self, events: list[Event], day: date) -> Fact:
        jobs = [e.fact.employment for e in events if isinstance(e.fact, f.Hired)] or [self.uuid()]
        job, disputes = (
            self.chance.choice(jobs),
            [e.fact.dispute for e in events if isinstance(e.fact, f.DisputeOpened)],
        )
        about = self.chance.choice(events).originator_version
        second = self.chance.choice(["officer-1", "officer-2", None])
        options: list[Fact] = [
            hired(day, self.uuid(), self._place(), declared=self.chance.random() < 0.3),
            f.PositionChanged(effective_on=day, employment=job, occupation="kbji:2014/7212"),
            f.LocationChanged(
                effective_on=day, employment=job, establishment="E", regency=f"kemendagri:2025/{self._place()}"
            ),
            f.IdentityVerified(effective_on=day, register="dukcapil"),
            f.IdentityVerified(effective_on=day, register="dukcapil"),
            f.IdentityMismatched(effective_on=day, register="dukcapil", differs="name"),
            f.IdentityCorrected(
                effective_on=day, grade=self.chance.choice(["minor", "major"]), birth_year=1990, sex="F", second=second
            ),
            f.DisputeOpened(effective_on=day, dispute=self.uuid(), about=about, cause="wage"),
            f.DisputeResolved(
                effective_on=day, dispute=self.chance.choice(disputes or [self.uuid()]), outcome="rejected"
            ),
            f.WorkersMerged(effective_on=day, other=job, into=job, second=second or "officer-9"),
        ]
        return self.chance.choice(options)

    def _company(self, day: date, kind: int) -> Fact:
        regency = f"kemendagri:2025/{self._place()}"
        options: list[Fact] = [
            f.EmployerRegistered(
                effective_on=day,
                nib="9120001234567",
                name="PT",
                industry="kbli:2020/10710",
                regency=regency,
                key_commitment="x",
            ),
            f.EmployerVerified(effective_on=day, register="oss"),
            f.EstablishmentOpened(effective_on=day, establishment="E", industry="kbli:2020/10710", regency=regency),
            f.EstablishmentMoved(effective_on=day, establishment="E", regency=regency),
            f.EstablishmentClosed(effective_on=day, establishment="E"),
        ]
        return options[kind]

    def _place(self) -> str:
        return self.chance.choice(PLACES)


def _on(fact: Fact, day: date) -> Fact:
    return replace(fact, effective_on=day)


def registered(day: date, place: str = "32.75") -> Fact:
    residence = f"kemendagri:2025/{place}"
    return f.WorkerRegistered(effective_on=day, birth_year=1990, sex="F", key_commitment="x", residence=residence)


def hired(day: date, employment: UUID, place: str = "32.75", *, declared: bool = False) -> Fact:
    return f.Hired(
        effective_on=day,
        employment=employment,
        employer=UUID(int=0xACE),
        establishment="E",
        industry="kbli:2020/10710",
        regency=f"kemendagri:2025/{place}",
        occupation="kbji:2014/7212",
        channel="direct",
        contract=Contract(kind="permanent"),
        wage_band=5,
        declared=declared,
    )

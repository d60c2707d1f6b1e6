"""One person's working life as rows: hired, paid more, trained, suspended, moved, gone, and hired again.

Facts of a person are said in the order in which they took effect, and reported in that order too, so that no row of
the file leans on one that comes later. A career is simulated, not drawn fact by fact: nothing can be impossible.
"""

from __future__ import annotations

import heapq
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from registry.sample import contracts, endings, skills
from registry.sample.figures import Weighted, figures
from registry.sample.group import Ended
from registry.sample.jobs import Job, occupations, term_from, wage

if TYPE_CHECKING:
    from collections.abc import Callable

    from registry.sample.employers import Employer, Place
    from registry.sample.group import Group, Row
    from registry.sample.people import Person

LATE = 0.04
LATE_REASONS = (
    "identifier-awaited",
    "system-change",
    "branch-late",
    "portal-unavailable",
    "staff-change",
)


class Career:
    """The simulation of one person: the present job, and a heap of what is planned to happen, earliest first."""

    def __init__(self, group: Group, person: Person) -> None:
        self.group, self.person, self.chance = group, person, group.chance
        self.heard = group.since.toordinal()
        self.job: Job | None = None
        self.away_until = date.min
        self.free_on: date | None = None
        self.steps: list[tuple[date, int, Callable[[date], None]]] = []
        self.planned = self.trainings = 0
        self.noticed = False

    def say(self, on: date, submitter: str, action: str, cells: Row | None = None, *, whole: bool = False) -> Row:
        """Report a fact about the person; `whole` adds what a registration needs. Four in a hundred come late."""
        about = self.person.known_as() if whole else self.person.who
        row = {"submitter": submitter, "action": action, **about, "effective_on": on.isoformat(), **(cells or {})}
        lag = self.chance.randrange(4)
        if self.chance.random() < LATE and submitter.isdigit() and action != "opening":
            lag = self.chance.randrange(20, 120)
            row["late_reason"] = self.chance.choice(LATE_REASONS)
        self.heard = max(self.heard, on.toordinal() + lag)
        self.group.add(self.heard, row)
        return row

    def tell(self, on: date, action: str, **cells: str) -> Row:
        """Report by the present employer."""
        return self.say(on, self.present.employer.nib, action, cells)

    def tell_end(self, on: date, action: str, reason: str) -> None:
        """Report the end of the present job, and keep what stood of it."""
        job, who = self.present, self.person
        row = self.tell(on, action, reason=reason)
        said = Ended(job.regency, job.employer.line.kbli, job.contract, who.sex, who.birth.year)
        self.group.ends[id(row)] = said

    @property
    def present(self) -> Job:
        if self.job is None:
            raise LookupError("nobody employs this person now")
        return self.job

    def hire(self, employer: Employer, place: Place, on: date, channel: str, *, opening: bool = False) -> Row:
        """Start a job on `on`, or state in an opening roster that it started then."""
        line, person, day = employer.line, self.person, max(on, self.group.since)
        kbji = occupations(line, person.sex, person.education, self._majors(on, channel)).draw(self.chance)
        pay = wage(self.chance, line, kbji=kbji, sex=person.sex, regency=place.regency_on(day), on=day)
        if person.foreign:
            pay *= 4
        self.job = Job(employer, place, kbji, pay, *self._terms(kbji, on, opening=opening), place.regency_on(on))
        cells = {
            "phone": person.phone if not opening or self.chance.random() < 0.8 else "",
            "establishment": place.code,
            "regency": self.job.regency,
            "kbli": line.kbli,
            "kbji": kbji,
            "channel": channel,
            "contract": self.job.contract,
            "ends_on": self.job.ends_on.isoformat() if self.job.ends_on else "",
            "wage": str(pay),
        }
        if channel == "public-service" and self.chance.random() < 0.8:
            cells["vacancy"] = f"KH-{on.year}-{self.chance.randrange(10**6):06}"
        cells = {name: cell for name, cell in cells.items() if cell}
        return self.say(on, employer.nib, "opening" if opening else "hire", cells, whole=True)

    def _majors(self, on: date, channel: str) -> str:
        """Which major groups of jobs are open: foreigners come as experts, apprentices not, nobody manages at 25."""
        if self.person.foreign:
            return "123"
        if channel == "apprenticeship":
            return "3456789"
        return "23456789" if on.year - self.person.birth.year < 28 else ""

    def _terms(self, kbji: str, on: date, *, opening: bool) -> tuple[str, date, date | None]:
        kinds = figures().assumed["contract_of_opening" if opening else "contract_of_hire"]
        contract = "fixed-term" if self.person.foreign else Weighted(kinds).draw(self.chance)
        recent = (self.group.since - on).days < 3 * 365
        manages = contract == "daily" and kbji[0] in "1234"
        if contract == "permanent" or manages or (opening and not recent):
            return "permanent", on, None
        if contract == "daily":
            return contract, on, None
        if opening:
            return contract, on, self.group.since + timedelta(days=self.chance.randrange(25, 500))
        return contract, on, term_from(self.chance, on)

    def work(self, verify: bool = False) -> None:
        """Live through the present job until it ends or the file does; `free_on` is the day after, if it ended."""
        group, job = self.group, self.present
        first = max(job.starts_on, group.since)
        self.steps, self.free_on, self.away_until, self.noticed = [], None, date.min, False
        if verify:
            self.at(first + timedelta(days=self.chance.randrange(1, 60)), self.verify)
        self.plan(first, job)
        endings.plan_end(self, first, job)
        while self.steps and self.free_on is None:
            on, _, step = heapq.heappop(self.steps)
            if on > group.until:
                break
            step(on)

    def at(self, on: date, step: Callable[[date], None]) -> None:
        self.planned += 1  # steps of one day keep the order in which they were planned
        heapq.heappush(self.steps, (on, self.planned, step))

    def plan(self, first: date, job: Job) -> None:
        """What happens in this job, besides its end, as far as it is known when it starts."""
        year = first.year + (date(first.year, job.employer.raise_month, 1) - first < timedelta(days=150))
        self.at(date(year, job.employer.raise_month, 1), self._raise)
        self.at_random(first, "position", self._promote)
        self.at_random(first, "suspend", self._suspend)
        self.at_random(first, "training", partial(skills.attend, self))
        self.at_random(first, "education", partial(skills.study, self))
        self.at_random(first, "location", self._relocate)
        self.at_random(first, "notice-withdrawn", partial(endings.withdrawn_notice, self))
        for old, new, day in self.group.takeovers:
            if old is job.employer and day > first and self.chance.random() < 0.15:
                self.at(day, partial(self._transfer, new))
        if job.place.moves_on and job.place.moves_on > first:
            self.at(job.place.moves_on, partial(self._moved, job.place))
        if job.contract == "fixed-term":
            contracts.plan_term_end(self, first)
        elif job.contract == "daily" and self.chance.random() < 0.4:
            self.at(first + timedelta(days=self.chance.randrange(90, 500)), partial(contracts.convert_daily, self))

    def at_random(self, after: date, what: str, step: Callable[[date], None]) -> None:
        """Once or never more: the next time drawn from the yearly rate in trades.json."""
        days = self.chance.expovariate(figures().assumed["year"][what]) * 365.25
        if days < (self.group.until - after).days:
            self.at(after + timedelta(days=3 + int(days)), step)

    def verify(self, on: date) -> None:
        """The identity authority's answer; a few do not match at first, some never get one."""
        luck = self.chance.random()
        by = "kemnaker" if self.person.foreign else "dukcapil"
        if luck < 0.02:
            self.say(on, by, "mismatch-identity", {"reason": "name" if luck < 0.012 else "birth-date"})
            self.at(on + timedelta(days=self.chance.randrange(10, 60)), self.verify)
        elif luck < 0.97:
            self.say(on, by, "verify-identity")

    def _raise(self, on: date) -> None:
        job = self.present
        job.wage = int(round(job.wage * self.chance.uniform(1.03, 1.085), -3))
        self.tell(on, "wage", wage=str(job.wage))
        if self.chance.random() < 0.008:  # the same row meant for somebody else; voided at the end
            row = self.tell(on, "wage", wage=str(job.wage + self.chance.randrange(1, 900) * 1000))
            self.group.voids.append((row, "wrong-person"))
        self.at(date(on.year + 1, job.employer.raise_month, 1), self._raise)

    def _promote(self, on: date) -> None:
        job = self.present
        majors = self._majors(on, "direct")
        new = occupations(job.employer.line, self.person.sex, self.person.education, majors).draw(self.chance)
        if on > self.away_until and new != job.kbji:
            job.kbji = new
            self.tell(on, "position", kbji=new)
        self.at_random(on, "position", self._promote)

    def _suspend(self, on: date) -> None:
        cause = Weighted(figures().assumed["suspension"]).draw(self.chance)
        if cause == "maternity" and (self.person.sex == "L" or on.year - self.person.birth.year > 45):
            cause = "leave"
        days = {"maternity": 90, "strike": 4, "detention": 60}.get(cause) or self.chance.randrange(14, 120)
        self.away_until = on + timedelta(days=days)
        self.tell(on, "suspend", reason=cause)
        self.at(self.away_until, self._resume)

    def _resume(self, on: date) -> None:
        self.tell(on, "resume")
        self.at_random(on, "suspend", self._suspend)

    def _relocate(self, on: date) -> None:
        job = self.present
        others = [place for place in job.employer.places_on(on) if place is not job.place]
        if others and on > self.away_until:
            job.place = self.chance.choice(others)
            job.regency = job.place.regency_on(on)
            self.tell(on, "location", establishment=job.place.code, regency=job.regency)
            if job.place.moves_on and job.place.moves_on > on:
                self.at(job.place.moves_on, partial(self._moved, job.place))
        self.at_random(on, "location", self._relocate)

    def _moved(self, place: Place, on: date) -> None:
        if self.present.place is place:
            self.present.regency = place.moves_to
            self.tell(on, "location", establishment=place.code, regency=place.moves_to)

    def _transfer(self, new: Employer, on: date) -> None:
        """The business goes to another company, and this person with it; tenure goes on."""
        if on <= self.away_until:
            return
        place = self.chance.choice(new.places_on(on))
        cells = {"establishment": place.code, "regency": place.regency_on(on), "kbli": new.line.kbli}
        self.tell(on, "transfer", counterparty=new.nib, note="Pengalihan sebagian usaha", **cells)
        self.present.employer, self.present.place, self.present.regency = new, place, cells["regency"]

"""One person's working life as rows: hired, paid more, trained, suspended, moved, gone, and hired again.

Facts of a person are said in the order in which they took effect, and reported in that order too, so that no row of
the file leans on one that comes later. A career is simulated, not drawn fact by fact: nothing can be impossible.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from registry.sample.figures import Weighted, figures
from registry.sample.jobs import Job, after_months, courses, occupations, term_from, wage

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from registry.sample.employers import Employer, Place
    from registry.sample.people import Person

Row = dict[str, str]
LATE = 0.04
LATE_REASONS = (
    "Menunggu NIK dari pekerja",
    "Sistem penggajian baru",
    "Cabang terlambat melapor",
    "Portal tidak dapat diakses",
    "Pergantian petugas HRD",
)
NOTICE = timedelta(days=30)  # PP 35/2021 art 37 asks 14 working days
RETIRES_AT = 56


@dataclass
class Group:
    """Companies among which people move, and the rows said about them: (day reported, order said, row)."""

    chance: Random
    since: date
    until: date
    staff: Weighted[Employer]
    takeovers: list[tuple[Employer, Employer, date]] = field(default_factory=list)
    rows: list[tuple[int, int, Row]] = field(default_factory=list)
    voids: list[tuple[Row, str]] = field(default_factory=list)

    def add(self, reported: int, row: Row) -> None:
        self.rows.append((reported, len(self.rows), row))


class Career:
    def __init__(self, group: Group, person: Person) -> None:
        self.group, self.person, self.chance = group, person, group.chance
        self.heard = group.since.toordinal()
        self.job: Job | None = None
        self.away_until = date.min
        self.free_on: date | None = None
        self._steps: list[tuple[date, int, Callable[[date], None]]] = []
        self._planned = self._trainings = 0
        self._noticed = False

    # -- saying --------------------------------------------------------------------------------------------------
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
        return self.say(on, self._job.employer.nib, action, cells)

    @property
    def _job(self) -> Job:
        if self.job is None:
            raise LookupError("nobody employs this person now")
        return self.job

    # -- hiring --------------------------------------------------------------------------------------------------
    def hire(self, employer: Employer, place: Place, on: date, channel: str, *, opening: bool = False) -> Row:
        """Start a job on `on`, or state in an opening roster that it started then."""
        line, person, day = employer.line, self.person, max(on, self.group.since)
        kbji = occupations(line, person.sex, person.education, self._majors(on, channel)).draw(self.chance)
        pay = wage(self.chance, line, kbji=kbji, sex=person.sex, regency=place.regency_on(day), on=day)
        if person.foreign:
            pay *= 4
        self.job = Job(employer, place, kbji, pay, *self._terms(kbji, on, opening=opening))
        cells = {
            "phone": person.phone if not opening or self.chance.random() < 0.8 else "",
            "establishment": place.code,
            "regency": place.regency_on(on),
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

    # -- working -------------------------------------------------------------------------------------------------
    def work(self, verify: bool = False) -> None:
        """Live through the present job until it ends or the file does; `free_on` is the day after, if it ended."""
        group, job = self.group, self._job
        first = max(job.starts_on, group.since)
        self._steps, self.free_on, self.away_until, self._noticed = [], None, date.min, False
        if verify:
            self._at(first + timedelta(days=self.chance.randrange(1, 60)), self.verify)
        self._plan(first, job)
        self._plan_end(first, job)
        while self._steps and self.free_on is None:
            on, _, step = heapq.heappop(self._steps)
            if on > group.until:
                break
            step(on)

    def _at(self, on: date, step: Callable[[date], None]) -> None:
        self._planned += 1  # steps of one day keep the order in which they were planned
        heapq.heappush(self._steps, (on, self._planned, step))

    def _plan(self, first: date, job: Job) -> None:
        """What happens in this job, besides its end, as far as it is known when it starts."""
        year = first.year + (date(first.year, job.employer.raise_month, 1) - first < timedelta(days=150))
        self._at(date(year, job.employer.raise_month, 1), self._raise)
        self._at_random(first, "position", self._promote)
        self._at_random(first, "suspend", self._suspend)
        self._at_random(first, "training", self._train)
        self._at_random(first, "education", self._study)
        self._at_random(first, "location", self._relocate)
        self._at_random(first, "notice-withdrawn", self._withdrawn_notice)
        for old, new, day in self.group.takeovers:
            if old is job.employer and day > first and self.chance.random() < 0.15:
                self._at(day, partial(self._transfer, new))
        if job.place.moves_on and job.place.moves_on > first:
            self._at(job.place.moves_on, partial(self._moved, job.place))
        if job.contract == "fixed-term":
            self._plan_term_end(first)
        elif job.contract == "daily" and self.chance.random() < 0.4:
            self._at(first + timedelta(days=self.chance.randrange(90, 500)), self._convert_daily)

    def _at_random(self, after: date, what: str, step: Callable[[date], None]) -> None:
        """Once or never more: the next time drawn from the yearly rate in trades.json."""
        days = self.chance.expovariate(figures().assumed["year"][what]) * 365.25
        if days < (self.group.until - after).days:
            self._at(after + timedelta(days=3 + int(days)), step)

    def verify(self, on: date) -> None:
        """The identity authority's answer; a few do not match at first, some never get one."""
        luck = self.chance.random()
        by = "kemnaker" if self.person.foreign else "dukcapil"
        if luck < 0.02:
            self.say(on, by, "mismatch-identity", {"reason": "name" if luck < 0.012 else "birth-date"})
            self._at(on + timedelta(days=self.chance.randrange(10, 60)), self.verify)
        elif luck < 0.97:
            self.say(on, by, "verify-identity")

    def _raise(self, on: date) -> None:
        job = self._job
        job.wage = int(round(job.wage * self.chance.uniform(1.03, 1.085), -3))
        self.tell(on, "wage", wage=str(job.wage))
        if self.chance.random() < 0.008:  # the same row meant for somebody else; voided at the end
            row = self.tell(on, "wage", wage=str(job.wage + self.chance.randrange(1, 900) * 1000))
            self.group.voids.append((row, "Salah pekerja"))
        self._at(date(on.year + 1, job.employer.raise_month, 1), self._raise)

    def _promote(self, on: date) -> None:
        job = self._job
        majors = self._majors(on, "direct")
        new = occupations(job.employer.line, self.person.sex, self.person.education, majors).draw(self.chance)
        if on > self.away_until and new != job.kbji:
            job.kbji = new
            self.tell(on, "position", kbji=new)
        self._at_random(on, "position", self._promote)

    def _suspend(self, on: date) -> None:
        cause = Weighted(figures().assumed["suspension"]).draw(self.chance)
        if cause == "maternity" and (self.person.sex == "L" or on.year - self.person.birth.year > 45):
            cause = "leave"
        days = {"maternity": 90, "strike": 4, "detention": 60}.get(cause) or self.chance.randrange(14, 120)
        self.away_until = on + timedelta(days=days)
        self.tell(on, "suspend", reason=cause)
        self._at(self.away_until, self._resume)

    def _resume(self, on: date) -> None:
        self.tell(on, "resume")
        self._at_random(on, "suspend", self._suspend)

    def _train(self, on: date) -> None:
        if on > self.away_until:
            self.train(on, self._job.employer.nib)
        self._at_random(on + timedelta(days=90), "training", self._train)

    def train(self, on: date, by: str) -> None:
        """Enrol, and plan what follows."""
        code, unit = self.chance.choice(courses(self._job.employer.line.sector))
        self._trainings += 1
        cells = {"number": f"{code}-{on:%y%m}-{self._trainings}", **({"certificate": unit} if unit else {})}
        self.say(on, by, "enrol-training", cells)
        self._at(on + timedelta(days=self.chance.randrange(5, 45)), partial(self._complete, by, cells))

    def _complete(self, by: str, cells: dict[str, str], on: date) -> None:
        if self.chance.random() < 0.9:
            self.say(on, by, "complete-training", cells)
            if "certificate" in cells and not self.person.foreign and self.chance.random() < 0.7:
                self._at(
                    on + timedelta(days=self.chance.randrange(7, 40)), partial(self._certify, cells["certificate"])
                )

    def _certify(self, unit: str, on: date) -> None:
        """A competency certificate of three years; a few are suspended or revoked later."""
        number = f"{unit[0]}{unit[2:4]} {self.chance.randrange(10**4):04} {self.chance.randrange(10**7):07} {on.year}"
        expires = after_months(on, 36)
        self.say(on, "bnsp", "certificate", {"certificate": unit, "number": number, "ends_on": expires.isoformat()})
        if self.chance.random() < 0.03:
            action, why = self.chance.choice(
                (("suspend-certificate", "Surveilans tidak dipenuhi"), ("revoke-certificate", "Uji ulang tidak lulus"))
            )
            later = on + timedelta(days=self.chance.randrange(60, 400))
            self._at(later, partial(self._take_back, action, {"number": number, "reason": why}))

    def _take_back(self, action: str, cells: dict[str, str], on: date) -> None:
        self.say(on, "bnsp", action, cells)

    def _study(self, on: date) -> None:
        higher = {"2": "3", "3": "4", "4": "9", "5": "9", "7": "9", "9": "10"}.get(self.person.education)
        if higher:
            self.person.education = higher
            self.tell(on, "education", education=higher)

    def _relocate(self, on: date) -> None:
        job = self._job
        others = [place for place in job.employer.places_on(on) if place is not job.place]
        if others and on > self.away_until:
            job.place = self.chance.choice(others)
            self.tell(on, "location", establishment=job.place.code, regency=job.place.regency_on(on))
            if job.place.moves_on and job.place.moves_on > on:
                self._at(job.place.moves_on, partial(self._moved, job.place))
        self._at_random(on, "location", self._relocate)

    def _moved(self, place: Place, on: date) -> None:
        if self._job.place is place:
            self.tell(on, "location", establishment=place.code, regency=place.moves_to)

    def _transfer(self, new: Employer, on: date) -> None:
        """The business goes to another company, and this person with it; tenure goes on."""
        if on <= self.away_until:
            return
        place = self.chance.choice(new.places_on(on))
        cells = {"establishment": place.code, "regency": place.regency_on(on), "kbli": new.line.kbli}
        self.tell(on, "transfer", counterparty=new.nib, note="Pengalihan sebagian usaha", **cells)
        self._job.employer, self._job.place = new, place

    # -- contracts -----------------------------------------------------------------------------------------------
    def _plan_term_end(self, after: date) -> None:
        """A fixed term ends extended, made permanent, or by expiry; past five years rarely extended (art 8)."""
        job = self._job
        ends_on = job.ends_on or after
        luck = self.chance.random()
        if (ends_on - job.starts_on).days > 4.4 * 365 and luck < 0.5 and self.chance.random() > 0.05:
            luck = 0.6
        if self.person.foreign or luck >= 0.74:
            self._at(ends_on, partial(self._end, "expiry"))
        elif luck < 0.52:
            self._at(max(after, ends_on - timedelta(days=self.chance.randrange(3, 20))), self._extend)
        else:
            self._at(ends_on, self._convert)

    def _extend(self, on: date) -> None:
        job = self._job
        job.ends_on = after_months(job.ends_on or on, self.chance.choice((6, 12, 12)))
        self.tell(on, "extend", ends_on=job.ends_on.isoformat())
        self._plan_term_end(on)

    def _convert(self, on: date, reason: str = "agreement") -> None:
        self._job.contract, self._job.ends_on = "permanent", None
        self.tell(on, "convert", reason=reason)

    def _convert_daily(self, on: date) -> None:
        self._convert(on, "daily-over-21-days")

    # -- ends ----------------------------------------------------------------------------------------------------
    def _plan_end(self, first: date, job: Job) -> None:
        """When and why this job would end if no term does before. Expiries make up the rest of the published rate."""
        retires = date(self.person.birth.year + RETIRES_AT, self.person.birth.month, 1)
        self._at(max(retires, first + timedelta(days=40)), self._retire)
        days = self.chance.expovariate(figures().leaving * 0.66) * 365.25
        if days > (self.group.until - first).days:
            return
        on = first + timedelta(days=15 + int(days))
        assumed = figures().assumed
        causes = dict(assumed["separation"])
        causes["terminated"] *= figures().layoff_factor[job.place.regency[:2]]
        cause = Weighted(causes).draw(self.chance)
        if cause == "terminated":
            self._plan_termination(first, on, Weighted(assumed["articles"]).draw(self.chance))
        elif (cause == "project-complete" and job.contract != "fixed-term") or cause == "retirement":
            self._at(on, partial(self._end, "resignation"))
        else:
            self._at(on, partial(self._end, cause))

    def _plan_termination(self, first: date, on: date, article: str) -> None:
        """What the procedure says comes before: warnings for 52(1), a notice for the employer's own causes."""
        room = (on - first).days
        if article == "52(1)":
            if room < 200:
                article = "51"
            else:
                for level, before in (("1", 150), ("2", 90), ("3", 45)):
                    self._at(on - timedelta(days=before), partial(self._warn, level))
        if article[:2] in {"43", "44", "45", "46", "47"} and room > 50:
            self._at(on - NOTICE, partial(self._notify, article))
        self._at(on, partial(self._terminate, article))

    def _warn(self, level: str, on: date) -> None:
        self.tell(on, "warn", level=level)

    def _notify(self, article: str, on: date) -> None:
        self._noticed = True
        self.tell(on, "notify-termination", reason=f"PP35/2021:{article}", ends_on=(on + NOTICE).isoformat())
        if self.chance.random() < 0.12:
            self._at(on + timedelta(days=5), self._contest)
            self._at(on + timedelta(days=24), partial(self._settle, "agreed"))

    def _withdrawn_notice(self, on: date) -> None:
        self._noticed = True
        self.tell(on, "notify-termination", reason="PP35/2021:43(2)")
        self._at(on + timedelta(days=14), partial(self._settle, "withdrawn"))

    def _contest(self, on: date) -> None:
        if self._noticed:
            self.say(on, "kemnaker", "contest-termination", {"reason": "Pekerja menolak PHK"})

    def _settle(self, outcome: str, on: date) -> None:
        if self._noticed:
            self._noticed = outcome != "withdrawn"
            self.tell(on, "settle-termination", reason=outcome)

    def _terminate(self, article: str, on: date) -> None:
        if on <= self.away_until:
            self._at(self.away_until + timedelta(days=1), partial(self._terminate, article))
            return
        self.tell(on, "terminate", reason=f"PP35/2021:{article}")
        back = on + timedelta(days=self.chance.randrange(50, 150))
        contestable = article in {"49", "51", "52(1)", "54(4)"} and self._job.contract == "permanent"
        if contestable and back <= self.group.until and self.chance.random() < 0.08:
            self._reinstate(back)
        else:
            self._leave(on)

    def _reinstate(self, on: date) -> None:
        """The court takes the termination back; the job goes on, and whatever was planned for it meanwhile is off."""
        self._steps, self.away_until, self._noticed = [], date.min, False
        self.tell(on, "reinstate", note="Putusan PHI")
        self._plan(on, self._job)

    def _retire(self, on: date) -> None:
        if self.chance.random() < 0.5:
            self.tell(on, "terminate", reason="PP35/2021:56")
        else:
            self.tell(on, "end", reason="retirement")
        self.person.career_over = True
        self._leave(on)

    def _end(self, cause: str, on: date) -> None:
        if on <= self.away_until and cause not in {"expiry", "death"}:
            self._at(self.away_until + timedelta(days=1), partial(self._end, cause))
            return
        self.tell(on, "end", reason=cause)
        self.person.career_over = cause == "death" or self.person.foreign
        self._leave(on)

    def _leave(self, on: date) -> None:
        self.free_on = on + timedelta(days=1)
        self.job = None

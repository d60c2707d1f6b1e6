"""What the read models of flows, training, duties and quality should hold: each fact looked at in turn, no state."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from domain import codes
from domain import facts as f
from domain.history import effective

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from uuid import UUID

    from domain.decide import History
    from domain.employer import Employer
    from domain.event import Event
    from domain.worker import Worker

    Rows = Iterable[tuple[Any, ...]]
    Who = Callable[[date], tuple[str, str, str]]

COLUMNS = {
    "flows": "worker employment what nth month province industry contract cause cause_group sex age_band days",
    "training": "worker training completed_on month unit province sex age_band education at_end after_6 after_12",
    "calendar": "stream employer kind subject due_on establishment",
    "quality": "month organisation what reason",
    "card-counts": "issued changed state cause province ends_on",
}


@dataclass
class Job:
    hired: f.Hired
    contract: str
    terms: f.Contract
    regency: str
    industry: str
    since: date
    converted: list[tuple[date, str]] = field(default_factory=list)
    until: date | None = None
    cause: str | None = None

    def agreed(self, contract: f.Contract, day: date) -> None:
        if contract.kind == "permanent" and self.contract != "permanent":
            self.converted.append((day, self.contract))
        self.contract, self.terms = contract.kind, contract


def jobs(history: History) -> dict[UUID, Job]:
    found: dict[UUID, Job] = {}
    for event in effective(history.events):
        fact: Any = event.fact
        if isinstance(fact, f.Hired):
            place = (fact.regency, fact.industry)
            found[fact.employment] = Job(fact, fact.contract.kind, fact.contract, *place, fact.effective_on)
        elif (job := found.get(getattr(fact, "employment", None))) is not None:  # type: ignore[arg-type]  # None is no key
            _during(job, fact)
    return found


def _during(job: Job, fact: Any) -> None:
    if isinstance(fact, f.ContractRecorded) and fact.contract != job.terms:
        job.agreed(fact.contract, fact.effective_on)
    elif isinstance(fact, f.ContractExtended):
        job.terms = f.Contract(kind=job.terms.kind, ends_on=fact.ends_on, probation_months=job.terms.probation_months)
    elif isinstance(fact, f.ConvertedToPermanent):
        job.agreed(f.Contract(kind="permanent"), fact.effective_on)
    elif isinstance(fact, f.LocationChanged):
        job.regency = fact.regency
    elif isinstance(fact, f.EmployerTransferred):
        job.regency, job.industry = fact.regency, fact.industry
    elif isinstance(fact, f.Terminated | f.EmploymentEnded):
        job.until, job.cause = fact.effective_on, fact.cause
    elif isinstance(fact, f.Reinstated):
        job.until = job.cause = None


GROUPS = {
    "resignation": ("resignation", "PP35/2021:42(2)", "PP35/2021:48", "PP35/2021:50"),
    "expiry": ("expiry", "project-complete"),
    "mutual": ("mutual",),
    "retirement": ("retirement", "PP35/2021:56"),
    "death": ("death", "PP35/2021:57"),
}


def flows(history: History, who: Who) -> Rows:
    held = jobs(history)
    for number, job in held.items():
        key = (history.stream, number)
        if not job.hired.declared:
            where = _place(job.hired.regency, job.hired.industry)
            kind = job.hired.contract.kind
            yield (*key, "hired", 1, _month(job.since), *where, kind, None, None, *who(job.since)[:2], _idle(held, job))
        where = _place(job.regency, job.industry)
        for n, (day, kind) in enumerate(job.converted):
            lasted = (day - job.since).days
            yield (*key, "converted", n + 1, _month(day), *where, kind, None, None, *who(day)[:2], lasted)
        if job.until is not None:
            group = next((name for name, causes in GROUPS.items() if job.cause in causes), "layoff")
            why, lasted = (job.cause, group), (job.until - job.since).days + 1
            yield (*key, "ended", 1, _month(job.until), *where, job.contract, *why, *who(job.until)[:2], lasted)


def _idle(held: dict[UUID, Job], job: Job) -> int | None:
    """By walking back from the day before, one day at a time."""
    earlier = [other for other in held.values() if other is not job and other.since < job.since]
    if any(other.until is None or other.until >= job.since for other in earlier):
        return None
    days = 0
    while earlier and all(other.until != job.since - timedelta(days=days + 1) for other in earlier):
        days += 1
    return days if earlier else None


def training(history: History, who: Who) -> Rows:
    done: dict[str, tuple[date | None, str | None]] = {}
    for event in effective(history.events):
        match event.fact:
            case f.TrainingEnrolled(training=code, unit=unit):
                done[code] = (None, unit)
            case f.TrainingCompleted(training=code, unit=unit, effective_on=day):
                done[code] = (day, unit or done.get(code, (None, None))[1])
    home = _home(history)
    for code, (day, unit) in done.items():
        if day is not None:
            worked = (_worked(history, later) for later in (day, _later(day, 6), _later(day, 12)))
            yield (history.stream, code, day, _month(day), unit or "unknown", home, *who(day), *worked)


def _worked(history: History, day: date) -> bool:
    return any(job.since <= day and (job.until is None or day <= job.until) for job in jobs(history).values())


def _later(day: date, months: int) -> date:
    """By walking: the first of the month so many months on, and then to the day, or as far as the month goes."""
    first = day.replace(day=1)
    for _ in range(months):
        first = (first + timedelta(days=32)).replace(day=1)
    while first.day < day.day and (first + timedelta(days=1)).month == first.month:
        first += timedelta(days=1)
    return first


def calendar(state: Worker | Employer, history: History) -> Rows:
    if history.kind == "employer":
        for place in state.establishments.values():  # type: ignore[union-attr]  # an employer's
            if place.state in {"open", "suspended"}:
                due = place.opened_on + timedelta(days=30)
                yield (history.stream, history.stream, "report", place.code, due, place.code)
        return
    worker: Any = state
    employed = [e for e in worker.employments.values() if e.ended_on is None]
    for e in employed:
        if e.contract.ends_on:
            yield (worker.id, e.employer, "contract", str(e.id), e.contract.ends_on, e.establishment)
        if worker.permit_until:
            yield (worker.id, e.employer, "permit", "", worker.permit_until, e.establishment)
        for c in worker.certificates.values():
            if c.expires_on and c.state == "valid":
                yield (worker.id, e.employer, "certificate", str(c.id), c.expires_on, e.establishment)


def quality(events: list[Event]) -> Rows:
    facts = {e.originator_version: e for e in events}
    for event in events:
        month = _month(event.recorded_at.astimezone(ZoneInfo("Asia/Jakarta")).date())
        organisation, fact = event.actor.organisation, event.fact
        if type(fact) in (*f.CORRECTABLE, f.PhotoTaken):
            yield (month, organisation, "fact", "")
        if event.late_reason:
            yield (month, organisation, "late", event.late_reason)
        about = event
        while isinstance(about.fact, f.FactCorrected | f.FactVoided):
            about = facts[about.fact.target]
        organisation = about.actor.organisation
        if isinstance(fact, f.FactCorrected):
            yield (month, organisation, "corrected", str(type(about.fact).__struct_config__.tag))
        elif isinstance(fact, f.FactVoided):
            yield (month, organisation, "voided" if facts[fact.voids] is about else "undone", fact.cause)
        elif isinstance(fact, f.IdentityMismatched):
            yield (month, events[0].actor.organisation, "mismatched", fact.differs)
        elif isinstance(fact, f.DisputeOpened):
            yield (month, facts[fact.about].actor.organisation, "disputed", fact.cause)


def card_counts(worker: Worker, history: History) -> Rows:
    for c in worker.cards.values():
        issued, ends = (m.astimezone(ZoneInfo("Asia/Jakarta")).date() for m in (c.issued_at, c.expires_at))
        why = (c.state, c.cause if c.cause else "")
        yield (_month(issued), _month(c.since), *why, _home(history), ends)


def _home(history: History) -> str:
    registration: Any = effective(history.events)[0].fact
    return f"kemendagri:2025/{registration.residence[16:18]}" if registration.residence else "unknown"


def _place(regency: str, industry: str) -> tuple[str, str]:
    return f"kemendagri:2025/{regency[16:18]}", f"kbli:2020/{codes.category_of(industry)}"


def _month(day: date) -> date:
    return date(day.year, day.month, 1)

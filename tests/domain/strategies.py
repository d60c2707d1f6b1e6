"""Histories as they could have been: random facts are tried one after another, and those that are refused left out.

Other tests build on them: `careers()` for workers, `companies()` for employers, `registries()` for many streams whose
events interleave in time.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from msgspec.structs import replace

from domain import facts as f
from domain.decide import History
from domain.errors import Refused
from domain.event import Actor, Event, Fact, Role
from domain.mandates import MAY
from tests.domain.given import DAILY, FILLED, OFFICER, PERMANENT, SYSTEM, a

EMPLOYERS = [UUID(int=0xE1), UUID(int=0xE2)]
JOBS = [UUID(int=0x11 + n) for n in range(3)]
CARDS = ["K-1", "K-2"]
BEGINNING = datetime(2024, 6, 1, tzinfo=UTC)
FIRST_DAY = date(2024, 1, 1)
DAYS = st.integers(0, 150).map(lambda n: FIRST_DAY + timedelta(days=n))
"""Few enough for facts to fall on one day, and to come late between older ones."""
PLACES = st.sampled_from(["A1", "A2"])
REGENCIES = st.sampled_from(["kemendagri:2025/32.75", "kemendagri:2025/32.73", "kemendagri:2025/31.71"])
INDUSTRIES = st.sampled_from(["kbli:2020/41011", "kbli:2020/47111"])
OCCUPATIONS = st.sampled_from(["kbji:2014/7212", "kbji:2014/5223"])
FIXED = DAYS.map(lambda day: f.Contract(kind="fixed-term", ends_on=day + timedelta(days=200)))
CHOSEN: dict[str, st.SearchStrategy[Any]] = {
    "employment": st.sampled_from(JOBS),
    "employer": st.sampled_from(EMPLOYERS),
    "establishment": PLACES,
    "regency": REGENCIES,
    "industry": INDUSTRIES,
    "occupation": OCCUPATIONS,
    "contract": FIXED | st.sampled_from([PERMANENT, DAILY]),
    "channel": st.sampled_from(["direct", "public-service", "private-agency", "inter-region"]),
    "wage_band": st.integers(3, 9),
    "declared": st.booleans(),
    "card": st.sampled_from(CARDS),
    "certificate": st.sampled_from([UUID(int=0x21), UUID(int=0x24)]),
    "sex": st.sampled_from(["M", "F"]),
    "birth_year": st.integers(1960, 2008),
    "education": st.sampled_from(["sakernas:2024/5", "sakernas:2024/9"]),
    "status": st.sampled_from(["seeking", "in-school", "not-seeking"]),
    "about": st.integers(1, 6),
    "voids": st.integers(1, 12),
}
"""What varies from fact to fact; the other fields are always those of `given.FILLED`."""
DURING = tuple(k for k in FILLED if "employment" in k.__struct_fields__ and k not in {f.Hired, f.Reinstated})
WORKER_KINDS = tuple(k for k in FILLED if k.stream_kind == "worker" and k is not f.WorkerRegistered)
EMPLOYER_KINDS = tuple(k for k in FILLED if k.stream_kind == "employer" and k is not f.EmployerRegistered)


@st.composite
def one(draw: st.DrawFn, kind: type[Fact]) -> Fact:
    """A fact of `kind`, varied in the fields that matter to others."""
    chosen = {name: draw(CHOSEN[name]) for name in kind.__struct_fields__ if name in CHOSEN}
    return a(kind, draw(DAYS).isoformat(), **chosen)  # type: ignore[no-any-return]  # `a` is Any for the tests' sake


@st.composite
def work(draw: st.DrawFn, history: History) -> Fact:
    """The next thing in a working life: a hire, or something that happens to an employment that is open."""
    worker = history.state()
    held = [e for e in worker.employments.values() if e.active]
    unused = [job for job in JOBS if job not in worker.employments]
    if unused and (not held or draw(st.integers(0, 4)) == 0):
        return replace(draw(one(f.Hired)), employment=unused[0])
    if not held:
        return draw(one(f.Reinstated))
    job = draw(st.sampled_from(held))
    day = job.started_on + timedelta(days=draw(st.integers(0, 60)))
    return replace(draw(st.sampled_from(DURING).flatmap(one)), employment=job.id, effective_on=day)


@st.composite
def amendments(draw: st.DrawFn, history: History) -> Fact:
    """A correction or a voiding of something recorded; also of another amendment."""
    version = draw(st.integers(1, history.version))
    about = history.events[version - 1].fact
    while isinstance(about, f.FactCorrected):
        about = about.fact
    if not about.amendable or draw(st.integers(0, 2)) == 0:
        return a(f.FactVoided, "2024-05-31", voids=version)  # type: ignore[no-any-return]  # as above
    said = draw(one(type(about)))
    for name in ("employment", "employer", "card", "certificate"):
        if hasattr(about, name) and draw(st.integers(0, 4)):
            said = replace(said, **{name: getattr(about, name)})
    return f.FactCorrected(effective_on=FIRST_DAY, corrects=version, fact=said)


@st.composite
def histories(
    draw: st.DrawFn,
    stream: UUID,
    first: tuple[Fact, ...],
    kinds: tuple[type[Fact], ...],
    most: int,
) -> History:
    """The stream after up to `most` attempts; minutes or days pass between them."""
    history, now = History(stream), BEGINNING
    for fact in first:
        history.record(fact, by=OFFICER, now=now)
    for _ in range(draw(st.integers(0, most))):
        now += timedelta(minutes=draw(st.sampled_from([0, 1, 60 * 24])))
        how = draw(st.sampled_from(["work", "work", "work", "any", "amend"]))
        if how == "amend":
            fact = draw(amendments(history))
        elif how == "work" and f.Hired in kinds:
            fact = draw(work(history))
        else:
            fact = draw(st.sampled_from(kinds).flatmap(one))
        attempt(history, fact, draw(actors(fact)), now)
    return history


def actors(fact: Fact) -> st.SearchStrategy[Actor]:
    """Somebody who may: mostly an officer, else the employer concerned or the system."""
    may = MAY[type(fact)]
    mostly = [OFFICER] if Role.OFFICER in may else [SYSTEM]
    employers = [Actor(organisation=str(e), role=Role.EMPLOYER) for e in EMPLOYERS if Role.EMPLOYER in may]
    return st.sampled_from([*mostly * 3, *employers])


def attempt(history: History, fact: Fact, by: Actor, now: datetime) -> Event | None:
    try:
        return history.record(fact, by=by, now=now)
    except Refused:
        return None


def careers(stream: UUID | None = None, most: int = 24) -> st.SearchStrategy[History]:
    """A worker's history: registered and verified, hired and more, amended, late, out of order."""
    first = (a(f.WorkerRegistered, "2020-01-01"), a(f.IdentityVerified, "2020-01-02"))
    return histories(stream or UUID(int=0xA1), first, WORKER_KINDS, most)


def companies(stream: UUID | None = None, most: int = 10) -> st.SearchStrategy[History]:
    """An employer's history with its establishments."""
    return histories(stream or EMPLOYERS[0], (a(f.EmployerRegistered, "2020-01-01"),), EMPLOYER_KINDS, most)


@st.composite
def registries(draw: st.DrawFn, workers: int = 3, most: int = 12) -> list[History]:
    """One history for each of `workers` workers and of the two employers they work for."""
    return [
        *(draw(companies(stream, most=4)) for stream in EMPLOYERS),
        *(draw(careers(UUID(int=0xA1 + n), most)) for n in range(workers)),
    ]


@st.composite
def interleaved(draw: st.DrawFn, streams: list[History]) -> list[Event]:
    """All events of several streams in one order in which a store could have taken them in."""
    turns = draw(st.permutations([n for n, h in enumerate(streams) for _ in h.events]))
    waiting = [iter(h.events) for h in streams]
    return [next(waiting[n]) for n in turns]

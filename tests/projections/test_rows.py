"""What a read model states of one stream is what the naive fold says of it: many lives, without a database."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import facts as f
from domain.decide import History
from projections.changes import Changes
from projections.models import PROJECTIONS
from tests.domain.given import DAILY, OFFICER, PERMANENT, a
from tests.domain.strategies import BEGINNING, DAYS, FIRST_DAY, attempt, careers, companies
from tests.projections.naive import expected

if TYPE_CHECKING:
    from domain.event import Fact


@st.composite
def restless(draw: st.DrawFn) -> History:
    """Somebody who changes jobs, is trained in between and studies on: one job after another, some side by side."""
    history = History(UUID(int=0xA1))
    facts: list[Fact] = [a(f.WorkerRegistered, "2020-01-01", birth_year=draw(st.integers(1965, 2008)))]
    for n in range(draw(st.integers(1, 4))):
        during: dict[str, Any] = {"employment": UUID(int=n + 1)}
        employer, declared = UUID(int=0xE0 + draw(st.integers(1, 3))), draw(st.integers(0, 4)) == 0
        begun, lasts = draw(DAYS), timedelta(days=draw(st.integers(0, 60)))
        contract = draw(st.sampled_from([PERMANENT, DAILY, f.Contract(kind="fixed-term", ends_on=begun + lasts)]))
        facts.append(a(f.Hired, begun.isoformat(), employer=employer, contract=contract, declared=declared, **during))
        if draw(st.booleans()):
            facts.append(a(f.ConvertedToPermanent, (begun + lasts / 2).isoformat(), **during))
        if draw(st.integers(0, 3)):
            kind, cause = draw(
                st.sampled_from(
                    [
                        (f.EmploymentEnded, "resignation"),
                        (f.EmploymentEnded, "expiry"),
                        (f.Terminated, "PP35/2021:43(1)"),
                        (f.Terminated, "PP35/2021:50"),
                    ]
                )
            )
            facts.append(a(kind, (begun + lasts).isoformat(), cause=cause, **during))
        day = draw(DAYS)
        facts.append(
            a(f.TrainingCompleted, (day - timedelta(days=draw(st.integers(0, 400)))).isoformat(), training=f"T{n}")
        )
        facts.append(a(f.EducationRecorded, draw(DAYS).isoformat(), education=f"sakernas:2024/{n + 5}"))
        certified, until = UUID(int=0x30 + n), FIRST_DAY + timedelta(days=900)
        facts.append(a(f.CertificateIssued, day.isoformat(), certificate=certified, expires_on=until))
        if draw(st.booleans()):
            facts.append(a(f.CertificateSuspended, day.isoformat(), certificate=certified))
    for fact in facts:
        attempt(history, fact, OFFICER, BEGINNING)
    return history


def same(history: History) -> None:
    """Of the whole life, and of what each fact of it changes, whatever read models let it pass by."""
    naive, events = expected(history.events), history.events
    states = [History(history.stream, events[:n]).state() for n in range(1, len(events) + 1)]
    for name, model in PROJECTIONS.items():
        held: Counter[Any] = Counter()
        for n, state in enumerate(states, start=1):
            changes = Changes([model])
            changes.add(history.stream, events[:n], n - 1)
            held.update(changes.all[0].came)
            held.subtract(changes.all[0].gone)
            assert held == Counter(model.stated(state, events[:n])), name
        assert held == naive[name], name


@settings(deadline=None, max_examples=120, suppress_health_check=list(HealthCheck))
@given(restless())
def test_of_a_restless_life(history: History) -> None:
    same(history)


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(careers() | companies())
def test_of_whatever_could_be_recorded(history: History) -> None:
    same(history)

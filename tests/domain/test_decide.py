"""Form, time, place and the four eyes: what is checked of every fact before its own rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from msgspec.structs import replace

from domain import facts as f
from domain.decide import History, coded_fields, today
from domain.event import ERASED, Fact
from tests.domain.given import (
    ACME,
    BETA,
    OFFICER,
    WORKER,
    a,
    corrected,
    given,
    hired,
    refused,
    registered,
    unchanged,
    verified,
    voided,
    when,
)

SITI = f.PersonDetails(name="Siti", birth_date=date(1999, 4, 1))


@pytest.mark.parametrize(
    "fact",
    [
        registered(birth_year=1899),
        registered(sex="X"),
        registered(key_commitment=""),
        registered(personal=replace(SITI, name="x" * 201)),
        registered(personal=replace(SITI, name="")),
        registered(personal=replace(SITI, name="Siti\n")),
        hired(establishment="A\0B"),
        registered(personal=f.Wage(monthly=1)),
        hired(channel="friend"),
        hired(wage_band=-1),
        hired(personal=f.Wage(monthly=10_000_000_000)),
        hired(establishment="x" * 81),
        hired(contract=f.Contract(kind="permanent", probation_months=25)),
        a(f.WarningIssued, level=4),
        a(f.FactVoided, voids=0),
        a(f.SkillsDeclared, skills=("kkni/6",) * 51),
        a(f.CardIssued, shard=2**20),
        corrected(1, registered(birth_year=2201)),
    ],
)
def test_what_is_out_of_bounds_is_refused_with_the_place(fact: Fact) -> None:
    with refused("value-out-of-bounds"):
        when(given(), fact)


@pytest.mark.parametrize(
    ("field", "fact", "code"),
    [
        ("industry", lambda c: hired(industry=c), "kbli:2020/99999"),
        ("industry", lambda c: hired(industry=c), "kbli:2020/4101"),
        ("industry", lambda c: hired(industry=c), "41011"),
        ("occupation", lambda c: hired(occupation=c), "kbji:2014/72"),
        ("occupation", lambda c: hired(occupation=c), "kbli:2020/41011"),
        ("regency", lambda c: hired(regency=c), "kemendagri:2025/32"),
        ("regency", lambda c: hired(regency=c), "bps/32"),
        ("residence", lambda c: registered(residence=c), "kemendagri:2025/32"),
        ("education", lambda c: registered(education=c), "sakernas:2024/13"),
        ("unit", lambda c: a(f.CertificateIssued, unit=c), "skkni/F.431000"),
        ("cause", lambda c: a(f.Terminated, cause=c), "PP35/2021:99"),
        ("skills", lambda c: a(f.SkillsDeclared, skills=("kkni/6", c)), "sakernas:2024/5"),
        ("education", lambda c: corrected(1, a(f.EducationRecorded, education=c)), "kkni/6"),
    ],
)
def test_a_code_that_is_in_no_list_is_refused(field: str, fact: Any, code: str) -> None:
    with refused("code-unknown", field=field, got=code):
        when(given(registered()), fact(code))


def test_a_district_is_a_residence_but_not_a_workplace() -> None:
    when(given(), registered(residence="kemendagri:2025/32.75.06"))
    with refused("code-unknown"):
        when(given(registered()), hired(regency="kemendagri:2025/32.75.06"))


def test_what_is_optional_may_be_left_out() -> None:
    history = given(registered(education=None, residence=None, personal=None), hired(vacancy=None, personal=None))
    assert history.version == 2


def test_coded_fields_are_found_in_options_and_lists() -> None:
    assert set(coded_fields(f.WorkerRegistered)) == {"education", "residence"}
    assert set(coded_fields(f.SkillsDeclared)) == {"skills"}
    assert coded_fields(f.Resumed) == {}


@pytest.mark.parametrize("fact", [registered(personal=ERASED), corrected(1, registered(personal=ERASED))])
def test_the_mark_of_erasure_is_not_data(fact: Fact) -> None:
    """Defect: it was sealed like a name, and no reader could open the stream again."""
    with refused("part-erased", topic="worker.registered"):
        when(given(), fact)


# -- time -----------------------------------------------------------------------------------------------------------
EVENING = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)  # 22:30 in Jakarta, 00:30 of 3 March in Jayapura


def test_the_future_begins_where_the_day_begins_first() -> None:
    when(given(registered()), a(f.EducationRecorded, "2026-03-03"), now=EVENING)
    with refused("in-the-future", got=date(2026, 3, 4)):
        when(given(registered()), a(f.EducationRecorded, "2026-03-04"), now=EVENING)
    with refused("in-the-future"):
        when(given(registered()), a(f.EducationRecorded, "2026-03-03"), now=EVENING - timedelta(minutes=31))


def test_a_correction_puts_nothing_into_the_future() -> None:
    """Defect: only the correction's own date was looked at."""
    with refused("in-the-future", got=date(2026, 3, 4)):
        when(given(registered(), hired()), corrected(2, hired("2026-03-04"), "2026-03-01"), now=EVENING)


def test_today_is_the_day_in_jakarta() -> None:
    assert today(EVENING) == date(2026, 3, 2)
    assert today(EVENING + timedelta(minutes=91)) == date(2026, 3, 3)
    assert today(EVENING.astimezone(timezone(timedelta(hours=-8)))) == date(2026, 3, 2)


def test_recorded_at_never_goes_back_and_is_in_utc() -> None:
    history = given()
    first = when(history, registered(), now=EVENING.astimezone(timezone(timedelta(hours=9))))
    assert first.recorded_at.tzinfo is UTC
    slow = when(history, hired(), now=EVENING - timedelta(hours=2))
    assert slow.recorded_at == first.recorded_at
    later = when(history, a(f.PositionChanged, "2024-02-01"), now=EVENING + timedelta(microseconds=1))
    assert later.recorded_at - first.recorded_at == timedelta(microseconds=1)


# -- streams --------------------------------------------------------------------------------------------------------
def test_a_fact_belongs_in_a_stream_of_its_kind() -> None:
    worker, company = given(registered()), given(a(f.EmployerRegistered), stream=ACME)
    with refused("wrong-stream", got="employer", expected="worker"):
        when(worker, a(f.EstablishmentOpened))
    with refused("wrong-stream", got="worker", expected="employer"):
        when(company, hired())
    with refused("wrong-stream", got="worker", expected="employer"):
        when(company, corrected(1, registered()))
    assert (worker.kind, company.kind) == ("worker", "employer")


def test_an_employer_s_facts_are_amended_like_a_worker_s() -> None:
    company = given(a(f.EmployerRegistered, "2020-01-01"), a(f.EstablishmentOpened), stream=ACME)
    when(company, corrected(2, a(f.EstablishmentOpened, regency="kemendagri:2025/32.73")))
    assert company.state().establishments["A1"].regency == "kemendagri:2025/32.73"
    when(company, voided(2))
    assert company.state().establishments == {}


def test_a_refused_first_fact_leaves_the_stream_to_anybody() -> None:
    """Defect: the refused fact's kind stuck to the stream, and the right one was then refused."""
    history = given()
    with refused("not-registered"):
        when(history, a(f.EstablishmentOpened))
    assert unchanged(history) == unchanged(History(WORKER))
    when(history, registered())
    assert history.kind == "worker"


# -- four eyes --------------------------------------------------------------------------------------------------------
MERGED = a(f.WorkersMerged)
FOUR_EYES = [MERGED, a(f.WorkersSplit, "2024-02-01"), a(f.IdentityCorrected, grade="major", second="officer-2")]
FOUR_EYES.append(a(f.KeyDestroyed, "2024-02-01"))


@pytest.mark.parametrize("fact", FOUR_EYES)
def test_two_officers_who_differ_and_are_both_named(fact: Any) -> None:
    before = [registered(), MERGED] if isinstance(fact, f.WorkersSplit) else [registered()]
    when(given(*before), fact)
    with refused("second-officer", first="officer-1", second="officer-1"):
        when(given(*before), replace(fact, second="officer-1"))
    with refused("second-officer", first="", second="officer-2"):
        when(given(*before), fact, by=replace(OFFICER, person=""))


def test_a_new_identifier_needs_a_second_officer_and_a_spelling_does_not() -> None:
    with refused("second-officer", second=None):
        when(given(registered()), a(f.IdentityCorrected, grade="major"))
    when(given(registered()), a(f.IdentityCorrected, grade="minor"))


def test_nothing_follows_erasure_whatever_its_date() -> None:
    history = given(registered(), hired(), verified(), a(f.KeyDestroyed, "2024-02-01"))
    before = unchanged(history)
    late, again = a(f.PositionChanged, "2024-01-20"), a(f.KeyDestroyed, "2024-03-01")
    for fact in (late, again, registered(), corrected(2, hired(wage_band=6)), voided(2), voided(4)):
        with refused("worker-erased", worker=WORKER):
            when(history, fact)
    assert unchanged(history) == before


def test_what_a_submission_says_of_itself_is_kept() -> None:
    history = given(registered())
    event = history.record(
        hired(employer=BETA), by=OFFICER, now=EVENING, submission=ACME, ref="row-7", late_reason="force-majeure"
    )
    assert (event.submission, event.ref, event.late_reason) == (ACME, "row-7", "force-majeure")
    assert (event.originator_id, event.originator_version, event.actor) == (WORKER, 2, OFFICER)


def test_why_something_is_late_comes_from_a_closed_list() -> None:
    """Free text could name somebody, and the clear part of an event is for ever."""
    history = given(registered())
    when(history, hired(), late_reason="branch-late")
    as_it_was = unchanged(history)
    with refused("late-reason-unknown", got="Siti was ill"):
        when(history, a(f.PositionChanged, "2024-02-01"), late_reason="Siti was ill")
    assert unchanged(history) == as_it_was

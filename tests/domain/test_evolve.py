"""What each kind of fact assigns: no more and no less."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from msgspec.structs import replace

from domain import employer, worker
from domain import facts as f
from domain.decide import History
from domain.event import ERASED, Event, Fact
from domain.facts import FACTS
from tests.domain.facts_strategy import events, structs
from tests.domain.given import (
    ACME,
    APPRENTICESHIP,
    BANDUNG,
    BEKASI,
    BETA,
    BNSP,
    CERTIFICATE,
    DISPUTE,
    FILLED,
    INDUSTRY,
    JOB,
    JOB_2,
    NOW,
    OCCUPATION,
    OFFICER,
    OTHER_INDUSTRY,
    OTHER_OCCUPATION,
    OTHER_PHONE,
    OTHER_WORKER,
    PERMANENT,
    PHONE,
    SIGNED,
    SITI,
    UNIT,
    UNTIL_2025,
    WORKER,
    a,
    given,
    hired,
    registered,
    verified,
)

DAY, DAY_2, DAY_3 = "2024-02-01", "2024-03-01", "2024-04-01"
ON, ON_2 = date(2024, 2, 1), date(2024, 3, 1)
JOINED = date(2024, 1, 15)
OURS = (registered(), hired())
CARD = (registered(), verified(), a(f.CardIssued))
WALLET_UNTIL = datetime(2024, 3, 1, tzinfo=UTC)
PLACE = (a(f.EmployerRegistered), a(f.EstablishmentOpened))
NOTICE = (*OURS, a(f.TerminationNotified, DAY))


def job(state: Any) -> Any:
    return state.employments[JOB]


def place(state: Any) -> Any:
    return state.establishments["A1"]


def itself(state: Any) -> Any:
    return state


def at(path: Callable[[Any], Any], **expected: Any) -> Callable[[Any], bool]:
    """The part of the state found by `path` has these values."""

    def holds(state: Any) -> bool:
        part = path(state)
        assert {name: getattr(part, name) for name in expected} == expected
        return True

    return holds


CASES: list[tuple[tuple[Fact, ...], Fact, Callable[[Any], bool]]] = [
    (
        (),
        registered(permit_until=date(2026, 1, 1), nationality="MYS"),
        at(
            itself,
            registered=True,
            key_commitment="c0",
            birth_year=1999,
            sex="F",
            nationality="MYS",
            details=SITI,
            education="sakernas:2024/5",
            residence=BEKASI,
            permit_until=date(2026, 1, 1),
            identity="unverified",
        ),
    ),
    ((registered(),), a(f.IdentityVerified, DAY), at(itself, identity="verified", identity_since=ON)),
    ((registered(),), a(f.IdentityMismatched, DAY), at(itself, identity="mismatched", identity_since=ON)),
    (
        (registered(), verified()),
        a(f.IdentityCorrected, sex="M", birth_year=1998, personal=None),
        at(itself, sex="M", birth_year=1998, details=None, identity="verified"),
    ),
    (
        (registered(), verified()),
        a(f.IdentityCorrected, DAY, grade="major", second="officer-2"),
        at(itself, details=SITI, identity="unverified", identity_since=ON),
    ),
    ((registered(),), a(f.ContactVerified), at(itself, contacts={"phone": f.Contact(value="+6281234567890")})),
    ((registered(),), a(f.LabourForceStatusDeclared), at(itself, labour_force_status="seeking", standing="seeking")),
    ((registered(),), a(f.EducationRecorded), at(itself, education="sakernas:2024/9")),
    ((registered(),), a(f.SkillsDeclared), at(itself, skills=(OCCUPATION, UNIT))),
    ((registered(),), a(f.DisabilityDeclared), at(itself, disability=f.Disability(kinds=("hearing",)))),
    ((registered(),), a(f.PhotoTaken), at(itself, photo=2)),
    ((registered(),), a(f.WorkersMerged), at(itself, merged={OTHER_WORKER: WORKER})),
    ((registered(), a(f.WorkersMerged)), a(f.WorkersSplit), at(itself, merged={})),
    ((registered(),), a(f.KeyDestroyed), at(itself, erased=True)),
    (
        (registered(),),
        hired(),
        at(
            job,
            id=JOB,
            hired=hired(),
            employer=ACME,
            establishment="A1",
            industry=INDUSTRY,
            regency=BEKASI,
            occupation=OCCUPATION,
            contract=UNTIL_2025,
            contract_from=JOINED,
            wage_band=5,
            wage=f.Wage(monthly=5_300_000),
            started_on=JOINED,
            with_employer_since=JOINED,
            terms=[worker.Term(UNTIL_2025, JOINED, JOINED)],
            active=True,
        ),
    ),
    (
        OURS,
        a(f.ContractRecorded, DAY, contract=PERMANENT),
        at(job, contract=PERMANENT, contract_from=ON),
    ),
    (OURS, a(f.ContractRecorded, DAY), at(job, contract=UNTIL_2025, contract_from=JOINED)),
    (
        OURS,
        a(f.ContractExtended, DAY),
        at(
            job,
            contract=replace(UNTIL_2025, ends_on=date(2026, 6, 30)),
            terms=[
                worker.Term(UNTIL_2025, JOINED, JOINED),
                worker.Term(replace(UNTIL_2025, ends_on=date(2026, 6, 30)), ON, date(2026, 1, 1), extends=True),
            ],
        ),
    ),
    (OURS, a(f.ConvertedToPermanent, DAY), at(job, contract=PERMANENT, contract_from=ON)),
    (OURS, a(f.PositionChanged), at(job, occupation=OTHER_OCCUPATION)),
    (OURS, a(f.WageChanged), at(job, wage_band=6, wage=f.Wage(monthly=6_100_000))),
    (OURS, a(f.LocationChanged), at(job, establishment="A2", regency=BANDUNG, industry=INDUSTRY)),
    (OURS, a(f.Suspended, DAY), at(job, suspended="furlough", active=True)),
    ((*OURS, a(f.Suspended, DAY)), a(f.Resumed, DAY_2), at(job, suspended=None)),
    (
        OURS,
        a(f.EmployerTransferred, DAY),
        at(
            job,
            employer=BETA,
            establishment="B1",
            industry=OTHER_INDUSTRY,
            regency=BANDUNG,
            with_employer_since=ON,
            started_on=JOINED,
            earlier_employers=[(ACME, "A1", JOINED, ON)],
        ),
    ),
    (OURS, a(f.WarningIssued, level=2), at(job, warnings=2)),
    (OURS, a(f.TerminationNotified), at(job, notice="PP35/2021:43(1)", contested=False, active=True)),
    (NOTICE, a(f.TerminationContested, DAY_2), at(job, notice="PP35/2021:43(1)", contested=True)),
    (
        (*NOTICE, a(f.TerminationContested, DAY_2)),
        a(f.TerminationSettled, DAY_3),
        at(job, notice="PP35/2021:43(1)", contested=False),
    ),
    (
        (*NOTICE, a(f.TerminationContested, DAY_2)),
        a(f.TerminationSettled, DAY_3, outcome="withdrawn"),
        at(job, notice=None, contested=False),
    ),
    (
        (*OURS, a(f.Suspended, DAY)),
        a(f.Terminated, DAY_2),
        at(job, ended_on=ON_2, end_cause="PP35/2021:43(1)", terminated=True, suspended=None, active=False),
    ),
    (
        (*NOTICE, a(f.Terminated, DAY_2)),
        a(f.Reinstated, DAY_3),
        at(job, ended_on=None, end_cause=None, terminated=False, notice=None, contested=False, active=True),
    ),
    (
        (*OURS, a(f.Suspended, DAY)),
        a(f.EmploymentEnded, DAY_2),
        at(job, ended_on=ON_2, end_cause="resignation", terminated=False, suspended=None, active=False),
    ),
    (OURS, a(f.EmploymentEnded, DAY, cause="death"), at(itself, deceased_on=ON)),
    (
        (registered(),),
        a(f.TrainingEnrolled, DAY),
        at(itself, trainings={"T-1": worker.Training("T-1", UNIT, enrolled_on=ON)}),
    ),
    (
        (registered(), a(f.TrainingEnrolled, DAY)),
        a(f.TrainingCompleted, DAY_2),
        at(itself, trainings={"T-1": worker.Training("T-1", UNIT, enrolled_on=ON, completed_on=ON_2)}),
    ),
    (
        (registered(),),
        a(f.ApprenticeshipStarted, DAY),
        at(
            itself,
            apprenticeships={APPRENTICESHIP: worker.Apprenticeship(APPRENTICESHIP, str(ACME), OCCUPATION, BEKASI, ON)},
            standing="unknown",
        ),
    ),
    (
        (registered(), a(f.ApprenticeshipStarted, DAY)),
        a(f.ApprenticeshipEnded, DAY_2),
        at(lambda w: w.apprenticeships[APPRENTICESHIP], ended_on=ON_2, completed=True),
    ),
    (
        (registered(),),
        a(f.CertificateIssued, DAY),
        at(
            lambda w: w.certificates[CERTIFICATE],
            unit=UNIT,
            issued_on=ON,
            expires_on=date(2027, 1, 14),
            standing="authority-attested",
            number=f.CertificateNumber(number="No. Reg. 1"),
            state="valid",
        ),
    ),
    (
        (registered(), a(f.CertificateIssued)),
        a(f.CertificateSuspended, DAY),
        at(lambda w: w.certificates[CERTIFICATE], state="suspended"),
    ),
    (
        (registered(), a(f.CertificateIssued)),
        a(f.CertificateRevoked, DAY),
        at(lambda w: w.certificates[CERTIFICATE], state="revoked"),
    ),
    (
        CARD[:2],
        a(f.CardIssued),
        at(lambda w: w.cards["K-1"], of_version=2, issued_at=NOW, shard=1, index=7, signed=SIGNED, state="valid"),
    ),
    (CARD, a(f.CardSuspended, DAY), at(lambda w: w.cards["K-1"], state="suspended", live=True)),
    ((*CARD, a(f.CardSuspended, DAY)), a(f.CardReinstated, DAY_2), at(lambda w: w.cards["K-1"], state="valid")),
    (
        (*CARD, a(f.CardSuperseded, DAY), a(f.CardSuspended, DAY_2)),
        a(f.CardReinstated, DAY_3),
        at(lambda w: w.cards["K-1"], state="superseded", live=False),
    ),
    (
        (*CARD, a(f.CardSuspended, DAY)),
        a(f.CardSuperseded, DAY_2),
        at(lambda w: w.cards["K-1"], state="suspended", before_suspension="superseded", live=False),
    ),
    (CARD, a(f.CardRevoked, DAY), at(lambda w: w.cards["K-1"], state="revoked", live=False)),
    (CARD, a(f.CardSuperseded, DAY), at(lambda w: w.cards["K-1"], state="superseded", live=False)),
    (CARD, a(f.WalletCredentialIssued, DAY), at(lambda w: w.cards["K-1"], state="valid", wallet_until=WALLET_UNTIL)),
    (
        (*CARD, a(f.WalletCredentialIssued, DAY)),
        a(f.WalletCredentialIssued, DAY_2, expires_at=WALLET_UNTIL - timedelta(days=1)),
        at(lambda w: w.cards["K-1"], wallet_until=WALLET_UNTIL),
    ),
    ((registered(), verified()), a(f.PhoneKeyEnrolled, DAY), at(itself, phone_key=PHONE, former_phone_keys=[])),
    (
        (registered(), verified(), a(f.PhoneKeyEnrolled, DAY)),
        a(f.PhoneKeyEnrolled, DAY_2, personal=OTHER_PHONE),
        at(itself, phone_key=OTHER_PHONE, former_phone_keys=[PHONE]),
    ),
    (
        (registered(), verified(), a(f.PhoneKeyEnrolled, DAY)),
        a(f.PhoneKeyWithdrawn, DAY_2),
        at(itself, phone_key=None, former_phone_keys=[PHONE]),
    ),
    (
        (registered(),),
        a(f.StatementAdded, DAY),
        at(itself, statements=[worker.Statement(1, ON, f.Note(text="It was not so."))]),
    ),
    (
        (registered(),),
        a(f.DisputeOpened, DAY),
        at(itself, disputes={DISPUTE: worker.Dispute(DISPUTE, 1, "dates", ON, f.Note(text="Not so."))}),
    ),
    (
        (registered(), a(f.DisputeOpened, DAY)),
        a(f.DisputeResolved, DAY_2),
        at(lambda w: w.disputes[DISPUTE], outcome="upheld"),
    ),
    (
        (),
        a(f.EmployerRegistered, npwp="0012345678901000"),
        at(
            itself,
            registered=True,
            nib="1234567890123",
            name="PT Maju Bersama",
            npwp="0012345678901000",
            industry=INDUSTRY,
            regency=BEKASI,
            key_commitment="c1",
        ),
    ),
    (PLACE, a(f.EmployerVerified, DAY), at(itself, verified_on=ON)),
    (
        PLACE[:1],
        a(f.EstablishmentOpened, DAY),
        at(place, code="A1", industry=INDUSTRY, regency=BEKASI, name="Pabrik 1", opened_on=ON, state="open"),
    ),
    (PLACE, a(f.EstablishmentMoved, DAY), at(place, regency=BANDUNG, state="open")),
    (PLACE, a(f.EstablishmentSuspended, DAY), at(place, state="suspended")),
    ((*PLACE, a(f.EstablishmentSuspended, DAY)), a(f.EstablishmentResumed, DAY_2), at(place, state="open")),
    (PLACE, a(f.EstablishmentClosed, DAY), at(place, state="closed")),
]


@pytest.mark.parametrize(
    ("before", "fact", "expected"),
    [pytest.param(*row, id=f"{type(row[1]).__name__}-{n}") for n, row in enumerate(CASES)],
)
def test_what_a_fact_assigns(before: tuple[Fact, ...], fact: Fact, expected: Callable[[Any], bool]) -> None:
    history = given(*before, fact, stream=ACME if fact.stream_kind == "employer" else WORKER)
    assert expected(history.state())


def test_every_kind_that_assigns_is_among_the_cases() -> None:
    assert {type(fact) for _, fact, _ in CASES} == set(FACTS) - {f.FactCorrected, f.FactVoided}


NAMES_SOMETHING = [
    kind
    for kind in FILLED
    if kind.stream_kind != "any"
    and {"employment", "certificate", "apprenticeship", "card", "dispute", "establishment"} & {*kind.__struct_fields__}
    and kind not in {f.Hired, f.CertificateIssued, f.ApprenticeshipStarted, f.CardIssued, f.DisputeOpened}
    and kind is not f.EstablishmentOpened
]


@pytest.mark.parametrize("kind", NAMES_SOMETHING)
def test_a_fact_about_something_that_is_not_there_changes_nothing(kind: type[Fact]) -> None:
    event = Event(originator_id=WORKER, originator_version=1, recorded_at=NOW, actor=OFFICER, fact=a(kind))
    assert worker.evolve(worker.Worker(id=WORKER), event) == worker.Worker(id=WORKER)
    assert employer.evolve(employer.Employer(id=WORKER), event) == employer.Employer(id=WORKER)


@pytest.mark.parametrize("kind", FACTS)
def test_an_erased_part_passes_through_and_leaves_nothing_personal(kind: type[Fact]) -> None:
    @settings(deadline=None, max_examples=15)
    @drawn(events(1, structs(kind, erased=False)))
    def passes(event: Event) -> None:
        said: Any = event.fact
        bearer = said.fact if isinstance(said, f.FactCorrected) else said
        if not hasattr(bearer, "personal"):
            return
        erased: Any = replace(bearer, personal=ERASED)
        whole = replace(said, fact=erased) if isinstance(said, f.FactCorrected) else erased
        state = History(WORKER, [replace(event, fact=whole)]).state()
        worker.evolve(state, replace(event, fact=erased))
        assert state.current is None or state.current.wage is ERASED
        assert b'"type":"person"' not in msgspec.json.encode(state)
        assert b'"type":"contact"' not in msgspec.json.encode(state)
        assert b"monthly" not in msgspec.json.encode(state)

    passes()


def test_a_whole_erased_life_reads_like_the_living_one_without_its_personal_parts() -> None:
    life = [fact for before, fact, _ in CASES if fact.stream_kind == "worker" for fact in (*before, fact)]

    def read(facts: list[Fact]) -> Any:
        events_ = [
            Event(originator_id=WORKER, originator_version=n, recorded_at=NOW, actor=OFFICER, fact=fact)
            for n, fact in enumerate(facts, start=1)
        ]
        return History(WORKER, events_).state()

    living = read(life)
    erased = read([replace(x, personal=ERASED) if getattr(x, "personal", None) else x for x in life])
    assert erased.details is ERASED
    assert erased.contacts == {"phone": ERASED}
    assert erased.employments.keys() == living.employments.keys()
    assert (erased.standing, erased.birth_year, erased.skills) == (living.standing, living.birth_year, living.skills)
    assert b"Siti" not in msgspec.json.encode(erased)


# -- what is derived --------------------------------------------------------------------------------------------------
def test_the_current_employment_is_the_open_one_that_began_last() -> None:
    both = (*OURS, hired(DAY, employment=JOB_2, employer=BETA))
    assert given(*both).state().current.id == JOB_2
    assert given(*both, a(f.EmploymentEnded, DAY_2, employment=JOB_2)).state().current.id == JOB
    assert given(registered()).state().current is None


def test_of_two_that_began_on_one_day_the_choice_does_not_depend_on_the_order() -> None:
    second = hired(employment=JOB_2, employer=BETA)
    assert given(registered(), hired(), second).state().current == given(registered(), second, hired()).state().current


@pytest.mark.parametrize(
    ("facts", "standing"),
    [
        ((registered(),), "unknown"),
        ((registered(), a(f.LabourForceStatusDeclared, status="in-school")), "in-school"),
        ((registered(), a(f.LabourForceStatusDeclared, status="employed")), "unknown"),
        ((*OURS, a(f.LabourForceStatusDeclared, DAY, status="seeking")), "employed"),
        ((*OURS, a(f.EmploymentEnded, DAY), a(f.LabourForceStatusDeclared, DAY)), "seeking"),
    ],
)
def test_standing_is_derived_and_a_job_is_worth_more_than_a_word(facts: tuple[Fact, ...], standing: str) -> None:
    assert given(*facts).state().standing == standing


def test_who_attests_a_certificate_is_its_standing() -> None:
    history = given(registered())
    history.record(a(f.CertificateIssued), by=replace(BNSP, role="worker"), now=NOW)
    assert history.state().certificates[CERTIFICATE].standing == "self-declared"


def test_an_extension_of_what_had_no_end_starts_when_it_was_agreed() -> None:
    """Never recorded so, but read all the same from a stream written under other rules."""
    facts = [registered(), hired(contract=PERMANENT), a(f.ContractExtended, DAY)]
    events_ = [
        Event(originator_id=WORKER, originator_version=n, recorded_at=NOW, actor=OFFICER, fact=fact)
        for n, fact in enumerate(facts, start=1)
    ]
    assert History(WORKER, events_).state().employments[JOB].terms[-1].starts_on == ON


def test_an_employment_knows_its_id() -> None:
    assert given(*OURS).state().works_for(ACME).id == JOB
    assert given(*OURS).state().works_for(UUID(int=9)) is None


def test_a_job_lasts_from_its_first_day_to_its_last_and_an_open_one_for_ever() -> None:
    ended = given(*OURS, a(f.EmploymentEnded, DAY_2)).state()
    around = (JOINED - timedelta(days=1), JOINED, ON_2, ON_2 + timedelta(days=1))
    assert [ended.employed_on(day) for day in around] == [False, True, True, False]
    assert given(*OURS).state().employed_on(date(2099, 1, 1))
    assert not given(registered()).state().employed_on(ON)

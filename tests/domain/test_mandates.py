"""Who may say what: deny by default, and nobody speaks for another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from domain import facts as f
from domain.event import Role, topic_of
from domain.facts import FACTS
from domain.mandates import MAY
from tests.domain.given import (
    ACME,
    BETA,
    BNSP,
    DUKCAPIL,
    EVERYBODY,
    FILLED,
    JOB_2,
    OFFICER,
    SELF,
    SYSTEM,
    TRAINER,
    a,
    corrected,
    employer,
    given,
    hired,
    refused,
    registered,
    verified,
    voided,
    when,
)

if TYPE_CHECKING:
    from domain.event import Actor, Fact

ANYBODY = {**EVERYBODY, Role.EMPLOYER: employer(ACME)}
WHO = {
    "E": Role.EMPLOYER,
    "W": Role.WORKER,
    "O": Role.OFFICER,
    "I": Role.IDENTITY_AUTHORITY,
    "C": Role.CERTIFICATION_BODY,
    "T": Role.TRAINING_PROVIDER,
    "S": Role.SYSTEM,
}
TABLE = {
    "EO": (
        f.EmployerRegistered,
        f.EstablishmentOpened,
        f.EstablishmentMoved,
        f.EstablishmentSuspended,
        f.EstablishmentResumed,
        f.EstablishmentClosed,
        f.Hired,
        f.ContractRecorded,
        f.ContractExtended,
        f.ConvertedToPermanent,
        f.PositionChanged,
        f.WageChanged,
        f.LocationChanged,
        f.Suspended,
        f.Resumed,
        f.EmployerTransferred,
        f.WarningIssued,
        f.TerminationNotified,
        f.Terminated,
        f.Reinstated,
        f.EmploymentEnded,
    ),
    "EWO": (f.WorkerRegistered, f.EducationRecorded, f.SkillsDeclared, f.TerminationSettled),
    "WO": (
        f.LabourForceStatusDeclared,
        f.DisabilityDeclared,
        f.PhotoTaken,
        f.TerminationContested,
        f.StatementAdded,
        f.DisputeOpened,
    ),
    "O": (f.EmployerVerified, f.IdentityCorrected, f.WorkersMerged, f.WorkersSplit, f.KeyDestroyed, f.DisputeResolved),
    "IO": (f.IdentityVerified, f.IdentityMismatched),
    "WOS": (f.ContactVerified, f.CardSuspended, f.CardRevoked, f.PhoneKeyWithdrawn),
    "EWOCT": (
        f.TrainingEnrolled,
        f.TrainingCompleted,
        f.ApprenticeshipStarted,
        f.ApprenticeshipEnded,
        f.CertificateIssued,
    ),
    "CO": (f.CertificateSuspended, f.CertificateRevoked),
    "OS": (f.CardIssued, f.CardReinstated, f.CardSuperseded, f.WalletCredentialIssued, f.PhoneKeyEnrolled),
    "EWOICT": (f.FactCorrected, f.FactVoided),
}


def test_the_table_of_mandates_is_this_one() -> None:
    """Written again by hand: a right that is given by mistake shows here."""
    assert {kind: {WHO[letter] for letter in who} for who, kinds in TABLE.items() for kind in kinds} == MAY
    assert set(MAY) == set(FACTS)


@pytest.mark.parametrize("kind", FILLED)
@pytest.mark.parametrize("role", Role)
def test_without_a_mandate_nothing_is_even_looked_at(kind: type[Fact], role: Role) -> None:
    if role in MAY[kind]:
        return
    with refused("no-mandate", topic=topic_of(kind), role=role.value):
        when(given(), a(kind), by=ANYBODY[role])


# -- an employer speaks of its own employments ------------------------------------------------------------------------
NOTICE = a(f.TerminationNotified, "2024-06-01")
OURS = (registered(), hired())
ABOUT_A_JOB = [k for k in f.CORRECTABLE if "employment" in k.__struct_fields__ and WHO["E"] in MAY[k]]
BEFORE: dict[type[Fact], tuple[Fact, ...]] = {
    f.Resumed: (*OURS, a(f.Suspended, "2024-02-01")),
    f.TerminationSettled: (*OURS, NOTICE),
    f.Reinstated: (*OURS, a(f.Terminated, "2024-06-01")),
    f.Hired: (registered(),),
}


@pytest.mark.parametrize("kind", ABOUT_A_JOB)
def test_only_the_employer_of_an_employment_speaks_of_it(kind: type[Fact]) -> None:
    before = BEFORE.get(kind, OURS)
    when(given(*before), a(kind, "2024-07-01"), by=employer(ACME))
    with refused("no-mandate", role="employer", employer=str(ACME)):
        when(given(*before), a(kind, "2024-07-01"), by=employer(BETA))


def test_an_employer_may_say_what_is_about_no_employment() -> None:
    when(given(*OURS), a(f.EducationRecorded), by=employer(BETA))


TRANSFERRED = (*OURS, a(f.EmployerTransferred, "2025-01-01"))


def test_after_a_transfer_the_new_employer_speaks_and_of_the_time_before_the_old_one() -> None:
    """Defect: whoever employed last spoke of all times, so the old employer could report nothing late."""
    when(given(*TRANSFERRED), a(f.WageChanged, "2025-02-01"), by=employer(BETA))
    when(given(*TRANSFERRED), a(f.WageChanged, "2024-02-01"), by=employer(ACME))
    with refused("no-mandate", employer=str(BETA)):
        when(given(*TRANSFERRED), a(f.WageChanged, "2025-02-01"), by=employer(ACME))
    with refused("no-mandate", employer=str(ACME)):
        when(given(*TRANSFERRED), a(f.WageChanged, "2024-02-01"), by=employer(BETA))


def test_who_reported_a_transfer_mends_it() -> None:
    """Defect: the employment was the other's by then, so its own report could not be corrected."""
    history = given(*OURS)
    when(history, a(f.EmployerTransferred, "2025-01-01"), by=employer(ACME))
    when(history, corrected(3, a(f.EmployerTransferred, "2025-02-01")), by=employer(ACME))
    with refused("no-mandate"):
        when(history, corrected(3, a(f.EmployerTransferred, "2025-03-01")), by=employer(BETA))


def test_a_hire_cannot_be_corrected_into_another_employer_s() -> None:
    history = given(registered())
    when(history, hired(), by=employer(ACME))
    with refused("no-mandate", employer=str(BETA)):
        when(history, corrected(2, hired(employer=BETA)), by=employer(ACME))


def test_an_employment_cannot_be_taken_over_by_correcting_what_is_said_of_another() -> None:
    history = given(*OURS, hired(employment=JOB_2, employer=BETA))
    when(history, a(f.WageChanged, "2024-02-01", employment=JOB_2), by=employer(BETA))
    with refused("no-mandate", employer=str(ACME)):
        when(history, corrected(4, a(f.WageChanged, "2024-02-01")), by=employer(BETA))


def test_an_employer_speaks_only_in_its_own_stream() -> None:
    """Defect: nothing tied an employer's own facts to the employer who acted."""
    history = given(stream=ACME)
    with refused("no-mandate", employer=str(ACME)):
        when(history, a(f.EmployerRegistered), by=employer(BETA))
    when(history, a(f.EmployerRegistered), by=employer(ACME))
    with refused("no-mandate", employer=str(ACME)):
        when(history, a(f.EstablishmentOpened), by=employer(BETA))
    when(history, a(f.EstablishmentOpened), by=employer(ACME))


# -- amendments -------------------------------------------------------------------------------------------------------
EDUCATION: Any = a(f.EducationRecorded)
BETTER = corrected(2, replace(EDUCATION, education="sakernas:2024/10"))


def reported(by: Actor) -> Any:
    history = given(registered())
    when(history, EDUCATION, by=by)
    return history


@pytest.mark.parametrize("amendment", [BETTER, voided(2)])
def test_who_said_it_amends_it_or_an_officer(amendment: Fact) -> None:
    when(reported(employer(ACME)), amendment, by=employer(ACME))
    when(reported(employer(ACME)), amendment, by=OFFICER)
    for other in (employer(BETA), SELF, BNSP, DUKCAPIL, TRAINER):
        with refused("no-mandate", recorded_by=str(ACME)):
            when(reported(employer(ACME)), amendment, by=replace(other, role=Role.EMPLOYER))
    with refused("no-mandate"):
        when(reported(employer(ACME)), amendment, by=SYSTEM)


@pytest.mark.parametrize("said", [BETTER, voided(2)])
@pytest.mark.parametrize("target", [2, 3])
def test_what_an_officer_has_amended_only_officers_amend(said: Fact, target: int) -> None:
    """Defect: the employer corrected the fact once more, which set the officer's decision aside."""
    history = reported(employer(ACME))
    when(history, said, by=OFFICER)
    with refused("no-mandate", recorded_by="kemnaker"):
        when(history, voided(target), by=employer(ACME))
    with refused("no-mandate", recorded_by="kemnaker"):
        when(history, BETTER, by=employer(ACME))
    when(history, voided(3), by=OFFICER)


@pytest.mark.parametrize("amendment", [corrected(2, verified()), voided(2)])
def test_who_may_not_say_it_may_not_amend_it(amendment: Fact) -> None:
    """Defect: another account of the same organisation amended what its role may never record."""
    history = given(registered())
    when(history, verified(), by=DUKCAPIL)
    with refused("no-mandate", topic="worker.identity-verified"):
        when(history, amendment, by=replace(DUKCAPIL, role=Role.TRAINING_PROVIDER))
    when(history, amendment, by=DUKCAPIL)

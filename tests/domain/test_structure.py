"""What cannot have been is refused, each with its own code; every case is one row: what stands, what comes, why not."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import domain.structure
from domain import facts as f
from domain.event import Fact
from tests.domain.given import (
    ACME,
    BETA,
    DAILY,
    JOB_2,
    OTHER_PHONE,
    OTHER_WORKER,
    PERMANENT,
    WORKER,
    a,
    given,
    hired,
    refused,
    registered,
    unchanged,
    verified,
    when,
)

EMPLOYED = (registered(), verified(), hired())
DAY_2, DAY_3, DAY_4 = "2024-02-01", "2024-03-01", "2024-04-01"
LEFT = a(f.EmploymentEnded, DAY_2)
CARD = (registered(), verified(), a(f.CardIssued))
COMPANY = (a(f.EmployerRegistered, "2020-01-01"), a(f.EstablishmentOpened))


def fixed(ends_on: str | None) -> f.Contract:
    return f.Contract(kind="fixed-term", ends_on=None if ends_on is None else date.fromisoformat(ends_on))


def second_job(on: str = DAY_3, **fields: Any) -> Fact:
    return hired(on, employment=JOB_2, **fields)


KNOWN_PHONE = (registered(), verified(), a(f.PhoneKeyEnrolled))
REFUSED: list[tuple[str, tuple[Fact, ...], Fact]] = [
    ("not-registered", (), verified()),
    ("not-registered", (), a(f.EstablishmentOpened)),
    ("registered-already", (registered(),), registered("2021-01-01")),
    ("registered-already", (registered("2021-01-01"),), registered("2020-01-01")),
    # hire
    ("employment-exists", (*EMPLOYED, LEFT), hired(DAY_3)),
    ("already-employed", EMPLOYED, second_job()),
    ("already-employed", EMPLOYED, second_job("2023-01-01")),
    ("worker-deceased", (*EMPLOYED, a(f.EmploymentEnded, DAY_2, cause="death")), second_job(employer=BETA)),
    ("end-missing", (registered(),), hired(contract=fixed(None))),
    ("end-of-permanent", (registered(),), hired(contract=f.Contract(kind="permanent", ends_on=date(2025, 1, 1)))),
    ("ends-before-start", (registered(),), hired(contract=fixed("2024-01-14"))),
    ("ends-before-start", (registered(),), hired(contract=f.Contract(kind="daily", ends_on=date(2024, 1, 14)))),
    # contract
    ("end-missing", EMPLOYED, a(f.ContractRecorded, DAY_2, contract=fixed(None))),
    ("ends-before-start", EMPLOYED, a(f.ContractRecorded, DAY_2, contract=fixed("2024-01-31"))),
    ("extension-not-later", EMPLOYED, a(f.ContractExtended, DAY_2, ends_on=date(2025, 12, 31))),
    ("not-fixed-term", (registered(), hired(contract=DAILY)), a(f.ContractExtended, DAY_2)),
    ("not-fixed-term", (*EMPLOYED, a(f.ConvertedToPermanent, DAY_2)), a(f.ContractExtended, DAY_3)),
    ("already-permanent", (registered(), hired(contract=PERMANENT)), a(f.ConvertedToPermanent, DAY_2)),
    # rest, notice and end
    ("already-suspended", (*EMPLOYED, a(f.Suspended, DAY_2)), a(f.Suspended, DAY_3, cause="strike")),
    ("not-suspended", EMPLOYED, a(f.Resumed, DAY_2)),
    ("no-notice", EMPLOYED, a(f.TerminationContested, DAY_2)),
    ("no-notice", EMPLOYED, a(f.TerminationSettled, DAY_2)),
    (
        "no-notice",
        (*EMPLOYED, a(f.TerminationNotified, DAY_2), a(f.TerminationSettled, DAY_3, outcome="withdrawn")),
        a(f.TerminationContested, DAY_4),
    ),
    ("not-terminated", EMPLOYED, a(f.Reinstated, DAY_2)),
    ("not-terminated", (registered(),), a(f.Reinstated, DAY_2)),
    ("not-terminated", (*EMPLOYED, LEFT), a(f.Reinstated, DAY_3)),
    ("already-employed", (*EMPLOYED, a(f.Terminated, DAY_2), second_job()), a(f.Reinstated, DAY_4)),
    ("already-employed", (*EMPLOYED, second_job(employer=BETA)), a(f.EmployerTransferred, DAY_4)),
    ("not-employed", (registered(),), a(f.EmployerTransferred, DAY_4)),
    # skills
    ("training-completed", (registered(), a(f.TrainingCompleted)), a(f.TrainingCompleted, DAY_2)),
    (
        "apprenticeship-open",
        (registered(), a(f.ApprenticeshipStarted)),
        a(f.ApprenticeshipStarted, DAY_2, apprenticeship=UUID(int=9)),
    ),
    (
        "apprenticeship-exists",
        (registered(), a(f.ApprenticeshipStarted), a(f.ApprenticeshipEnded, DAY_2)),
        a(f.ApprenticeshipStarted, DAY_3),
    ),
    ("apprenticeship-unknown", (registered(),), a(f.ApprenticeshipEnded)),
    (
        "apprenticeship-unknown",
        (registered(), a(f.ApprenticeshipStarted), a(f.ApprenticeshipEnded, DAY_2)),
        a(f.ApprenticeshipEnded, DAY_3),
    ),
    ("certificate-exists", (registered(), a(f.CertificateIssued)), a(f.CertificateIssued, DAY_2)),
    ("ends-before-start", (registered(),), a(f.CertificateIssued, expires_on=date(2024, 1, 14))),
    ("certificate-unknown", (registered(),), a(f.CertificateSuspended)),
    ("certificate-unknown", (registered(),), a(f.CertificateRevoked)),
    (
        "certificate-revoked",
        (registered(), a(f.CertificateIssued), a(f.CertificateRevoked, DAY_2)),
        a(f.CertificateSuspended, DAY_3),
    ),
    # card
    ("identity-unverified", (registered(),), a(f.CardIssued)),
    ("identity-unverified", (registered(), verified(), a(f.IdentityMismatched)), a(f.CardIssued, DAY_2)),
    (
        "identity-unverified",
        (registered(), verified(), a(f.IdentityCorrected, grade="major", second="officer-2")),
        a(f.CardIssued, DAY_2),
    ),
    (
        "worker-deceased",
        (registered(), verified(), hired(), a(f.EmploymentEnded, DAY_2, cause="death")),
        a(f.CardIssued, DAY_3),
    ),
    ("worker-merged", (registered(), verified(), a(f.WorkersMerged, into=OTHER_WORKER)), a(f.CardIssued, DAY_2)),
    (
        "card-held",
        (*CARD, a(f.CardSuperseded, DAY_2), a(f.CardSuspended, DAY_3, cause="investigation")),
        a(f.CardIssued, DAY_4, card="K-2"),
    ),
    ("card-live", CARD, a(f.CardIssued, DAY_2, card="K-2")),
    ("card-live", (*CARD, a(f.CardSuspended, DAY_2)), a(f.CardIssued, DAY_3, card="K-2")),
    ("card-exists", (*CARD, a(f.CardRevoked, DAY_2)), a(f.CardIssued, DAY_3)),
    ("card-unknown", (registered(), verified()), a(f.CardRevoked)),
    ("card-state", CARD, a(f.CardReinstated, DAY_2)),
    ("card-state", (*CARD, a(f.CardRevoked, DAY_2)), a(f.CardSuspended, DAY_3)),
    ("card-state", (*CARD, a(f.CardSuspended, DAY_2)), a(f.CardSuspended, DAY_3)),
    ("card-state", (*CARD, a(f.CardRevoked, DAY_2)), a(f.CardRevoked, DAY_3)),
    ("card-unknown", (registered(), verified()), a(f.WalletCredentialIssued)),
    ("card-state", (*CARD, a(f.CardSuspended, DAY_2)), a(f.WalletCredentialIssued, DAY_3)),
    ("card-state", (*CARD, a(f.CardSuperseded, DAY_2)), a(f.WalletCredentialIssued, DAY_3)),
    ("outlives-card", CARD, a(f.WalletCredentialIssued, DAY_2, expires_at=datetime(2030, 1, 1, tzinfo=UTC))),
    ("card-state", (*CARD, a(f.CardSuperseded, DAY_2)), a(f.CardSuperseded, DAY_3)),
    # the phone
    ("identity-unverified", (registered(),), a(f.PhoneKeyEnrolled)),
    ("identity-unverified", (registered(), verified(), a(f.IdentityMismatched)), a(f.PhoneKeyEnrolled, DAY_2)),
    ("worker-deceased", (*EMPLOYED, a(f.EmploymentEnded, DAY_2, cause="death")), a(f.PhoneKeyEnrolled, DAY_3)),
    ("phone-key-known", KNOWN_PHONE, a(f.PhoneKeyEnrolled, DAY_2)),
    ("phone-key-known", (*KNOWN_PHONE, a(f.PhoneKeyWithdrawn, DAY_2)), a(f.PhoneKeyEnrolled, DAY_3)),
    ("phone-key-known", (registered(), verified()), a(f.PhoneKeyEnrolled, personal=None)),
    ("phone-key-none", (registered(), verified()), a(f.PhoneKeyWithdrawn)),
    ("phone-key-none", (*KNOWN_PHONE, a(f.PhoneKeyWithdrawn, DAY_2)), a(f.PhoneKeyWithdrawn, DAY_3)),
    # one person or two
    ("merged-already", (registered(), a(f.WorkersMerged)), a(f.WorkersMerged, DAY_2)),
    ("merge-names", (registered(),), a(f.WorkersMerged, other=WORKER)),
    ("merge-names", (registered(),), a(f.WorkersMerged, into=UUID(int=9))),
    ("not-merged", (registered(),), a(f.WorkersSplit)),
    ("not-merged", (registered(), a(f.WorkersMerged), a(f.WorkersSplit, DAY_2)), a(f.WorkersSplit, DAY_3)),
    # the worker's own side
    ("dispute-open", (registered(), a(f.DisputeOpened)), a(f.DisputeOpened, DAY_2, dispute=UUID(int=9))),
    (
        "dispute-exists",
        (registered(), a(f.DisputeOpened), a(f.DisputeResolved, DAY_2)),
        a(f.DisputeOpened, DAY_3),
    ),
    ("dispute-unknown", (registered(),), a(f.DisputeResolved)),
    (
        "dispute-unknown",
        (registered(), a(f.DisputeOpened), a(f.DisputeResolved, DAY_2)),
        a(f.DisputeResolved, DAY_3),
    ),
    # employers
    ("registered-already", COMPANY, a(f.EmployerRegistered, DAY_2)),
    ("registered-already", COMPANY, a(f.EmployerRegistered, "2019-01-01")),
    ("establishment-exists", COMPANY, a(f.EstablishmentOpened, DAY_2)),
    ("establishment-exists", COMPANY, a(f.EstablishmentOpened, "2019-01-01")),
    ("establishment-exists", (*COMPANY, a(f.EstablishmentClosed, DAY_2)), a(f.EstablishmentOpened, DAY_3)),
    ("establishment-unknown", COMPANY[:1], a(f.EstablishmentMoved)),
    ("establishment-unknown", COMPANY[:1], a(f.EstablishmentClosed)),
    ("establishment-state", COMPANY, a(f.EstablishmentResumed, DAY_2)),
    ("establishment-state", (*COMPANY, a(f.EstablishmentSuspended, DAY_2)), a(f.EstablishmentSuspended, DAY_3)),
    ("establishment-state", (*COMPANY, a(f.EstablishmentSuspended, DAY_2)), a(f.EstablishmentMoved, DAY_3)),
    ("establishment-state", (*COMPANY, a(f.EstablishmentClosed, DAY_2)), a(f.EstablishmentClosed, DAY_3)),
]


@pytest.mark.parametrize(
    ("code", "before", "fact"),
    [pytest.param(*row, id=f"{row[0]}-{type(row[2]).__name__}-{n}") for n, row in enumerate(REFUSED)],
)
def test_what_cannot_have_been_is_refused_and_leaves_nothing(code: str, before: tuple[Fact, ...], fact: Fact) -> None:
    history = given(*before, stream=ACME if fact.stream_kind == "employer" else WORKER)
    as_it_was = unchanged(history)
    with refused(code):
        when(history, fact)
    assert unchanged(history) == as_it_was


DURING = [
    kind for kind in f.CORRECTABLE if "employment" in kind.__struct_fields__ and kind not in {f.Hired, f.Reinstated}
]


@pytest.mark.parametrize("kind", DURING)
def test_what_happens_during_an_employment_needs_one_that_is_open(kind: type[Fact]) -> None:
    with refused("not-employed", on=date(2024, 3, 1)):
        when(given(registered()), a(kind, DAY_3))
    with refused("not-employed"):
        when(given(*EMPLOYED), a(kind, "2024-01-14"))
    with refused("employment-ended", since=date(2024, 2, 1)):
        when(given(*EMPLOYED, LEFT), a(kind, DAY_3))


POSSIBLE: list[tuple[tuple[Fact, ...], Fact]] = [
    (EMPLOYED, second_job(employer=BETA)),
    ((*EMPLOYED, LEFT), second_job(DAY_2)),
    ((*EMPLOYED, a(f.EmployerTransferred, DAY_2)), second_job(employer=ACME)),
    ((*EMPLOYED, a(f.EmploymentEnded, DAY_4, cause="death")), second_job(DAY_2, employer=BETA)),
    (EMPLOYED, a(f.ContractExtended, DAY_2, ends_on=date(2026, 1, 1))),
    ((registered(), hired(contract=DAILY)), a(f.ConvertedToPermanent, DAY_2)),
    ((registered(),), hired(contract=fixed("2024-01-15"))),
    ((*EMPLOYED, a(f.Terminated, DAY_2)), a(f.Reinstated, DAY_3)),
    ((*EMPLOYED, a(f.Suspended, DAY_2), a(f.Resumed, DAY_3)), a(f.Suspended, DAY_4)),
    ((registered(),), a(f.TrainingCompleted)),
    ((registered(),), a(f.CertificateIssued, expires_on=date(2024, 1, 15))),
    (
        (registered(), a(f.ApprenticeshipStarted)),
        a(f.ApprenticeshipStarted, DAY_2, apprenticeship=UUID(int=9), host=str(BETA)),
    ),
    ((registered(), a(f.TrainingCompleted), a(f.TrainingEnrolled, DAY_2)), a(f.TrainingCompleted, DAY_3)),
    ((*CARD, a(f.CardSuperseded, DAY_2)), a(f.CardIssued, DAY_3, card="K-2")),
    (KNOWN_PHONE, a(f.PhoneKeyEnrolled, DAY_2, personal=OTHER_PHONE)),
    ((*KNOWN_PHONE, a(f.PhoneKeyWithdrawn, DAY_2)), a(f.PhoneKeyEnrolled, DAY_3, personal=OTHER_PHONE)),
    ((*CARD, a(f.CardSuspended, DAY_2)), a(f.CardReinstated, DAY_3)),
    (  # learnt after a card was issued
        (registered("2023-01-01"), verified("2023-01-02"), hired("2023-01-03"), a(f.CardIssued, DAY_3)),
        a(f.EmploymentEnded, DAY_2, cause="death"),
    ),
    ((registered("2023-01-01"), verified("2023-01-02"), a(f.CardIssued, DAY_3)), a(f.IdentityMismatched, DAY_2)),
    ((*CARD, a(f.CardSuperseded, DAY_2), a(f.CardSuspended, DAY_3)), a(f.CardIssued, DAY_4, card="K-2")),
    ((registered(), a(f.DisputeOpened), a(f.DisputeResolved, DAY_2)), a(f.DisputeOpened, DAY_3, dispute=UUID(int=9))),
    ((registered(), a(f.WorkersMerged), a(f.WorkersSplit, DAY_2)), a(f.WorkersMerged, DAY_3, into=OTHER_WORKER)),
    ((*COMPANY, a(f.EstablishmentSuspended, DAY_2)), a(f.EstablishmentClosed, DAY_3)),
    ((*COMPANY, a(f.EstablishmentSuspended, DAY_2)), a(f.EstablishmentResumed, DAY_3)),
]


@pytest.mark.parametrize(
    ("before", "fact"), [pytest.param(*row, id=f"{type(row[1]).__name__}-{n}") for n, row in enumerate(POSSIBLE)]
)
def test_what_can_have_been_is_recorded(before: tuple[Fact, ...], fact: Fact) -> None:
    history = given(*before, stream=ACME if fact.stream_kind == "employer" else WORKER)
    event = when(history, fact)
    assert history.events[-1] is event
    assert event.originator_version == len(before) + 1


def test_every_structural_code_is_tried_here() -> None:
    """The codes that `domain/structure.py` can give, against the table above: a rule without a test fails this."""
    given_out = set(re.findall(r'Refused\("([a-z-]+)"', Path(domain.structure.__file__).read_text()))
    assert given_out == {code for code, _, _ in REFUSED} | {"employment-ended"}


def test_a_card_superseded_before_it_was_suspended_is_not_the_live_one() -> None:
    """Defect: the old card, suspended, hid the new one, and a change of the record then superseded the wrong card."""
    history = given(*CARD, a(f.CardSuperseded, DAY_2), a(f.CardIssued, DAY_3, card="K-2"), a(f.CardSuspended, DAY_4))
    live = history.state().live_card
    assert live is not None
    assert live.number == "K-2"

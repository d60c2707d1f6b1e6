"""Words for tests of decisions: given what was recorded, when one more fact comes, then it is refused or joins.

`a(kind, on=..., **fields)` is a fact with everything else filled in; who records it is whoever may.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from domain import facts as f
from domain.decide import History
from domain.errors import Refused
from domain.event import Actor, Event, Fact, Role
from domain.mandates import MAY

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKER, OTHER_WORKER = UUID(int=0xA1), UUID(int=0xA2)
ACME, BETA = UUID(int=0xE1), UUID(int=0xE2)
JOB, JOB_2 = UUID(int=0x11), UUID(int=0x12)
CERTIFICATE, APPRENTICESHIP, DISPUTE = UUID(int=0x21), UUID(int=0x22), UUID(int=0x23)
NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
ON = "2024-01-15"

OFFICER = Actor(organisation="kemnaker", role=Role.OFFICER, person="officer-1")
SYSTEM = Actor(organisation="kets", role=Role.SYSTEM)
DUKCAPIL = Actor(organisation="dukcapil", role=Role.IDENTITY_AUTHORITY)
BNSP = Actor(organisation="bnsp", role=Role.CERTIFICATION_BODY)
TRAINER = Actor(organisation="blk-bekasi", role=Role.TRAINING_PROVIDER)
SELF = Actor(organisation=str(WORKER), role=Role.WORKER)
EVERYBODY = {actor.role: actor for actor in (OFFICER, SYSTEM, DUKCAPIL, BNSP, TRAINER, SELF)}

SITI = f.PersonDetails(name="Siti Rahmawati", birth_date=date(1999, 4, 1), nik="3275064104990001")
UNTIL_2025 = f.Contract(kind="fixed-term", ends_on=date(2025, 12, 31))
PERMANENT = f.Contract(kind="permanent")
DAILY = f.Contract(kind="daily")
INDUSTRY, OTHER_INDUSTRY = "kbli:2020/41011", "kbli:2020/47111"
OCCUPATION, OTHER_OCCUPATION = "kbji:2014/7212", "kbji:2014/7212.01"
BEKASI, BANDUNG = "kemendagri:2025/32.75", "kemendagri:2025/32.73"
UNIT = "skkni/F.431000.001.02"
PHONE, OTHER_PHONE = f.PhoneKey(x="eA", y="eQ"), f.PhoneKey(x="eB", y="eQ")
SIGNED = f.SignedCard(cwt=b"\xd2\x84", jwt="e30.e30.e30")


def employer(stream: UUID) -> Actor:
    return Actor(organisation=str(stream), role=Role.EMPLOYER)


_JOB: dict[str, Any] = {"employment": JOB}
_PLACE: dict[str, Any] = {"establishment": "A1"}
_CARD: dict[str, Any] = {"card": "K-1"}
FILLED: dict[type[Fact], dict[str, Any]] = {
    f.WorkerRegistered: {
        "birth_year": 1999,
        "sex": "F",
        "key_commitment": "c0",
        "education": "sakernas:2024/5",
        "residence": BEKASI,
        "personal": SITI,
    },
    f.IdentityVerified: {"register": "dukcapil"},
    f.IdentityMismatched: {"register": "dukcapil", "differs": "name"},
    f.IdentityCorrected: {"grade": "minor", "birth_year": 1999, "sex": "F", "personal": SITI},
    f.ContactVerified: {"channel": "phone", "personal": f.Contact(value="+6281234567890")},
    f.LabourForceStatusDeclared: {"status": "seeking"},
    f.EducationRecorded: {"education": "sakernas:2024/9"},
    f.SkillsDeclared: {"skills": (OCCUPATION, UNIT)},
    f.DisabilityDeclared: {"consent": "form-7", "personal": f.Disability(kinds=("hearing",))},
    f.PhotoTaken: {"personal": f.Photo(image=b"\xff\xd8\xff", thumbnail=b"\x15")},
    f.WorkersMerged: {"other": OTHER_WORKER, "into": WORKER, "second": "officer-2"},
    f.WorkersSplit: {"other": OTHER_WORKER, "second": "officer-2"},
    f.KeyDestroyed: {"ground": "consent-withdrawn", "second": "officer-2"},
    f.Hired: {
        **_JOB,
        **_PLACE,
        "employer": ACME,
        "industry": INDUSTRY,
        "regency": BEKASI,
        "occupation": OCCUPATION,
        "channel": "direct",
        "contract": UNTIL_2025,
        "wage_band": 5,
        "personal": f.Wage(monthly=5_300_000),
    },
    f.ContractRecorded: {**_JOB, "contract": UNTIL_2025},
    f.ContractExtended: {**_JOB, "ends_on": date(2026, 6, 30)},
    f.ConvertedToPermanent: _JOB,
    f.PositionChanged: {**_JOB, "occupation": OTHER_OCCUPATION},
    f.WageChanged: {**_JOB, "wage_band": 6, "personal": f.Wage(monthly=6_100_000)},
    f.LocationChanged: {**_JOB, "establishment": "A2", "regency": BANDUNG},
    f.Suspended: {**_JOB, "cause": "furlough"},
    f.Resumed: _JOB,
    f.EmployerTransferred: {
        **_JOB,
        "employer": BETA,
        "establishment": "B1",
        "industry": OTHER_INDUSTRY,
        "regency": BANDUNG,
    },
    f.WarningIssued: {**_JOB, "level": 1},
    f.TerminationNotified: {**_JOB, "cause": "PP35/2021:43(1)"},
    f.TerminationContested: _JOB,
    f.TerminationSettled: _JOB,
    f.Terminated: {**_JOB, "cause": "PP35/2021:43(1)"},
    f.Reinstated: _JOB,
    f.EmploymentEnded: {**_JOB, "cause": "resignation"},
    f.TrainingEnrolled: {"training": "T-1", "unit": UNIT},
    f.TrainingCompleted: {"training": "T-1"},
    f.ApprenticeshipStarted: {
        "apprenticeship": APPRENTICESHIP,
        "host": str(ACME),
        "occupation": OCCUPATION,
        "regency": BEKASI,
    },
    f.ApprenticeshipEnded: {"apprenticeship": APPRENTICESHIP},
    f.CertificateIssued: {
        "certificate": CERTIFICATE,
        "unit": UNIT,
        "expires_on": date(2027, 1, 14),
        "personal": f.CertificateNumber(number="No. Reg. 1"),
    },
    f.CertificateSuspended: {"certificate": CERTIFICATE, "cause": "surveillance-failed"},
    f.CertificateRevoked: {"certificate": CERTIFICATE, "cause": "misconduct"},
    f.CardIssued: {
        **_CARD,
        "of_version": 2,
        "issued_at": NOW,
        "expires_at": datetime(2028, 3, 2, 3, 0, tzinfo=UTC),
        "kid": "k1",
        "shard": 1,
        "index": 7,
        "personal": SIGNED,
    },
    f.CardSuspended: {**_CARD, "cause": "lost"},
    f.CardReinstated: _CARD,
    f.CardRevoked: {**_CARD, "cause": "stolen"},
    f.CardSuperseded: {**_CARD, "cause": "record-changed"},
    f.WalletCredentialIssued: {
        **_CARD,
        "expires_at": datetime(2024, 3, 1, tzinfo=UTC),
        "personal": f.WalletKey(thumbprint=bytes(32)),
    },
    f.PhoneKeyEnrolled: {"personal": PHONE},
    f.PhoneKeyWithdrawn: {"cause": "lost"},
    f.FactVoided: {"voids": 2, "cause": "error"},
    f.StatementAdded: {"about": 1, "personal": f.Note(text="It was not so.")},
    f.DisputeOpened: {"dispute": DISPUTE, "about": 1, "cause": "dates", "personal": f.Note(text="Not so.")},
    f.DisputeResolved: {"dispute": DISPUTE, "outcome": "upheld"},
    f.EmployerRegistered: {
        "nib": "1234567890123",
        "name": "PT Maju Bersama",
        "industry": INDUSTRY,
        "regency": BEKASI,
        "key_commitment": "c1",
    },
    f.EmployerVerified: {"register": "oss"},
    f.EstablishmentOpened: {**_PLACE, "industry": INDUSTRY, "regency": BEKASI, "name": "Pabrik 1"},
    f.EstablishmentMoved: {**_PLACE, "regency": BANDUNG},
    f.EstablishmentSuspended: _PLACE,
    f.EstablishmentResumed: _PLACE,
    f.EstablishmentClosed: _PLACE,
}


def a(kind: type[Fact], on: str = ON, **fields: Any) -> Any:
    """A fact of `kind`, true since `on`, with these fields and everything else filled in."""
    return kind(effective_on=date.fromisoformat(on), **{**FILLED[kind], **fields})


def registered(on: str = "2020-01-01", **fields: Any) -> Fact:
    return a(f.WorkerRegistered, on, **fields)


def verified(on: str = "2020-01-02") -> Fact:
    return a(f.IdentityVerified, on)


def hired(on: str = ON, **fields: Any) -> Fact:
    return a(f.Hired, on, **fields)


def corrected(version: int, fact: Fact, on: str = "2026-02-01") -> Fact:
    return f.FactCorrected(effective_on=date.fromisoformat(on), corrects=version, fact=fact)


def voided(version: int, on: str = "2026-02-01") -> Fact:
    return a(f.FactVoided, on, voids=version)


def given(*facts: Fact, stream: UUID = WORKER) -> History:
    """A stream in which these facts stand, recorded one after another before now by an officer, or else the system."""
    history = History(stream)
    for fact in facts:
        when(history, fact)
    return history


def when(
    history: History, fact: Fact, *, by: Actor | None = None, now: datetime = NOW, late_reason: str | None = None
) -> Event:
    """`fact` comes, from an officer unless another is named (the system, for what officers do not record)."""
    usual = OFFICER if Role.OFFICER in MAY[type(fact)] else SYSTEM
    return history.record(fact, by=by or usual, now=now, late_reason=late_reason)


@contextmanager
def refused(code: str, **details: Any) -> Iterator[None]:
    """What is tried inside is refused with this code, and these details among others."""
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.code == code, str(caught.value)
    assert details.items() <= caught.value.details.items()


def unchanged(history: History) -> Any:
    """For `assert`: what a refusal must leave as it was."""
    return history.kind, history.version, list(history.events), history.state()

"""Every kind of fact there is: a closed vocabulary. docs/events.md lists each field, clear or sealed.

A retired kind stays here for ever, because its events do.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from domain.event import Fact, topic_of
from domain.facts.amendment import CORRECTED, DisputeOpened, DisputeResolved, FactVoided, StatementAdded
from domain.facts.bounds import Version
from domain.facts.card import CardIssued, CardReinstated, CardRevoked, CardSuperseded, CardSuspended, SignedCard
from domain.facts.employer import (
    EmployerRegistered,
    EmployerVerified,
    EstablishmentClosed,
    EstablishmentMoved,
    EstablishmentOpened,
    EstablishmentResumed,
    EstablishmentSuspended,
)
from domain.facts.people import (
    Contact,
    ContactVerified,
    Disability,
    DisabilityDeclared,
    EducationRecorded,
    IdentityCorrected,
    IdentityMismatched,
    IdentityVerified,
    KeyDestroyed,
    LabourForceStatusDeclared,
    Note,
    PersonDetails,
    Photo,
    PhotoTaken,
    SkillsDeclared,
    WorkerRegistered,
    WorkersMerged,
    WorkersSplit,
)
from domain.facts.phone import PhoneKey, PhoneKeyEnrolled, PhoneKeyWithdrawn
from domain.facts.skills import (
    ApprenticeshipEnded,
    ApprenticeshipStarted,
    CertificateIssued,
    CertificateNumber,
    CertificateRevoked,
    CertificateSuspended,
    TrainingCompleted,
    TrainingEnrolled,
)
from domain.facts.wallet import WalletCredentialIssued, WalletKey
from domain.facts.work import (
    Contract,
    ContractExtended,
    ContractRecorded,
    ConvertedToPermanent,
    EmployerTransferred,
    EmploymentEnded,
    Hired,
    LocationChanged,
    PositionChanged,
    Reinstated,
    Resumed,
    Suspended,
    Terminated,
    TerminationContested,
    TerminationNotified,
    TerminationSettled,
    Wage,
    WageChanged,
    WarningIssued,
)

CORRECTABLE: tuple[type[Fact], ...] = (
    WorkerRegistered,
    IdentityVerified,
    IdentityMismatched,
    ContactVerified,
    LabourForceStatusDeclared,
    EducationRecorded,
    SkillsDeclared,
    DisabilityDeclared,
    Hired,
    ContractRecorded,
    ContractExtended,
    ConvertedToPermanent,
    PositionChanged,
    WageChanged,
    LocationChanged,
    Suspended,
    Resumed,
    EmployerTransferred,
    WarningIssued,
    TerminationNotified,
    TerminationContested,
    TerminationSettled,
    Terminated,
    Reinstated,
    EmploymentEnded,
    TrainingEnrolled,
    TrainingCompleted,
    ApprenticeshipStarted,
    ApprenticeshipEnded,
    CertificateIssued,
    CertificateSuspended,
    CertificateRevoked,
    EmployerRegistered,
    EmployerVerified,
    EstablishmentOpened,
    EstablishmentMoved,
    EstablishmentSuspended,
    EstablishmentResumed,
    EstablishmentClosed,
)

if TYPE_CHECKING:
    Correctable = Fact
else:
    Correctable = reduce(or_, CORRECTABLE)


class FactCorrected(Fact, frozen=True, kw_only=True, tag=CORRECTED):
    """The fact at version `corrects` was wrong; `fact`, whole, stands in its place."""

    stream_kind = "any"
    amendable = False

    corrects: Version
    fact: Correctable

    @property
    def target(self) -> int:
        return self.corrects


FACTS: tuple[type[Fact], ...] = (
    *CORRECTABLE,
    PhotoTaken,
    IdentityCorrected,
    WorkersMerged,
    WorkersSplit,
    KeyDestroyed,
    CardIssued,
    CardSuspended,
    CardReinstated,
    CardRevoked,
    CardSuperseded,
    PhoneKeyEnrolled,
    PhoneKeyWithdrawn,
    WalletCredentialIssued,
    FactCorrected,
    FactVoided,
    StatementAdded,
    DisputeOpened,
    DisputeResolved,
)
TOPICS: dict[str, type[Fact]] = {topic_of(fact): fact for fact in FACTS}

Amendment = FactCorrected | FactVoided
Registration = WorkerRegistered | EmployerRegistered
Personal = (
    PersonDetails | Contact | Note | Disability | Wage | CertificateNumber | SignedCard | PhoneKey | Photo | WalletKey
)
AnyFact: Any = reduce(or_, FACTS)

__all__ = [
    "CORRECTABLE",
    "CORRECTED",
    "FACTS",
    "TOPICS",
    "Amendment",
    "AnyFact",
    "ApprenticeshipEnded",
    "ApprenticeshipStarted",
    "CardIssued",
    "CardReinstated",
    "CardRevoked",
    "CardSuperseded",
    "CardSuspended",
    "CertificateIssued",
    "CertificateNumber",
    "CertificateRevoked",
    "CertificateSuspended",
    "Contact",
    "ContactVerified",
    "Contract",
    "ContractExtended",
    "ContractRecorded",
    "ConvertedToPermanent",
    "Disability",
    "DisabilityDeclared",
    "DisputeOpened",
    "DisputeResolved",
    "EducationRecorded",
    "EmployerRegistered",
    "EmployerTransferred",
    "EmployerVerified",
    "EmploymentEnded",
    "EstablishmentClosed",
    "EstablishmentMoved",
    "EstablishmentOpened",
    "EstablishmentResumed",
    "EstablishmentSuspended",
    "FactCorrected",
    "FactVoided",
    "Hired",
    "IdentityCorrected",
    "IdentityMismatched",
    "IdentityVerified",
    "KeyDestroyed",
    "LabourForceStatusDeclared",
    "LocationChanged",
    "Note",
    "PersonDetails",
    "Personal",
    "PhoneKey",
    "PhoneKeyEnrolled",
    "PhoneKeyWithdrawn",
    "Photo",
    "PhotoTaken",
    "PositionChanged",
    "Registration",
    "Reinstated",
    "Resumed",
    "SignedCard",
    "SkillsDeclared",
    "StatementAdded",
    "Suspended",
    "Terminated",
    "TerminationContested",
    "TerminationNotified",
    "TerminationSettled",
    "TrainingCompleted",
    "TrainingEnrolled",
    "Wage",
    "WageChanged",
    "WalletCredentialIssued",
    "WalletKey",
    "WarningIssued",
    "WorkerRegistered",
    "WorkersMerged",
    "WorkersSplit",
]

"""Who may record what. Deny by default; an organisation of several kinds gets several accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain import facts as f
from domain.employer import Employer
from domain.errors import Refused
from domain.event import Actor, Event, Fact, Role, topic_of

if TYPE_CHECKING:
    from domain.worker import Worker

_EMPLOYER = frozenset({Role.EMPLOYER, Role.OFFICER})
_OFFICER = frozenset({Role.OFFICER})
_SYSTEM = frozenset({Role.SYSTEM, Role.OFFICER})
_IDENTITY = frozenset({Role.IDENTITY_AUTHORITY, Role.OFFICER})
_SKILLS = frozenset({Role.TRAINING_PROVIDER, Role.CERTIFICATION_BODY, Role.EMPLOYER, Role.OFFICER, Role.WORKER})
_CERTIFIER = frozenset({Role.CERTIFICATION_BODY, Role.OFFICER})
_PERSON = frozenset({Role.WORKER, Role.OFFICER})
_ANYBODY = frozenset(Role) - {Role.SYSTEM}

MAY: dict[type[Fact], frozenset[Role]] = {
    f.EmployerRegistered: _EMPLOYER,
    f.EmployerVerified: _OFFICER,
    f.EstablishmentOpened: _EMPLOYER,
    f.EstablishmentMoved: _EMPLOYER,
    f.EstablishmentSuspended: _EMPLOYER,
    f.EstablishmentResumed: _EMPLOYER,
    f.EstablishmentClosed: _EMPLOYER,
    f.WorkerRegistered: frozenset({Role.WORKER, Role.EMPLOYER, Role.OFFICER}),
    f.IdentityVerified: _IDENTITY,
    f.IdentityMismatched: _IDENTITY,
    f.IdentityCorrected: _OFFICER,
    f.ContactVerified: _PERSON | _SYSTEM,
    f.LabourForceStatusDeclared: _PERSON,
    f.EducationRecorded: _PERSON | _EMPLOYER,
    f.SkillsDeclared: _PERSON | _EMPLOYER,
    f.DisabilityDeclared: _PERSON,
    f.PhotoTaken: _PERSON,
    f.WorkersMerged: _OFFICER,
    f.WorkersSplit: _OFFICER,
    f.KeyDestroyed: _OFFICER,
    f.Hired: _EMPLOYER,
    f.ContractRecorded: _EMPLOYER,
    f.ContractExtended: _EMPLOYER,
    f.ConvertedToPermanent: _EMPLOYER,
    f.PositionChanged: _EMPLOYER,
    f.WageChanged: _EMPLOYER,
    f.LocationChanged: _EMPLOYER,
    f.Suspended: _EMPLOYER,
    f.Resumed: _EMPLOYER,
    f.EmployerTransferred: _EMPLOYER,
    f.WarningIssued: _EMPLOYER,
    f.TerminationNotified: _EMPLOYER,
    f.TerminationContested: _PERSON,
    f.TerminationSettled: _PERSON | _EMPLOYER,
    f.Terminated: _EMPLOYER,
    f.Reinstated: _EMPLOYER,
    f.EmploymentEnded: _EMPLOYER,
    f.TrainingEnrolled: _SKILLS,
    f.TrainingCompleted: _SKILLS,
    f.ApprenticeshipStarted: _SKILLS,
    f.ApprenticeshipEnded: _SKILLS,
    f.CertificateIssued: _SKILLS,
    f.CertificateSuspended: _CERTIFIER,
    f.CertificateRevoked: _CERTIFIER,
    f.CardIssued: _SYSTEM,
    f.CardSuspended: _SYSTEM | _PERSON,
    f.CardReinstated: _SYSTEM,
    f.CardRevoked: _SYSTEM | _PERSON,
    f.CardSuperseded: _SYSTEM,
    f.WalletCredentialIssued: _SYSTEM,
    f.PhoneKeyEnrolled: _SYSTEM,
    f.PhoneKeyWithdrawn: _SYSTEM | _PERSON,
    f.FactCorrected: _ANYBODY,
    f.FactVoided: _ANYBODY,
    f.StatementAdded: _PERSON,
    f.DisputeOpened: _PERSON,
    f.DisputeResolved: _OFFICER,
}


def check_role(fact: Fact, by: Actor) -> None:
    """Raises: Refused("no-mandate") unless this kind of fact may come from an actor of this role."""
    if by.role not in MAY.get(type(fact), frozenset()):
        raise Refused("no-mandate", topic=topic_of(type(fact)), role=by.role.value)


def check_relation(fact: Fact, by: Actor, before: Worker | Employer) -> None:
    """An employer speaks only of itself and of the employments that were its own just before the fact.

    Raises: Refused("no-mandate").
    """
    employer = by.organisation
    if isinstance(before, Employer):
        employer = str(before.id)
    elif isinstance(fact, f.Hired):
        employer = str(fact.employer)
    elif held := before.employments.get(getattr(fact, "employment", before.id)):
        employer = str(held.employer)
    if employer != by.organisation:
        raise Refused("no-mandate", role=by.role.value, employer=employer)


def check_amendment(target: Event, by: Actor) -> None:
    """Only the organisation that recorded a fact, or an officer, amends it.

    Raises: Refused("no-mandate").
    """
    if by.role is not Role.OFFICER and by.organisation != target.actor.organisation:
        raise Refused("no-mandate", role=by.role.value, recorded_by=target.actor.organisation)

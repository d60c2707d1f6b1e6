"""Facts about training, apprenticeship and certification."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from domain.event import Erased, Fact
from domain.facts.bounds import Key, Occupation, Regency, Unit

CertificateCause = Literal["surveillance-failed", "retest-failed", "misconduct", "issued-in-error", "body-unlicensed"]


class CertificateNumber(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="certificate-number", gc=False
):
    """The number printed on a certificate names one person, so it is sealed."""

    number: Key


class TrainingEnrolled(Fact, frozen=True, kw_only=True, tag="worker.training-enrolled"):
    training: Key
    unit: Unit | None = None


class TrainingCompleted(Fact, frozen=True, kw_only=True, tag="worker.training-completed"):
    training: Key
    unit: Unit | None = None


class ApprenticeshipStarted(Fact, frozen=True, kw_only=True, tag="worker.apprenticeship-started"):
    """`host` is the organisation that trains; an apprenticeship is not an employment."""

    apprenticeship: UUID
    host: Key
    occupation: Occupation
    regency: Regency


class ApprenticeshipEnded(Fact, frozen=True, kw_only=True, tag="worker.apprenticeship-ended"):
    apprenticeship: UUID
    completed: bool = True


class CertificateIssued(Fact, frozen=True, kw_only=True, tag="worker.certificate-issued"):
    """A competence is certified. Its worth is the standing of who says so."""

    certificate: UUID
    unit: Unit
    expires_on: date | None = None
    personal: CertificateNumber | Erased | None = None


class CertificateSuspended(Fact, frozen=True, kw_only=True, tag="worker.certificate-suspended"):
    certificate: UUID
    cause: CertificateCause


class CertificateRevoked(Fact, frozen=True, kw_only=True, tag="worker.certificate-revoked"):
    certificate: UUID
    cause: CertificateCause

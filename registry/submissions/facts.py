"""What a row says, as facts: one builder for each action, shared by first reports and corrections.

A builder reads the row and the `Case` it belongs to, and judges nothing; `domain.decide` does that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from domain import codes, identifiers
from domain import facts as f
from domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from uuid import UUID

    from domain.event import Fact
    from registry.submissions.typed import Row


class Case(NamedTuple):
    """What a row is about, looked up: ids are those of the stream, `on` the row's date or today."""

    on: date
    commitment: str = ""
    details: f.PersonDetails | None = None
    """The person, if the row was read as one before."""
    subject: UUID | None = None
    """The employment, certificate or apprenticeship that the fact names."""
    employer: UUID | None = None
    organisation: str = ""
    authority: str = ""
    counterparty: UUID | None = None
    establishment: str = ""
    industry: str = ""
    regency: str = ""


SEX = {"L": "M", "P": "F"}


def person(row: Row) -> f.PersonDetails:
    """Raises: Refused with a code of `domain.identifiers` when number, birth date and sex do not agree."""
    if row.nik is not None:
        identifiers.nik(row.nik, birth_date=row.birth_date, sex=SEX[row.sex or ""])
    return f.PersonDetails(
        name=row.name or "",
        birth_date=_given(row.birth_date),
        nik=row.nik,
        passport=row.passport,
        phone=identifiers.phone(row.phone) if row.phone else None,
    )


def registered(row: Row, case: Case) -> f.WorkerRegistered:
    details = case.details or person(row)
    return f.WorkerRegistered(
        effective_on=case.on,
        birth_year=details.birth_date.year,
        sex=SEX[row.sex or ""],  # type: ignore[arg-type]  # the typed row allows L and P only
        key_commitment=case.commitment,
        nationality=row.nationality or "IDN",
        education=_code(codes.EDUCATION, row.education),
        residence=_code(codes.REGION, row.residence),
        permit_until=row.permit_until,
        personal=details,
    )


def _hired(row: Row, case: Case) -> f.Hired:
    return f.Hired(
        effective_on=case.on,
        employment=_given(case.subject),
        employer=_given(case.employer),
        establishment=row.establishment or "",
        industry=codes.full(codes.KBLI, row.kbli or ""),
        regency=codes.full(codes.REGION, row.regency or ""),
        occupation=codes.full(codes.KBJI, row.kbji or ""),
        channel=row.channel,  # type: ignore[arg-type]  # the typed row allows the channels only
        contract=f.Contract(kind=row.contract, ends_on=row.ends_on),  # type: ignore[arg-type]  # the same of contracts
        wage_band=(row.wage or 0) // 1_000_000,
        vacancy=row.vacancy,
        declared=row.action == "opening",
        personal=f.Wage(monthly=row.wage or 0),
    )


def _transferred(row: Row, case: Case) -> f.EmployerTransferred:
    return f.EmployerTransferred(
        effective_on=case.on,
        employment=_given(case.subject),
        employer=_given(case.counterparty),
        establishment=row.establishment or case.establishment,
        industry=_code(codes.KBLI, row.kbli) or case.industry,
        regency=_code(codes.REGION, row.regency) or case.regency,
    )


def _certified(row: Row, case: Case) -> f.CertificateIssued:
    return f.CertificateIssued(
        effective_on=case.on,
        certificate=_given(case.subject),
        unit=codes.full(codes.SKKNI, row.certificate or ""),
        expires_on=row.ends_on,
        personal=f.CertificateNumber(number=row.number or ""),
    )


def _apprenticed(row: Row, case: Case) -> f.ApprenticeshipStarted:
    return f.ApprenticeshipStarted(
        effective_on=case.on,
        apprenticeship=_given(case.subject),
        host=case.organisation,
        occupation=codes.full(codes.KBJI, row.kbji or ""),
        regency=codes.full(codes.REGION, row.regency or ""),
    )


def _employer(row: Row, case: Case) -> f.EmployerRegistered:
    return f.EmployerRegistered(
        effective_on=case.on,
        nib=identifiers.nib(row.submitter or ""),
        name=row.name or "",
        industry=codes.full(codes.KBLI, row.kbli or ""),
        regency=codes.full(codes.REGION, row.regency or ""),
        key_commitment=case.commitment,
        npwp=identifiers.npwp(row.npwp) if row.npwp else None,
    )


def _opened(row: Row, case: Case) -> f.EstablishmentOpened:
    return f.EstablishmentOpened(
        effective_on=case.on,
        establishment=row.establishment or "",
        industry=codes.full(codes.KBLI, row.kbli or ""),
        regency=codes.full(codes.REGION, row.regency or ""),
        name=row.name,
    )


def _terms(_row: Row, case: Case) -> dict[str, Any]:
    return {"effective_on": case.on, "employment": _given(case.subject)}


def _place(row: Row, case: Case) -> dict[str, Any]:
    return {"effective_on": case.on, "establishment": row.establishment or ""}


def _course(row: Row, case: Case) -> dict[str, Any]:
    return {"effective_on": case.on, "training": row.number or "", "unit": _code(codes.SKKNI, row.certificate)}


def _article(row: Row) -> str:
    """An article as the file gives it: `PP35/2021:43(1)`."""
    return row.reason or ""


BUILD: dict[str, tuple[type[Fact], Callable[[Any, Case], Fact]]] = {
    "register-employer": (f.EmployerRegistered, _employer),
    "open-establishment": (f.EstablishmentOpened, _opened),
    "move-establishment": (
        f.EstablishmentMoved,
        lambda r, c: f.EstablishmentMoved(**_place(r, c), regency=codes.full(codes.REGION, r.regency)),
    ),
    "suspend-establishment": (f.EstablishmentSuspended, lambda r, c: f.EstablishmentSuspended(**_place(r, c))),
    "resume-establishment": (f.EstablishmentResumed, lambda r, c: f.EstablishmentResumed(**_place(r, c))),
    "close-establishment": (f.EstablishmentClosed, lambda r, c: f.EstablishmentClosed(**_place(r, c))),
    "register": (f.WorkerRegistered, registered),
    "verify-identity": (
        f.IdentityVerified,
        lambda _, c: f.IdentityVerified(effective_on=c.on, register=c.authority),
    ),
    "mismatch-identity": (
        f.IdentityMismatched,
        lambda r, c: f.IdentityMismatched(effective_on=c.on, register=c.authority, differs=r.reason),
    ),
    "declare-status": (
        f.LabourForceStatusDeclared,
        lambda r, c: f.LabourForceStatusDeclared(effective_on=c.on, status=r.reason),
    ),
    "education": (
        f.EducationRecorded,
        lambda r, c: f.EducationRecorded(effective_on=c.on, education=codes.full(codes.EDUCATION, r.education)),
    ),
    "opening": (f.Hired, _hired),
    "hire": (f.Hired, _hired),
    "extend": (f.ContractExtended, lambda r, c: f.ContractExtended(**_terms(r, c), ends_on=r.ends_on)),
    "convert": (
        f.ConvertedToPermanent,
        lambda r, c: f.ConvertedToPermanent(**_terms(r, c), cause=r.reason or "agreement"),
    ),
    "position": (
        f.PositionChanged,
        lambda r, c: f.PositionChanged(**_terms(r, c), occupation=codes.full(codes.KBJI, r.kbji)),
    ),
    "wage": (
        f.WageChanged,
        lambda r, c: f.WageChanged(**_terms(r, c), wage_band=r.wage // 1_000_000, personal=f.Wage(monthly=r.wage)),
    ),
    "location": (
        f.LocationChanged,
        lambda r, c: f.LocationChanged(
            **_terms(r, c), establishment=r.establishment, regency=codes.full(codes.REGION, r.regency)
        ),
    ),
    "suspend": (f.Suspended, lambda r, c: f.Suspended(**_terms(r, c), cause=r.reason)),
    "resume": (f.Resumed, lambda r, c: f.Resumed(**_terms(r, c))),
    "transfer": (f.EmployerTransferred, _transferred),
    "warn": (f.WarningIssued, lambda r, c: f.WarningIssued(**_terms(r, c), level=r.level)),
    "notify-termination": (
        f.TerminationNotified,
        lambda r, c: f.TerminationNotified(**_terms(r, c), cause=_article(r)),
    ),
    "contest-termination": (f.TerminationContested, lambda r, c: f.TerminationContested(**_terms(r, c))),
    "settle-termination": (
        f.TerminationSettled,
        lambda r, c: f.TerminationSettled(**_terms(r, c), outcome=r.reason or "agreed"),
    ),
    "terminate": (f.Terminated, lambda r, c: f.Terminated(**_terms(r, c), cause=_article(r))),
    "reinstate": (f.Reinstated, lambda r, c: f.Reinstated(**_terms(r, c))),
    "end": (f.EmploymentEnded, lambda r, c: f.EmploymentEnded(**_terms(r, c), cause=r.reason)),
    "enrol-training": (f.TrainingEnrolled, lambda r, c: f.TrainingEnrolled(**_course(r, c))),
    "complete-training": (f.TrainingCompleted, lambda r, c: f.TrainingCompleted(**_course(r, c))),
    "start-apprenticeship": (f.ApprenticeshipStarted, _apprenticed),
    "end-apprenticeship": (
        f.ApprenticeshipEnded,
        lambda r, c: f.ApprenticeshipEnded(
            effective_on=c.on, apprenticeship=_given(c.subject), completed=r.reason != "stopped"
        ),
    ),
    "certificate": (f.CertificateIssued, _certified),
    "suspend-certificate": (
        f.CertificateSuspended,
        lambda r, c: f.CertificateSuspended(effective_on=c.on, certificate=_given(c.subject), cause=r.reason),
    ),
    "revoke-certificate": (
        f.CertificateRevoked,
        lambda r, c: f.CertificateRevoked(effective_on=c.on, certificate=_given(c.subject), cause=r.reason),
    ),
}
ACTION_OF: dict[type[Fact], str] = {kind: action for action, (kind, _) in BUILD.items()}
"""The action whose columns say a kind of fact again, when it is corrected."""


def _code(scheme: str, bare: str | None) -> str | None:
    return codes.full(scheme, bare) if bare else None


def _given(value: Any) -> Any:
    """Raises: Refused("value-missing"): a corrected row may lack what its action would have required."""
    if value is None:
        raise Refused("value-missing")
    return value

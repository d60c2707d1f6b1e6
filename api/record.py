"""A worker's record as a desk shows it. What is personal is null once the person's key is destroyed."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel, Field

from api.codes import Coded, coded, coded_or_none
from domain import facts as f
from domain.employer import Employer
from domain.event import ERASED

if TYPE_CHECKING:
    from domain import worker as w
    from registry.app import Registry


class Person(BaseModel):
    """Exactly one of `nik` and `passport` names the person."""

    name: str = Field(examples=["Siti Rahmawati"])
    birth_date: date
    nik: str | None = Field(examples=["3275014101900001"])
    passport: str | None
    phone: str | None = Field(examples=["+6281234567890"])


class EmployerNamed(BaseModel):
    """`nib` and `name` are null for an employer that is not registered here."""

    id: UUID
    nib: str | None = Field(examples=["9120001234567"])
    name: str | None = Field(examples=["PT Roti Bekasi"])


class Contract(BaseModel):
    kind: str = Field(description="fixed-term, permanent or daily")
    since: date
    ends_on: date | None


class Employment(BaseModel):
    """Dates are first and last day of work. `wage` is whole rupiah a month, `wage_band` whole millions of it."""

    id: UUID
    employer: EmployerNamed
    establishment: str
    industry: Coded
    regency: Coded
    occupation: Coded
    channel: Coded
    declared: bool = Field(description="From an opening roster: neither a new hire nor a placement")
    standing: str = Field(description="Who says so: self-declared, employer-stated or authority-attested")
    contract: Contract
    wage: int | None
    wage_band: int
    started_on: date
    ended_on: date | None
    end_cause: str | None
    suspended: str | None
    notice: str | None = Field(description="Article by which notice of termination was given")
    contested: bool


class Certificate(BaseModel):
    id: UUID
    unit: Coded
    number: str | None
    issued_on: date
    expires_on: date | None
    standing: str
    state: str = Field(description="valid, suspended or revoked")


class Training(BaseModel):
    code: str
    unit: Coded | None
    enrolled_on: date | None
    completed_on: date | None


class Apprenticeship(BaseModel):
    id: UUID
    host: str
    occupation: Coded
    regency: Coded
    started_on: date
    ended_on: date | None
    completed: bool


class CardHeld(BaseModel):
    number: str = Field(examples=["11S4-QGDC-09RC"])
    state: str = Field(description="valid, suspended, revoked or superseded")
    issued_at: datetime
    expires_at: datetime
    wallet_until: datetime | None = Field(description="When the last of its credentials in wallets ends; null: none")


class Record(BaseModel):
    """`standing` in the labour force is derived: an open employment is worth more than a declaration."""

    id: UUID
    version: int = Field(description="How many facts the stream has, of those known at the moment asked for")
    erased: bool = Field(description="The person's data key is destroyed: what was personal is null, for ever")
    person: Person | None
    birth_year: int
    sex: str
    nationality: str
    permit_until: date | None
    education: Coded | None
    residence: Coded | None
    identity: str = Field(description="unverified, verified or mismatched")
    identity_since: date | None
    standing: str
    deceased_on: date | None
    current: UUID | None = Field(description="The employment that a card shows")
    employments: list[Employment]
    trainings: list[Training]
    apprenticeships: list[Apprenticeship]
    certificates: list[Certificate]
    cards: list[CardHeld]
    merged_into: list[UUID]


def record(registry: Registry, state: w.Worker, version: int) -> Record:
    """`state` at whatever date it was folded; employers are named as they are now."""
    current = state.current
    named = {e.employer: _employer(registry, e.employer) for e in state.employments.values()}
    return Record(
        id=state.id,
        version=version,
        erased=state.details == ERASED,
        person=_person(state.details),
        birth_year=state.birth_year,
        sex=state.sex,
        nationality=state.nationality,
        permit_until=state.permit_until,
        education=coded_or_none(state.education),
        residence=coded_or_none(state.residence),
        identity=state.identity,
        identity_since=state.identity_since,
        standing=state.standing,
        deceased_on=state.deceased_on,
        current=current.id if current else None,
        employments=[_employment(e, named[e.employer]) for e in state.employments.values()],
        trainings=[_training(t) for t in state.trainings.values()],
        apprenticeships=[_apprenticeship(a) for a in state.apprenticeships.values()],
        certificates=[_certificate(c) for c in state.certificates.values()],
        cards=[
            CardHeld(
                number=c.number,
                state=c.state,
                issued_at=c.issued_at,
                expires_at=c.expires_at,
                wallet_until=c.wallet_until,
            )
            for c in state.cards.values()
        ],
        merged_into=[into for into in state.merged.values() if into != state.id],
    )


def _person(details: object) -> Person | None:
    if not isinstance(details, f.PersonDetails):
        return None
    return Person(
        name=details.name,
        birth_date=details.birth_date,
        nik=details.nik,
        passport=details.passport,
        phone=details.phone,
    )


def _employer(registry: Registry, stream: UUID) -> EmployerNamed:
    history = registry.history(stream)
    state = history.state() if history.events else None
    if not isinstance(state, Employer) or not state.registered:
        return EmployerNamed(id=stream, nib=None, name=None)
    return EmployerNamed(id=stream, nib=state.nib, name=state.name)


def _employment(e: w.Employment, employer: EmployerNamed) -> Employment:
    return Employment(
        id=e.id,
        employer=employer,
        establishment=e.establishment,
        industry=coded(e.industry),
        regency=coded(e.regency),
        occupation=coded(e.occupation),
        channel=coded(f"channel/{e.hired.channel}"),
        declared=e.hired.declared,
        standing=e.hired_standing.value,
        contract=Contract(kind=e.contract.kind, since=e.contract_from, ends_on=e.contract.ends_on),
        wage=e.wage.monthly if isinstance(e.wage, f.Wage) else None,
        wage_band=e.wage_band,
        started_on=e.started_on,
        ended_on=e.ended_on,
        end_cause=e.end_cause,
        suspended=e.suspended,
        notice=e.notice,
        contested=e.contested,
    )


def _training(t: w.Training) -> Training:
    return Training(code=t.code, unit=coded_or_none(t.unit), enrolled_on=t.enrolled_on, completed_on=t.completed_on)


def _apprenticeship(a: w.Apprenticeship) -> Apprenticeship:
    return Apprenticeship(
        id=a.id,
        host=a.host,
        occupation=coded(a.occupation),
        regency=coded(a.regency),
        started_on=a.started_on,
        ended_on=a.ended_on,
        completed=a.completed,
    )


def _certificate(c: w.Certificate) -> Certificate:
    return Certificate(
        id=c.id,
        unit=coded(c.unit),
        number=c.number.number if isinstance(c.number, f.CertificateNumber) else None,
        issued_on=c.issued_on,
        expires_on=c.expires_on,
        standing=c.standing.value,
        state=c.state,
    )

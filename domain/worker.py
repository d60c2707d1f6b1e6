"""A worker as the facts leave them: the state, and what each fact assigns.

`evolve` only assigns. It never raises, never reads a clock and never judges; what may be recorded is decided in
`domain.decide`, so that a fact once stored is never refused on replay.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from domain import facts as f
from domain.event import Erased, Event, Fact, Standing


class Term(Struct, frozen=True):
    """One agreement within an employment. An extension (`extends`) starts the day after the term it prolongs."""

    contract: f.Contract
    agreed_on: date
    starts_on: date
    extends: bool = False


class Employment(Struct):
    """One employment relationship, transfers included. Dates are first and last day of work, both inclusive."""

    id: UUID
    hired: f.Hired
    hired_standing: Standing
    employer: UUID
    establishment: str
    industry: str
    regency: str
    occupation: str
    contract: f.Contract
    contract_from: date
    wage_band: int
    wage: f.Wage | Erased | None
    started_on: date
    with_employer_since: date
    terms: list[Term]
    earlier_employers: list[tuple[UUID, str, date, date]] = field(default_factory=list)
    ended_on: date | None = None
    end_cause: str | None = None
    terminated: bool = False
    suspended: str | None = None
    notice: str | None = None
    contested: bool = False
    warnings: int = 0

    @property
    def active(self) -> bool:
        return self.ended_on is None


class Training(Struct):
    code: str
    unit: str | None
    enrolled_on: date | None = None
    completed_on: date | None = None


class Apprenticeship(Struct):
    id: UUID
    host: str
    occupation: str
    regency: str
    started_on: date
    ended_on: date | None = None
    completed: bool = False


class Certificate(Struct):
    id: UUID
    unit: str
    issued_on: date
    expires_on: date | None
    standing: Standing
    number: f.CertificateNumber | Erased | None
    state: str = "valid"


class Card(Struct):
    """`state`: valid, suspended, revoked, or superseded (identity genuine, employment details out of date).

    `since`: the first day of that, in Jakarta; `cause`: why it is suspended or revoked; `changed_at`: when that was
    recorded, at first `issued_at`; `kid`: of the signer, in hex; `wallet_until`: when the last of its credentials in
    wallets ends.
    """

    number: str
    of_version: int
    issued_at: datetime
    expires_at: datetime
    shard: int
    index: int
    signed: f.SignedCard | Erased | None
    since: date
    kid: str
    changed_at: datetime
    state: str = "valid"
    before_suspension: str = "valid"
    wallet_until: datetime | None = None
    cause: str | None = None

    @property
    def live(self) -> bool:
        return self.state == "valid" or (self.state == "suspended" and self.before_suspension == "valid")


class Dispute(Struct):
    id: UUID
    about: int
    cause: str
    opened_on: date
    text: f.Note | Erased | None
    outcome: str | None = None


class Statement(Struct):
    about: int
    on: date
    text: f.Note | Erased | None


class Worker(Struct, kw_only=True):
    """What is known of a person. Everything has an empty value: a stream may hold any fact first.

    `photo`: version of the fact that holds the portrait. `formerly`: (first day on which it was no longer so, year of
    birth, sex, education), in order, of who was said to be another before.
    """

    id: UUID
    registered: bool = False
    birth_year: int = 0
    sex: str = ""
    nationality: str = ""
    permit_until: date | None = None
    education: str | None = None
    residence: str | None = None
    formerly: tuple[tuple[date, int, str, str | None], ...] = ()
    key_commitment: str = ""
    details: f.PersonDetails | Erased | None = None
    identity: str = "unverified"
    identity_since: date | None = None
    contacts: dict[str, f.Contact | Erased | None] = field(default_factory=dict)
    labour_force_status: str | None = None
    skills: tuple[str, ...] = ()
    disability: f.Disability | Erased | None = None
    phone_key: f.PhoneKey | Erased | None = None
    former_phone_keys: list[f.PhoneKey | Erased] = field(default_factory=list)
    photo: int | None = None
    employments: dict[UUID, Employment] = field(default_factory=dict)
    trainings: dict[str, Training] = field(default_factory=dict)
    apprenticeships: dict[UUID, Apprenticeship] = field(default_factory=dict)
    certificates: dict[UUID, Certificate] = field(default_factory=dict)
    cards: dict[str, Card] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    disputes: dict[UUID, Dispute] = field(default_factory=dict)
    merged: dict[UUID, UUID] = field(default_factory=dict)
    deceased_on: date | None = None
    erased: bool = False

    def works_for(self, employer: UUID) -> Employment | None:
        """The employment that is open with `employer`, or None."""
        return next((e for e in self.employments.values() if e.active and e.employer == employer), None)

    def employed_on(self, day: date) -> bool:
        """Whether any employment lasts on `day`, as far as is known: an open one lasts for ever."""
        return any(e.started_on <= day <= (e.ended_on or date.max) for e in self.employments.values())

    @property
    def current(self) -> Employment | None:
        """The employment that a record and a card show: of those still open, the one that began last."""
        open_ones = [e for e in self.employments.values() if e.active]
        return max(open_ones, key=lambda e: (e.started_on, e.id.int), default=None)

    @property
    def standing(self) -> str:
        """Standing in the labour force. Derived: an open employment is worth more than a declaration."""
        if self.current is not None:
            return "employed"
        declared = self.labour_force_status
        return "unknown" if declared is None or declared == "employed" else declared

    @property
    def live_card(self) -> Card | None:
        return next((c for c in self.cards.values() if c.live), None)

    @property
    def held_card(self) -> Card | None:
        """A card that is suspended while it is looked into whose it is: no other is issued in the meantime."""
        return next((c for c in self.cards.values() if c.state == "suspended" and c.cause == "investigation"), None)

    @property
    def carried_on_by(self) -> UUID | None:
        """The stream that carries on for this one, if the two were found to be one person."""
        return next((into for into in self.merged.values() if into != self.id), None)


def evolve(worker: Worker, event: Event) -> Worker:
    """Assign what `event` says; a fact this version does not know leaves the worker as it was."""
    assign = _ASSIGN.get(type(event.fact))
    if assign is not None:
        assign(worker, event.fact, event)
    return worker


_ASSIGN: dict[type[Fact], Callable[[Worker, Any, Event], None]] = {}


def _on(kind: type[Fact]) -> Callable[[Callable[[Worker, Any, Event], None]], Callable[[Worker, Any, Event], None]]:
    def keep(assign: Callable[[Worker, Any, Event], None]) -> Callable[[Worker, Any, Event], None]:
        _ASSIGN[kind] = assign
        return assign

    return keep


# -- the person ---------------------------------------------------------------------------------------------------
@_on(f.WorkerRegistered)
def _(w: Worker, fact: f.WorkerRegistered, _event: Event) -> None:
    w.registered, w.key_commitment = True, fact.key_commitment
    w.birth_year, w.sex, w.nationality, w.details = fact.birth_year, fact.sex, fact.nationality, fact.personal
    w.education, w.residence, w.permit_until = fact.education, fact.residence, fact.permit_until


@_on(f.IdentityVerified)
def _(w: Worker, fact: f.IdentityVerified, _event: Event) -> None:
    w.identity, w.identity_since = "verified", fact.effective_on


@_on(f.IdentityMismatched)
def _(w: Worker, fact: f.IdentityMismatched, _event: Event) -> None:
    w.identity, w.identity_since = "mismatched", fact.effective_on


@_on(f.IdentityCorrected)
def _(w: Worker, fact: f.IdentityCorrected, _event: Event) -> None:
    _until(w, fact.effective_on)
    w.birth_year, w.sex, w.details = fact.birth_year, fact.sex, fact.personal
    if fact.grade == "major":
        w.identity, w.identity_since = "unverified", fact.effective_on


def _until(w: Worker, day: date) -> None:
    w.formerly += ((day, w.birth_year, w.sex, w.education),)


@_on(f.ContactVerified)
def _(w: Worker, fact: f.ContactVerified, _event: Event) -> None:
    w.contacts[fact.channel] = fact.personal


@_on(f.LabourForceStatusDeclared)
def _(w: Worker, fact: f.LabourForceStatusDeclared, _event: Event) -> None:
    w.labour_force_status = fact.status


@_on(f.EducationRecorded)
def _(w: Worker, fact: f.EducationRecorded, _event: Event) -> None:
    _until(w, fact.effective_on)
    w.education = fact.education


@_on(f.SkillsDeclared)
def _(w: Worker, fact: f.SkillsDeclared, _event: Event) -> None:
    w.skills = fact.skills


@_on(f.DisabilityDeclared)
def _(w: Worker, fact: f.DisabilityDeclared, _event: Event) -> None:
    w.disability = fact.personal


@_on(f.PhotoTaken)
def _(w: Worker, _fact: f.PhotoTaken, event: Event) -> None:
    w.photo = event.originator_version


@_on(f.WorkersMerged)
def _(w: Worker, fact: f.WorkersMerged, _event: Event) -> None:
    w.merged[fact.other] = fact.into


@_on(f.WorkersSplit)
def _(w: Worker, fact: f.WorkersSplit, _event: Event) -> None:
    w.merged.pop(fact.other, None)


@_on(f.KeyDestroyed)
def _(w: Worker, _fact: f.KeyDestroyed, _event: Event) -> None:
    w.erased = True


# -- work -----------------------------------------------------------------------------------------------------------
@_on(f.Hired)
def _(w: Worker, fact: f.Hired, event: Event) -> None:
    w.employments[fact.employment] = Employment(
        id=fact.employment,
        hired=fact,
        hired_standing=event.standing,
        employer=fact.employer,
        establishment=fact.establishment,
        industry=fact.industry,
        regency=fact.regency,
        occupation=fact.occupation,
        contract=fact.contract,
        contract_from=fact.effective_on,
        wage_band=fact.wage_band,
        wage=fact.personal,
        started_on=fact.effective_on,
        with_employer_since=fact.effective_on,
        terms=[Term(fact.contract, fact.effective_on, fact.effective_on)],
    )


def _during(kind: type[Fact]) -> Callable[[Callable[[Employment, Any], None]], None]:
    """Register what a fact assigns to the employment it names; one that names none here changes nothing."""

    def keep(assign: Callable[[Employment, Any], None]) -> None:
        def apply(w: Worker, fact: Any, _event: Event) -> None:
            employment = w.employments.get(fact.employment)
            if employment is not None:
                assign(employment, fact)

        _ASSIGN[kind] = apply

    return keep


@_during(f.ContractRecorded)
def _(e: Employment, fact: f.ContractRecorded) -> None:
    if fact.contract != e.contract:  # else the labour office recorded what was agreed before
        _agree(e, fact.contract, fact.effective_on)


@_during(f.ContractExtended)
def _(e: Employment, fact: f.ContractExtended) -> None:
    before, e.contract = e.contract.ends_on, replace(e.contract, ends_on=fact.ends_on)
    starts_on = fact.effective_on if before in {None, date.max} else before + timedelta(days=1)
    e.terms.append(Term(e.contract, fact.effective_on, starts_on, extends=True))


@_during(f.ConvertedToPermanent)
def _(e: Employment, fact: f.ConvertedToPermanent) -> None:
    _agree(e, f.Contract(kind="permanent"), fact.effective_on)


def _agree(e: Employment, contract: f.Contract, on: date) -> None:
    e.contract, e.contract_from = contract, on
    e.terms.append(Term(contract, on, on))


@_during(f.PositionChanged)
def _(e: Employment, fact: f.PositionChanged) -> None:
    e.occupation = fact.occupation


@_during(f.WageChanged)
def _(e: Employment, fact: f.WageChanged) -> None:
    e.wage_band, e.wage = fact.wage_band, fact.personal


@_during(f.LocationChanged)
def _(e: Employment, fact: f.LocationChanged) -> None:
    e.establishment, e.regency = fact.establishment, fact.regency


@_during(f.Suspended)
def _(e: Employment, fact: f.Suspended) -> None:
    e.suspended = fact.cause


@_during(f.Resumed)
def _(e: Employment, _fact: f.Resumed) -> None:
    e.suspended = None


@_during(f.EmployerTransferred)
def _(e: Employment, fact: f.EmployerTransferred) -> None:
    e.earlier_employers.append((e.employer, e.establishment, e.with_employer_since, fact.effective_on))
    e.employer, e.establishment = fact.employer, fact.establishment
    e.industry, e.regency, e.with_employer_since = fact.industry, fact.regency, fact.effective_on


@_during(f.WarningIssued)
def _(e: Employment, fact: f.WarningIssued) -> None:
    e.warnings = fact.level


@_during(f.TerminationNotified)
def _(e: Employment, fact: f.TerminationNotified) -> None:
    e.notice, e.contested = fact.cause, False


@_during(f.TerminationContested)
def _(e: Employment, _fact: f.TerminationContested) -> None:
    e.contested = True


@_during(f.TerminationSettled)
def _(e: Employment, fact: f.TerminationSettled) -> None:
    e.contested = False
    if fact.outcome == "withdrawn":
        e.notice = None


@_during(f.Terminated)
def _(e: Employment, fact: f.Terminated) -> None:
    e.ended_on, e.end_cause, e.terminated, e.suspended = fact.effective_on, fact.cause, True, None


@_during(f.Reinstated)
def _(e: Employment, _fact: f.Reinstated) -> None:
    e.ended_on = e.end_cause = e.notice = None
    e.terminated = e.contested = False


@_on(f.EmploymentEnded)
def _(w: Worker, fact: f.EmploymentEnded, _event: Event) -> None:
    employment = w.employments.get(fact.employment)
    if employment is not None:
        employment.ended_on, employment.end_cause, employment.suspended = fact.effective_on, fact.cause, None
    if fact.cause == "death":
        w.deceased_on = fact.effective_on


# -- skills ---------------------------------------------------------------------------------------------------------
@_on(f.TrainingEnrolled)
def _(w: Worker, fact: f.TrainingEnrolled, _event: Event) -> None:
    w.trainings[fact.training] = Training(code=fact.training, unit=fact.unit, enrolled_on=fact.effective_on)


@_on(f.TrainingCompleted)
def _(w: Worker, fact: f.TrainingCompleted, _event: Event) -> None:
    training = w.trainings.setdefault(fact.training, Training(code=fact.training, unit=fact.unit))
    training.completed_on, training.unit = fact.effective_on, fact.unit or training.unit


@_on(f.ApprenticeshipStarted)
def _(w: Worker, fact: f.ApprenticeshipStarted, _event: Event) -> None:
    w.apprenticeships[fact.apprenticeship] = Apprenticeship(
        fact.apprenticeship, fact.host, fact.occupation, fact.regency, fact.effective_on
    )


@_on(f.ApprenticeshipEnded)
def _(w: Worker, fact: f.ApprenticeshipEnded, _event: Event) -> None:
    apprenticeship = w.apprenticeships.get(fact.apprenticeship)
    if apprenticeship is not None:
        apprenticeship.ended_on, apprenticeship.completed = fact.effective_on, fact.completed


@_on(f.CertificateIssued)
def _(w: Worker, fact: f.CertificateIssued, event: Event) -> None:
    w.certificates[fact.certificate] = Certificate(
        fact.certificate, fact.unit, fact.effective_on, fact.expires_on, event.standing, fact.personal
    )


def _set_certificate(w: Worker, certificate: UUID, state: str) -> None:
    held = w.certificates.get(certificate)
    if held is not None:
        held.state = state


@_on(f.CertificateSuspended)
def _(w: Worker, fact: f.CertificateSuspended, _event: Event) -> None:
    _set_certificate(w, fact.certificate, "suspended")


@_on(f.CertificateRevoked)
def _(w: Worker, fact: f.CertificateRevoked, _event: Event) -> None:
    _set_certificate(w, fact.certificate, "revoked")


# -- the card -------------------------------------------------------------------------------------------------------
@_on(f.CardIssued)
def _(w: Worker, fact: f.CardIssued, _event: Event) -> None:
    w.cards[fact.card] = Card(
        fact.card,
        fact.of_version,
        fact.issued_at,
        fact.expires_at,
        fact.shard,
        fact.index,
        fact.personal,
        fact.effective_on,
        fact.kid,
        fact.issued_at,
    )


@_on(f.CardSuspended)
def _(w: Worker, fact: f.CardSuspended, event: Event) -> None:
    card = w.cards.get(fact.card)
    if card is not None:
        card.before_suspension, card.state = card.state, "suspended"
        card.since, card.cause, card.changed_at = fact.effective_on, fact.cause, event.recorded_at


@_on(f.CardReinstated)
def _(w: Worker, fact: f.CardReinstated, event: Event) -> None:
    card = w.cards.get(fact.card)
    if card is not None:
        card.state, card.since, card.cause = card.before_suspension, fact.effective_on, None
        card.changed_at = event.recorded_at


@_on(f.CardRevoked)
def _(w: Worker, fact: f.CardRevoked, event: Event) -> None:
    card = w.cards.get(fact.card)
    if card is not None:
        card.state, card.since, card.cause = "revoked", fact.effective_on, fact.cause
        card.changed_at = event.recorded_at


@_on(f.CardSuperseded)
def _(w: Worker, fact: f.CardSuperseded, event: Event) -> None:
    """A card suspended, reported lost perhaps, stays suspended: superseding must not make it acceptable again."""
    card = w.cards.get(fact.card)
    if card is not None and card.state == "suspended":
        card.before_suspension = "superseded"
    elif card is not None:
        card.state, card.since, card.changed_at = "superseded", fact.effective_on, event.recorded_at


@_on(f.WalletCredentialIssued)
def _(w: Worker, fact: f.WalletCredentialIssued, _event: Event) -> None:
    card = w.cards.get(fact.card)
    if card is not None:
        card.wallet_until = max(card.wallet_until or fact.expires_at, fact.expires_at)


# -- the phone ------------------------------------------------------------------------------------------------------
@_on(f.PhoneKeyEnrolled)
def _(w: Worker, fact: f.PhoneKeyEnrolled, _event: Event) -> None:
    _set_phone_key(w, fact.personal)


@_on(f.PhoneKeyWithdrawn)
def _(w: Worker, _fact: f.PhoneKeyWithdrawn, _event: Event) -> None:
    _set_phone_key(w, None)


def _set_phone_key(w: Worker, key: f.PhoneKey | Erased | None) -> None:
    if w.phone_key is not None:
        w.former_phone_keys.append(w.phone_key)
    w.phone_key = key


# -- the worker's own side ------------------------------------------------------------------------------------------
@_on(f.StatementAdded)
def _(w: Worker, fact: f.StatementAdded, _event: Event) -> None:
    w.statements.append(Statement(fact.about, fact.effective_on, fact.personal))


@_on(f.DisputeOpened)
def _(w: Worker, fact: f.DisputeOpened, _event: Event) -> None:
    w.disputes[fact.dispute] = Dispute(fact.dispute, fact.about, fact.cause, fact.effective_on, fact.personal)


@_on(f.DisputeResolved)
def _(w: Worker, fact: f.DisputeResolved, _event: Event) -> None:
    dispute = w.disputes.get(fact.dispute)
    if dispute is not None:
        dispute.outcome = fact.outcome

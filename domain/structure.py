"""What makes a history impossible, fact by fact. Impossible is refused; unlawful is recorded and flagged (`rules/`).

`fault(state, fact)` looks at the state just before the fact takes effect. The same rules judge a new fact, a late
one that lands between older ones, and what a correction or a voiding leaves behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain import facts as f
from domain.employer import Employer
from domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from domain.event import Fact
    from domain.worker import Employment, Worker


def fault(state: Worker | Employer, fact: Fact) -> Refused | None:
    """Why `fact` cannot follow on `state`, or None."""
    if not state.registered and not isinstance(fact, f.Registration):
        return Refused("not-registered", stream=state.id)
    if isinstance(state, Employer):
        return _employer_fault(state, fact)
    check = _CHECKS.get(type(fact))
    return check(state, fact) if check else None


# -- employers ------------------------------------------------------------------------------------------------------
def _employer_fault(employer: Employer, fact: Fact) -> Refused | None:
    match fact:
        case f.EmployerRegistered() if employer.registered:
            return Refused("registered-already", stream=employer.id)
        case f.EstablishmentOpened(establishment=code) if code in employer.establishments:
            return Refused("establishment-exists", establishment=code)
        case f.EstablishmentOpened():
            return None
        case (
            f.EstablishmentMoved()
            | f.EstablishmentSuspended()
            | f.EstablishmentResumed()
            | f.EstablishmentClosed() as change
        ):
            place = employer.establishments.get(change.establishment)
            if place is None:
                return Refused("establishment-unknown", establishment=change.establishment)
            expected = "suspended" if isinstance(fact, f.EstablishmentResumed) else "open"
            if place.state != expected and not (place.state == "suspended" and isinstance(fact, f.EstablishmentClosed)):
                return Refused("establishment-state", establishment=place.code, got=place.state, expected=expected)
    return None


# -- workers --------------------------------------------------------------------------------------------------------
_CHECKS: dict[type[Fact], Callable[[Worker, Any], Refused | None]] = {}


def _check(*kinds: type[Fact]) -> Callable[[Callable[[Worker, Any], Refused | None]], None]:
    return lambda rule: _CHECKS.update(dict.fromkeys(kinds, rule))


@_check(f.WorkerRegistered)
def _(w: Worker, _fact: f.WorkerRegistered) -> Refused | None:
    return Refused("registered-already", stream=w.id) if w.registered else None


@_check(f.WorkersMerged)
def _(w: Worker, fact: f.WorkersMerged) -> Refused | None:
    if fact.other in w.merged:
        return Refused("merged-already", other=fact.other)
    if fact.other == w.id or fact.into not in {w.id, fact.other}:
        return Refused("merge-names", other=fact.other, into=fact.into)
    return None


@_check(f.WorkersSplit)
def _(w: Worker, fact: f.WorkersSplit) -> Refused | None:
    return None if fact.other in w.merged else Refused("not-merged", other=fact.other)


@_check(f.Hired)
def _(w: Worker, fact: f.Hired) -> Refused | None:
    if fact.employment in w.employments:
        return Refused("employment-exists", employment=fact.employment)
    held = w.works_for(fact.employer)
    if held is not None:
        return Refused("already-employed", employer=fact.employer, since=held.started_on)
    if w.deceased_on is not None:
        return Refused("worker-deceased", since=w.deceased_on)
    return contract_fault(fact.contract, fact.effective_on)


def contract_fault(contract: f.Contract, starts_on: date) -> Refused | None:
    """A contract's own shape: a fixed term has an end, which is not before its start; others have none."""
    if contract.kind == "fixed-term" and contract.ends_on is None:
        return Refused("end-missing", contract=contract.kind)
    if contract.kind == "permanent" and contract.ends_on is not None:
        return Refused("end-of-permanent", ends_on=contract.ends_on)
    if contract.ends_on is not None and contract.ends_on < starts_on:
        return Refused("ends-before-start", starts_on=starts_on, ends_on=contract.ends_on)
    return None


def _open(w: Worker, fact: Any) -> tuple[Employment | None, Refused | None]:
    """The open employment that `fact` names, or why there is none."""
    employment = w.employments.get(fact.employment)
    if employment is None:
        return None, Refused("not-employed", on=fact.effective_on)
    if not employment.active:
        return None, Refused("employment-ended", since=employment.ended_on)
    return employment, None


def _while_open(*kinds: type[Fact]) -> Callable[[Callable[[Employment, Any], Refused | None]], None]:
    def keep(rule: Callable[[Employment, Any], Refused | None]) -> None:
        def check(w: Worker, fact: Any) -> Refused | None:
            employment, reason = _open(w, fact)
            return reason if employment is None else rule(employment, fact)

        _CHECKS.update(dict.fromkeys(kinds, check))

    return keep


@_while_open(
    f.PositionChanged,
    f.WageChanged,
    f.LocationChanged,
    f.WarningIssued,
    f.TerminationNotified,
    f.Terminated,
    f.EmploymentEnded,
)
def _(_e: Employment, _fact: Fact) -> Refused | None:
    return None


@_while_open(f.ContractRecorded)
def _(_e: Employment, fact: f.ContractRecorded) -> Refused | None:
    return contract_fault(fact.contract, fact.effective_on)


@_while_open(f.ContractExtended)
def _(e: Employment, fact: f.ContractExtended) -> Refused | None:
    if e.contract.kind != "fixed-term":
        return Refused("not-fixed-term", contract=e.contract.kind)
    if e.contract.ends_on is not None and fact.ends_on <= e.contract.ends_on:
        return Refused("extension-not-later", got=fact.ends_on, after=e.contract.ends_on)
    return None


@_while_open(f.ConvertedToPermanent)
def _(e: Employment, _fact: f.ConvertedToPermanent) -> Refused | None:
    return Refused("already-permanent", since=e.contract_from) if e.contract.kind == "permanent" else None


@_while_open(f.Suspended)
def _(e: Employment, _fact: f.Suspended) -> Refused | None:
    return Refused("already-suspended", cause=e.suspended) if e.suspended else None


@_while_open(f.Resumed)
def _(e: Employment, _fact: f.Resumed) -> Refused | None:
    return None if e.suspended else Refused("not-suspended", employment=e.id)


@_while_open(f.TerminationContested, f.TerminationSettled)
def _(e: Employment, _fact: Fact) -> Refused | None:
    return None if e.notice else Refused("no-notice", employment=e.id)


@_check(f.EmployerTransferred)
def _(w: Worker, fact: f.EmployerTransferred) -> Refused | None:
    _, reason = _open(w, fact)
    if reason is not None:
        return reason
    held = w.works_for(fact.employer)
    return None if held is None else Refused("already-employed", employer=fact.employer, since=held.started_on)


@_check(f.Reinstated)
def _(w: Worker, fact: f.Reinstated) -> Refused | None:
    employment = w.employments.get(fact.employment)
    if employment is None or not employment.terminated:
        return Refused("not-terminated", employment=fact.employment)
    held = w.works_for(employment.employer)
    return None if held is None else Refused("already-employed", employer=held.employer, since=held.started_on)


@_check(f.TrainingCompleted)
def _(w: Worker, fact: f.TrainingCompleted) -> Refused | None:
    done = w.trainings.get(fact.training)
    return Refused("training-completed", training=fact.training) if done and done.completed_on else None


@_check(f.ApprenticeshipStarted)
def _(w: Worker, fact: f.ApprenticeshipStarted) -> Refused | None:
    if fact.apprenticeship in w.apprenticeships:
        return Refused("apprenticeship-exists", apprenticeship=fact.apprenticeship)
    open_one = next((a for a in w.apprenticeships.values() if a.host == fact.host and a.ended_on is None), None)
    return Refused("apprenticeship-open", since=open_one.started_on) if open_one else None


@_check(f.ApprenticeshipEnded)
def _(w: Worker, fact: f.ApprenticeshipEnded) -> Refused | None:
    held = w.apprenticeships.get(fact.apprenticeship)
    return None if held and held.ended_on is None else Refused("apprenticeship-unknown", id=fact.apprenticeship)


@_check(f.CertificateIssued)
def _(w: Worker, fact: f.CertificateIssued) -> Refused | None:
    if fact.certificate in w.certificates:
        return Refused("certificate-exists", certificate=fact.certificate)
    if fact.expires_on is not None and fact.expires_on < fact.effective_on:
        return Refused("ends-before-start", starts_on=fact.effective_on, ends_on=fact.expires_on)
    return None


@_check(f.CertificateSuspended, f.CertificateRevoked)
def _(w: Worker, fact: f.CertificateSuspended | f.CertificateRevoked) -> Refused | None:
    held = w.certificates.get(fact.certificate)
    if held is None:
        return Refused("certificate-unknown", certificate=fact.certificate)
    return Refused("certificate-revoked", certificate=fact.certificate) if held.state == "revoked" else None


def no_card(w: Worker) -> Refused | None:
    """Why a person cannot be given a card now, or None. Judged when it is issued and never again: that a holder had
    died before, or was somebody else, is still recorded when it is learnt later.
    """
    if w.identity != "verified":
        return Refused("identity-unverified", identity=w.identity)
    if w.deceased_on is not None:
        return Refused("worker-deceased", since=w.deceased_on)
    if w.carried_on_by is not None:
        return Refused("worker-merged", into=w.carried_on_by)
    if w.held_card is not None:
        return Refused("card-held", card=w.held_card.number)
    return None


@_check(f.CardIssued)
def _(w: Worker, fact: f.CardIssued) -> Refused | None:
    if w.live_card is not None:
        return Refused("card-live", card=w.live_card.number)
    return Refused("card-exists", card=fact.card) if fact.card in w.cards else None


_CARD_MUST_BE: dict[type[Fact], tuple[str, ...]] = {
    f.CardSuspended: ("valid", "superseded"),
    f.CardReinstated: ("suspended",),
    f.CardSuperseded: ("valid", "suspended"),
    f.CardRevoked: ("valid", "suspended", "superseded"),
}


@_check(*_CARD_MUST_BE)
def _(w: Worker, fact: Any) -> Refused | None:
    card = w.cards.get(fact.card)
    if card is None:
        return Refused("card-unknown", card=fact.card)
    expected = _CARD_MUST_BE[type(fact)]
    return None if card.state in expected else Refused("card-state", got=card.state, expected="/".join(expected))


@_check(f.WalletCredentialIssued)
def _(w: Worker, fact: f.WalletCredentialIssued) -> Refused | None:
    card = w.cards.get(fact.card)
    if card is None:
        return Refused("card-unknown", card=fact.card)
    if card.state != "valid":
        return Refused("card-state", got=card.state, expected="valid")
    if fact.expires_at > card.expires_at:
        return Refused("outlives-card", got=fact.expires_at, expected=f"at most {card.expires_at}")
    return None


@_check(f.PhoneKeyEnrolled)
def _(w: Worker, fact: f.PhoneKeyEnrolled) -> Refused | None:
    if w.identity != "verified":
        return Refused("identity-unverified", identity=w.identity)
    if w.deceased_on is not None:
        return Refused("worker-deceased", since=w.deceased_on)
    if fact.personal in {None, w.phone_key, *w.former_phone_keys}:
        return Refused("phone-key-known")
    return None


@_check(f.PhoneKeyWithdrawn)
def _(w: Worker, _fact: f.PhoneKeyWithdrawn) -> Refused | None:
    return Refused("phone-key-none") if w.phone_key is None else None


@_check(f.DisputeOpened)
def _(w: Worker, fact: f.DisputeOpened) -> Refused | None:
    if fact.dispute in w.disputes:
        return Refused("dispute-exists", dispute=fact.dispute)
    held = next((d for d in w.disputes.values() if d.about == fact.about and d.outcome is None), None)
    return Refused("dispute-open", dispute=held.id) if held else None


@_check(f.DisputeResolved)
def _(w: Worker, fact: f.DisputeResolved) -> Refused | None:
    held = w.disputes.get(fact.dispute)
    return None if held and held.outcome is None else Refused("dispute-unknown", dispute=fact.dispute)

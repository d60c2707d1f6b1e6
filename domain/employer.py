"""An employer and its establishments as the facts leave them. `evolve` only assigns, as in `domain.worker`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import Struct, field

from domain import facts as f

if TYPE_CHECKING:
    from domain.event import Event


class Establishment(Struct):
    """A place of work. `state`: open, suspended or closed."""

    code: str
    industry: str
    regency: str
    name: str | None
    opened_on: date
    state: str = "open"


class Employer(Struct, kw_only=True):
    id: UUID
    registered: bool = False
    nib: str = ""
    name: str = ""
    industry: str = ""
    regency: str = ""
    npwp: str | None = None
    key_commitment: str = ""
    verified_on: date | None = None
    establishments: dict[str, Establishment] = field(default_factory=dict)


STATES = {
    f.EstablishmentSuspended: "suspended",
    f.EstablishmentResumed: "open",
    f.EstablishmentClosed: "closed",
}


def evolve(employer: Employer, event: Event) -> Employer:
    """Assign what `event` says; a fact this version does not know leaves the employer as it was."""
    match event.fact:
        case f.EmployerRegistered() as fact:
            employer.registered, employer.key_commitment = True, fact.key_commitment
            employer.nib, employer.name, employer.npwp = fact.nib, fact.name, fact.npwp
            employer.industry, employer.regency = fact.industry, fact.regency
        case f.EmployerVerified(effective_on=day):
            employer.verified_on = day
        case f.EstablishmentOpened() as fact:
            employer.establishments[fact.establishment] = Establishment(
                fact.establishment, fact.industry, fact.regency, fact.name, fact.effective_on
            )
        case f.EstablishmentMoved() as fact if fact.establishment in employer.establishments:
            employer.establishments[fact.establishment].regency = fact.regency
        case f.EstablishmentSuspended() | f.EstablishmentResumed() | f.EstablishmentClosed() as fact:
            if fact.establishment in employer.establishments:
                employer.establishments[fact.establishment].state = STATES[type(fact)]
        case _:
            pass
    return employer

"""Facts about an employer and its establishments (WLKP, UU 7/1981)."""

from __future__ import annotations

from domain.event import Fact
from domain.facts.bounds import Industry, Key, Regency, Text


class EmployerFact(Fact, frozen=True, kw_only=True):
    stream_kind = "employer"


class EmployerRegistered(EmployerFact, frozen=True, kw_only=True, tag="employer.registered"):
    """A legal entity's name and numbers are public; it commits to a key all the same, as every stream does."""

    nib: Key
    name: Text
    industry: Industry
    regency: Regency
    key_commitment: Key
    npwp: Key | None = None


class EmployerVerified(EmployerFact, frozen=True, kw_only=True, tag="employer.verified"):
    register: Key


class EstablishmentOpened(EmployerFact, frozen=True, kw_only=True, tag="employer.establishment-opened"):
    """`establishment` is the employer's own code for the place of work."""

    establishment: Key
    industry: Industry
    regency: Regency
    name: Text | None = None


class EstablishmentMoved(EmployerFact, frozen=True, kw_only=True, tag="employer.establishment-moved"):
    establishment: Key
    regency: Regency


class EstablishmentSuspended(EmployerFact, frozen=True, kw_only=True, tag="employer.establishment-suspended"):
    establishment: Key


class EstablishmentResumed(EmployerFact, frozen=True, kw_only=True, tag="employer.establishment-resumed"):
    establishment: Key


class EstablishmentClosed(EmployerFact, frozen=True, kw_only=True, tag="employer.establishment-closed"):
    establishment: Key

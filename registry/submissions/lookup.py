"""Finding what a row speaks of: the employer behind a NIB, the person behind a number, the employment on a day."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from domain import facts as f
from domain import identifiers
from domain.employer import Employer
from domain.errors import Refused
from domain.event import Actor, Role, Standing

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from domain.worker import Employment, Worker
    from registry.app import Registry
    from registry.submissions.facts import Case
    from registry.submissions.typed import Row
    from registry.vault import Claim, Identifier

MOST_HELD = 10_000
NEW_PERSON = frozenset({"register", "opening", "hire"})
"""The actions whose person may be new here."""


class Directory:
    """Looks up, and keeps what it found of employers for as long as a submission lasts."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._streams: dict[str, UUID] = {}
        self._actors: dict[str, Actor] = {}
        self._employers: dict[UUID, Employer] = {}

    # -- employers --------------------------------------------------------------------------------------------------
    def employer(self, nib: str) -> UUID:
        """Raises: Refused("employer-unknown"), or a code of `domain.identifiers.nib`."""
        if nib not in self._streams:
            stream = self.registry.vault.find("nib", identifiers.nib(nib))
            if stream is None or not self.registry.history(stream).events:
                raise Refused("employer-unknown", nib=nib)
            self._make_room()
            self._streams[nib] = stream
        return self._streams[nib]

    def actor(self, nib: str) -> Actor:
        """The employer as who acts. Raises: as `employer`."""
        if nib not in self._actors:
            self._actors[nib] = Actor(organisation=str(self.employer(nib)), role=Role.EMPLOYER)
        return self._actors[nib]

    def claim_employer(self, nib: str) -> Claim:
        return self.registry.vault.claim("nib", identifiers.nib(nib))

    def forget(self, stream: UUID) -> None:
        self._employers.pop(stream, None)

    def state(self, stream: UUID) -> Employer:
        if stream not in self._employers:
            state = self.registry.history(stream).state()
            if not isinstance(state, Employer):
                raise Refused("employer-unknown", employer=stream)
            self._make_room()
            self._employers[stream] = state
        return self._employers[stream]

    def check_establishment(self, employer: UUID | None, code: str) -> None:
        """Raises: Refused("establishment-unknown") unless the employer has opened a place of this code."""
        if employer is not None and code not in self.state(employer).establishments:
            self.forget(employer)  # it may have been opened since we looked
            if code in self.state(employer).establishments:
                return
            known = ", ".join(list(self.state(employer).establishments)[:5])
            raise Refused("establishment-unknown", establishment=code, known=known)

    def transferred(self, row: Row, case: Case) -> Case:
        """The case with the employer that takes over, at its place that the row names or its first.

        Raises: Refused("counterparty-unknown"), Refused("establishment-unknown").
        """
        try:
            stream = self.employer(row.counterparty or "")
        except Refused as error:
            raise Refused("counterparty-unknown", got=row.counterparty) from error
        if row.establishment:
            self.check_establishment(stream, row.establishment)
        taker = self.state(stream)
        places = taker.establishments
        place = places.get(row.establishment or "") or next(iter(places.values()), None)
        return case._replace(
            counterparty=stream,
            establishment=place.code if place else "-",
            industry=place.industry if place else taker.industry,
            regency=place.regency if place else taker.regency,
        )

    # -- people -----------------------------------------------------------------------------------------------------
    def person(self, number: Identifier) -> UUID:
        """Raises: Refused("worker-unknown"): there is nobody with this number, or not yet."""
        stream = self.registry.vault.find(*number)
        if stream is None:
            raise Refused("worker-unknown")
        return stream

    def check_stream(self, row: Row, stream: UUID) -> None:
        """Raises: Refused("other-person") when a correction names another person than the row it corrects."""
        if self.registry.vault.find(*identifier(row)) != stream:
            raise Refused("other-person", corrects=row.corrects)

    def check_same_person(self, row: Row, worker: Worker) -> None:
        """A number may be right in form and somebody else's. Nothing of its holder is disclosed.

        Raises: Refused("identity-claimed") when no word of the name agrees, or the birth date differs.
        """
        held = worker.details
        if not isinstance(held, f.PersonDetails):
            return
        if row.birth_date is not None and row.birth_date != held.birth_date:
            raise Refused("identity-claimed")
        if row.name is not None and not (words(row.name) & words(held.name)):
            raise Refused("identity-claimed")

    def certificate(self, worker: Worker, number: str) -> UUID:
        """The one of this number. An employer may have stated what the body attests: of several it is one that is not
        revoked, an attested one first, the latest.

        Raises: Refused("certificate-unknown").
        """
        found = [
            certificate
            for certificate in worker.certificates.values()
            if isinstance(certificate.number, f.CertificateNumber) and certificate.number.number == number
        ]
        if not found:
            raise Refused("certificate-unknown", number=number)
        attested = Standing.AUTHORITY_ATTESTED
        return max(found, key=lambda one: (one.state != "revoked", one.standing is attested, one.issued_on)).id

    def apprenticeship(self, worker: Worker, host: str) -> UUID:
        """The one open with this host. Raises: Refused("apprenticeship-unknown")."""
        for apprenticeship in worker.apprenticeships.values():
            if apprenticeship.host == host and apprenticeship.ended_on is None:
                return apprenticeship.id
        raise Refused("apprenticeship-unknown")

    def _make_room(self) -> None:
        if len(self._streams) > MOST_HELD or len(self._employers) > MOST_HELD:
            self._streams.clear()
            self._actors.clear()
            self._employers.clear()


def employment_on(worker: Worker, employer: UUID | None, day: date) -> Employment:
    """The employment with `employer` (any, for an officer) that a fact of `day` is about: it covers the day, or is
    the last one.

    Raises: Refused("not-employed").
    """
    held = [
        e
        for e in worker.employments.values()
        if employer is None or e.employer == employer or any(past[0] == employer for past in e.earlier_employers)
    ]
    covering = [e for e in held if e.started_on <= day and (e.ended_on is None or day <= e.ended_on)]
    found = max(covering or held, key=lambda e: (e.active, e.started_on), default=None)
    if found is None:
        raise Refused("not-employed", on=day)
    return found


def words(name: str) -> frozenset[str]:
    """The words of a name, without case, accents, titles' dots and single letters."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return frozenset(word for word in re.findall(r"[^\W\d_]+", plain) if len(word) > 1)


def identifier(row: Row) -> Identifier:
    """The number that a row names its person by. Raises: Refused with a code of `domain.identifiers`."""
    if row.passport:
        nationality = row.nationality or ""
        return f"passport/{nationality}", identifiers.passport(row.passport, nationality=nationality)
    return "nik", identifiers.nik(row.nik or "").value

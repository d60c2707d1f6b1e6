"""What a card would say of a worker, before it is numbered and signed. Pure; reads no other stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from card.claims import MAX_CERTIFICATIONS
from domain.decide import JAYAPURA
from domain.event import Standing
from domain.facts import PersonDetails
from domain.worker import Worker

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from domain.decide import History
    from domain.worker import Certificate

_WORTH = {Standing.AUTHORITY_ATTESTED: 0, Standing.EMPLOYER_STATED: 1, Standing.SELF_DECLARED: 2}


class Certification(NamedTuple):
    unit: str
    expires_on: date | None
    standing: Standing


class CardView(NamedTuple):
    """The employer is named by its stream; whoever issues the card looks its name up."""

    name: str
    birth_date: date
    sex: str
    standing: str
    employer: UUID | None
    occupation: str | None
    certifications: tuple[Certification, ...]


def card_view(history: History, now: datetime) -> CardView | None:
    """The view as of today, the latest civil day in Indonesia: what is dated today anywhere in it counts.

    None of an employer, an erased person, or one not registered yet.
    """
    day = now.astimezone(JAYAPURA).date()
    worker = history.state(on=day) if history.events else None
    if not isinstance(worker, Worker) or not isinstance(worker.details, PersonDetails):
        return None
    job = worker.current
    return CardView(
        name=worker.details.name,
        birth_date=worker.details.birth_date,
        sex=worker.sex,
        standing=worker.standing,
        employer=job.employer if job else None,
        occupation=job.occupation if job else None,
        certifications=_shown(worker, day),
    )


def _shown(worker: Worker, day: date) -> tuple[Certification, ...]:
    """Those in force, the best attested and longest lasting first, one a unit, as many as a card holds."""
    in_force = (
        c for c in worker.certificates.values() if c.state == "valid" and (c.expires_on is None or c.expires_on >= day)
    )
    best: dict[str, Certificate] = {}
    for certificate in sorted(in_force, key=_rank):
        best.setdefault(certificate.unit, certificate)
    shown = list(best.values())[:MAX_CERTIFICATIONS]
    return tuple(Certification(c.unit, c.expires_on, c.standing) for c in shown)


def _rank(certificate: Certificate) -> tuple[int, int, str]:
    lasts = certificate.expires_on.toordinal() if certificate.expires_on else 10**7
    return (_WORTH[certificate.standing], -lasts, certificate.unit)

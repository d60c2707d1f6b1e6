"""What a card would say of a worker, before it is numbered and signed. Pure; reads no other stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from domain.cards import shown
from domain.decide import JAYAPURA
from domain.facts import PersonDetails
from domain.worker import Worker

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from domain.decide import History
    from domain.event import Standing


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
        certifications=tuple(Certification(c.unit, c.expires_on, c.standing) for c in shown(worker, day)),
    )

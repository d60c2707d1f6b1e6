"""What a card would say of a worker, before it is numbered and signed. Pure; reads no other stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from card import live
from domain.cards import shown
from domain.decide import JAYAPURA
from domain.facts import PersonDetails, PhoneKey
from domain.worker import Worker

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from domain.decide import History
    from domain.event import Standing
    from keys.es256 import PublicJwk


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
    holder_key: bytes | None = None


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
        holder_key=holder_key(worker.phone_key) if isinstance(worker.phone_key, PhoneKey) else None,
    )


def holder_key(key: PhoneKey) -> bytes:
    """What a card says of its holder's phone: the first 16 bytes of the key's RFC 7638 thumbprint."""
    return live.holder_key(jwk(key))


def jwk(key: PhoneKey) -> PublicJwk:
    """The public key as JWK."""
    return {"kty": "EC", "crv": "P-256", "x": key.x, "y": key.y}

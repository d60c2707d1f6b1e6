"""How long a card may last, what certificates it shows, and when the next one is due. Pure: reads no clock.

Only clear facts are looked at, so that read models come to the same answers as whoever holds the keys.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from domain.decide import JAKARTA, JAYAPURA
from domain.event import Standing
from domain.structure import no_card

if TYPE_CHECKING:
    from collections.abc import Iterator

    from domain.worker import Card, Certificate, Worker

VALID_YEARS = 2
CONTRACT_GRACE = timedelta(days=90)
"""After a fixed term's end: long enough for the employer to report what follows."""
RENEWED_BEFORE = timedelta(days=60)
"""Before its end: a card that may be followed by a longer one is renewed from then on."""
SHOWN = 10
"""Certificates that a card has room for (docs/card-profile.md section 1)."""

Why = Literal["superseded", "expiring", "certificate-expired", "permit-lapsed"]
_WORTH = {Standing.AUTHORITY_ATTESTED: 0, Standing.EMPLOYER_STATED: 1, Standing.SELF_DECLARED: 2}
_DAY = timedelta(days=1)


class Due(NamedTuple):
    """What is to be done about a card: from `on`, and no longer of use after `until`. Civil days of Jakarta.

    `why`: "permit-lapsed" asks that the card be suspended, everything else that another takes its place.
    """

    card: str
    on: date
    until: date | None
    why: Why


def expiry(worker: Worker, issued_at: datetime) -> datetime:
    """End of a card issued now: two years, or with a foreign worker's permit, or some time after a fixed term's end."""
    ends = [issued_at + timedelta(days=365 * VALID_YEARS)]
    if worker.permit_until is not None:
        ends.append(midnight_after(worker.permit_until))
    job = worker.current
    if job is not None and job.contract.ends_on is not None:
        ends.append(max(midnight_after(job.contract.ends_on), issued_at) + CONTRACT_GRACE)
    return min(ends)


def bound(worker: Worker) -> datetime | None:
    """The moment after which the record supports no card: permit's end, or a fixed term's with the time of grace."""
    ends = [midnight_after(worker.permit_until)] if worker.permit_until is not None else []
    job = worker.current
    if job is not None and job.contract.ends_on is not None:
        ends.append(midnight_after(job.contract.ends_on) + CONTRACT_GRACE)
    return min(ends, default=None)


def midnight_after(day: date) -> datetime:
    """The end of a day in Jakarta."""
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(day + _DAY, time(), JAKARTA).astimezone(UTC)


def shown(worker: Worker, day: date) -> tuple[Certificate, ...]:
    """Certificates in force on `day`: the best attested and longest lasting first, one a unit, as many as fit."""
    in_force = (
        c for c in worker.certificates.values() if c.state == "valid" and (c.expires_on is None or c.expires_on >= day)
    )
    best: dict[str, Certificate] = {}
    for certificate in sorted(in_force, key=_rank):
        best.setdefault(certificate.unit, certificate)
    return tuple(best.values())[:SHOWN]


def _rank(certificate: Certificate) -> tuple[int, int, str]:
    lasts = certificate.expires_on.toordinal() if certificate.expires_on else 10**7
    return (_WORTH[certificate.standing], -lasts, certificate.unit)


def dues(worker: Worker) -> Iterator[Due]:
    """What falls due of a worker's cards, if nothing is recorded before.

    - every card that would outlast the permit is suspended when the permit has lapsed
    - the newest, once superseded: the day after, so that a day's changes make one card
    - the newest, in force: before it ends, if the record supports a longer one by then; or on the day after the last
      of the first certificate that it shows
    """
    if worker.permit_until is not None:
        end = midnight_after(worker.permit_until)
        for card in worker.cards.values():
            if card.state in {"valid", "superseded"} and card.expires_at > end:
                yield Due(card.number, worker.permit_until + _DAY, None, "permit-lapsed")
    newest = next(reversed(worker.cards.values()), None)
    if newest is not None and not worker.erased and no_card(worker) is None:
        yield from _next_card(worker, newest)


def _next_card(worker: Worker, newest: Card) -> Iterator[Due]:
    until = worker.permit_until
    if newest.state == "superseded":
        yield Due(newest.number, newest.since + _DAY, until, "superseded")
    elif newest.state == "valid":
        most = bound(worker)
        if most is None or most > newest.expires_at:
            on = (newest.expires_at - RENEWED_BEFORE).astimezone(JAKARTA).date()
            yield Due(newest.number, on, until, "expiring")
        first = shown(worker, newest.issued_at.astimezone(JAYAPURA).date())
        ends = min((c.expires_on for c in first if c.expires_on is not None), default=None)
        if ends is not None and ends < date.max:
            yield Due(newest.number, ends + _DAY, until, "certificate-expired")

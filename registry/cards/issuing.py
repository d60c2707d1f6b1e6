"""Issue a card from the record: decided, signed, committed, and only then released."""

from __future__ import annotations

import os
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from card import cwt, jws, qr
from card.claims import SKKNI_UNIT, CardClaims, Certification, StatusReference, shown
from card.errors import CardError
from card.number import new_number
from domain import codes
from domain import facts as f
from domain.decide import JAKARTA, today
from domain.employer import Employer
from domain.errors import Refused
from registry.card_view import card_view

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from uuid import UUID

    from card.claims import CertificationStanding, Sex, Standing
    from domain.decide import History
    from domain.event import Actor
    from domain.worker import Worker
    from registry.app import Receipt, Registry
    from registry.card_view import CardView

VALID_YEARS = 2
CONTRACT_GRACE = timedelta(days=90)
"""After a fixed term's end: long enough for the employer to report what follows."""


class Issued(NamedTuple):
    """A card as it is released: the claims, the QR's text, the JWT twin."""

    claims: CardClaims
    text: str
    jwt: str


def issue(registry: Registry, worker: UUID, *, by: Actor) -> Issued:
    """Issue the worker's card; one that is live is superseded in the same save.

    1. decide the claims  2. sign  3. commit the very bytes  4. release. A crash before 3 releases nothing.
    Raises: Refused("worker-unknown"), ("worker-erased"), ("identity-unverified"), ("card-name"), ("permit-lapsed").
    """
    signed: dict[str, Issued] = {}

    def plan(history: History) -> Iterator[f.CardSuperseded | f.CardIssued]:
        state, now = _worker(history), registry.now()
        if state.identity != "verified":
            raise Refused("identity-unverified", identity=state.identity)
        view = card_view(history, now)
        if view is None:
            raise Refused("worker-erased", worker=worker)
        if state.live_card is not None:
            yield f.CardSuperseded(effective_on=today(now), card=state.live_card.number, cause="reissued")
        of_version = history.version
        shard, index = registry.places()
        signer = registry.keyring.signer(shard, now=int(now.timestamp()))
        issued_at = now.replace(microsecond=0)
        expires_at = _expiry(state, issued_at)
        if expires_at <= issued_at:
            raise Refused("permit-lapsed", until=state.permit_until)
        claims = _claims(registry, view, issued_at, expires_at, StatusReference(shard=shard, index=index))
        cose, token = cwt.sign(claims, signer), jws.encode(claims, signer)
        signed[claims.number] = Issued(claims, qr.text(cose), token)
        yield f.CardIssued(
            effective_on=today(now),
            card=claims.number,
            of_version=of_version,
            issued_at=issued_at,
            expires_at=expires_at,
            kid=signer.kid.hex(),
            shard=shard,
            index=index,
            personal=f.SignedCard(cwt=cose, jwt=token),
        )

    receipt = registry.record(worker, plan, by=by)
    return signed[_number(registry.history(worker), receipt) if len(signed) > 1 else next(iter(signed))]


def _number(history: History, receipt: Receipt) -> str:
    """The number of the card that was committed, when more were signed: another writer, or a line, was in the way."""
    facts = [event.fact for event in history.events if event.id in receipt.events]
    return next(fact.card for fact in facts if isinstance(fact, f.CardIssued))


def current(registry: Registry, worker: UUID) -> Issued:
    """The worker's live card again: the bytes that were released, not new ones.

    Raises: Refused("worker-unknown"), Refused("card-none"), Refused("worker-erased").
    """
    _, state = registry.worker(worker)
    card = state.live_card
    if card is None:
        raise Refused("card-none", worker=worker)
    if not isinstance(card.signed, f.SignedCard):
        raise Refused("worker-erased", worker=worker)
    claims = cwt.claims_of(cwt.parse(card.signed.cwt).payload)
    return Issued(claims, qr.text(card.signed.cwt), card.signed.jwt)


def _worker(history: History) -> Worker:
    state: Worker | Employer | None = history.state() if history.events else None
    if state is None or isinstance(state, Employer):
        raise Refused("worker-unknown", worker=history.stream)
    return state


def _expiry(worker: Worker, issued_at: datetime) -> datetime:
    """Two years, or sooner: with the permit of a foreign worker, or some time after a fixed term's end."""
    ends = [issued_at + timedelta(days=365 * VALID_YEARS)]
    if worker.permit_until is not None:
        ends.append(_midnight_after(worker.permit_until))
    job = worker.current
    if job is not None and job.contract.ends_on is not None:
        ends.append(max(_midnight_after(job.contract.ends_on), issued_at) + CONTRACT_GRACE)
    return min(ends)


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), JAKARTA).astimezone(UTC)


def _claims(
    registry: Registry, view: CardView, issued_at: datetime, expires_at: datetime, status: StatusReference
) -> CardClaims:
    employer = registry.history(view.employer).state() if view.employer else None
    named = employer if isinstance(employer, Employer) and employer.name else None
    standing: Standing = view.standing  # type: ignore[assignment]  # the same closed list on both sides
    sex: Sex = view.sex  # type: ignore[assignment]  # the same
    try:
        return CardClaims(
            number=new_number(os.urandom(16)),
            name=shown(view.name),
            birth_date=view.birth_date,
            sex=sex,
            standing=standing,
            employer_name=shown(named.name) if named else None,
            employer_nib=named.nib if named else None,
            occupation=view.occupation.rpartition("/")[2][:4] if view.occupation else None,
            certifications=tuple(_certification(c.unit, c.expires_on, c.standing.value) for c in view.certifications),
            issued_at=int(issued_at.timestamp()),
            expires_at=int(expires_at.timestamp()),
            status=status,
        )
    except CardError as error:
        raise Refused("card-claims", reason=error.code) from error


def _certification(unit: str, expires: date | None, standing: str) -> Certification:
    """A unit in today's numeric shape goes bare; the others are named with the years of their shape."""
    worth: CertificationStanding = standing  # type: ignore[assignment]  # the same closed list on both sides
    bare = unit.removeprefix("skkni/")
    if not SKKNI_UNIT.fullmatch(bare):
        bare = f"skkni:{'legacy' if codes.is_legacy_unit(unit) else '2020'}/{bare}"
    return Certification(code=bare, expires=expires, standing=worth)

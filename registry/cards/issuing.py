"""Issue a card from the record: decided, signed, committed, and only then released."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from card import back, cwt, jws, qr
from card.claims import SKKNI_UNIT, CardClaims, Certification, StatusReference, shown
from card.errors import CardError
from card.number import new_number
from domain import cards, codes
from domain import facts as f
from domain.decide import today
from domain.employer import Employer
from domain.errors import Refused
from domain.structure import no_card
from registry import photos
from registry.card_view import card_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime
    from uuid import UUID

    from card.claims import CertificationStanding, Sex, Standing
    from domain.decide import History
    from domain.event import Actor
    from domain.worker import Card, Worker
    from keys.signer import Signer
    from registry.app import Receipt, Registry
    from registry.card_view import CardView

    Named = Callable[[UUID], Employer | None]
    Signing = Callable[[int, int], Signer]


class Issued(NamedTuple):
    """A card as it is released: the claims, the QR's text, the JWT twin.

    With a portrait also the text of the code on its back, and the portrait, a JPEG.
    """

    claims: CardClaims
    text: str
    jwt: str
    back: str | None = None
    portrait: bytes | None = None


class Issuer:
    """Makes cards, not committed yet. `named` gives an employer by its stream, `signer` who signs for a status shard at
    a moment; by default the database and the key folder are asked for every card."""

    def __init__(self, registry: Registry, *, named: Named | None = None, signer: Signing | None = None) -> None:
        self.registry = registry
        self.named = named or (lambda stream: _employer(registry, stream))
        self.signer = signer or (lambda shard, now: registry.keyring.signer(shard, now=now))

    def card(self, history: History) -> f.CardIssued:
        """The card that the record supports now, signed, as the fact that is to join it.

        Raises: Refused("worker-unknown"), ("worker-erased"), ("identity-unverified"), ("worker-deceased"),
        ("worker-merged"), ("card-held"), ("card-claims"), ("permit-lapsed").
        """
        state, now = worker_of(history), self.registry.now()
        if (reason := no_card(state)) is not None:
            raise reason
        view = card_view(history, now)
        if view is None:
            raise Refused("worker-erased", worker=history.stream)
        issued_at = now.replace(microsecond=0)
        expires_at = cards.expiry(state, issued_at)
        if expires_at <= issued_at:
            raise Refused("permit-lapsed", until=state.permit_until)
        shard, index = self.registry.places()
        signer = self.signer(shard, int(now.timestamp()))
        employer = self.named(view.employer) if view.employer else None
        claims = _claims(view, employer, issued_at, expires_at, StatusReference(shard=shard, index=index))
        portrait = photos.kept(self.registry, history.stream, state.photo)
        return f.CardIssued(
            effective_on=today(now),
            card=claims.number,
            of_version=history.version,
            issued_at=issued_at,
            expires_at=expires_at,
            kid=signer.kid.hex(),
            shard=shard,
            index=index,
            personal=f.SignedCard(
                cwt=cwt.sign(claims, signer),
                jwt=jws.encode(claims, signer),
                back=back.sign(claims, portrait.thumbnail, signer) if portrait else None,
                photo=state.photo if portrait else None,
            ),
        )

    def in_place_of_the_live_one(self, history: History) -> Iterator[f.CardSuperseded | f.CardIssued]:
        """As `card`; one that is live is superseded in the same save."""
        card, live = self.card(history), worker_of(history).live_card
        if live is not None:
            yield f.CardSuperseded(effective_on=card.effective_on, card=live.number, cause="reissued")
        yield card


def issue(registry: Registry, worker: UUID, *, by: Actor) -> Issued:
    """Issue the worker's card; one that is live is superseded in the same save.

    1. decide the claims  2. sign  3. commit the very bytes  4. release. A crash before 3 releases nothing.
    Raises: as `Issuer.card`.
    """
    return released(registry, registry.record(worker, Issuer(registry).in_place_of_the_live_one, by=by))


def released(registry: Registry, receipt: Receipt) -> Issued:
    """The card that was committed under a receipt. Another may have been signed before: a writer was in the way."""
    events = registry.history(receipt.stream).events
    fact = next(e.fact for e in events if e.id in receipt.events and isinstance(e.fact, f.CardIssued))
    return opened(registry, fact.personal, receipt.stream)


def current(registry: Registry, worker: UUID) -> Issued:
    """The worker's live card again: the bytes that were released, not new ones.

    Raises: Refused("worker-unknown"), Refused("card-none"), Refused("worker-erased").
    """
    _, state = registry.worker(worker)
    card = state.live_card
    if card is None:
        raise Refused("card-none", worker=worker)
    return opened(registry, card.signed, worker)


def in_force(worker: Worker, now: datetime) -> Card:
    """The card that counts at `now`. Raises: Refused("card-none"), ("card-state") when it is suspended or has ended."""
    card = worker.live_card
    if card is None:
        raise Refused("card-none", worker=worker.id)
    state = "expired" if card.state == "valid" and card.expires_at <= now else card.state
    if state != "valid":
        raise Refused("card-state", got=state, expected="valid")
    return card


def opened(registry: Registry, signed: object, worker: UUID) -> Issued:
    """What was released with these bytes. Raises: Refused("worker-erased")."""
    if not isinstance(signed, f.SignedCard):
        raise Refused("worker-erased", worker=worker)
    claims = cwt.claims_of(cwt.parse(signed.cwt).payload)
    behind = qr.text(signed.back) if signed.back else None
    return Issued(claims, qr.text(signed.cwt), signed.jwt, behind, photos.image(registry, worker, signed.photo))


def worker_of(history: History) -> Worker:
    """Raises: Refused("worker-unknown")."""
    state: Worker | Employer | None = history.now if history.events else None
    if state is None or isinstance(state, Employer):
        raise Refused("worker-unknown", worker=history.stream)
    return state


def _employer(registry: Registry, stream: UUID) -> Employer | None:
    state = registry.history(stream).state()
    return state if isinstance(state, Employer) else None


def _claims(
    view: CardView, employer: Employer | None, issued_at: datetime, expires_at: datetime, status: StatusReference
) -> CardClaims:
    """Raises: Refused("card-claims")."""
    named = employer if employer is not None and employer.name else None
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
            holder_key=view.holder_key,
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

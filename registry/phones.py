"""The worker's phone: enrolled at a desk with its owner present, named by the next card, withdrawn when it is lost.

A code is 16 random characters: four find it again, twelve prove it. It lives ten minutes and bears five tries; what is
kept of it is a hash. The phone signs it with a key that it just made and never gives away.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from card import cwt, live, qr
from card.errors import CardError, VerificationError
from card.number import ALPHABET
from domain import facts as f
from domain.decide import today
from domain.errors import Refused
from domain.structure import no_card
from keys import es256
from registry import cards
from registry.card_view import holder_key, jwk
from registry.cards.issuing import Issuer, released, worker_of
from registry.enrolments import Enrolments, Opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from card.live import Presentation
    from domain.decide import History
    from domain.event import Actor
    from domain.worker import Card
    from registry.app import Registry
    from registry.cards import Issued

Cause = Literal["lost", "stolen", "replaced", "at-request"]
LIFE = timedelta(minutes=10)
CHARACTERS, HANDLE = 16, 4
PROOF = b"kets-phone-key:1:"
"""What stands before the code in the bytes that the phone signs; a Sig_structure never begins so."""
RENEWAL = b"kets-renewal"
"""The nonce of a presentation that asks for the card anew; nobody types small letters."""


class Code(NamedTuple):
    """`text`: XXXX-XXXX-XXXX-XXXX, good for one phone until `ends_at`."""

    text: str
    ends_at: datetime


class Shown(NamedTuple):
    """A live presentation that a phone sent, and the number of the card in it."""

    number: str
    presentation: Presentation


class Withdrawn(NamedTuple):
    """The card numbers that were revoked with it."""

    revoked: tuple[str, ...]


def open_code(registry: Registry, worker: UUID) -> Code:
    """A code for the phone of somebody who is at the desk now; one given before ends with it.

    Raises: Refused("worker-unknown"), and what speaks against a card: ("identity-unverified"), ("worker-deceased"),
    ("worker-merged"), ("card-held"), ("worker-erased").
    """
    _, state = registry.worker(worker)
    if state.erased:
        raise Refused("worker-erased", worker=worker)
    if (reason := no_card(state)) is not None:
        raise reason
    now, enrolments = registry.now(), Enrolments(registry.recorder)
    while True:  # in the rare case that a handle is taken
        text = "".join(ALPHABET[byte % 32] for byte in os.urandom(CHARACTERS))
        if enrolments.open(Opened(text[:HANDLE], worker, _hash(text), None), ends_at=now + LIFE, now=now):
            return Code("-".join(text[place : place + 4] for place in range(0, CHARACTERS, 4)), now + LIFE)


def link(issuer: str, code: Code) -> str:
    """What the phone opens; the code stands where no server sees it."""
    return f"{issuer}/card#{code.text}"


def enrol(registry: Registry, code: str, *, key: f.PhoneKey, proof: bytes, by: Actor) -> Issued:
    """Record the key of the phone that signed the code, and issue a card that names it, in one save.

    The same phone with the same code again gets the same card: an answer may be lost on its way.
    Raises: Refused("phone-key-proof"), ("enrolment-code") for one that is wrong, used, tried too often or past its
    time, ("phone-key-known"), and those of `open_code`.
    """
    try:
        text = live.spelled(code, CHARACTERS)
    except CardError as error:
        raise Refused("enrolment-code") from error
    named = _thumbprint(key, PROOF + text.encode(), proof)
    worker = _claimed(registry, text, named)
    _, state = registry.worker(worker)
    if state.phone_key == key and (card := state.live_card) is not None and _names(card, named):
        return cards.current(registry, worker)

    def plan(history: History) -> Iterator[f.PhoneKeyEnrolled | f.CardSuperseded | f.CardIssued]:
        if worker_of(history).phone_key != key:
            yield f.PhoneKeyEnrolled(effective_on=today(registry.now()), personal=key)
        yield from Issuer(registry).in_place_of_the_live_one(history)

    return released(registry, registry.record(worker, plan, by=by))


def withdraw(registry: Registry, worker: UUID, *, cause: Cause, by: Actor) -> Withdrawn:
    """The phone no longer speaks for the worker. Of a lost or stolen one, every card that names it is revoked.

    Else the card in force is superseded, as its holder's phone is no longer what it says.
    Raises: Refused("worker-unknown"), ("phone-key-none"), ("no-mandate").
    """
    revoked: list[str] = []

    def plan(history: History) -> Iterator[f.PhoneKeyWithdrawn | f.CardRevoked]:
        state, day = worker_of(history), today(registry.now())
        key = state.phone_key
        named = holder_key(key) if isinstance(key, f.PhoneKey) else None
        revoked[:] = []
        yield f.PhoneKeyWithdrawn(effective_on=day, cause=cause)
        for card in state.cards.values():
            if cause in ("lost", "stolen") and card.state != "revoked" and _names(card, named):
                revoked.append(card.number)
                yield f.CardRevoked(effective_on=day, card=card.number, cause=cause)

    registry.record(worker, plan, by=by)
    return Withdrawn(tuple(revoked))


def shown(text: str) -> Shown:
    """What a phone shows of itself to get its card anew: not believed yet. Raises: Refused("phone-key-proof")."""
    try:
        presentation = live.parse(cwt.parse(qr.cose(text)))
        if presentation is None:
            raise Refused("phone-key-proof")
        return Shown(cwt.claims_of(cwt.parse(presentation.card).payload).number, presentation)
    except (ValueError, CardError) as error:
        raise Refused("phone-key-proof") from error


def renew(registry: Registry, worker: UUID, given: Shown) -> Issued:
    """The card in force, for the phone that it names and that showed an earlier card of the worker just now.

    What it showed carries `RENEWAL` for a nonce, so that no code from a screen does. Raises: Refused("phone-key-proof")
    for a phone that is not the worker's any more, ("card-none"), ("worker-erased").
    """
    _, state = registry.worker(worker)
    earlier = state.cards.get(given.number)
    signed = earlier.signed if earlier is not None else None
    known = isinstance(signed, f.SignedCard) and signed.cwt == given.presentation.card
    named = holder_key(state.phone_key) if isinstance(state.phone_key, f.PhoneKey) else None
    try:
        given.presentation.check(named, nonce=RENEWAL, now=int(registry.now().timestamp()))
    except VerificationError as error:
        raise Refused("phone-key-proof") from error
    if not known:
        raise Refused("phone-key-proof")
    return cards.current(registry, worker)


def _claimed(registry: Registry, text: str, named: bytes) -> UUID:
    """Whose code this is; from now on it is this phone's alone. Raises: Refused("enrolment-code")."""
    enrolments = Enrolments(registry.recorder)
    opened = enrolments.attempt(text[:HANDLE], now=registry.now())
    if opened is None or not hmac.compare_digest(opened.code_hash, _hash(text)):
        raise Refused("enrolment-code")
    if not enrolments.bind(opened, named):
        raise Refused("enrolment-code")
    return opened.worker


def _thumbprint(key: f.PhoneKey, message: bytes, proof: bytes) -> bytes:
    """What a card will say of the key. Raises: Refused("phone-key-proof") unless it signed the message."""
    try:
        genuine = es256.verify(es256.public_key(jwk(key)), message, proof)
    except ValueError:
        genuine = False
    if not genuine:
        raise Refused("phone-key-proof")
    return holder_key(key)


def _names(card: Card, named: bytes | None) -> bool:
    """Whether the card says that this phone is its holder's."""
    if named is None or not isinstance(card.signed, f.SignedCard):
        return False
    return cwt.claims_of(cwt.parse(card.signed.cwt).payload).holder_key == named


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()

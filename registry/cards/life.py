"""What becomes of a card that was issued: suspended, reinstated, revoked, lost; and its whole life, told.

A request that asks for what is so already changes nothing and says so: it may be repeated after a lost answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from domain import facts as f
from domain.decide import today
from domain.errors import Refused
from domain.history import effective
from registry.cards.issuing import Issued, Issuer, current, released, worker_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from uuid import UUID

    from domain.decide import History
    from domain.event import Actor
    from domain.worker import Card, Worker
    from registry.app import Registry

SuspensionCause = Literal["lost", "investigation", "permit-lapsed"]
RevocationCause = Literal["lost", "stolen", "identity-error", "key-compromised", "deceased", "replaced"]
"""Those of `domain.facts.card`, without the one that erasing a person leaves."""
ABOUT_CARDS = (f.CardIssued, f.CardSuspended, f.CardReinstated, f.CardRevoked, f.CardSuperseded)


class Change(NamedTuple):
    """The card as it now is. `again`: it was so before, and nothing was recorded. `issued`: what takes its place."""

    card: str
    state: str
    cause: str | None
    since: date
    again: bool = False
    issued: Issued | None = None


class Chapter(NamedTuple):
    """One fact about a card: what happened on `day`, why if it says so, who recorded it and when."""

    card: str
    what: str
    day: date
    cause: str | None
    by: Actor
    recorded_at: datetime
    expires_at: datetime | None


def suspend(
    registry: Registry, worker: UUID, *, cause: SuspensionCause, by: Actor, number: str | None = None
) -> Change:
    """Refuse the card for now: status 2. `number`: by default the card in force, else the newest not revoked.

    Raises: Refused("worker-unknown"), ("card-none"), ("card-unknown"), ("card-state"), ("no-mandate").
    """
    card = chosen(registry.worker(worker)[1], number)
    if (card.state, card.cause) == ("suspended", cause):
        return _as_it_is(card, again=True)
    fact = f.CardSuspended(effective_on=today(registry.now()), card=card.number, cause=cause)
    return _record(registry, worker, fact, by)


def reinstate(registry: Registry, worker: UUID, *, by: Actor, number: str | None = None) -> Change:
    """A suspended card is what it was before. `number`: by default the newest that is suspended.

    Raises: as `suspend`. A revoked card is never reinstated ("card-state").
    """
    history, state = registry.worker(worker)
    card = chosen(state, number, first="suspended")
    if card.state in {"valid", "superseded"} and _reinstated(history, card):
        return _as_it_is(card, again=True)
    return _record(registry, worker, f.CardReinstated(effective_on=today(registry.now()), card=card.number), by)


def revoke(registry: Registry, worker: UUID, *, cause: RevocationCause, by: Actor, number: str | None = None) -> Change:
    """Refuse the card for good: status 1. Raises: as `suspend`."""
    card = chosen(registry.worker(worker)[1], number)
    if (card.state, card.cause) == ("revoked", cause):
        return _as_it_is(card, again=True)
    fact = f.CardRevoked(effective_on=today(registry.now()), card=card.number, cause=cause)
    return _record(registry, worker, fact, by)


def lose(registry: Registry, worker: UUID, *, by: Actor, number: str | None = None, replace: bool = False) -> Change:
    """A card was lost: it is suspended at once; or, with `replace`, revoked, and another issued in the same save.

    Asked again of the same number, a replacement gives the card in force. Raises: as `suspend` and `Issuer.card`.
    """
    if not replace:
        return suspend(registry, worker, cause="lost", by=by, number=number)
    card = chosen(registry.worker(worker)[1], number)
    if (card.state, card.cause) == ("revoked", "lost"):
        return _as_it_is(card, again=True)._replace(issued=current(registry, worker))
    issuer, day = Issuer(registry), today(registry.now())

    def plan(history: History) -> Iterator[f.CardRevoked | f.CardIssued]:
        yield f.CardRevoked(effective_on=day, card=card.number, cause="lost")
        if worker_of(history).live_card is None:
            yield issuer.card(history)

    receipt = registry.record(worker, plan, by=by)
    after = registry.worker(worker)[1]
    there = released(registry, receipt) if len(receipt.events) > 1 else current(registry, worker)
    return _as_it_is(after.cards[card.number])._replace(issued=there)


def history(registry: Registry, worker: UUID) -> list[Chapter]:
    """The life of all of a worker's cards, oldest first. Raises: Refused("worker-unknown")."""
    told, _ = registry.worker(worker)
    return [
        Chapter(
            card=fact.card,
            what=type(fact).__name__.removeprefix("Card").lower(),
            day=fact.effective_on,
            cause=getattr(fact, "cause", None),
            by=event.actor,
            recorded_at=event.recorded_at,
            expires_at=getattr(fact, "expires_at", None),
        )
        for event in effective(told.events)
        if isinstance(fact := event.fact, ABOUT_CARDS)
    ]


def chosen(state: Worker, number: str | None, *, first: str = "") -> Card:
    """The card of this number; without one the newest in state `first`, else the live one, else the newest not revoked.

    Raises: Refused("card-unknown"), ("card-none").
    """
    if number is not None:
        if number not in state.cards:
            raise Refused("card-unknown", card=number)
        return state.cards[number]
    newest = list(reversed(state.cards.values()))
    live = state.live_card
    wanted = [card for card in newest if card.state == first] + ([live] if live else [])
    left = wanted or [card for card in newest if card.state != "revoked"]
    if not left:
        raise Refused("card-none", worker=state.id)
    return left[0]


def _record(registry: Registry, worker: UUID, fact: Any, by: Actor) -> Change:
    registry.record(worker, lambda _: [fact], by=by)
    return _as_it_is(registry.worker(worker)[1].cards[fact.card])


def _as_it_is(card: Card, *, again: bool = False) -> Change:
    return Change(card.number, card.state, card.cause, card.since, again)


def _reinstated(history: History, card: Card) -> bool:
    """Whether the last that was said of this card, but that its details are out of date, is that it counts again."""
    said = [e.fact for e in effective(history.events) if getattr(e.fact, "card", None) == card.number]
    return any(isinstance(fact, f.CardReinstated) for fact in said[-2:])

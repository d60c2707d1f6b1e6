"""What a save means for the cards that are out. Pure: the history before and after in, facts about cards out."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from domain import cards
from domain import facts as f
from domain.decide import History, today
from domain.worker import Worker
from registry.card_view import card_view

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from registry.card_view import CardView

CardChanged = f.CardSuspended | f.CardRevoked | f.CardSuperseded
_CHANGES_NO_CARD = frozenset((*get_args(CardChanged), f.CardIssued, f.CardReinstated, f.KeyDestroyed))


def card_changes(history: History, known: int, now: datetime) -> Iterator[CardChanged]:
    """Facts that follow, for the holder's cards, from those after the first `known` of `history`.

    1. The holder has died: every card is revoked.
    2. The identity is no longer verified: every card is suspended while that is looked into, and revoked when its
       name, birth date or sex was corrected with it.
    3. What the card in force says no longer holds, or it would outlast what the record now supports, or another
       stream carries on for this person: it is superseded. So it counts as genuine, its details as out of date.
    """
    if not any(isinstance(event.fact, f.CardIssued) for event in history.events):
        return
    if all(type(event.fact) in _CHANGES_NO_CARD for event in history.events[known:]):
        return
    earlier = History(history.stream, history.events[:known])
    before, after, day = earlier.state(), history.state(), today(now)
    if not isinstance(before, Worker) or not isinstance(after, Worker):
        return
    out = [card for card in after.cards.values() if card.state != "revoked"]
    was, says = card_view(earlier, now), card_view(history, now)
    if after.deceased_on is not None and before.deceased_on is None:
        for card in out:
            yield f.CardRevoked(effective_on=day, card=card.number, cause="deceased")
    elif before.identity == "verified" and after.identity != "verified":
        wrong = _person(was) != _person(says)
        for card in out:
            if wrong:
                yield f.CardRevoked(effective_on=day, card=card.number, cause="identity-error")
            elif card.state != "suspended":
                yield f.CardSuspended(effective_on=day, card=card.number, cause="investigation")
    elif (live := after.live_card) is None or live.number not in before.cards:
        return  # what is issued in this very save says what now holds
    elif was != says or _outlasts(before, after, live.expires_at):
        yield f.CardSuperseded(effective_on=day, card=live.number, cause="record-changed")


def _person(view: CardView | None) -> tuple[object, ...] | None:
    return view and (view.name, view.birth_date, view.sex)


def _outlasts(before: Worker, after: Worker, expires_at: datetime) -> bool:
    """Whether a card is, by what was recorded now, valid for longer than the record supports."""
    most, was = cards.bound(after), cards.bound(before)
    shorter = most is not None and (was is None or most < was) and most < expires_at
    return shorter or (after.carried_on_by is not None and before.carried_on_by is None)

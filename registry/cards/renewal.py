"""The renewal run: cards that are out of date, about to end, or overtaken by the calendar get the next one.

Which they are is `domain.cards.dues`, asked again of each worker's own history before anything is recorded: whoever
was renewed by a run that was killed, or by a desk meanwhile, is no longer due.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from domain import cards
from domain import facts as f
from domain.decide import today
from domain.errors import Refused
from registry.app import SYSTEM
from registry.cards.issuing import worker_of
from registry.cards.together import Together

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from uuid import UUID

    from domain.decide import History
    from registry.app import Registry
    from registry.cards.issuing import Issuer

    CardFact = f.CardSuspended | f.CardSuperseded | f.CardIssued


class Renewed(NamedTuple):
    """How many workers got a card, how many cards were suspended as a permit lapsed, who was refused, by code."""

    issued: int
    suspended: int
    refused: Counter[str]

    def plus(self, other: Renewed) -> Renewed:
        return Renewed(self.issued + other.issued, self.suspended + other.suspended, self.refused + other.refused)


NOTHING = Renewed(0, 0, Counter())


class Renewal:
    """One for as long as a run lasts."""

    def __init__(self, registry: Registry) -> None:
        self._together = Together(registry)

    def take(self, workers: Collection[UUID]) -> Renewed:
        """Do what is due of each of these workers' cards; nothing of one that is no longer due."""
        found = self._together.take(workers, what_is_due, by=SYSTEM).values()
        recorded = [event.fact for events in found if not isinstance(events, Refused) for event in events]
        return Renewed(
            sum(isinstance(fact, f.CardIssued) for fact in recorded),
            sum(isinstance(fact, f.CardSuspended) for fact in recorded),
            Counter(outcome.code for outcome in found if isinstance(outcome, Refused)),
        )


def what_is_due(issuer: Issuer, history: History) -> Iterator[CardFact]:
    """Cards that outlast a lapsed permit are suspended; else another card takes the place of the one that is due."""
    day = today(issuer.registry.now())
    due = [due for due in cards.dues(worker_of(history)) if due.on <= day and (due.until is None or due.until >= day)]
    lapsed = [card.card for card in due if card.why == "permit-lapsed"]
    for card in lapsed:
        yield f.CardSuspended(effective_on=day, card=card, cause="permit-lapsed")
    if due and not lapsed:
        yield from issuer.in_place_of_the_live_one(history)

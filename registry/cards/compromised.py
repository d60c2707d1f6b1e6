"""After a document signer was revoked: every card in force that it signed is revoked, and its holder gets another.

Which cards those are is asked of the read model, and again of each worker's own history before anything is recorded:
so the work may be stopped and begun again. A card that is suspended stays so: its holder is not given one in force. One
that is out of date is left to the renewal run. Of neither does any copy count, since nothing of that signer does.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

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


class Replaced(NamedTuple):
    """How many cards were revoked, how many issued instead, and why others were not, by code."""

    revoked: int
    issued: int
    without: Counter[str]

    def plus(self, other: Replaced) -> Replaced:
        return Replaced(self.revoked + other.revoked, self.issued + other.issued, self.without + other.without)


class Replacement:
    """Of the cards of one revoked signer. One for as long as a run lasts."""

    def __init__(self, registry: Registry, kid: bytes) -> None:
        self._together, self._kid = Together(registry), kid.hex()
        self._without: dict[UUID, str] = {}

    def take(self, workers: Collection[UUID]) -> Replaced:
        """Revoke and replace the cards of these workers; nothing of one whose card was replaced already."""
        self._without.clear()
        found = self._together.take(workers, self._plan, by=SYSTEM)
        recorded = [event.fact for events in found.values() if not isinstance(events, Refused) for event in events]
        refused = Counter(outcome.code for outcome in found.values() if isinstance(outcome, Refused))
        return Replaced(
            sum(isinstance(fact, f.CardRevoked) for fact in recorded),
            sum(isinstance(fact, f.CardIssued) for fact in recorded),
            refused + Counter(self._without.values()),
        )

    def _plan(self, issuer: Issuer, history: History) -> Iterator[f.CardRevoked | f.CardIssued]:
        card = worker_of(history).live_card
        if card is None or card.state != "valid" or card.kid != self._kid:
            return
        yield f.CardRevoked(effective_on=today(issuer.registry.now()), card=card.number, cause="key-compromised")
        try:
            yield issuer.card(history)
        except Refused as refusal:  # its card is revoked all the same
            self._without[history.stream] = refusal.code

"""How the card says no: to an issuer, and to somebody who verifies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from card.messages import OUTCOME_OF

if TYPE_CHECKING:
    from card.messages import Outcome


class CardError(Exception):
    """A card cannot be made, drawn or read; `code` is kebab-case and never changes its meaning."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        super().__init__(f"{code}: {sentence}")


class VerificationError(Exception):
    """A card is not accepted. `outcome` is "invalid" or "cannot-check"; the sentences are in `card.messages`."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.outcome: Outcome = OUTCOME_OF[code]
        super().__init__(f"{code}: {detail}" if detail else code)

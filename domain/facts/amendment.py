"""Facts about facts: nothing is ever overwritten."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from domain.event import Erased, Fact
from domain.facts.bounds import Version
from domain.facts.people import Note

VoidCause = Literal["duplicate", "never-happened", "wrong-person", "error"]
DisputeCause = Literal["never-employed", "dates", "position", "wage", "termination", "certificate", "other"]

CORRECTED, VOIDED = "fact.corrected", "fact.voided"


class FactVoided(Fact, frozen=True, kw_only=True, tag=VOIDED):
    """The fact at version `voids` never happened. Voiding a void or a correction undoes that amendment."""

    stream_kind = "any"
    amendable = False

    voids: Version
    cause: VoidCause

    @property
    def target(self) -> int:
        return self.voids


class StatementAdded(Fact, frozen=True, kw_only=True, tag="worker.statement-added"):
    """The worker's own side, shown beside the fact at version `about`."""

    amendable = False

    about: Version
    personal: Note | Erased | None = None


class DisputeOpened(Fact, frozen=True, kw_only=True, tag="worker.dispute-opened"):
    amendable = False

    dispute: UUID
    about: Version
    cause: DisputeCause
    personal: Note | Erased | None = None


class DisputeResolved(Fact, frozen=True, kw_only=True, tag="worker.dispute-resolved"):
    amendable = False

    dispute: UUID
    outcome: Literal["upheld", "rejected", "withdrawn"]

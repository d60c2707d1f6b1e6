"""An event: one fact, and who recorded it when. Everything in the log is one of these."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

import msgspec


class Role(StrEnum):
    """In what capacity somebody acts. What each may record stands in `domain.mandates`."""

    EMPLOYER = "employer"
    WORKER = "worker"
    OFFICER = "officer"
    IDENTITY_AUTHORITY = "identity-authority"
    CERTIFICATION_BODY = "certification-body"
    TRAINING_PROVIDER = "training-provider"
    SYSTEM = "system"


class Standing(StrEnum):
    """How much a claim is worth: who says so."""

    SELF_DECLARED = "self-declared"
    EMPLOYER_STATED = "employer-stated"
    AUTHORITY_ATTESTED = "authority-attested"


STANDING_OF = {
    Role.WORKER: Standing.SELF_DECLARED,
    Role.EMPLOYER: Standing.EMPLOYER_STATED,
}


LateReason = Literal[
    "branch-late",
    "force-majeure",
    "identifier-awaited",
    "portal-unavailable",
    "staff-change",
    "system-change",
    "other",
]
"""Why something was reported late. A closed list: free text could name somebody, and the clear part is for ever."""


class Actor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Who acts: `organisation` is an employer's stream id or an authority's name; `person` an account, never a name."""

    organisation: str
    role: Role
    person: str = ""
    on_behalf_of: str | None = None

    @property
    def standing(self) -> Standing:
        return STANDING_OF.get(self.role, Standing.AUTHORITY_ATTESTED)


class Erased(msgspec.Struct, frozen=True, tag_field="type", tag="erased"):
    """What a sealed part decodes to once its key is destroyed. Every reader accepts it."""


ERASED = Erased()


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="fact", gc=False):
    """What somebody reports. The tag is the event's topic and never changes; no default may ever change either.
    Facts hold no cycles, so Python's cycle collector passes them by (`gc`): reading a long history is a fifth faster.

    `effective_on` is when it was true: a civil date at the workplace, never converted between time zones.
    A fact with personal data keeps all of it in `personal`, which is stored encrypted under the stream's own key.
    """

    stream_kind: ClassVar[str] = "worker"
    amendable: ClassVar[bool] = True

    effective_on: date


class Unknown(Fact, frozen=True, kw_only=True, tag="unknown"):
    """A fact of a later version of this software. It changes no state and stops no reader."""

    topic: str


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One recorded fact. Satisfies eventsourcing's DomainEventProtocol.

    `recorded_at` is when the registry learned it: UTC, microseconds, never before the stream's last event.
    `submission` and `ref` lead back to the file or request and the row it came in.
    """

    originator_id: UUID
    originator_version: int
    recorded_at: datetime
    actor: Actor
    fact: Fact
    submission: UUID | None = None
    ref: str | None = None
    late_reason: str | None = None

    @property
    def standing(self) -> Standing:
        return self.actor.standing

    @property
    def id(self) -> str:
        return f"{self.originator_id}:{self.originator_version}"


def topic_of(fact_type: type[Fact]) -> str:
    """The fixed tag under which a kind of fact is stored; never a Python path."""
    tag = fact_type.__struct_config__.tag
    return str(tag)

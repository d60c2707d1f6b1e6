"""A worker's history: every fact, what became of it, and the record as it then stood."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel, Field

from api.record import Record
from domain.facts.amendment import CORRECTED, VOIDED
from registry.replay import timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.decide import History
    from registry.replay import Entry

DISPUTED, RESOLVED = "worker.dispute-opened", "worker.dispute-resolved"


class ActorShown(BaseModel):
    """`organisation` is an employer's id or an authority's name."""

    organisation: str
    role: str


class RecordedFact(BaseModel):
    """One fact as it was recorded. `fact` holds its own fields, as docs/events.md lists them by topic."""

    version: int
    topic: str = Field(examples=["worker.hired"])
    effective_on: date = Field(description="When it was true: a civil date at the workplace")
    recorded_at: datetime = Field(description="When the registry learned it")
    actor: ActorShown
    standing: str = Field(description="self-declared, employer-stated or authority-attested")
    submission: UUID | None
    ref: str | None
    late_reason: str | None
    stands: bool = Field(description="Part of the history asked for, on both axes")
    corrected_by: int | None = Field(description="Version of the correction that stands in its place")
    voided_by: int | None = Field(description="Version of the fact that takes it back")
    disputed_by: int | None = Field(description="Version of the worker's dispute that is open")
    erased: bool
    fact: dict[str, Any]


class Replay(BaseModel):
    """`facts` are those known at `known_at`, by the day they took effect; `record` is their fold as of `as_of`."""

    worker: UUID
    known_at: datetime | None
    as_of: date | None
    facts: list[RecordedFact]
    record: Record | None = Field(description="null when nothing was known yet")


def facts(history: History, *, known_at: datetime | None, as_of: date | None) -> list[RecordedFact]:
    entries = timeline(history, known_at=known_at, on=as_of)
    disputed_by = _disputed(entries)
    topics = {entry.version: entry.topic for entry in entries}
    return [_fact(e, topics, disputed_by.get(e.version)) for e in entries]


def _fact(e: Entry, topics: dict[int, str], disputed_by: int | None) -> RecordedFact:
    how = topics[e.amended_by] if e.amended_by is not None else None
    return RecordedFact(
        version=e.version,
        topic=e.topic,
        effective_on=e.effective_on,
        recorded_at=e.recorded_at,
        actor=ActorShown(organisation=e.organisation, role=e.role),
        standing=e.standing,
        submission=e.submission,
        ref=e.ref,
        late_reason=e.late_reason,
        stands=e.stands,
        corrected_by=e.amended_by if how == CORRECTED else None,
        voided_by=e.amended_by if how == VOIDED else None,
        disputed_by=disputed_by,
        erased=e.erased,
        fact=_shown(e.fact),
    )


def _disputed(entries: Sequence[Entry]) -> dict[int, int]:
    """Version of each disputed fact -> the dispute that is open."""
    resolved = {e.fact["dispute"] for e in entries if e.topic == RESOLVED}
    return {e.fact["about"]: e.version for e in entries if e.topic == DISPUTED and e.fact["dispute"] not in resolved}


def _shown(fact: dict[str, Any]) -> dict[str, Any]:
    """Without the bytes of a signed card, which `GET .../card` gives, and with null for what was erased."""
    if isinstance(fact.get("fact"), dict):
        return {**fact, "fact": _shown(fact["fact"])}
    kind = (fact.get("personal") or {}).get("type")
    if kind == "signed-card":
        return {name: value for name, value in fact.items() if name != "personal"}
    return {**fact, "personal": None} if kind == "erased" else fact

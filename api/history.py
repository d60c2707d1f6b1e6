"""A worker's history: every fact, what became of it, where it came in, how it is proved, and the record it made."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel, Field

from api.record import Record
from domain.event import topic_of
from domain.facts.amendment import CORRECTED, VOIDED
from registry.replay.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.decide import History
    from registry.replay.differences import Differences
    from registry.replay.laws import Row
    from registry.replay.proofs import Proof
    from registry.replay.sources import Source
    from registry.replay.timeline import Entry


class ActorShown(BaseModel):
    """`organisation` is an employer's id or an authority's name; `person` an account, never a name, empty for none."""

    organisation: str
    role: str
    person: str
    on_behalf_of: str | None


class RowOfSubmission(BaseModel):
    """`line` as an editor or a spreadsheet numbers it."""

    submission: UUID
    organisation: str = Field(description="Who sent the submission")
    door: str = Field(description="file, api or command")
    received_at: datetime
    ref: str
    line: int


class DisputeShown(BaseModel):
    """By the versions of the stream; `resolved` and `outcome` once an officer has decided."""

    opened: int
    cause: str
    resolved: int | None
    outcome: str | None


class ProofState(BaseModel):
    """Whether this row's leaf leads to a root that the ledger's key signed; the path itself gives /v1/receipts."""

    state: str = Field(
        description="proved; waiting: recorded and not yet under a checkpoint; differs: what is stored is not what"
        " was signed; unchecked: `why` says what lacks"
    )
    index: int | None = Field(description="The leaf's place in the ledger, from 0")
    size: int | None = Field(description="Leaves of the checkpoint that it was proved under")
    witnessed: dict[str, int] = Field(description="Who cosigned that checkpoint, and when, in Unix seconds")
    why: str | None


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
    amendments: list[int] = Field(description="Versions of all corrections and voids about it, deciding or overtaken")
    disputes: list[DisputeShown]
    statements: list[int] = Field(description="Versions of the worker's own statements about it")
    source: RowOfSubmission | None = Field(description="The row it came in; null for what came by no row")
    proof: ProofState
    erased: bool
    fact: dict[str, Any]


class Replay(BaseModel):
    """`facts` are those known at `known_at`, by the day they took effect; `record` is their fold as of `as_of`."""

    worker: UUID
    known_at: datetime | None
    as_of: date | None
    facts: list[RecordedFact]
    record: Record | None = Field(description="null when nothing was known yet")


class Changed(BaseModel):
    """A field of the record; null where it was not there."""

    field: str = Field(examples=["employments.0b9d8f1e-54f3-4f0e-8a3d-2f5f2c1d9e07.occupation"])
    before: Any
    after: Any
    because: list[int] = Field(description="Versions of the facts that moved it, the last of which decided")


class Differing(BaseModel):
    """`facts` are those of the span; `changes` what is another in the record at its end than at its beginning."""

    worker: UUID
    axis: str = Field(description="known or effective")
    facts: list[RecordedFact]
    changes: list[Changed]


class JudgedBy(BaseModel):
    """`got` is beyond `limit`: both days, months, years or counts."""

    law: str = Field(examples=["PP35/2021"])
    article: str
    got: date | int
    limit: date | int


class LawRow(BaseModel):
    """One matter of one employment under each law; an empty list where that law finds nothing."""

    employment: UUID
    since: date
    code: str = Field(examples=["fixed-term-too-long"])
    under: dict[str, list[JudgedBy]] = Field(description="in-force: the law of each day; else a profile by name")


class Laws(BaseModel):
    """`findings` under each of `laws`; in-force is the law of the day on which each thing was agreed."""

    worker: UUID
    laws: list[str]
    findings: list[LawRow]


def facts(
    history: History,
    sources: Mapping[int, Source],
    proofs: Mapping[int, Proof],
    *,
    known_at: datetime | None,
    as_of: date | None,
) -> list[RecordedFact]:
    return _facts(timeline(history, known_at=known_at, on=as_of), history, sources, proofs)


def differing(
    history: History, found: Differences, sources: Mapping[int, Source], proofs: Mapping[int, Proof]
) -> Differing:
    return Differing(
        worker=history.stream,
        axis=found.axis,
        facts=_facts(found.facts, history, sources, proofs),
        changes=[Changed.model_validate(change, from_attributes=True) for change in found.changes],
    )


def laws(worker: UUID, columns: list[str], rows: list[Row]) -> Laws:
    shown = [LawRow.model_validate(row, from_attributes=True) for row in rows]
    return Laws(worker=worker, laws=columns, findings=shown)


def _facts(
    entries: list[Entry], history: History, sources: Mapping[int, Source], proofs: Mapping[int, Proof]
) -> list[RecordedFact]:
    topics = {event.originator_version: topic_of(type(event.fact)) for event in history.events}
    return [_fact(e, topics, sources.get(e.version), proofs[e.version]) for e in entries]


def _fact(e: Entry, topics: dict[int, str], source: Source | None, proof: Proof) -> RecordedFact:
    how = topics[e.amended_by] if e.amended_by is not None else None
    return RecordedFact(
        version=e.version,
        topic=e.topic,
        effective_on=e.effective_on,
        recorded_at=e.recorded_at,
        actor=ActorShown(organisation=e.organisation, role=e.role, person=e.person, on_behalf_of=e.on_behalf_of),
        standing=e.standing,
        submission=e.submission,
        ref=e.ref,
        late_reason=e.late_reason,
        stands=e.stands,
        corrected_by=e.amended_by if how == CORRECTED else None,
        voided_by=e.amended_by if how == VOIDED else None,
        disputed_by=next((each.opened for each in e.disputes if each.resolved is None), None),
        amendments=e.amendments,
        disputes=[DisputeShown.model_validate(each, from_attributes=True) for each in e.disputes],
        statements=e.statements,
        source=RowOfSubmission.model_validate(source, from_attributes=True) if source else None,
        proof=ProofState.model_validate(proof, from_attributes=True),
        erased=e.erased,
        fact=_shown(e.fact),
    )


def _shown(fact: dict[str, Any]) -> dict[str, Any]:
    """Without the bytes of a signed card, which `GET .../card` gives, and with null for what was erased."""
    if isinstance(fact.get("fact"), dict):
        return {**fact, "fact": _shown(fact["fact"])}
    kind = (fact.get("personal") or {}).get("type")
    if kind == "signed-card":
        return {name: value for name, value in fact.items() if name != "personal"}
    return {**fact, "personal": None} if kind == "erased" else fact

"""How an event is laid out: a clear part that anybody may prove, and a sealed part that dies with its key.

    clear  = JSON {actor, fact without its personal part, ref?, late_reason?}
    secret = JSON of the personal part, to be sealed under the stream's own data key; None when there is none

The bytes of `clear` are hashed into the ledger, so they are stored as they are and never encoded again.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from msgspec.structs import force_setattr, replace

from domain.event import ERASED, Actor, Erased, Event, Fact, Unknown, topic_of
from domain.facts import CORRECTED, TOPICS, AnyFact, FactCorrected, Personal

if TYPE_CHECKING:
    from collections.abc import Sequence

Secret = bytes | Erased | None


class Clear(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    actor: Actor
    fact: AnyFact
    ref: str | None = None
    late_reason: str | None = None


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of an event whose topic this version does not know."""

    class Dated(msgspec.Struct):
        effective_on: date

    actor: Actor
    fact: Dated
    ref: str | None = None
    late_reason: str | None = None


class Told(Event, frozen=True, kw_only=True):
    """An event as its clear part tells it: where it stands, when it came and in what submission is not in there."""

    originator_id: UUID = UUID(int=0)
    originator_version: int = 0
    recorded_at: datetime = datetime.min.replace(tzinfo=UTC)
    fact: AnyFact


class Correction(msgspec.Struct, frozen=True):
    """What is read of a correction to learn whether this version knows the kind of fact that it corrects."""

    class Corrected(msgspec.Struct):
        class Tagged(msgspec.Struct):
            type: str

        fact: Tagged

    fact: Corrected


_encode = msgspec.json.Encoder().encode
_clear = msgspec.json.Decoder(Clear).decode
_correction = msgspec.json.Decoder(Correction).decode
_envelope = msgspec.json.Decoder(Envelope).decode
_clears = msgspec.json.Decoder(list[Clear]).decode
_told = msgspec.json.Decoder(list[Told]).decode
_secrets: Any = msgspec.json.Decoder(list[Personal]).decode
_secret: Any = msgspec.json.Decoder(Personal).decode


def encode(event: Event) -> tuple[bytes, bytes | None]:
    """`(clear, secret)` of an event."""
    fact, personal = split(event.fact)
    clear = Clear(actor=event.actor, fact=fact, ref=event.ref, late_reason=event.late_reason)
    return _encode(clear), None if personal is None else _encode(personal)


def decode(
    stream: UUID,
    version: int,
    topic: str,
    recorded_at: datetime,
    submission: UUID | None,
    clear: bytes,
    secret: Secret,
) -> Event:
    """The event again. `secret` is `ERASED` once the stream's key is destroyed, None when nothing was sealed."""
    part: Clear | Envelope
    if _is_known(topic, clear):
        part = _clear(clear)
        fact: Fact = part.fact
    else:
        part = _envelope(clear)
        fact = Unknown(effective_on=part.fact.effective_on, topic=topic)
    if secret is not None and not isinstance(fact, Unknown):
        join(fact, secret if isinstance(secret, Erased) else _secret(secret))
    return Event(
        originator_id=stream,
        originator_version=version,
        recorded_at=recorded_at,
        actor=part.actor,
        fact=fact,
        submission=submission,
        ref=part.ref,
        late_reason=part.late_reason,
    )


def decode_all(stream: UUID, rows: Sequence[tuple[Any, ...]], secrets: Sequence[Secret] = ()) -> list[Event]:
    """As `decode` of each row of one stream with its secret; in one go when this version knows them all.

    Rows begin with version, topic, recorded_at, submission, clear. Without `secrets` nothing was sealed.
    """
    secrets = secrets or [None] * len(rows)
    try:
        known = TOPICS.keys() >= {row[1] for row in rows}
        parts = _clears(b"[" + b",".join([row[4] for row in rows]) + b"]") if known else []
    except msgspec.ValidationError:
        parts = []
    if len(parts) != len(rows):
        pairs = zip(rows, secrets, strict=True)
        return [decode(stream, row[0], row[1], row[2], row[3], row[4], secret) for row, secret in pairs]
    opened = [secret for secret in secrets if isinstance(secret, bytes)]
    personal = iter(_secrets(b"[" + b",".join(opened) + b"]"))
    events = []
    for row, part, secret in zip(rows, parts, secrets, strict=True):
        if secret is not None:
            join(part.fact, secret if isinstance(secret, Erased) else next(personal))
        event = Event(
            originator_id=stream,
            originator_version=row[0],
            recorded_at=row[2],
            actor=part.actor,
            fact=part.fact,
            submission=row[3],
            ref=part.ref,
            late_reason=part.late_reason,
        )
        events.append(event)
    return events


def told(stream: UUID, clears: bytes, moments: Sequence[datetime] = ()) -> list[Event] | None:
    """A stream's events, by all its clear parts joined by commas, from the first version on; in one go.

    For readers that fold and look at nothing else: `submission` is left out, and `recorded_at` unless `moments` has
    it of each event.
    None when one of them is a fact that this version does not know; then `decode` them one by one.
    """
    try:
        events: list[Event] = list(_told(b"[" + clears + b"]"))
    except msgspec.ValidationError:
        return None
    for version, event in enumerate(events, start=1):
        force_setattr(event, "originator_id", stream)
        force_setattr(event, "originator_version", version)
    for event, moment in zip(events, moments, strict=False):
        force_setattr(event, "recorded_at", moment)
    return events


def personal(secret: bytes) -> Any:
    """A personal part by itself, where it was left behind when the rest was read."""
    return _secret(secret)


def _is_known(topic: str, clear: bytes) -> bool:
    return topic in TOPICS and (topic != CORRECTED or _correction(clear).fact.fact.type in TOPICS)


def split(fact: Fact) -> tuple[Fact, Any]:
    """The fact without its personal part, and that part. A correction's personal part is its corrected fact's."""
    if isinstance(fact, FactCorrected):
        inner, personal = split(fact.fact)
        return (replace(fact, fact=inner), personal) if personal is not None else (fact, None)
    personal = getattr(fact, "personal", None)
    return (replace(fact, personal=None), personal) if personal is not None else (fact, None)


def join(fact: Fact, personal: object) -> None:
    """Put a personal part back into a fact that was just decoded and that nobody else holds yet."""
    bearer = fact.fact if isinstance(fact, FactCorrected) else fact
    force_setattr(bearer, "personal", personal)


__all__ = ["ERASED", "decode", "encode", "topic_of"]

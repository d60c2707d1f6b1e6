"""The columns of the export: what the ledger proves, as it is, and what it says, typed.

All typed columns can be computed again from `clear`. Those of a correction, its date among them, are of the fact that
it carries; `amends` is the version that it corrects or voids. Of a fact that this version of the software does not
know, only what says who recorded it and when it was true is typed.
"""

from __future__ import annotations

from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa

from domain.event import Unknown, topic_of
from domain.facts import FactCorrected, FactVoided

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from domain.event import Event, Fact

RAW: dict[str, Any] = {
    "stream": pa.string(),
    "shard": pa.int8(),
    "position": pa.int64(),
    "version": pa.int32(),
    "topic": pa.string(),
    "recorded_at": pa.timestamp("us", tz="UTC"),
    "submission": pa.binary(),
    "salt": pa.binary(),
    "clear": pa.binary(),
    "sealed_hash": pa.binary(),
    "log_index": pa.int64(),
}
"""`submission` is its digest, as in the leaf; `log_index` the place of the leaf in the ledger, null without one."""
TOLD: dict[str, Any] = {
    "effective_on": pa.date32(),
    "organisation": pa.string(),
    "role": pa.string(),
    "standing": pa.string(),
    "late_reason": pa.string(),
    "amends": pa.int32(),
    "voids": pa.bool_(),
    "fact_topic": pa.string(),
}
FACT: dict[str, Any] = {
    "employment": pa.string(),
    "employer": pa.string(),
    "establishment": pa.string(),
    "industry": pa.string(),
    "regency": pa.string(),
    "occupation": pa.string(),
    "channel": pa.string(),
    "contract": pa.string(),
    "ends_on": pa.date32(),
    "cause": pa.string(),
    "declared": pa.bool_(),
    "wage_band": pa.int32(),
    "birth_year": pa.int32(),
    "sex": pa.string(),
    "nationality": pa.string(),
    "education": pa.string(),
    "residence": pa.string(),
    "status": pa.string(),
    "training": pa.string(),
    "unit": pa.string(),
    "certificate": pa.string(),
}
"""As the facts name them; `contract` is its kind, `ends_on` its end or what an extension says."""
TYPED = TOLD | FACT
SCHEMA = pa.schema([pa.field(name, kind) for name, kind in (RAW | TYPED).items()])
"""All may be null but the first six, `salt` and `clear`."""


def typed(event: Event) -> tuple[Any, ...]:
    """The typed columns of an event, in the order of `TYPED`."""
    fact, amends, voids = event.fact, None, None
    if isinstance(fact, FactVoided):
        amends, voids = fact.voids, True
    elif isinstance(fact, FactCorrected):
        amends, voids, fact = fact.corrects, False, fact.fact
    actor = event.actor
    told = (
        fact.effective_on,
        actor.organisation,
        actor.role.value,
        actor.standing.value,
        event.late_reason,
        amends,
        voids,
        None if voids or isinstance(fact, Unknown) else topic_of(type(fact)),
    )
    return (*told, *(None if get is None else get(fact) for get in _getters(type(fact))))


@cache
def _getters(kind: type[Fact]) -> Sequence[Callable[[Fact], Any] | None]:
    """What takes each column of `FACT` out of a fact of `kind`; None where it has no such thing."""
    fields = frozenset(kind.__struct_fields__)
    found: dict[str, Callable[[Fact], Any]] = {name: _get(name) for name in FACT if name in fields}
    if "contract" in fields:
        found |= {"contract": attrgetter("contract.kind"), "ends_on": attrgetter("contract.ends_on")}
    return [found.get(name) for name in FACT]


def _get(name: str) -> Callable[[Fact], Any]:
    def get(fact: Fact) -> Any:
        value = getattr(fact, name)
        return str(value) if isinstance(value, UUID) else value

    return get

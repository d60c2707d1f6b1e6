"""Any fact at all, made from the annotations of its kind: bounds kept, codes taken from the lists.

Identifiers and versions come from small pools, so that random facts meet each other; dates from any year.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, get_args
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from domain import codes
from domain.event import Actor, Erased, Event, Fact, LateReason, Role
from domain.facts import FACTS

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
IDS = [UUID(int=n) for n in range(1, 5)]
KEYS = ["a", "b", "c"]
UNITS = ["skkni/F.431000.001.02", "skkni/M.70SDM01.001.2", "skkni/TIK.TE02.010.01"]
SCHEMES = {
    "kbli:": codes.KBLI,
    "kbji:": codes.KBJI,
    "kemendagri:": codes.REGION,
    "sakernas:": codes.EDUCATION,
    "PP": codes.TERMINATION,
    "kkni/": codes.KKNI,
}
MOMENTS = st.integers(946_684_800_000_000, 4_070_908_800_000_000).map(
    lambda microseconds: EPOCH + timedelta(microseconds=microseconds)
)
"""Any microsecond of this century."""


@cache
def coded(family: str, levels: tuple[str, ...]) -> list[str]:
    """Codes of one family that may stand in a fact: some two hundred spread over the list."""
    if family == "skkni/":
        return UNITS
    found = [code for level in levels or (None,) for code, _ in codes.codes(SCHEMES[family], level)]
    return found[:: len(found) // 200 + 1]


def values(info: Any, *, erased: bool) -> st.SearchStrategy[Any]:
    """Every value that a type, as msgspec describes it, allows. `erased`: personal parts may be the mark of erasure."""
    i = msgspec.inspect
    match info:
        case i.Metadata(type=inner, extra=extra):
            return _codes(extra) if extra else values(inner, erased=erased)
        case i.StrType(min_length=least, max_length=most):
            return st.text(PRINTED, min_size=least or 0, max_size=min(most or 40, 40)) | st.sampled_from(KEYS)
        case i.BytesType(min_length=least, max_length=most):
            return st.binary(min_size=least or 0, max_size=min(most or 40, 40))
        case i.IntType(ge=least, le=most, lt=below):
            return _integers(least, most if most is not None else None if below is None else below - 1)
        case i.VarTupleType(item_type=item, max_length=most):
            return st.lists(values(item, erased=erased), max_size=min(most or 4, 4)).map(tuple)
        case i.LiteralType(values=allowed):
            return st.sampled_from(allowed)
        case i.UnionType(types=types):
            kept = [t for t in types if erased or getattr(t, "cls", None) is not Erased]
            return st.one_of([values(t, erased=erased) for t in kept])
        case i.StructType(cls=kind):
            return structs(kind, erased=erased)
    return PLAIN[type(info)]


PRINTED = st.characters(exclude_categories=("Cc", "Cs"))
PLAIN: dict[type, st.SearchStrategy[Any]] = {
    msgspec.inspect.DateType: st.dates(),
    msgspec.inspect.DateTimeType: MOMENTS,
    msgspec.inspect.UUIDType: st.sampled_from(IDS) | st.uuids(),
    msgspec.inspect.BoolType: st.booleans(),
    msgspec.inspect.NoneType: st.none(),
}


def _codes(extra: dict[str, Any]) -> st.SearchStrategy[str]:
    families = extra["family"] if isinstance(extra["family"], tuple) else (extra["family"],)
    return st.sampled_from([code for family in families for code in coded(family, extra["levels"])])


def _integers(least: int | None, most: int | None) -> st.SearchStrategy[int]:
    if least == 1 and most is None:  # a version
        return st.integers(1, 12) | st.integers(1, 2**31)
    return st.integers(least, most)


@cache
def structs(kind: type, *, erased: bool) -> st.SearchStrategy[Any]:
    info: Any = msgspec.inspect.type_info(kind)
    return st.deferred(
        lambda: st.builds(kind, **{field.name: values(field.type, erased=erased) for field in info.fields})
    )


def facts(kinds: tuple[type[Fact], ...] = FACTS, *, erased: bool = False) -> st.SearchStrategy[Fact]:
    """Any fact of these kinds, whether or not it could ever be recorded."""
    return st.sampled_from(kinds).flatmap(lambda kind: structs(kind, erased=erased))


ACTORS = st.builds(
    Actor,
    organisation=st.sampled_from([str(i) for i in IDS]) | st.text(min_size=1, max_size=20),
    role=st.sampled_from(Role),
    person=st.sampled_from(["", *KEYS]),
    on_behalf_of=st.none() | st.sampled_from(KEYS),
)


def events(
    version: int | st.SearchStrategy[int] = 1,
    of: st.SearchStrategy[Fact] | None = None,
    recorded_at: st.SearchStrategy[datetime] = MOMENTS,
    stream: UUID = IDS[0],
) -> st.SearchStrategy[Event]:
    """Any envelope around any fact."""
    text = st.none() | st.text(max_size=20)
    return st.builds(
        Event,
        originator_id=st.just(stream),
        originator_version=version if isinstance(version, st.SearchStrategy) else st.just(version),
        recorded_at=recorded_at,
        actor=ACTORS,
        fact=facts(erased=True) if of is None else of,
        submission=st.none() | st.uuids(),
        ref=text,
        late_reason=st.none() | st.sampled_from(get_args(LateReason)),
    )


@st.composite
def streams(draw: st.DrawFn, most: int = 14) -> list[Event]:
    """Random facts one after another, as no decision would have let them: versions rise and moments never go back."""
    of = draw(st.lists(facts(erased=True), max_size=most))
    moments = sorted(draw(st.lists(MOMENTS, min_size=len(of), max_size=len(of))))
    actors = draw(st.lists(ACTORS, min_size=len(of), max_size=len(of)))
    return [
        Event(originator_id=IDS[0], originator_version=n, recorded_at=at, actor=actor, fact=fact)
        for n, (fact, at, actor) in enumerate(zip(of, moments, actors, strict=True), start=1)
    ]

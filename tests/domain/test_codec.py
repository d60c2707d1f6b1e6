"""decode(encode(x)) == x, for every kind of fact; what is erased or unknown stops no reader."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain import facts as f
from domain.codec import decode, decode_all, encode, personal, split, told
from domain.event import ERASED, Erased, Event, Fact, Standing, Unknown, topic_of
from domain.facts import CORRECTABLE, FACTS, TOPICS
from tests.domain.facts_strategy import events, structs
from tests.domain.given import FILLED, NOW, OFFICER, a, corrected, hired, registered, when
from tests.domain.given import given as given_facts

SEALED = [kind for kind in FACTS if "personal" in kind.__struct_fields__]


def read(event: Event, secret: bytes | Erased | None) -> Event:
    clear, _ = encode(event)
    return decode(
        event.originator_id,
        event.originator_version,
        topic_of(type(event.fact)),
        event.recorded_at,
        event.submission,
        clear,
        secret,
    )


@pytest.mark.parametrize("kind", FACTS)
def test_every_fact_comes_back_as_it_was(kind: type[Fact]) -> None:
    @settings(deadline=None, max_examples=40)
    @given(events(3, structs(kind, erased=False)))
    def comes_back(event: Event) -> None:
        clear, secret = encode(event)
        assert read(event, secret) == event
        assert encode(read(event, secret)) == (clear, secret)
        assert secret is None or personal(secret) == split(event.fact)[1]

    comes_back()


def sealed_corrections() -> st.SearchStrategy[Fact]:
    inner = st.sampled_from([k for k in CORRECTABLE if k in SEALED]).flatmap(lambda k: structs(k, erased=False))
    return inner.map(lambda fact: corrected(2, fact))


@settings(deadline=None)
@given(events(3, st.sampled_from(SEALED).flatmap(lambda k: structs(k, erased=False)) | sealed_corrections()))
def test_an_erased_part_comes_back_as_erased_and_nothing_else_changes(event: Event) -> None:
    bare, part = split(event.fact)
    back = read(event, None if part is None else ERASED)
    assert bearer(back.fact).personal == (None if part is None else ERASED)
    assert split(back.fact)[0] == bare


@settings(deadline=None)
@given(events(3, st.sampled_from(SEALED).flatmap(lambda k: structs(k, erased=False)) | sealed_corrections()))
def test_the_clear_part_holds_nothing_personal(event: Event) -> None:
    clear, secret = encode(event)
    stored = msgspec.json.decode(clear)["fact"]
    assert "personal" not in stored or stored["personal"] is None
    assert "personal" not in stored.get("fact", {}) or stored["fact"]["personal"] is None
    assert (secret is None) == (bearer(event.fact).personal is None)


def bearer(fact: Fact) -> Any:
    return fact.fact if isinstance(fact, f.FactCorrected) else fact


def test_what_is_optional_and_missing_is_not_written() -> None:
    clear, secret = encode(when(given_facts(), registered(personal=None, education=None)))
    assert secret is None
    assert set(msgspec.json.decode(clear)) == {"actor", "fact"}
    assert "education" not in msgspec.json.decode(clear)["fact"]


def stored(topic: str, fact: dict[str, Any], secret: bytes | Erased | None = None) -> Event:
    """An event as some other version of this software may have written it."""
    clear = msgspec.json.encode(
        {"actor": OFFICER, "fact": {"type": topic, "effective_on": "2024-01-15", **fact}, "ref": "r-1", "later": [1]}
    )
    return decode(UUID(int=1), 4, topic, NOW, None, clear, secret)


@pytest.mark.parametrize("secret", [None, ERASED, b'{"type":"something-else"}'])
def test_a_topic_of_a_later_version_is_read_as_unknown(secret: bytes | Erased | None) -> None:
    event = stored("worker.moved-to-mars", {"ship": "A"}, secret)
    assert event.fact == Unknown(effective_on=hired().effective_on, topic="worker.moved-to-mars")
    assert event.ref == "r-1"


def test_a_correction_of_a_later_versions_fact_is_read_as_unknown() -> None:
    """Defect: the correction's own topic is known, so the fact inside stopped the reader."""
    inner = {"type": "worker.moved-to-mars", "effective_on": "2024-01-15"}
    event = stored("fact.corrected", {"corrects": 3, "fact": inner})
    assert event.fact == Unknown(effective_on=hired().effective_on, topic="fact.corrected")


def test_a_field_of_a_later_version_is_passed_over() -> None:
    event = stored("worker.identity-verified", {"register": "dukcapil", "biometric": True})
    assert event.fact == a(f.IdentityVerified)


def test_topics_are_fixed_and_each_kind_has_its_own() -> None:
    assert len(TOPICS) == len(FACTS)
    assert all(topic == topic_of(kind) and "." in topic for topic, kind in TOPICS.items())
    assert set(FILLED) | {f.FactCorrected} == set(FACTS)


def test_who_says_so_is_what_a_claim_is_worth() -> None:
    history = given_facts(registered())
    event = history.events[0]
    assert event.standing is Standing.AUTHORITY_ATTESTED
    assert event.id == f"{history.stream}:1"
    assert replace(event, actor=replace(OFFICER, role="worker")).standing is Standing.SELF_DECLARED
    assert replace(event, actor=replace(OFFICER, role="employer")).standing is Standing.EMPLOYER_STATED


@settings(deadline=None)
@given(st.lists(events(1, st.sampled_from(FACTS).flatmap(lambda kind: structs(kind, erased=False))), max_size=5))
def test_a_stream_told_at_once_says_what_its_events_say(some: list[Event]) -> None:
    stream = UUID(int=7)
    placed = [replace(event, originator_id=stream, originator_version=n) for n, event in enumerate(some, start=1)]
    found = told(stream, b",".join(encode(event)[0] for event in placed))
    assert found is not None
    assert [said(event) for event in found] == [said(read(event, None)) for event in placed]
    dated = told(stream, b",".join(encode(event)[0] for event in placed), [event.recorded_at for event in placed])
    assert [event.recorded_at for event in dated or ()] == [event.recorded_at for event in placed]


def said(event: Event) -> tuple[Any, ...]:
    """All but what stands outside the clear part."""
    return (event.originator_id, event.originator_version, event.actor, event.fact, event.ref, event.late_reason)


def test_a_stream_with_a_fact_of_a_later_version_is_not_told_at_once() -> None:
    clear, _ = encode(given_facts(registered()).events[0])
    assert told(UUID(int=7), clear.replace(b"worker.registered", b"worker.beamed-up")) is None


@settings(deadline=None)
@given(
    st.lists(events(1, st.sampled_from(FACTS).flatmap(lambda kind: structs(kind, erased=False))), max_size=4),
    st.sampled_from(["", "worker.beamed-up", "fact.corrected"]),
    st.booleans(),
)
def test_rows_decoded_together_are_as_decoded_one_by_one(some: list[Event], later: str, erased: bool) -> None:
    """Also when one of them is a fact of a later version, or corrects one."""
    rows = []
    for version, event in enumerate(some, start=1):
        clear, secret = encode(event)
        kept = ERASED if erased and secret is not None else secret
        rows.append((version, topic_of(type(event.fact)), event.recorded_at, event.submission, clear, kept))
    if later:
        inner = {"type": "worker.beamed-up", "effective_on": "2024-01-15"}
        fact = {**inner, "type": later, "corrects": 1, "fact": inner}
        clear = msgspec.json.encode({"actor": OFFICER, "fact": fact})
        rows.append((len(rows) + 1, later, NOW, None, clear, None))
    assert decode_all(UUID(int=7), rows, [row[5] for row in rows]) == [decode(UUID(int=7), *row) for row in rows]

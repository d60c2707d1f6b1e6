"""docs/events.md says what the facts are, no more and no less."""

import re

import msgspec
import pytest

from domain.event import STANDING_OF, Actor, Event, Fact, Role, Standing
from domain.facts import FACTS, TOPICS, Contract
from domain.mandates import MAY
from tests.docs.pages import code, headings, page, rows, sections
from tests.docs.said import fields_of

PAGE = page("events.md")
SECTIONS = sections(PAGE)
EVERY = pytest.mark.parametrize("topic", TOPICS)


def body(topic: str) -> str:
    return SECTIONS[f"`{topic}`"]


def said(topic: str, what: str) -> str | None:
    found = re.search(rf"^- {what}: (.*)$", body(topic), re.MULTILINE)
    return found and found[1]


def test_every_event_is_listed_once_and_no_other() -> None:
    listed = sorted(code(heading) for heading in headings(PAGE) if heading.startswith("`"))
    assert listed == sorted(TOPICS)
    assert len(TOPICS) == len(FACTS)


@EVERY
def test_its_fields_their_types_and_which_part_they_stand_in(topic: str) -> None:
    listed = [(code(field), kind, part) for field, kind, part, _ in rows(body(topic))]
    assert sorted(listed) == sorted(fields_of(TOPICS[topic]))


@EVERY
def test_every_field_has_a_meaning(topic: str) -> None:
    assert all(meaning for *_, meaning in rows(body(topic)))


@EVERY
def test_who_may_record_it(topic: str) -> None:
    everybody_else = frozenset(Role) - {Role.SYSTEM}
    may = MAY[TOPICS[topic]]
    expected = "any role but system" if may == everybody_else else ", ".join(role for role in Role if role in may)
    assert said(topic, "recorded by") == expected


@EVERY
def test_whether_it_may_be_amended(topic: str) -> None:
    assert said(topic, "amendable") == ("yes" if TOPICS[topic].amendable else "no")


@EVERY
def test_the_refusals_it_may_meet_are_codes_of_the_domain(topic: str) -> None:
    listed = [code(name) for name in (said(topic, "refused") or "").split(", ") if name]
    known = {code(row[0]) for row in rows(SECTIONS_OF_ERRORS["Facts"])}
    assert set(listed) <= known
    assert listed == sorted(set(listed), key=listed.index)


SECTIONS_OF_ERRORS = sections(page("errors.md"))


def test_the_envelope_and_the_actor() -> None:
    assert [code(field) for field, *_ in rows(SECTIONS["Envelope"])] == list(Event.__struct_fields__)
    assert [code(field) for field, *_ in rows(SECTIONS["Actor"])] == list(Actor.__struct_fields__)
    (roles,) = (kind for field, kind, _ in rows(SECTIONS["Actor"]) if code(field) == "role")
    assert roles == ", ".join(f"`{role}`" for role in Role)


def test_standing() -> None:
    assert [code(row[0]) for row in rows(SECTIONS["Standing"])] == list(Standing)
    assert {Role.WORKER: Standing.SELF_DECLARED, Role.EMPLOYER: Standing.EMPLOYER_STATED} == STANDING_OF


def test_the_contract_which_is_the_only_part_within_a_clear_part() -> None:
    assert [(code(f), k, p) for f, k, p, _ in rows(SECTIONS["Contract"])] == list(fields_of(Contract))
    within = {kind for fact in FACTS for field, kind, part in fields_of(fact) if part == "clear" and kind == "contract"}
    assert within == {"contract"}


def test_a_field_that_is_not_on_the_page_would_be_noticed() -> None:
    class Overlooked(Fact, frozen=True, kw_only=True, tag="worker.overlooked"):
        extra: int

    assert ("extra", "integer", "clear") in list(fields_of(Overlooked))
    assert issubclass(Overlooked, msgspec.Struct)

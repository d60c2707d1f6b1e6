"""What replay promises, over histories that could have been and over facts that could not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from domain import employer, worker
from domain import facts as f
from domain.codec import decode, encode
from domain.decide import History
from domain.errors import Refused
from domain.event import Event, topic_of
from domain.history import as_of, effective
from tests.domain.facts_strategy import IDS, facts, streams
from tests.domain.given import OFFICER, a, unchanged
from tests.domain.strategies import (
    BEGINNING,
    EMPLOYER_KINDS,
    WORKER_KINDS,
    actors,
    amendments,
    attempt,
    careers,
    companies,
    interleaved,
    one,
    registries,
    work,
)

if TYPE_CHECKING:
    from domain.event import Actor, Fact

LATER = BEGINNING + timedelta(days=400)
HISTORIES = careers() | companies()
PROPERTY = settings(deadline=None, max_examples=60)


def stored_and_read(events: list[Event]) -> list[Event]:
    def again(e: Event) -> Event:
        clear, secret = encode(e)
        topic = topic_of(type(e.fact))
        return decode(e.originator_id, e.originator_version, topic, e.recorded_at, e.submission, clear, secret)

    return [again(e) for e in events]


@PROPERTY
@given(HISTORIES)
def test_replay_of_what_was_stored_is_the_live_state(history: History) -> None:
    replayed = History(history.stream, stored_and_read(history.events))
    assert replayed.events == history.events
    assert replayed.state() == history.state()
    assert replayed.kind == history.kind


@PROPERTY
@given(HISTORIES)
def test_what_is_known_at_a_moment_is_what_had_been_recorded_by_then(history: History) -> None:
    for event in history.events:
        by_then = [e for e in history.events if e.recorded_at <= event.recorded_at]
        assert history.state(known_at=event.recorded_at) == History(history.stream, by_then).state()
    assert history.state(known_at=LATER) == history.state()


@PROPERTY
@given(HISTORIES, st.dates(date(2023, 12, 1), date(2024, 8, 1)))
def test_a_state_of_a_date_holds_no_later_fact(history: History, day: date) -> None:
    standing = effective(history.events)
    assert as_of(standing, day) == [e for e in standing if e.fact.effective_on <= day or e is standing[0]]
    assert history.state(on=day) == history.fold(as_of(standing, day))
    assert history.state(on=date.max) == history.state()


@PROPERTY
@given(HISTORIES)
def test_no_accepted_history_holds_a_structural_fault(history: History) -> None:
    """Also at every moment on the way: each prefix was accepted too."""
    for n in range(1, history.version + 1):
        assert history._faults(history.events[:n]) == {}


class Refolding(History):
    """Judges every fact on the whole history folded again."""

    def _comes_last(self, _event: Event) -> bool:
        return False


def answer(history: History, fact: Fact, by: Actor) -> object:
    """The event, or the code and details of the refusal."""
    try:
        return history.record(fact, by=by, now=LATER)
    except Refused as refusal:
        return refusal.code, refusal.details


@PROPERTY
@given(HISTORIES, st.data())
def test_a_fact_that_comes_last_is_judged_as_if_all_were_folded_again(history: History, data: st.DataObject) -> None:
    kinds = WORKER_KINDS if history.kind == "worker" else EMPLOYER_KINDS
    running, refolding = History(history.stream, history.events), Refolding(history.stream, history.events)
    for _ in range(4):
        choices = [st.sampled_from(kinds).flatmap(one), amendments(running)]
        fact = data.draw(st.one_of(work(running), *choices) if history.kind == "worker" else st.one_of(*choices))
        by = data.draw(actors(fact))
        assert answer(running, fact, by) == answer(refolding, fact, by)
        assert running.events == refolding.events
        assert running.now == running.state() == refolding.now


@PROPERTY
@given(HISTORIES)
def test_versions_are_gapless_and_time_never_goes_back(history: History) -> None:
    assert [e.originator_version for e in history.events] == list(range(1, history.version + 1))
    moments = [e.recorded_at for e in history.events]
    assert moments == sorted(moments)


@PROPERTY
@given(HISTORIES, st.lists(facts(), max_size=4))
def test_a_refusal_leaves_everything_as_it_was(history: History, more: list[Fact]) -> None:
    for fact in more:
        as_it_was = unchanged(history)
        if attempt(history, fact, OFFICER, LATER) is None:
            assert unchanged(history) == as_it_was
        else:
            assert history.version == as_it_was[1] + 1


@PROPERTY
@given(st.lists(facts(), max_size=5))
def test_a_stream_that_refused_its_first_fact_is_still_nobodys(tried: list[Fact]) -> None:
    history = History(IDS[0])
    for fact in tried:
        if attempt(history, fact, OFFICER, LATER) is not None:
            return
        assert unchanged(history) == unchanged(History(IDS[0]))


@PROPERTY
@given(registries().flatmap(lambda streams: st.tuples(st.just(streams), interleaved(streams), st.integers(1, 7))))
def test_folding_does_not_depend_on_the_batches_in_which_events_arrive(
    case: tuple[list[History], list[Event], int],
) -> None:
    histories, arriving, size = case
    known: dict[object, list[Event]] = {}
    states = {}
    for start in range(0, len(arriving), size):
        batch = arriving[start : start + size]
        for event in batch:
            known.setdefault(event.originator_id, []).append(event)
        for stream in {e.originator_id for e in batch}:
            states[stream] = History(stream, known[stream]).state()
    assert states == {h.stream: h.state() for h in histories}


# -- facts that no decision would have let in -------------------------------------------------------------------------
@PROPERTY
@given(streams())
def test_evolve_never_raises_whatever_comes(events: list[Event]) -> None:
    held, kept = worker.Worker(id=IDS[0]), employer.Employer(id=IDS[0])
    for event in events:
        assert worker.evolve(held, event) is held
        assert employer.evolve(kept, event) is kept
    assert held.standing in {
        "employed",
        "unknown",
        "seeking",
        "self-employed",
        "in-school",
        "home-duties",
        "not-seeking",
    }


@PROPERTY
@given(streams())
def test_effective_never_raises_and_keeps_the_order(events: list[Event]) -> None:
    standing = effective(events)
    keys = [(not isinstance(e.fact, f.Registration), e.fact.effective_on, e.originator_version) for e in standing]
    assert keys == sorted(keys)
    plain = {e.originator_version for e in events if not isinstance(e.fact, f.Amendment)}
    assert {e.originator_version for e in standing} <= plain
    assert len(standing) == len({e.originator_version for e in standing})
    History(IDS[0], events).state()


AMENDED = st.integers(1, 9)  # what they aim at: older, younger, themselves, each other, nothing


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.one_of(
            st.just(a(f.EducationRecorded)),
            AMENDED.map(lambda n: a(f.FactVoided, voids=n)),
            AMENDED.map(lambda n: f.FactCorrected(effective_on=date(2024, 1, 1), corrects=n, fact=a(f.SkillsDeclared))),
        ),
        max_size=8,
    )
)
def test_amendments_that_aim_anywhere_stop_no_reader(said: list[Fact]) -> None:
    events = [
        Event(originator_id=IDS[0], originator_version=n, recorded_at=BEGINNING, actor=OFFICER, fact=fact)
        for n, fact in enumerate(said, start=1)
    ]
    standing = effective(events)
    assert not any(isinstance(e.fact, f.Amendment) for e in standing)
    unamended = [e for e in events if not isinstance(e.fact, f.Amendment)]
    targets = {e.fact.target for e in events if isinstance(e.fact, f.FactCorrected | f.FactVoided)}
    assert [e for e in unamended if e.originator_version not in targets] == [
        e for e in standing if e.originator_version not in targets
    ]

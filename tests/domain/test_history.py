"""Which facts stand, on both time axes: what the registry knew at a moment, and what was true on a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from domain import facts as f
from domain.decide import History
from domain.event import Event, Fact, Unknown
from domain.history import effective
from tests.domain.given import (
    ACME,
    BETA,
    DUKCAPIL,
    JOB,
    JOB_2,
    NOW,
    OFFICER,
    OTHER_OCCUPATION,
    WORKER,
    a,
    corrected,
    employer,
    given,
    hired,
    refused,
    registered,
    unchanged,
    voided,
    when,
)

S1, SMK, SMA = "sakernas:2024/9", "sakernas:2024/5", "sakernas:2024/4"
MONDAY = datetime(2026, 2, 23, 3, 0, tzinfo=UTC)


def education(code: str, on: str = "2021-06-01") -> Fact:
    return a(f.EducationRecorded, on, education=code)


def daily(*facts: Fact) -> History:
    """Each fact recorded one day after the other, from `MONDAY` on: version n on day n."""
    history = History(WORKER)
    for n, fact in enumerate(facts):
        when(history, fact, now=MONDAY + timedelta(days=n))
    return history


def known(history: History, version: int) -> str | None:
    """The education that the registry knew just after that version was recorded."""
    return history.state(known_at=MONDAY + timedelta(days=version - 1)).education


# version 1 is the registration with SMK, version 2 the graduation S1; what follows is tried upon version 2
FIX, FIX_AGAIN = corrected(2, education(SMA)), corrected(3, education(S1))
AMENDED: list[tuple[str, list[Fact], list[str | None]]] = [
    ("nothing", [], []),
    ("a correction", [FIX], [SMA]),
    ("a correction of a correction", [FIX, FIX_AGAIN], [SMA, S1]),
    ("two corrections of one fact: the later", [FIX, corrected(2, education(S1))], [SMA, S1]),
    ("a void", [voided(2)], [SMK]),
    ("a void of a void", [voided(2), voided(3)], [SMK, S1]),
    ("a void of a void of a void", [voided(2), voided(3), voided(4)], [SMK, S1, SMK]),
    ("a void of a correction", [FIX, voided(3)], [SMA, S1]),
    ("a void of the later of two corrections", [FIX, FIX_AGAIN, voided(4)], [SMA, S1, SMA]),
    ("a void of the earlier of two corrections", [FIX, corrected(2, education(S1)), voided(3)], [SMA, S1, S1]),
    ("a correction after a void", [voided(2), FIX], [SMK, SMA]),
    ("that correction voided: the void is back", [voided(2), FIX, voided(4)], [SMK, SMA, SMK]),
    ("a void after a correction", [FIX, voided(2)], [SMA, SMK]),
    ("a voided fact voided again, once undone", [voided(2), voided(2), voided(4)], [SMK, SMK, SMK]),
]


@pytest.mark.parametrize(("said", "expected"), [pytest.param(*row[1:], id=row[0]) for row in AMENDED])
def test_amendments_as_they_became_known(said: list[Fact], expected: list[str | None]) -> None:
    history = daily(registered(education=SMK), education(S1), *said)
    assert [known(history, n) for n in range(1, history.version + 1)] == [SMK, S1, *expected]
    assert history.state().education == [S1, *expected][-1]


def test_before_the_first_fact_was_recorded_nothing_was_known() -> None:
    history = daily(registered())
    assert history.state(known_at=MONDAY - timedelta(microseconds=1)).registered is False
    assert history.state(known_at=MONDAY).registered is True


def test_a_correction_takes_the_place_of_what_it_corrects_with_who_said_it_and_when() -> None:
    history = given(registered())
    when(history, hired(), by=employer(ACME), late_reason="portal-unavailable")
    when(history, a(f.PositionChanged, "2024-06-01"))
    event = when(history, corrected(2, hired("2024-02-01")), now=NOW + timedelta(days=1), late_reason="other")
    mended = effective(history.events)[1]
    assert (mended.originator_version, mended.fact) == (2, hired("2024-02-01"))
    assert (mended.actor, mended.recorded_at) == (OFFICER, event.recorded_at)
    assert mended.late_reason == "other"
    assert history.events[1].fact == hired()  # nothing is overwritten


def test_a_corrected_date_moves_the_fact() -> None:
    history = given(registered(), education(SMK, "2022-01-01"), education(S1, "2021-01-01"))
    assert history.state().education == SMK
    when(history, corrected(3, education(S1, "2023-01-01")))
    assert history.state().education == S1
    assert history.state(on=date(2022, 12, 31)).education == SMK


def test_on_one_day_what_was_recorded_later_is_later() -> None:
    history = given(registered(), education(S1), education(SMK))
    assert [e.originator_version for e in effective(history.events)] == [1, 2, 3]
    assert history.state().education == SMK
    when(history, corrected(2, education(SMA)))  # keeps the place of version 2
    assert history.state().education == SMK


def test_the_registration_comes_first_whenever_it_is_dated() -> None:
    history = given(registered("2025-01-01"), hired("2020-01-01"))
    assert [e.originator_version for e in effective(history.events)] == [1, 2]
    assert history.state(on=date(2019, 1, 1)).registered is True
    assert history.state(on=date(2019, 1, 1)).current is None
    when(history, corrected(1, registered("2026-01-01")))
    assert [e.originator_version for e in effective(history.events)] == [1, 2]


def test_a_late_fact_falls_in_between_older_ones() -> None:
    history = daily(
        registered(),
        hired("2024-01-15", wage_band=4),
        a(f.WageChanged, "2025-01-01", wage_band=8),
        a(f.WageChanged, "2024-07-01", wage_band=6),
    )
    bands = {
        day: history.state(on=date.fromisoformat(day)).employments[JOB].wage_band
        for day in ("2024-06-30", "2024-07-01", "2024-12-31", "2025-01-01")
    }
    assert bands == {"2024-06-30": 4, "2024-07-01": 6, "2024-12-31": 6, "2025-01-01": 8}
    then = history.state(known_at=MONDAY + timedelta(days=2), on=date(2024, 12, 31))
    assert then.employments[JOB].wage_band == 4


def test_both_axes_at_once() -> None:
    """Hired on the 15th, recorded on Monday; on Tuesday it was found that it was the 1st of March."""
    history = daily(registered(), hired("2024-01-15"), corrected(2, hired("2024-03-01")))
    february = date(2024, 2, 1)
    assert history.state(on=february, known_at=MONDAY + timedelta(days=1)).current is not None
    assert history.state(on=february, known_at=MONDAY + timedelta(days=2)).current is None
    assert history.state(on=february).current is None
    assert history.state().current is not None


# -- what an amendment must not do ------------------------------------------------------------------------------------
EMPLOYED = (registered(), hired("2024-01-15"), a(f.PositionChanged, "2024-06-01", occupation=OTHER_OCCUPATION))


@pytest.mark.parametrize(
    ("amendment", "version", "reason"),
    [
        (voided(2), 3, "not-employed"),
        (corrected(2, hired("2024-06-02")), 3, "not-employed"),
        (corrected(2, hired("2024-01-15", employment=JOB_2)), 3, "not-employed"),
    ],
)
def test_an_amendment_that_makes_a_later_fact_impossible(amendment: Fact, version: int, reason: str) -> None:
    history = given(*EMPLOYED)
    as_it_was = unchanged(history)
    with refused("breaks-later-fact", version=version, reason=reason):
        when(history, amendment)
    assert unchanged(history) == as_it_was


def test_a_late_fact_that_makes_a_later_one_impossible() -> None:
    with refused("breaks-later-fact", version=3, reason="employment-ended"):
        when(given(*EMPLOYED), a(f.EmploymentEnded, "2024-05-01"))


def test_a_corrected_fact_that_is_impossible_itself_says_why() -> None:
    with refused("ends-before-start"):
        when(given(*EMPLOYED), corrected(2, hired(contract=f.Contract(kind="fixed-term", ends_on=date(2024, 1, 1)))))


def test_to_undo_a_void_must_be_possible_too() -> None:
    history = given(registered(), hired(), voided(2), hired("2024-02-01", employment=JOB_2))
    with refused("breaks-later-fact", version=4, reason="already-employed"):
        when(history, voided(3))


def test_to_take_back_an_end_after_which_the_worker_was_hired_again() -> None:
    history = given(registered(), hired(), a(f.EmploymentEnded, "2024-03-01"), hired("2024-04-01", employment=JOB_2))
    with refused("breaks-later-fact", version=4, reason="already-employed"):
        when(history, voided(3))


def test_a_history_that_was_impossible_before_can_still_be_added_to_and_mended() -> None:
    """Facts stored under older rules are never refused afterwards; only what a new fact breaks is."""
    sound = given(registered(), hired())
    double = [
        *sound.events,
        Event(originator_id=WORKER, originator_version=3, recorded_at=NOW, actor=OFFICER, fact=hired(employment=JOB_2)),
    ]
    history = History(WORKER, double)
    when(history, education(S1))
    when(history, hired("2024-06-01", employer=BETA, employment=BETA))
    when(history, corrected(3, hired("2024-02-01", employment=JOB_2)))
    when(history, voided(3))
    assert history._faults(history.events) == {}


@pytest.mark.parametrize(
    "amendment",
    [voided(9), corrected(9, education(S1)), a(f.StatementAdded, about=9), a(f.DisputeOpened, about=9), voided(4)],
)
def test_what_is_not_there_cannot_be_amended(amendment: Fact) -> None:
    with refused("fact-unknown"):
        when(given(*EMPLOYED), amendment)


def test_the_first_fact_of_a_stream_cannot_be_an_amendment() -> None:
    for amendment in (voided(1), corrected(1, registered())):
        history = given()
        with refused("fact-unknown"):
            when(history, amendment)
        assert history.kind == ""


UNAMENDABLE = [
    a(f.IdentityCorrected, "2024-01-01"),
    a(f.StatementAdded),
    a(f.DisputeOpened),
    a(f.CardIssued),
    a(f.WorkersMerged),
]


@pytest.mark.parametrize("fact", UNAMENDABLE)
def test_some_facts_are_undone_by_another_fact_and_never_amended(fact: Fact) -> None:
    history = given(registered(), a(f.IdentityVerified, "2020-01-02"), fact)
    with refused("not-amendable", version=3):
        when(history, voided(3))
    with refused("not-amendable", version=3):
        when(history, corrected(3, education(S1)))


def test_a_registration_is_corrected_but_never_voided() -> None:
    history = given(registered())
    with refused("not-amendable", version=1):
        when(history, voided(1))
    when(history, corrected(1, registered(sex="M")))
    assert history.state().sex == "M"
    when(history, voided(2))  # the correction, not the registration
    assert history.state().sex == "F"


def test_a_void_is_voided_never_corrected() -> None:
    history = given(registered(), education(S1), voided(2))
    with refused("not-amendable", version=3):
        when(history, corrected(3, education(SMA)))


def test_a_correction_keeps_its_kind() -> None:
    history = given(registered(), education(S1), corrected(2, education(SMA)))
    for version in (2, 3):
        with refused("type-differs", got="worker.skills-declared", expected="worker.education-recorded"):
            when(history, corrected(version, a(f.SkillsDeclared)))


def test_a_correction_never_changes_the_commitment_to_the_stream_s_key() -> None:
    with refused("commitment-differs", version=1):
        when(given(registered()), corrected(1, registered(key_commitment="another")))


# -- facts that were decided and then not saved ------------------------------------------------------------------------
def test_what_was_not_saved_is_forgotten_and_the_next_fact_takes_its_version() -> None:
    history = given(registered(), education(S1), hired())
    assert history.now.current is not None
    history.back_to(2)
    assert history.version == 2
    assert history.now == history.state() == given(registered(), education(S1)).state()
    when(history, education(SMA, "2022-01-01"))
    assert (history.version, history.now.education) == (3, SMA)
    history.back_to(3)
    assert (history.version, history.now.education) == (3, SMA)


# -- facts of a later version -----------------------------------------------------------------------------------------
def test_a_fact_of_a_later_version_stops_nobody() -> None:
    later = Unknown(effective_on=date(2024, 2, 1), topic="worker.moved-to-mars")
    history = given(registered(), hired())
    known_before = history.state()
    event = Event(originator_id=WORKER, originator_version=3, recorded_at=NOW, actor=DUKCAPIL, fact=later)
    history = History(WORKER, [*history.events, event])
    assert effective(history.events)[-1] is event
    assert history.state() == known_before
    when(history, a(f.PositionChanged, "2024-03-01"))
    when(history, voided(2 + 2))
    assert history.version == 5
    with refused("no-mandate"):
        when(history, voided(3), by=OFFICER)


def test_a_fact_that_this_version_does_not_know_cannot_be_recorded() -> None:
    history = given(registered())
    with refused("no-mandate", topic="unknown"):
        history.record(Unknown(effective_on=date(2024, 2, 1), topic="x.y"), by=OFFICER, now=NOW)

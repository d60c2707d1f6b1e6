"""Whatever is killed, and whenever: what was acknowledged is there, once, in one log, and in every read model."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.faults import whole
from tests.faults.drill import Drill
from tests.faults.house import House
from tests.faults.report import report, sized
from tests.faults.rows import facts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.golang import Follower, Go

KILLS, TRANSITIONS = sized(10, 505), sized(15, 2_100)
SHARE = sized(5, 30) / 100
"""Of the kills, that land in the midst of a write; of a dozen it can be few."""
LONGEST = sized(240, 3_000)
"""Seconds in which these must come about."""


@pytest.fixture
def drill(roomy: Path) -> Iterator[Drill]:
    with House(roomy) as house:
        drill = Drill(house, seed=time.time_ns(), pause=sized(300, 400) / 1000)
        try:
            yield drill
        finally:
            drill.close()


@pytest.fixture
def follower(drill: Drill, go: Go) -> Iterator[Follower]:
    follower = go.follow(drill.house.ledger, drill.house.verifier.key)
    yield follower
    follower.close()


def test_kills_lose_nothing_double_nothing_and_fork_nothing(drill: Drill, follower: Follower, go: Go) -> None:
    began, staff, looks = time.monotonic(), drill.staff, 0
    notes: list[Path] = []
    while (done := drill.kills.total()) < KILLS or drill.witnessed()["transitions"] < TRANSITIONS:
        assert time.monotonic() < began + LONGEST, f"{done} kills, {drill.witnessed()}"
        assert not drill.witnessed()["doubt"]
        drill.strike()
        if done // max(40, KILLS // 4) > looks:
            looks += 1
            notes.append(rested(drill, looks))
            go.once(drill.house.ledger, drill.house.verifier.key, *notes)
    notes.append(rested(drill, looks + 1))
    size = go.once(drill.house.ledger, drill.house.verifier.key, *notes)
    said = staff.again()
    sent = sum((facts(first, people) for first, people in staff.files().items()), Counter[str]())
    found = whole.events(staff.conns["events"], staff.journal, sent)
    differing = whole.differing(staff.conns["events"])
    transitions, last = follower.ended()
    ours = drill.witnessed(end=True)
    kills, midst = drill.kills.total(), drill.midst.total()
    report(
        "kills",
        kills=kills,
        by_kind=dict(drill.kills),
        midst=midst,
        midst_by_kind=dict(drill.midst),
        midst_share=round(midst / kills, 3),
        transitions=transitions,
        transitions_seen_by_python=ours["transitions"],
        acknowledged=len(staff.journal.receipts),
        events=found.count,
        lost=found.lost,
        duplicated=found.duplicated + said["recorded"],
        gaps=found.gaps,
        forks=int(bool(ours["doubt"])),
        read_models_that_differ=differing,
        ended_with_a_server=dict(staff.ended),
        seconds=round(time.monotonic() - began),
    )
    assert staff.unprovoked == []
    assert (found.lost, found.duplicated, found.gaps) == (0, 0, 0)
    assert (said["recorded"], said["again"]) == (0, said["accepted"])
    assert said["accepted"] == len(staff.journal.receipts)
    assert differing == []
    assert (ours["doubt"], ours["size"], last, size) == ("", found.count, found.count, found.count)
    assert midst >= SHARE * kills
    assert transitions >= TRANSITIONS


def rested(drill: Drill, number: int) -> Path:
    """All at rest, and whole so far; the checkpoint of that moment, in a file."""
    drill.staff.rest()
    conn = drill.staff.conns["events"]
    found = whole.events(conn, drill.staff.journal)
    assert (found.lost, found.duplicated, found.gaps) == (0, 0, 0)
    assert whole.findings(conn, drill.house.ledger, drill.house.verifier) == []
    note = drill.place / f"note-{number}"
    note.write_bytes((drill.house.ledger / "checkpoint").read_bytes())
    return note

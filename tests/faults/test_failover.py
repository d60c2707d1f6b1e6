"""The machine with both primaries dies under load; the synchronous standbys take over, and nothing is missing."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults import whole
from tests.faults.replicated import Replicated
from tests.faults.report import report, sized
from tests.faults.rows import facts
from tests.faults.staff import Staff
from tests.faults.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from psycopg import Connection

    from tests.faults.replicated import Standby

LIMIT = 60.0
"""Seconds from the kill to the first new receipt."""
BEFORE, AFTER = sized(15, 3_000), sized(5, 3_000)
"""Receipts before the kill, and after it."""


@pytest.fixture
def house(roomy: Path) -> Iterator[Replicated]:
    with Replicated(roomy) as house:
        yield house


@pytest.fixture
def staff(house: Replicated) -> Iterator[Staff]:
    place = house.folder / "drill"
    place.mkdir()
    staff = Staff(house, place, random.Random(1))
    yield staff
    staff.close()


def test_the_primary_dies_and_the_standby_takes_over(house: Replicated, staff: Staff) -> None:
    for name, conn in staff.conns.items():
        waits(conn, house.standbys[name])
    verifier = house.verifier
    witness = Witness(house.ledger, verifier.name, verifier.public)
    worked(staff, witness, BEFORE)

    killed = time.monotonic()
    house.machine_dies()
    staff.hear()
    acknowledged = len(staff.journal.receipts)
    house.take_over()
    promoted = time.monotonic()
    staff.reconnect()
    assert whole.events(staff.conns["events"], staff.journal).lost == 0
    worked(staff, witness, 1)
    writes_again = time.monotonic()
    worked(staff, witness, AFTER)
    staff.rest()
    witness.look()

    said = staff.again()
    sent = sum((facts(first, people) for first, people in staff.files().items()), Counter[str]())
    found = whole.events(staff.conns["events"], staff.journal, sent)
    report(
        "failover",
        acknowledged_before=acknowledged,
        acknowledged=len(staff.journal.receipts),
        lost=found.lost,
        duplicated=found.duplicated + said["recorded"],
        gaps=found.gaps,
        promoted_s=round(promoted - killed, 2),
        writes_again_s=round(writes_again - killed, 2),
        checkpoints_seen=witness.transitions,
        ledger=witness.size,
    )
    assert (found.lost, found.duplicated, found.gaps, said["recorded"]) == (0, 0, 0, 0)
    assert writes_again - killed < LIMIT
    assert witness.size == found.count
    assert whole.findings(staff.conns["events"], house.ledger, verifier) == []
    assert whole.differing(staff.conns["events"]) == []


def waits(conn: Connection[Any], standby: Standby) -> None:
    """While the standby stands still nothing is acknowledged."""
    commit = threading.Thread(target=conn.execute, args=("CREATE TABLE waiting ()",))
    standby.signal(signal.SIGSTOP)
    try:
        commit.start()
        commit.join(0.3)
        assert commit.is_alive(), "a commit did not wait"
    finally:
        standby.signal(signal.SIGCONT)
        commit.join(LIMIT)
    conn.execute("DROP TABLE waiting")


def worked(staff: Staff, witness: Witness, receipts: int) -> None:
    """Let them work until there are so many receipts more; the witness follows."""
    wanted = len(staff.journal.receipts) + receipts
    until = time.monotonic() + 10 * LIMIT
    while len(staff.journal.receipts) < wanted:
        assert time.monotonic() < until, f"{len(staff.journal.receipts)} of {wanted}"
        staff.tend()
        witness.look()
        time.sleep(0.05)

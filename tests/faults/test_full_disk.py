"""A disk that is full: the ledger stands still and says so, facts are recorded all the same, and then it goes on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.faults import strace
from tests.faults.programs import IN_ORDER
from tests.faults.strace import Fault, Traced

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.golang import Go
    from tests.faults.race import Race


@pytest.mark.parametrize("call", ["fsync", "rename"])
def test_a_ledger_on_a_full_disk_stands_still_and_goes_on(race: Race, go: Go, tmp_path: Path, call: str) -> None:
    strace.needed()
    race.events.add(40)
    program = race.start("one")
    assert race.all_sequenced()
    pid = program.process.pid
    assert pid
    tracing = Traced(pid, [call], tmp_path / "trace", Fault(call, "1+", "ENOSPC"))
    race.events.add(40)
    until = time.monotonic() + 30
    while "ledger-unwritable" not in program.log.read_text() and time.monotonic() < until:
        time.sleep(0.02)
    assert "No space left on device" in program.log.read_text()
    assert (program.code, race.size()) == (None, 40)
    tracing.lifted()
    assert race.all_sequenced()
    assert race.count() == 80
    assert program.code is None
    assert program.end() in IN_ORDER
    race.check("one", go)

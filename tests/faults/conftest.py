"""What the drills share: the Go witness, built once; a folder on a disk that every account may pass through."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults import golang, report
from tests.faults.race import Race

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Site


@pytest.fixture(scope="session")
def go(tmp_path_factory: pytest.TempPathFactory) -> golang.Go:
    return golang.build(tmp_path_factory.mktemp("go"))


@pytest.fixture
def roomy() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kets-drill-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def race(site: Site, tmp_path: Path) -> Iterator[Race]:
    race = Race(site, tmp_path)
    yield race
    for program in race.running:
        program.kill()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures of the drills of this run, at its end."""
    for line in report.found():
        terminalreporter.write_line(line)

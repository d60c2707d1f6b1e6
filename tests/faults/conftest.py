"""What the drills share: the Go witness, built once, and a folder every account may pass through, on a disk."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults import golang, report

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def go(tmp_path_factory: pytest.TempPathFactory) -> golang.Go:
    return golang.build(tmp_path_factory.mktemp("go"))


@pytest.fixture
def roomy() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kets-drill-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures of the drills of this run, at its end."""
    for line in report.found():
        terminalreporter.write_line(line)

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.projections.log import Log

if TYPE_CHECKING:
    from tests.conftest import Site


@pytest.fixture
def log(site: Site) -> Log:
    """An empty log with its read models."""
    return Log(site)

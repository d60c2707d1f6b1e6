"""The API over a real registry, asked as this machine asks it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api import create_app
from tests.api.client import TestClient
from tests.api.story import HERE
from tests.conftest import Site


@pytest.fixture
def client(site: Site) -> Iterator[TestClient]:
    with TestClient(create_app(site.settings, registry=site.registry), base_url=HERE) as client:
        yield client

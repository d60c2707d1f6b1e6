"""A ministry with one welder and her card, behind a real API, for browsers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import sync_playwright

from tests.api import story
from tests.conftest import Server, Site, opened
from tests.e2e.door import Door
from tests.e2e.filmed import film
from tests.e2e.phones import AXE, CHROMIUM, Phones
from tests.require import require

BUILT = Path(__file__).parents[2] / "card" / "verifier" / "dist" / "page" / "index.html"


@pytest.fixture(scope="module")
def phones() -> Iterator[Phones]:
    require(CHROMIUM.exists(), f"chromium at {CHROMIUM}")
    require(BUILT.exists() and AXE.exists(), "built page; run `make web`")
    with sync_playwright() as playwright:
        phones = Phones(playwright)
        yield phones
        phones.close()


@pytest.fixture(scope="module")
def ministry(server: Server, key_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A registry by today's clock."""
    with opened(server, key_folder, tmp_path_factory.mktemp("ministry")) as site:
        site.now = datetime.now(UTC)
        yield site


@pytest.fixture(scope="module")
def welder(ministry: Site) -> dict[str, Any]:
    """Her card, as the API gives it."""
    door = Door(ministry)
    door.start()
    try:
        with httpx.Client(base_url=door.url) as client:
            worker = story.verified(client)  # type: ignore[arg-type]  # asked as a test client is
            card: dict[str, Any] = client.post(f"/v1/workers/{worker}/card").json()
    finally:
        door.stop()
    ministry.runner.catch_up()
    return card


@pytest.fixture(scope="module")
def her_card(welder: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of the welder's card."""
    return film(tmp_path_factory.mktemp("films") / "valid.mjpeg", welder["text"])


@pytest.fixture
def door(ministry: Site) -> Iterator[Door]:
    door = Door(ministry)
    door.start()
    yield door
    door.stop()

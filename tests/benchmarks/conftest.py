"""What a benchmark needs: a server that syncs as in production, and databases of its own on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias

import psycopg
import pytest

from keys.keyring import Keyring
from projections.runner import Runner
from registry.migrate import migrate
from registry.postgres import Embedded, create_database
from tests.benchmarks.ground import Ground, names

PINNED = {
    "min_wal_size": "2GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "autovacuum_naptime": "1h",
    "max_connections": "200",
}
"""No checkpoint and no vacuum but those that a benchmark calls for: what is measured beside one would lie."""
Cloned: TypeAlias = Callable[[str, str], AbstractContextManager[Ground]]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """NAME in the environment chooses a benchmark: `make bench NAME=commit_4`."""
    name = os.environ.get("NAME")
    if name:
        chosen = [item for item in items if item.name == f"test_{name}" or item.name.endswith(f"[{name}]")]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """One server for all, with an empty pair of databases to clone."""
    with Embedded(tmp_path_factory.mktemp("bench") / "pg", settings=PINNED) as embedded:
        for name in names("empty"):
            create_database(embedded.url(), name)
        events, vault = map(embedded.url, names("empty"))
        migrate(events, vault)
        runner = Runner(events)
        runner.install()
        runner.close()
        yield embedded


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench") / "keys"
    Keyring.create(folder)
    return folder


@pytest.fixture(scope="session")
def cloned(server: Embedded, keys: Path) -> Cloned:
    """Databases made as others are, for as long as they are used: `cloned("empty", "mine")`."""

    @contextmanager
    def cloned(template: str, name: str) -> Iterator[Ground]:
        with psycopg.connect(server.url(), autocommit=True) as conn:
            for new, old in zip(names(name), names(template), strict=True):
                conn.execute(f"CREATE DATABASE {new} TEMPLATE {old}")
            try:
                with Ground(*map(server.url, names(name)), keys) as ground:
                    yield ground
            finally:
                for new in names(name):
                    conn.execute(f"DROP DATABASE {new} WITH (FORCE)")

    return cloned


@pytest.fixture
def ground(cloned: Cloned) -> Iterator[Ground]:
    """Empty databases."""
    with cloned("empty", "ground") as ground:
        yield ground


@pytest.fixture(scope="session")
def lives(cloned: Cloned, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of databases in which some hundred people have lived, to be cloned and multiplied."""
    with cloned("empty", "lives") as ground:
        ground.live(tmp_path_factory.mktemp("bench"))
        ground.close()
        yield "lives"


@pytest.fixture
def lived(cloned: Cloned, lives: str) -> Iterator[Ground]:
    """Databases in which some hundred people have lived."""
    with cloned(lives, "lived") as ground:
        yield ground

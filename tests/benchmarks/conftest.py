"""What a benchmark needs: a durable server of its own, and a way to compare two things in the same run."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from keys.keyring import Keyring
from registry.app import Registry
from registry.migrate import migrate
from registry.postgres import Embedded, create_database

RESULTS = Path(__file__).parents[2] / "var" / "bench"


class Comparison:
    """Rates of ours and of a limit, taken in turns so that a noisy moment meets both; medians, and their ratio."""

    def __init__(self, name: str, unit: str, note: str) -> None:
        self.name, self.unit, self.note = name, unit, note

    def run(self, ours: Callable[[int], None], limit: Callable[[int], None], *, times: int, runs: int = 5) -> float:
        """Each is called with how often it shall do its work. Writes var/bench/NAME.json; the ratio."""
        rates: tuple[list[float], list[float]] = ([], [])
        ours(times // 10 or 1)  # once to warm up
        limit(times // 10 or 1)
        for _ in range(runs):
            for rate, work in zip(rates, (ours, limit), strict=True):
                began = time.perf_counter()
                work(times)
                rate.append(times / (time.perf_counter() - began))
        value, best = (statistics.median(rate) for rate in rates)
        found = {
            "name": self.name,
            "value": round(value, 1),
            "unit": self.unit,
            "limit": round(best, 1),
            "ratio": round(value / best, 3),
            "runs": runs,
            "note": self.note,
        }
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / f"{self.name}.json").write_text(json.dumps(found, indent=1) + "\n")
        print(f"\n{self.name}: {value:,.0f} of {best:,.0f} {self.unit}, ratio {value / best:.2f}")
        return value / best


@pytest.fixture(scope="session")
def durable(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Registry, psycopg.Connection[tuple[object, ...]]]]:
    """A registry, and a plain connection to its database, on a server that syncs as in production."""
    home = tmp_path_factory.mktemp("bench")
    with Embedded(home / "pg", settings={"min_wal_size": "1GB", "max_wal_size": "4GB"}) as server:
        for name in ("kets", "kets_vault"):
            create_database(server.url(), name)
        migrate(server.url("kets"), server.url("kets_vault"))
        registry = Registry(server.url("kets"), server.url("kets_vault"), Keyring.create(home / "keys"))
        with psycopg.connect(server.url("kets"), autocommit=True) as connection:
            yield registry, connection
        registry.close()

"""Health and measures, with databases that answer and with ones that do not; the program as it is served."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from psycopg.conninfo import make_conninfo

from api import create_app
from api.upload import MOST_BYTES
from projections.runner import PROJECTIONS
from tests.api.client import TestClient
from tests.api.story import EMPLOYER, HERE, HIRE, NDJSON, NIK, accepted, hired, refused, send, verified
from tests.conftest import Site


def measured(client: TestClient) -> dict[tuple[str, ...], float]:
    """Sample name and label values -> value."""
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(response.text)
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def test_health_tells_the_lag_of_each_read_model(site: Site, client: TestClient) -> None:
    hired(client)
    health = client.get("/healthz")
    assert health.json() == {
        "ok": True,
        "database": True,
        "vault": True,
        "events": 4,
        "lag": dict.fromkeys(PROJECTIONS, 4),
        "ledger": {"behind": 4, "refused": None},
        "renewal": {"due": 0, "since": None},
    }
    site.runner.catch_up()
    assert client.get("/healthz").json()["lag"] == dict.fromkeys(PROJECTIONS, 0)


def test_cards_that_wait_for_the_renewal_run_are_told(site: Site, client: TestClient) -> None:
    worker = verified(client)
    client.post(f"/v1/workers/{worker}/card")
    end = {"action": "end", "nik": NIK, "effective_on": "2026-03-02", "reason": "resignation"}
    send(client, [end])
    site.now += timedelta(days=1)
    site.runner.catch_up()
    assert client.get("/healthz").json()["renewal"] == {"due": 1, "since": "2026-03-03"}
    assert measured(client)["kets_cards_due",] == 1


def test_measures_count_requests_rows_facts_and_cards(site: Site, client: TestClient) -> None:
    worker = verified(client)
    send(client, [{**HIRE, "ref": "h-2"}])
    client.post(f"/v1/workers/{worker}/card")
    client.get(f"/v1/workers/{worker}")
    client.get("/nothing")
    found = measured(client)
    assert found["kets_events",] == 6
    assert found["kets_cards_issued_total",] == 1
    assert found["kets_projection_lag_events", "cards"] == 6
    assert found["kets_database_up",] == 1
    assert found["kets_submitted_rows_total", "recorded"] == 4
    assert found["kets_submitted_rows_total", "refused"] == 1
    assert found["kets_requests_total", "POST", "/v1/submissions", "200"] == 3
    assert found["kets_requests_total", "GET", "/v1/workers/{id}", "200"] == 1
    assert found["kets_requests_total", "GET", "unmatched", "404"] == 1
    assert found["kets_request_seconds_count", "/v1/submissions"] == 3


@pytest.mark.parametrize(("broken", "database", "vault"), [("vault", True, False), ("database", False, True)])
def test_a_database_that_does_not_answer(site: Site, broken: str, database: bool, vault: bool) -> None:
    nowhere = make_conninfo(site.database_url, dbname="not_there")
    urls = {"vault_url": nowhere} if broken == "vault" else {"database_url": nowhere}
    app = create_app(site.settings.model_copy(update=urls), registry=site.registry)
    with TestClient(app, base_url=HERE) as client:
        health = client.get("/healthz")
        assert health.status_code == 503
        assert (health.json()["ok"], health.json()["database"], health.json()["vault"]) == (False, database, vault)
        assert measured(client)["kets_database_up",] == database
        if not database:
            refused(client.get("/v1/statistics/placements"), 503, "unavailable")
            assert health.json()["lag"] is None
            assert health.json()["ledger"] == {"behind": None, "refused": None}


@pytest.fixture
def served(site: Site) -> Iterator[httpx.Client]:
    """The program as `kets up` starts it, on a port of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "uvicorn", "api:create_app", "--factory", "--port", port, "--no-access-log"]
    with subprocess.Popen(command, env=site.environment, stderr=subprocess.DEVNULL) as server:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            for _ in range(100):
                try:
                    client.get("/healthz")
                    break
                except httpx.ConnectError:
                    time.sleep(0.1)
            yield client
        server.terminate()
        assert server.wait(10) in {0, -15}


def test_it_serves(served: httpx.Client) -> None:
    worker = verified(served)  # type: ignore[arg-type]  # the same calls
    assert served.get(f"/v1/workers/{worker}").json()["identity"] == "verified"
    refused(served.get("/healthz", headers={"Host": "kets.example"}), 421, "loopback-only")

    def endless() -> Iterator[bytes]:
        for _ in range(MOST_BYTES // 65_536 + 1):
            yield b"x" * 65_536

    with suppress(httpx.WriteError):  # it may hang up before we are done, which is as good
        refused(served.post("/v1/submissions", content=endless(), headers=NDJSON), 413, "file-too-large")
    assert accepted(send(served, [*EMPLOYER, HIRE]))["again"] == 3  # type: ignore[arg-type]  # the same calls


def test_without_settings_it_does_not_start() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "KETS_VAULT_URL"}}
    command = [sys.executable, "-m", "uvicorn", "api:create_app", "--factory", "--port", "0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode != 0
    assert "got no DATABASE_URL or no KETS_VAULT_URL" in done.stderr

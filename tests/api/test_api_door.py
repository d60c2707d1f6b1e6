"""The door itself: who may knock, what every answer carries, what an error tells and what it does not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.responses import StreamingResponse

from api import create_app
from api.app import SettingsError
from api.guard import is_loopback
from registry.settings import Settings
from tests.api.client import TestClient
from tests.api.story import HERE, HIRE, NAME, NIB, NIK, WAGE, refused, send, verified
from tests.conftest import Site

FOREIGN_HOSTS = (
    "kets.example",
    "127.0.0.1.example",
    "localhost.example",
    "localhost:80@evil.example",
    "10.0.0.1:8169",
    "0.0.0.0",  # noqa: S104 - a name in a request, nothing is bound to it
    "[::ffff:10.0.0.1]",
    "[::1",
    "::1",
    "[127.0.0.1]",
    "127.0.0.1:port",
    "2130706433",
    "127.1",
    "",
)
LOOPBACK_HOSTS = ("127.0.0.1", "127.0.0.1:8169", "127.8.8.8:1", "localhost", "LOCALHOST:8169", "[::1]", "[::1]:8169")


@pytest.mark.parametrize("host", LOOPBACK_HOSTS)
def test_this_machine_is_answered(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/v1/trust-list", "/metrics", "/openapi.json", "/nothing"])
def test_another_host_is_refused_everywhere(client: TestClient, path: str) -> None:
    refused(client.get(path, headers={"Host": "kets.example"}), 421, "loopback-only")


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_host_that_is_not_loopback_is_refused(client: TestClient, host: str) -> None:
    assert not is_loopback(host)
    refused(client.get("/healthz", headers={"Host": host}), 421, "loopback-only")


def test_two_hosts_are_refused(client: TestClient) -> None:
    headers = [("Host", "127.0.0.1"), ("Host", "127.0.0.1")]
    refused(client.get("/healthz", headers=headers), 421, "loopback-only")


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1", "https://127.0.0.1:8169", "http://localhost:8169", ""],
)
def test_a_page_of_another_site_is_refused(client: TestClient, origin: str) -> None:
    refused(
        send(client, [HIRE]) if origin == "-" else client.get("/healthz", headers={"Origin": origin}),
        403,
        "origin-differs",
    )
    refused(client.post("/v1/submissions", headers={"Origin": origin}, content=b""), 403, "origin-differs")


def test_a_page_of_ours_is_answered(client: TestClient) -> None:
    assert client.get("/healthz", headers={"Origin": HERE}).status_code == 200


def test_every_answer_carries_the_headers(client: TestClient) -> None:
    worker = verified(client)
    for path in (f"/v1/workers/{worker}", f"/v1/workers/{worker}/history", "/healthz", "/nothing", "/docs"):
        headers = client.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert len(headers["x-request-id"]) == 36


def test_two_requests_have_two_numbers(client: TestClient) -> None:
    assert len({client.get("/healthz").headers["x-request-id"] for _ in range(3)}) == 3


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/workers", "/v2/trust-list", "/redoc", "/v1/workers/a/b/c"])
def test_an_unknown_address_is_a_problem_too(client: TestClient, path: str) -> None:
    refused(client.get(path), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/v1/submissions", "POST"), ("DELETE", "/v1/trust-list", "GET"), ("PUT", "/healthz", "GET")],
)
def test_another_method_is_a_problem_too(client: TestClient, method: str, path: str, allowed: str) -> None:
    response = client.request(method, path)
    problem = refused(response, 405, "method-not-allowed")
    assert response.headers["allow"] == allowed
    assert problem["detail"] == f"There is no {method} at this address; there is: {allowed}."


@pytest.fixture
def broken(site: Site) -> Iterator[TestClient]:
    """The application with two routes that fail with a person's name in their error."""
    app = create_app(site.settings, registry=site.registry)

    def fails() -> None:
        raise ValueError(f"{NAME} {NIK}")

    def fails_halfway() -> StreamingResponse:
        def body() -> Iterator[bytes]:
            yield b"half"
            raise ValueError(f"{NAME} {NIK}")

        return StreamingResponse(body())

    app.add_api_route("/fails", fails)
    app.add_api_route("/halfway", fails_halfway)
    with TestClient(app, base_url=HERE) as client:
        yield client


def test_an_error_nobody_foresaw_tells_nothing(broken: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    response = broken.get("/fails")
    refused(response, 500, "internal")
    said = capsys.readouterr().err
    assert NAME not in response.text + said
    assert NIK not in response.text + said
    failed = json.loads(said.splitlines()[0])
    assert (failed["event"], failed["error"]) == ("failed", "ValueError")
    assert failed["at"][-1].endswith(" fails")
    assert failed["request"] == response.headers["x-request-id"]


def test_an_answer_that_breaks_halfway_is_broken_off(broken: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match=NIK):  # what the server closes the connection on
        broken.get("/halfway")
    assert json.loads(capsys.readouterr().err.splitlines()[0])["event"] == "failed"


def test_the_log_names_nobody(site: Site, client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    worker = verified(client)
    card = client.post(f"/v1/workers/{worker}/card").json()
    site.runner.catch_up()
    client.get(f"/v1/workers/{card['number']}/history", params={"as_of": "2026-02-02"})
    send(client, [{**HIRE, "ref": "h-9"}, {**HIRE, "nik": "3275014101900002", "ref": "h-10", "sex": "L"}])
    client.get(f"/v1/workers/{NIK}")
    client.get(f"/{NAME}?{NIK}")
    client.request("SITI", "/v1/trust-list")
    captured = capsys.readouterr()
    lines = [json.loads(line) for line in captured.err.splitlines()]
    assert {line["route"] for line in lines} > {"/v1/workers/{id}/history", "/v1/submissions", "unmatched"}
    for line in lines:
        assert set(line) == {"request", "method", "route", "status", "ms", "event", "level", "timestamp"}
    told = captured.err + captured.out + client.get("/metrics").text
    secrets = (NAME, NAME.split()[0], "SITI", NIK, NIB, str(WAGE), "6281234567890", str(worker), card["number"])
    assert [secret for secret in secrets if secret in told] == []
    assert not re.search(r"\b1990\b", told)  # the birth year as a word: a measured time may hold its digits


def test_without_databases_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "KETS_VAULT_URL"):
        monkeypatch.delenv(name, raising=False)
    for settings in (None, Settings(DATABASE_URL="postgresql:///kets")):
        with pytest.raises(SettingsError, match="DATABASE_URL"):
            create_app(settings)


def test_it_opens_its_own_registry_and_closes_it(site: Site) -> None:
    app = create_app(site.settings)
    with TestClient(app, base_url=HERE) as client:
        verified(client)
        registry: Any = app.state.desk.registry
    assert registry is not site.registry
    assert registry.closing.is_set()
    assert site.registry.recorder.ping() == 5


LARGE = b" " * 140_000


def pieces(size: int) -> Iterator[bytes]:
    """A body whose length is not told beforehand."""
    yield from (b" " * 65_536 for _ in range(size // 65_536))


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain", ""])
@pytest.mark.parametrize("body", [lambda: LARGE, lambda: pieces(2**20)], ids=["told", "not told"])
def test_a_large_body_that_is_no_file_is_refused(client: TestClient, kind: str, body: Any) -> None:
    sent = client.post("/v1/workers/11S4-QGDC-09RC/card/suspend", content=body(), headers={"Content-Type": kind})
    refused(sent, 413, "request-too-large")


def test_a_small_body_is_read(client: TestClient) -> None:
    sent = client.post("/v1/workers/11S4-QGDC-09RC/card/suspend", json={"cause": "lost", "officer": "x" * 60_000})
    refused(sent, 422, "request-invalid")


def test_a_file_for_a_route_that_takes_none_is_cut_off(client: TestClient) -> None:
    headers, body = {"Content-Type": "text/csv"}, pieces(32 * 2**20)
    refused(
        client.post("/v1/workers/11S4-QGDC-09RC/card/suspend", content=body, headers=headers), 422, "request-invalid"
    )

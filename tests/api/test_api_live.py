"""Live tables of flows, training, cards and quality; an employer's calendar."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.client import TestClient
from tests.api.story import HIRE, accepted, hired, refused, send
from tests.conftest import Site

TABLES = ("flows", "training", "quality", "cards")


@pytest.fixture
def told(site: Site, client: TestClient) -> TestClient:
    hired(client)
    accepted(send(client, [{"action": "end", "nik": HIRE["nik"], "effective_on": "2026-02-20", "reason": "mutual"}]))
    site.runner.catch_up()
    return client


def table(client: TestClient, name: str, **params: Any) -> dict[str, Any]:
    response = client.get(f"/v1/statistics/{name}", params=params)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def test_flows_with_titles(told: TestClient) -> None:
    [ended, came] = table(told, "flows", by="cause,province")["rows"]
    assert ended["cause"] == {"code": "ending/mutual", "title": {"id": "Kesepakatan bersama", "en": "Mutual agreement"}}
    assert (ended["ends"], ended["layoffs"], ended["hires"], ended["tenure_median"]) == (1, 0, 0, 19)
    assert (came["cause"], came["hires"], came["province"]["code"]) == (None, 1, "kemendagri:2025/32")
    [row] = table(told, "flows", by="month,contract", since="2026-02-01", until="2026-02-28")["rows"]
    assert (row["month"], row["contract"]["code"]) == ("2026-02", "contract/fixed-term")


def test_each_says_what_it_includes(site: Site, told: TestClient) -> None:
    events = site.registry.recorder.ping()
    for name in TABLES:
        found = table(told, name)
        assert (found["included"]["events"], found["included"]["behind"], found["more"]) == (events, 0, False)
        assert table(told, name, by="")["by"] == []
    assert {row["what"]: row["n"] for row in table(told, "quality")["rows"]}["fact"] == events
    assert (
        table(told, "cards", by="")["rows"][0]["issued"] == table(told, "training", by="")["rows"][0]["completed"] == 0
    )
    assert table(told, "flows", by="cause", limit=1)["more"]


@pytest.mark.parametrize("name", TABLES)
def test_what_cannot_be_counted_is_refused(client: TestClient, name: str) -> None:
    path = f"/v1/statistics/{name}"
    refused(client.get(path, params={"by": "name"}), 422, "dimension-unknown")
    refused(client.get(path, params={"since": "2026-03-01", "until": "2026-02-28"}), 422, "request-invalid")


def test_an_employers_calendar(site: Site, client: TestClient) -> None:
    hired(client)
    site.runner.catch_up()
    [nib] = [nib for (nib,) in site.reading().execute("SELECT nib FROM read.employer")]
    found = client.get(f"/v1/employers/{nib}/calendar", params={"days": 366}).json()
    assert {each["kind"] for each in found["due"]} == {"contract", "report"}
    assert found["due"] == sorted(found["due"], key=lambda each: each["due_on"])
    contract = next(each for each in found["due"] if each["kind"] == "contract")
    assert (contract["due_on"], contract["establishment"]) == (HIRE["ends_on"], HIRE["establishment"])
    assert client.get(f"/v1/employers/{found['employer']}/calendar", params={"days": 366}).json() == found
    assert client.get(f"/v1/employers/{nib}/calendar", params={"days": 366, "limit": 1}).json()["more"] is True
    for unknown in ("9120009999999", "0b9d8f1e-54f3-4f0e-8a3d-2f5f2c1d9e07"):
        refused(client.get(f"/v1/employers/{unknown}/calendar"), 404, "employer-unknown")
    refused(client.get("/v1/employers/a%00b/calendar"), 422, "request-invalid")

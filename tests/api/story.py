"""One employer, one worker, and what is sent about them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from httpx import Response

from tests.api.client import TestClient
from tests.conftest import Site

HERE = "http://127.0.0.1:8169"
NDJSON = {"Content-Type": "application/x-ndjson"}
NIB = "9120001234567"
NIK = "3275014101900001"
NAME = "Siti Rahmawati"
WAGE = 5_612_345

Row = dict[str, Any]

EMPLOYER: list[Row] = [
    {"action": "register-employer", "name": "PT Roti Bekasi", "npwp": NIK, "kbli": "10710", "regency": "32.75"},
    {
        "action": "open-establishment",
        "effective_on": "2026-01-05",
        "establishment": "BEKASI-1",
        "regency": "32.75",
        "kbli": "10710",
    },
]
HIRE: Row = {
    "ref": "h-1",
    "action": "hire",
    "nik": NIK,
    "name": NAME,
    "birth_date": "1990-01-01",
    "sex": "P",
    "education": "5",
    "residence": "32.75",
    "phone": "0812-3456-7890",
    "effective_on": "2026-02-02",
    "establishment": "BEKASI-1",
    "regency": "32.75",
    "kbli": "10710",
    "kbji": "7212",
    "channel": "public-service",
    "contract": "fixed-term",
    "ends_on": "2027-02-01",
    "wage": WAGE,
}
VERIFY: Row = {"action": "verify-identity", "nik": NIK}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def send(client: TestClient, rows: list[Row], submitter: str | None = NIB, **parts: Any) -> Response:
    body = "".join(json.dumps(row) + "\n" for row in rows)
    params = {"as": submitter} if submitter else {}
    return client.post("/v1/submissions", params=params, content=body, headers=NDJSON, **parts)


def accepted(response: Response) -> dict[str, Any]:
    """The answer of a submission of which no row was refused."""
    answer: dict[str, Any] = response.json()
    assert response.status_code == 200, answer
    assert answer["refused"] == {}, [r["message"] for r in answer["results"] if r["message"]]
    return answer


def hired(client: TestClient) -> UUID:
    """The employer is there, the worker is hired."""
    answer = accepted(send(client, [*EMPLOYER, HIRE]))
    return UUID(answer["results"][-1]["receipt"]["stream"])


def verified(client: TestClient) -> UUID:
    worker = hired(client)
    accepted(send(client, [VERIFY], "dukcapil"))
    return worker


def erase(site: Site, worker: UUID) -> None:
    assert site.registry.vault.destroy(worker)


def refused(response: Response, status: int, code: str) -> dict[str, Any]:
    """The problem, whole and in order."""
    problem: dict[str, Any] = response.json()
    assert (response.status_code, problem["code"]) == (status, code), problem
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["status"] == status
    assert problem["type"] == f"https://kets.example/problems/{code}"
    assert problem["instance"] == f"urn:uuid:{response.headers['x-request-id']}"
    assert problem["detail"] == problem["message"]["en"] != problem["message"]["id"]
    assert not re.search(r"\{[a-z_]+\}", problem["detail"])
    assert response.headers["cache-control"] == "no-store"
    assert set(problem) == {"type", "title", "status", "detail", "instance", "code", "message"}
    return problem

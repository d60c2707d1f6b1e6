"""The OpenAPI document: valid, complete, bounded, and true; the page made of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.openapi.models import OpenAPI

from api import create_app
from api.problems import MEDIA_TYPE, STATUS, status_of
from registry.refusals import REFUSALS
from registry.settings import Settings
from registry.submissions.messages import MESSAGES
from tests.api.client import TestClient

ROUTES = {
    "POST /v1/submissions",
    "GET /v1/submissions/{submission}/results",
    "GET /v1/receipts/{id}",
    "GET /ledger/checkpoint",
    "GET /ledger/witnessed",
    "GET /ledger/incident",
    "GET /ledger/tile/{path}",
    "GET /v1/workers/{id}",
    "GET /v1/workers/{id}/history",
    "GET /v1/workers/{id}/accesses",
    "GET /v1/workers/{id}/history.svg",
    "GET /v1/workers/{id}/differences/known",
    "GET /v1/workers/{id}/differences/effective",
    "GET /v1/workers/{id}/laws",
    "PUT /v1/workers/{id}/photo",
    "POST /v1/workers/{id}/card",
    "GET /v1/workers/{id}/card",
    "POST /v1/workers/{id}/card/suspend",
    "POST /v1/workers/{id}/card/reinstate",
    "POST /v1/workers/{id}/card/revoke",
    "POST /v1/workers/{id}/card/lost",
    "GET /v1/workers/{id}/cards",
    "POST /v1/workers/{id}/wallet-offer",
    "GET /.well-known/openid-credential-issuer",
    "GET /.well-known/oauth-authorization-server",
    "GET /.well-known/jwt-vc-issuer",
    "GET /v1/wallet/types/worker-card/1",
    "GET /v1/wallet/status/{n}",
    "POST /v1/wallet/token",
    "POST /v1/wallet/nonce",
    "POST /v1/wallet/credential",
    "POST /v1/workers/{id}/phone-code",
    "POST /v1/workers/{id}/phone-key/withdraw",
    "POST /v1/phone-keys",
    "POST /v1/phone-keys/card",
    "GET /v1/trust-list",
    "GET /v1/status/{n}",
    "GET /v1/lists/root.json",
    "GET /v1/lists/roots.json",
    "GET /v1/lists/trust-list.jwt",
    "GET /v1/lists/titles.json",
    "GET /v1/lists/status/{n}.cwt",
    "GET /v1/lists/status/{n}.since-{day}.jwt",
    "GET /v1/statistics/placements",
    "GET /v1/statistics/publications",
    "GET /v1/statistics/cubes/{cube}",
    "GET /v1/statistics/cubes/{cube}/picture.svg",
    "GET /v1/statistics/flows",
    "GET /v1/statistics/training",
    "GET /v1/statistics/quality",
    "GET /v1/statistics/cards",
    "GET /v1/employers/{id}/calendar",
    "GET /healthz",
    "GET /metrics",
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    app = create_app(Settings(DATABASE_URL="postgresql:///kets", vault_url="postgresql:///kets_vault"))
    return app.openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def inside(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from inside(part)


def test_it_is_valid_and_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    OpenAPI.model_validate(document)
    references = {part["$ref"] for part in inside(document) if isinstance(part.get("$ref"), str)}
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references == known & references
    assert known - references == set()


def test_it_has_every_route_told_in_words(document: dict[str, Any]) -> None:
    found = dict(operations(document))
    assert set(found) == ROUTES
    assert len({operation["operationId"] for operation in found.values()}) == len(ROUTES)
    for operation in found.values():
        assert operation["summary"]
        assert operation["description"]


def test_it_says_who_may_knock(document: dict[str, Any]) -> None:
    said = document["info"]["description"]
    assert "For this machine only" in said
    assert "loopback-only" in said
    assert "origin-differs" in said


def test_every_route_has_its_answer_and_its_problems(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        good = [status for status in operation["responses"] if status.startswith("2")]
        assert "200" in good or good == ["201"], name
        for status in good:
            contents = operation["responses"][status]["content"].values()
            assert contents, name
            assert all(content["schema"] for content in contents), name
        for status, response in operation["responses"].items():
            for code, example in response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {}).items():
                assert int(status) == status_of(code) == example["value"]["status"]
                assert code in REFUSALS.keys() | MESSAGES.keys()
        assert {"403", "421", "422", "500"} <= set(operation["responses"]), name


def test_every_parameter_is_described_and_bounded(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (name, parameter["name"])
            schema = parameter["schema"]
            [kind] = [part for part in schema.get("anyOf", [schema]) if part["type"] != "null"]
            bounds = {"integer": {"minimum", "maximum"}, "string": {"maxLength", "pattern", "format"}}[kind["type"]]
            assert bounds & set(kind), (name, parameter["name"])


def test_the_body_of_a_submission_is_described(document: dict[str, Any]) -> None:
    body = document["paths"]["/v1/submissions"]["post"]["requestBody"]
    assert body["required"]
    assert "text/csv" in body["content"]
    assert body["content"]["text/csv"]["example"].startswith("ref,submitter,action,")


def test_every_code_with_a_status_has_a_sentence() -> None:
    assert STATUS.keys() <= REFUSALS.keys() | MESSAGES.keys()


def test_the_page_lists_every_route_without_a_script(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    for route in ROUTES:
        assert f"<code>{route}</code>" in page.text
    assert "<script" not in page.text
    assert "<strong>For this machine only.</strong>" in page.text
    assert "(<code>loopback-only</code>)" in page.text
    assert [mark for mark in ("`", "**", "<ul></ul>", "\n\n") if mark in page.text] == []
    assert "http" not in page.text.replace("http-equiv", "")


def test_the_example_of_a_submission_is_good(client: TestClient, document: dict[str, Any]) -> None:
    example = document["paths"]["/v1/submissions"]["post"]["requestBody"]["content"]["text/csv"]["example"]
    response = client.post("/v1/submissions", content=example, headers={"Content-Type": "text/csv"})
    assert response.json()["recorded"] == 1

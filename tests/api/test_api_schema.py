"""Requests that the reference allows, and requests that it forbids, made of it by Schemathesis for the routes that
strangers call: the signed lists, and the wallet's. Each answer is one that the reference names, in the form it says;
what it forbids is refused, and nothing breaks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS

from tests.api.client import TestClient
from tests.api.story import verified
from tests.api.test_api_wallet import ISSUER, serving
from tests.conftest import Server, opened

EXAMPLES = 15
CALM = settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
FRESH = "kets-after"
"""A position that is not reached yet is waited for: that takes its time, and has tests of its own."""
NEEDS_MORE = {"POST /v1/wallet/token", "POST /v1/wallet/credential"}
"""What is well-formed is refused there all the same without a code from an offer, or a token."""
ROUTES: dict[str, dict[str, Any]] = {
    "GET /v1/trust-list": {},
    "GET /v1/status/{n}": {"n": 0},
    "GET /v1/lists/status/{n}.cwt": {"n": 0},
    "GET /v1/lists/status/{n}.since-{day}.jwt": {"n": 0, "day": "2026-03-02"},
    "GET /v1/wallet/status/{n}": {"n": 0},
    "GET /v1/wallet/types/worker-card/1": {},
    "GET /.well-known/openid-credential-issuer": {},
    "GET /.well-known/oauth-authorization-server": {},
    "GET /.well-known/jwt-vc-issuer": {},
    "POST /v1/wallet/nonce": {},
    "POST /v1/wallet/token": {},
    "POST /v1/wallet/credential": {},
    "POST /v1/workers/{id}/wallet-offer": {"id": "worker"},
}
"""What each has to be asked for to be found: the shard, the day and the worker of the one card that was issued."""


class Door:
    """The API over a registry with one card, and what its reference says."""

    def __init__(self, client: TestClient) -> None:
        self.client, self.worker = client, verified(client)
        client.post(f"/v1/workers/{self.worker}/card").raise_for_status()
        self.reference = schemathesis.openapi.from_dict(client.app.openapi())  # type: ignore[attr-defined]  # FastAPI's

    def cases(self, route: str) -> st.SearchStrategy[Case]:
        method, path = route.split()
        operation = self.reference[path][method]
        known = {name: self.worker if value == "worker" else value for name, value in ROUTES[route].items()}
        kinds = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]
        return st.one_of(*kinds, operation.as_strategy(path_parameters=known)) if known else st.one_of(*kinds)

    def answer(self, case: Case) -> Any:
        asked = requests.Request(**case.as_transport_kwargs(base_url=ISSUER)).prepare()
        return self.client.request(asked.method, asked.url, headers=dict(asked.headers), content=asked.body)


@pytest.fixture(scope="module")
def door(server: Server, key_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with opened(server, key_folder, tmp_path_factory.mktemp("door")) as site, serving(site) as client:
        yield Door(client)


@pytest.mark.parametrize("route", ROUTES)
def test_every_answer_is_one_that_the_reference_names(door: Door, route: str) -> None:
    named = zip(CHECKS.get_all_names(), CHECKS.get_all(), strict=True)
    checks = [check for name, check in named if (name, route in NEEDS_MORE) != ("positive_data_acceptance", True)]
    seen: Counter[int] = Counter()

    @CALM
    @given(case=door.cases(route))
    def asked(case: Case) -> None:
        case.headers.pop(FRESH, None)
        answer = door.answer(case)
        seen[answer.status_code] += 1
        case.validate_response(answer, checks=checks)

    asked()
    assert route in NEEDS_MORE or {200, 201} & seen.keys(), seen
    assert seen[500] == 0

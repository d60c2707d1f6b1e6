"""What becomes of a card, at the door: each request may be made again."""

from __future__ import annotations

from tests.api.client import TestClient
from tests.api.story import hired, refused, verified
from tests.conftest import Site


def issued(client: TestClient) -> tuple[str, str]:
    worker = verified(client)
    return worker, client.post(f"/v1/workers/{worker}/card").json()["number"]


def test_a_card_is_suspended_reinstated_and_revoked(site: Site, client: TestClient) -> None:
    worker, number = issued(client)
    site.runner.catch_up()
    at = f"/v1/workers/{number}/card"
    suspended = client.post(f"{at}/suspend", json={"cause": "lost"}).json()
    since = {"number": number, "since": "2026-03-02", "issued": None}
    assert suspended == {**since, "state": "suspended", "cause": "lost", "again": False}
    assert client.post(f"{at}/suspend", json={"cause": "lost"}).json() == {**suspended, "again": True}
    refused(client.post(f"{at}/suspend", json={"cause": "investigation"}), 409, "card-state")
    reinstated = client.post(f"{at}/reinstate", json={"officer": "o-7"}).json()
    assert reinstated == {**since, "state": "valid", "cause": None, "again": False}
    revoked = client.post(f"{at}/revoke", json={"cause": "stolen", "officer": "o-7"})
    assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked")
    refused(client.post(f"{at}/reinstate", json={}), 409, "card-state")
    refused(client.post(f"/v1/workers/{worker}/card/suspend", json={"cause": "lost"}), 404, "card-none")
    told = client.get(f"/v1/workers/{worker}/cards").json()["cards"]
    assert [(c["what"], c["cause"], c["role"]) for c in told] == [
        ("issued", None, "system"),
        ("suspended", "lost", "system"),
        ("reinstated", None, "officer"),
        ("revoked", "stolen", "officer"),
    ]


def test_a_lost_card_is_replaced_once_however_often_that_is_asked(site: Site, client: TestClient) -> None:
    worker, number = issued(client)
    site.runner.catch_up()
    assert client.post(f"/v1/workers/{worker}/card/lost", json={}).json()["state"] == "suspended"
    asked = {"replace": True}
    first = client.post(f"/v1/workers/{number}/card/lost", json=asked).json()
    assert (first["state"], first["cause"], first["again"]) == ("revoked", "lost", False)
    assert client.post(f"/v1/workers/{number}/card/lost", json=asked).json() == {**first, "again": True}
    assert client.get(f"/v1/workers/{worker}/card").json() == first["issued"]


def test_what_a_desk_may_not_ask(client: TestClient) -> None:
    worker = hired(client)
    refused(client.post(f"/v1/workers/{worker}/card/lost", json={}), 404, "card-none")
    refused(client.post(f"/v1/workers/{worker}/card/revoke", json={"cause": "erased"}), 422, "request-invalid")
    refused(client.post(f"/v1/workers/{worker}/card/suspend", json={}), 422, "request-invalid")
    assert client.get(f"/v1/workers/{worker}/cards").json() == {"cards": []}

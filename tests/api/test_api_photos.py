"""A portrait through the door: kept sealed, shown to nobody who asks for the history."""

from __future__ import annotations

import io
from uuid import uuid4

import pytest
from PIL import Image

from card import back, cwt, qr
from card.trust import TrustList
from registry import photos
from tests.api.client import TestClient
from tests.api.story import hired, refused, verified
from tests.card import faces
from tests.conftest import Site

JPEG = {"Content-Type": "image/jpeg"}


def test_a_photo_is_kept_as_a_fact(site: Site, client: TestClient) -> None:
    worker = hired(client)
    answer = client.put(f"/v1/workers/{worker}/photo", content=faces.file(0), headers=JPEG)
    assert answer.status_code == 200
    history, state = site.registry.worker(worker)
    assert answer.json()["events"] == [history.events[-1].id]
    [(shard, [position])] = answer.json()["positions"].items()
    assert answer.headers["KETS-Positions"] == f"{shard}={position}"
    image = photos.image(site.registry, worker, state.photo)
    assert image is not None
    assert Image.open(io.BytesIO(image)).size == (300, 400)


def test_it_supersedes_no_card(site: Site, client: TestClient) -> None:
    worker = verified(client)
    card = client.post(f"/v1/workers/{worker}/card").json()
    client.put(f"/v1/workers/{worker}/photo", content=faces.file(1, "WEBP"), headers={"Content-Type": "image/webp"})
    assert client.get(f"/v1/workers/{worker}/card").json() == {**card, "back": None}


def test_the_next_card_has_it_on_its_back(site: Site, client: TestClient) -> None:
    worker = verified(client)
    client.put(f"/v1/workers/{worker}/photo", content=faces.file(1), headers=JPEG)
    card = client.post(f"/v1/workers/{worker}/card").json()
    trust = TrustList.verify(client.get("/v1/trust-list").text, roots=[site.keyring.root.public_jwk], now=2**40)
    found = back.verify(card["back"], front=cwt.claims_of(cwt.parse(qr.cose(card["text"])).payload), trust=trust)
    kept = photos.kept(site.registry, worker, site.registry.worker(worker)[1].photo)
    assert kept is not None
    assert (found.number, found.frame) == (card["number"], kept.thumbnail)
    assert client.get(f"/v1/workers/{worker}/card").json() == card


def test_the_history_tells_of_it_and_does_not_show_it(client: TestClient) -> None:
    worker = hired(client)
    client.put(f"/v1/workers/{worker}/photo", content=faces.file(2), headers=JPEG)
    *_, last = client.get(f"/v1/workers/{worker}/history").json()["facts"]
    assert (last["topic"], last["fact"].keys()) == ("worker.photo-taken", {"type", "effective_on"})


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"no picture", "image/png", 422, "photo-unreadable"),
        (faces.file(0, size=(90, 120)), "image/jpeg", 422, "photo-too-small"),
        (faces.file(0), "image/gif", 415, "media-type"),
        (bytes(10 * 2**20 + 1), "image/jpeg", 413, "photo-too-large"),
    ],
)
def test_what_is_no_portrait_is_refused(client: TestClient, content: bytes, kind: str, status: int, code: str) -> None:
    worker = hired(client)
    refused(client.put(f"/v1/workers/{worker}/photo", content=content, headers={"Content-Type": kind}), status, code)


def test_somebody_who_is_not_there(client: TestClient) -> None:
    refused(client.put(f"/v1/workers/{uuid4()}/photo", content=faces.file(0), headers=JPEG), 422, "not-registered")

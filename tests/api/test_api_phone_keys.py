"""A phone is enrolled with a code of the desk, and shows the card live; a lost one shows nothing any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from card import live, qr
from card.errors import VerificationError
from card.verify import Verified
from keys.encoding import b64url
from keys.signer import FileSigner
from registry import phones
from registry.enrolments import Enrolments, Opened
from tests.api.client import TestClient
from tests.api.story import NIK, hired, refused, send, verified
from tests.api.test_api_cards import checked
from tests.card.cards import Ministry, new_ministry
from tests.card.phones import new_phone
from tests.conftest import Site


def code_for(client: TestClient, worker: UUID) -> str:
    answer = client.post(f"/v1/workers/{worker}/phone-code")
    assert answer.status_code == 201, answer.json()
    return str(answer.json()["code"])


def proof(phone: FileSigner, code: str, *, signed: bytes | None = None) -> dict[str, str]:
    """What the phone sends."""
    jwk, said = phone.public_jwk, phones.PROOF + code.replace("-", "").encode() if signed is None else signed
    return {"code": code, "x": jwk["x"], "y": jwk["y"], "proof": b64url(phone.sign(said))}


def enrolled(client: TestClient, worker: UUID, phone: FileSigner) -> dict[str, Any]:
    answer = client.post("/v1/phone-keys", json=proof(phone, code_for(client, worker)))
    assert answer.status_code == 201, answer.json()
    card: dict[str, Any] = answer.json()
    return card


def live_code(site: Site, card: dict[str, Any], phone: FileSigner) -> str:
    return live.present(qr.cose(card["text"]), phone, now=int(site.now.timestamp()))


def test_an_enrolled_phone_shows_the_card_live(site: Site, client: TestClient) -> None:
    worker, phone = verified(client), new_phone()
    before = client.post(f"/v1/workers/{worker}/card").json()
    card = enrolled(client, worker, phone)
    assert (card["name"], card["now"]) == ("Siti Rahmawati", int(site.now.timestamp()))
    assert client.get(f"/v1/workers/{worker}/card").json()["text"] == card["text"]
    site.runner.catch_up()
    found = checked(client, site, live_code(site, card, phone))
    assert (found.outcome, found.live, found.claims.number) == ("valid", True, card["number"])
    assert checked(client, site, before["text"]).status == 3
    topics = [fact["topic"] for fact in client.get(f"/v1/workers/{worker}/history").json()["facts"]]
    assert topics[-3:] == ["worker.phone-key-enrolled", "worker.card-superseded", "worker.card-issued"]


def test_the_link_carries_the_code_where_no_server_sees_it(site: Site, client: TestClient) -> None:
    answer = client.post(f"/v1/workers/{verified(client)}/phone-code").json()
    assert answer["link"] == f"{site.settings.issuer}/card#{answer['code']}"
    assert answer["ends_at"] == (site.now + timedelta(minutes=10)).isoformat().replace("+00:00", "Z")


def test_the_code_is_kept_as_a_hash(site: Site, client: TestClient) -> None:
    code = code_for(client, verified(client)).replace("-", "")
    ((handle, kept),) = site.reading().execute("SELECT handle, phone_enrolment::text FROM phone_enrolment").fetchall()
    assert handle == code[:4]
    assert code[4:] not in str(kept)


def test_a_lost_answer_is_given_again_to_the_same_phone_alone(client: TestClient) -> None:
    worker, phone = verified(client), new_phone()
    code = code_for(client, worker)
    first = client.post("/v1/phone-keys", json=proof(phone, code)).json()
    again = {**proof(phone, code), "code": code.lower()}
    assert client.post("/v1/phone-keys", json=again).json() == first
    refused(client.post("/v1/phone-keys", json=proof(new_phone(), code)), 403, "enrolment-code")
    assert client.get(f"/v1/workers/{worker}/card").json()["number"] == first["number"]


def test_a_code_whose_fact_was_recorded_without_its_card_is_completed(site: Site, client: TestClient) -> None:
    """As when the card was superseded in between."""
    worker, phone = verified(client), new_phone()
    code = code_for(client, worker)
    first = client.post("/v1/phone-keys", json=proof(phone, code)).json()
    end = {"action": "end", "nik": NIK, "effective_on": "2026-03-02", "reason": "resignation"}
    assert send(client, [end]).json()["recorded"] == 2
    second = client.post("/v1/phone-keys", json=proof(phone, code)).json()
    assert second["number"] != first["number"]
    assert verify_live(site, client, live_code(site, second, phone)).live


def verify_live(site: Site, client: TestClient, text: str) -> Verified:
    site.runner.catch_up()
    return checked(client, site, text)


def test_a_code_dies_after_ten_minutes_or_with_the_next(site: Site, client: TestClient) -> None:
    worker = verified(client)
    first = code_for(client, worker)
    second = code_for(client, worker)
    refused(client.post("/v1/phone-keys", json=proof(new_phone(), first)), 403, "enrolment-code")
    site.now += timedelta(minutes=10)
    refused(client.post("/v1/phone-keys", json=proof(new_phone(), second)), 403, "enrolment-code")
    third = code_for(client, worker)
    site.now += timedelta(minutes=9, seconds=59)
    assert client.post("/v1/phone-keys", json=proof(new_phone(), third)).status_code == 201


def test_a_code_bears_five_tries(client: TestClient) -> None:
    worker, phone = verified(client), new_phone()
    code = code_for(client, worker)
    for last in "0123":
        wrong = code[:-1] + (last if code[-1] != last else "Z")
        refused(client.post("/v1/phone-keys", json=proof(phone, wrong)), 403, "enrolment-code")
    assert client.post("/v1/phone-keys", json=proof(phone, code)).status_code == 201
    refused(client.post("/v1/phone-keys", json=proof(phone, code)), 403, "enrolment-code")


def test_a_code_that_nobody_gave(client: TestClient) -> None:
    verified(client)
    for code in ("0000-0000-0000-0000", "0000-0000", "UUUU-UUUU-UUUU-UUUU", ""):
        refused(client.post("/v1/phone-keys", json=proof(new_phone(), code)), 403, "enrolment-code")


def test_a_key_that_did_not_sign_the_code_is_refused_and_costs_no_try(client: TestClient) -> None:
    worker, phone = verified(client), new_phone()
    code = code_for(client, worker)
    said = phones.PROOF + code.replace("-", "").encode()
    jwk = new_phone().public_jwk
    bad = [
        proof(phone, code, signed=said[:-1]),
        proof(phone, code, signed=b"\x84\x6aSignature1"),
        {**proof(phone, code), "x": jwk["x"], "y": jwk["y"]},
        {**proof(phone, code), "y": phone.public_jwk["x"]},
        {**proof(phone, code), "x": "_" * 43},
    ]
    for each in bad * 2:
        refused(client.post("/v1/phone-keys", json=each), 422, "phone-key-proof")
    assert client.post("/v1/phone-keys", json=proof(phone, code)).status_code == 201


def test_a_key_is_enrolled_once(client: TestClient) -> None:
    worker, phone = verified(client), new_phone()
    enrolled(client, worker, phone)
    again = client.post("/v1/phone-keys", json=proof(phone, code_for(client, worker)))
    assert again.status_code == 201  # still its own key, and the card names it
    enrolled(client, worker, new_phone())
    refused(client.post("/v1/phone-keys", json=proof(phone, code_for(client, worker))), 409, "phone-key-known")


def renewal(site: Site, card: dict[str, Any], phone: FileSigner, **changes: Any) -> dict[str, str]:
    said = {"now": int(site.now.timestamp()), "nonce": phones.RENEWAL, **changes}
    return {"text": live.present(qr.cose(card["text"]), phone, **said)}


def test_a_phone_gets_the_card_in_force(site: Site, client: TestClient) -> None:
    worker, phone = verified(client), new_phone()
    first = enrolled(client, worker, phone)
    site.runner.catch_up()
    again = client.post("/v1/phone-keys/card", json=renewal(site, first, phone))
    assert again.json() == first
    second = client.post(f"/v1/workers/{worker}/card").json()
    given = client.post("/v1/phone-keys/card", json=renewal(site, first, phone)).json()
    assert (given["number"], given["text"]) == (second["number"], second["text"])
    assert verify_live(site, client, live_code(site, given, phone)).live


def test_nobody_else_gets_it(site: Site, client: TestClient, ministry: Ministry) -> None:
    worker, phone = verified(client), new_phone()
    card = enrolled(client, worker, phone)
    site.runner.catch_up()
    now = int(site.now.timestamp())
    number = ministry.cose(number=card["number"], holder_key=live.holder_key(phone.public_jwk))
    for text in (
        live_code(site, card, phone),  # from the screen
        live.present(qr.cose(card["text"]), phone, now=now, nonce=b"K7QX2M9A"),
        renewal(site, card, new_phone())["text"],
        renewal(site, card, phone, now=now - 61)["text"],
        live.present(number, phone, now=now, nonce=phones.RENEWAL),  # a card that was never released
        live.present(b"no card", phone, now=now, nonce=phones.RENEWAL),
        card["text"],
        "",
    ):
        refused(client.post("/v1/phone-keys/card", json={"text": text}), 422, "phone-key-proof")
    unknown = live.present(ministry.cose(), phone, now=now, nonce=phones.RENEWAL)
    refused(client.post("/v1/phone-keys/card", json={"text": unknown}), 404, "card-unknown")
    refused(client.post("/v1/phone-keys/card", json={"text": "A" * 4_297}), 422, "request-invalid")
    client.post(f"/v1/workers/{worker}/phone-key/withdraw", json={"cause": "replaced"})
    refused(client.post("/v1/phone-keys/card", json=renewal(site, card, phone)), 422, "phone-key-proof")


@pytest.fixture(scope="module")
def ministry() -> Ministry:
    """Another, whose cards say anything."""
    return new_ministry()


@pytest.mark.parametrize("cause", ["lost", "stolen"])
def test_a_lost_phone_takes_its_cards_with_it(site: Site, client: TestClient, cause: str) -> None:
    worker, phone = verified(client), new_phone()
    first = enrolled(client, worker, phone)
    second = client.post(f"/v1/workers/{worker}/card").json()
    answer = client.post(f"/v1/workers/{worker}/phone-key/withdraw", json={"cause": cause})
    assert sorted(answer.json()["revoked"]) == sorted([first["number"], second["number"]])
    site.runner.catch_up()
    for card in (first, second):
        with pytest.raises(VerificationError, match="revoked"):
            checked(client, site, live_code(site, card, phone))
    third = client.post(f"/v1/workers/{worker}/card").json()
    site.runner.catch_up()
    found = checked(client, site, third["text"])
    assert (found.outcome, found.claims.holder_key) == ("valid", None)
    refused(client.post(f"/v1/workers/{worker}/phone-key/withdraw", json={"cause": cause}), 404, "phone-key-none")


def test_a_phone_that_was_replaced_leaves_a_card_that_is_out_of_date(site: Site, client: TestClient) -> None:
    worker, phone = verified(client), new_phone()
    card = enrolled(client, worker, phone)
    answer = client.post(f"/v1/workers/{worker}/phone-key/withdraw", json={"cause": "replaced"})
    assert answer.json() == {"revoked": []}
    site.runner.catch_up()
    assert checked(client, site, card["text"]).status == 3


def test_who_may_have_no_card_gets_no_code(client: TestClient) -> None:
    worker = hired(client)
    refused(client.post(f"/v1/workers/{worker}/phone-code"), 409, "identity-unverified")
    refused(client.post(f"/v1/workers/{UUID(int=7)}/phone-code"), 404, "worker-unknown")


def test_whose_identity_fell_in_between_gets_no_card(site: Site, client: TestClient) -> None:
    worker, phone = verified(client), new_phone()
    code = code_for(client, worker)
    mismatch = {"action": "mismatch-identity", "nik": NIK, "reason": "name"}
    answer = send(client, [mismatch], "dukcapil")
    assert answer.json()["recorded"] == 1, answer.json()
    refused(client.post("/v1/phone-keys", json=proof(phone, code)), 409, "identity-unverified")


@pytest.mark.parametrize(
    "change",
    [
        {"x": "short"},
        {"y": "é" * 43},
        {"proof": "A" * 85},
        {"code": "A" * 41},
        {"code": 5},
        {"proof": None},
    ],
)
def test_what_a_phone_sends_is_bounded(client: TestClient, change: dict[str, Any]) -> None:
    problem = refused(
        client.post("/v1/phone-keys", json={**proof(new_phone(), "0000-0000-0000-0000"), **change}),
        422,
        "request-invalid",
    )
    assert next(iter(change)) in problem["detail"]


def test_a_body_that_is_too_long_or_none(client: TestClient) -> None:
    for body in (b"x" * 1_001, b"", b"[]", b'{"code":'):
        refused(client.post("/v1/phone-keys", content=body), 422, "request-invalid")


def test_codes_that_ended_are_swept_and_a_taken_handle_is_not_given_twice(site: Site) -> None:
    table, later = Enrolments(site.registry.recorder), site.now + timedelta(minutes=10)
    code = Opened("0000", UUID(int=1), bytes(32), None)
    assert table.open(code, ends_at=later, now=site.now)
    assert not table.open(code._replace(worker=UUID(int=2)), ends_at=later, now=site.now)
    assert table.attempt("0000", now=site.now) == code
    assert table.open(code._replace(worker=UUID(int=3)), ends_at=later + timedelta(minutes=10), now=later)
    assert site.reading().execute("SELECT stream FROM phone_enrolment").fetchall() == [(UUID(int=3),)]
    assert not table.bind(code._replace(code_hash=b"1" * 32), bytes(16))

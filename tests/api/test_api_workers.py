"""A worker's record and history: by id and by card, on both axes, amended, disputed, erased."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain import facts as f
from domain.event import Actor, Role
from registry.ledger.place import folder_of, signer_of
from registry.ledger.sequencer import Sequencer
from tests.api.client import TestClient
from tests.api.story import EMPLOYER, HIRE, NAME, NIB, NIK, WAGE, accepted, at, erase, hired, refused, send, verified
from tests.conftest import Site

WORKER = Actor(organisation="self", role=Role.WORKER, person="account-1")


def told(client: TestClient, worker: UUID, **axes: str) -> dict[str, Any]:
    response = client.get(f"/v1/workers/{worker}/history", params=axes)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def by_version(answer: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {fact["version"]: fact for fact in answer["facts"]}


def test_a_record_shows_the_person_and_the_employment(client: TestClient) -> None:
    worker = verified(client)
    response = client.get(f"/v1/workers/{worker}")
    record = response.json()
    assert response.headers["cache-control"] == "no-store"
    assert (record["id"], record["version"], record["erased"]) == (str(worker), 3, False)
    assert record["person"] == {
        "name": NAME,
        "birth_date": "1990-01-01",
        "nik": NIK,
        "passport": None,
        "phone": "+6281234567890",
    }
    assert (record["identity"], record["standing"], record["sex"]) == ("verified", "employed", "F")
    [job] = record["employments"]
    assert record["current"] == job["id"]
    assert (job["employer"]["name"], job["employer"]["nib"]) == ("PT Roti Bekasi", NIB)
    assert (job["wage"], job["wage_band"], job["started_on"], job["ended_on"]) == (WAGE, 5, "2026-02-02", None)
    assert job["regency"] == {"code": "kemendagri:2025/32.75", "title": {"id": "Kota Bekasi", "en": "Kota Bekasi"}}
    assert job["channel"]["title"]["en"] == "Public employment service"
    assert job["contract"] == {"kind": "fixed-term", "since": "2026-02-02", "ends_on": "2027-02-01"}


def test_a_record_shows_certificates_training_and_apprenticeship(client: TestClient) -> None:
    worker = hired(client)
    person = {"nik": NIK, "effective_on": "2026-02-20"}
    certificate = {"certificate": "F.431000.001.02", "number": "BNSP-77", "ends_on": "2029-02-20"}
    accepted(send(client, [{"action": "certificate", **person, **certificate}], "bnsp"))
    rows = [
        {"action": "complete-training", **person, "number": "BLK-9"},
        {"action": "start-apprenticeship", **person, "kbji": "7212", "regency": "32.75"},
    ]
    accepted(send(client, rows))
    record = client.get(f"/v1/workers/{worker}").json()
    [held] = record["certificates"]
    assert (held["number"], held["standing"], held["state"]) == ("BNSP-77", "authority-attested", "valid")
    assert [(t["code"], t["completed_on"]) for t in record["trainings"]] == [("BLK-9", "2026-02-20")]
    assert [(a["occupation"]["code"], a["ended_on"]) for a in record["apprenticeships"]] == [("kbji:2014/7212", None)]


def test_a_worker_is_found_by_any_card_however_it_is_typed(site: Site, client: TestClient) -> None:
    worker = verified(client)
    first = client.post(f"/v1/workers/{worker}/card").json()["number"]
    second = client.post(f"/v1/workers/{worker}/card").json()["number"]
    site.runner.catch_up()
    for typed in (first, second, second.lower().replace("-", "")):
        assert client.get(f"/v1/workers/{typed}").json()["id"] == str(worker)
    states = {card["number"]: card["state"] for card in client.get(f"/v1/workers/{first}").json()["cards"]}
    assert states == {first: "superseded", second: "valid"}


@pytest.mark.parametrize("path", ["", "/history", "/card"])
@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("00000000-0000-4000-8000-000000000000", "worker-unknown"),
        ("nobody", "worker-unknown"),
        ("11S4-QGDC-09RD", "worker-unknown"),  # the check character is another
        ("11S4-QGDC-09RC", "card-unknown"),
        (NIK, "worker-unknown"),
    ],
)
def test_who_is_not_there_is_not_found(client: TestClient, path: str, who: str, code: str) -> None:
    refused(client.get(f"/v1/workers/{who}{path}"), 404, code)


def test_an_employer_is_no_worker(site: Site, client: TestClient) -> None:
    hired(client)
    employer = site.registry.vault.find("nib", NIB)
    refused(client.get(f"/v1/workers/{employer}"), 404, "worker-unknown")


def test_a_history_says_who_when_and_through_which_row(client: TestClient) -> None:
    answer = accepted(send(client, [*EMPLOYER, {**HIRE, "late_reason": "system-change"}]))
    worker = UUID(answer["results"][2]["receipt"]["stream"])
    registered, job = told(client, worker)["facts"]
    assert (registered["topic"], job["topic"]) == ("worker.registered", "worker.hired")
    assert (job["effective_on"], job["recorded_at"]) == ("2026-02-02", "2026-03-02T03:00:00Z")
    nobody = {"person": "", "on_behalf_of": None}
    assert job["actor"] == {"organisation": job["fact"]["employer"], "role": "employer", **nobody}
    assert (job["standing"], job["ref"], job["submission"]) == ("employer-stated", "h-1", answer["submission"])
    assert (job["late_reason"], job["stands"], job["erased"]) == ("system-change", True, False)
    assert (job["corrected_by"], job["voided_by"], job["disputed_by"]) == (None, None, None)
    assert job["fact"]["occupation"] == "kbji:2014/7212"
    assert job["fact"]["personal"] == {"type": "wage", "monthly": WAGE}


def test_the_two_axes_cut_apart(site: Site, client: TestClient) -> None:
    """A rise true on 1 March, known on 2 April; corrected on 2 May."""
    worker = hired(client)
    site.now = at("2026-04-02T03:00")
    rise = {"ref": "w-1", "action": "wage", "nik": NIK, "effective_on": "2026-03-01", "wage": 7_000_000}
    accepted(send(client, [rise]))
    site.now = at("2026-05-02T03:00")
    accepted(send(client, [{**rise, "ref": "w-2", "action": "correct", "corrects": "w-1", "wage": 8_000_000}]))

    def wage(**axes: str) -> int:
        job = told(client, worker, **axes)["record"]["employments"][0]
        return int(job["wage"])

    assert wage() == 8_000_000
    assert wage(as_of="2026-02-28") == WAGE
    assert wage(known_at="2026-04-30T00:00:00+07:00") == 7_000_000
    assert wage(known_at="2026-04-30T00:00:00+07:00", as_of="2026-02-28") == WAGE
    assert wage(known_at="2026-04-01T00:00:00+07:00", as_of="2026-12-31") == WAGE

    now, then = by_version(told(client, worker)), by_version(told(client, worker, known_at="2026-04-30T00:00:00Z"))
    assert (now[3]["stands"], now[3]["corrected_by"], now[3]["voided_by"]) == (True, 4, None)
    assert now[4]["topic"] == "fact.corrected"
    assert now[4]["fact"]["fact"]["personal"]["monthly"] == 8_000_000
    assert set(then) == {1, 2, 3}
    assert then[3]["corrected_by"] is None
    early = by_version(told(client, worker, as_of="2026-02-28"))
    assert [early[version]["stands"] for version in (1, 2, 3)] == [True, True, False]


def test_a_time_before_everything_knows_nothing(client: TestClient) -> None:
    answer = told(client, hired(client), known_at="2020-01-01T00:00:00Z")
    assert (answer["facts"], answer["record"]) == ([], None)


def test_a_voided_voiding_undoes_itself(site: Site, client: TestClient) -> None:
    worker = hired(client)
    rise = {"ref": "w-1", "action": "wage", "nik": NIK, "effective_on": "2026-03-01", "wage": 7_000_000}
    accepted(send(client, [rise, {"ref": "w-2", "action": "void", "corrects": "w-1", "reason": "error"}]))
    found = by_version(told(client, worker))
    assert (found[3]["stands"], found[3]["voided_by"]) == (False, 4)
    assert (found[4]["stands"], found[4]["voided_by"]) == (True, None)
    by = site.registry.history(worker).events[2].actor
    site.registry.record(worker, lambda _: [f.FactVoided(effective_on=date(2026, 3, 2), voids=4, cause="error")], by=by)
    found = by_version(told(client, worker))
    assert (found[3]["stands"], found[3]["voided_by"]) == (True, None)
    assert (found[4]["stands"], found[4]["voided_by"]) == (False, 5)
    assert (found[5]["stands"], found[5]["voided_by"]) == (True, None)


def test_a_dispute_stands_beside_its_fact_until_it_is_resolved(site: Site, client: TestClient) -> None:
    worker = hired(client)
    dispute, day = uuid4(), date(2026, 3, 2)
    opened = f.DisputeOpened(
        effective_on=day, dispute=dispute, about=2, cause="wage", personal=f.Note(text="It was more.")
    )
    site.registry.record(worker, lambda _: [opened], by=WORKER)
    found = by_version(told(client, worker))
    assert (found[2]["disputed_by"], found[3]["fact"]["personal"]["text"]) == (3, "It was more.")
    officer = Actor(organisation="kemnaker", role=Role.OFFICER, person="officer-1")
    resolved = f.DisputeResolved(effective_on=day, dispute=dispute, outcome="rejected")
    site.registry.record(worker, lambda _: [resolved], by=officer)
    assert by_version(told(client, worker))[2]["disputed_by"] is None


@pytest.mark.parametrize(
    "query",
    [
        {"known_at": "2026-03-01T00:00:00"},  # without an offset
        {"known_at": "yesterday"},
        {"as_of": "2026-13-01"},
        {"as_of": "01/02/2026"},
    ],
)
def test_a_time_of_another_form_is_refused(client: TestClient, query: dict[str, str]) -> None:
    problem = refused(client.get(f"/v1/workers/{uuid4()}/history", params=query), 422, "request-invalid")
    assert next(iter(query)) in problem["detail"]


def test_of_an_erased_worker_only_what_is_not_personal_is_left(site: Site, client: TestClient) -> None:
    worker = verified(client)
    client.post(f"/v1/workers/{worker}/card")
    erase(site, worker)
    record = client.get(f"/v1/workers/{worker}")
    history = client.get(f"/v1/workers/{worker}/history")
    assert (record.json()["erased"], record.json()["person"]) == (True, None)
    assert record.json()["birth_year"] == 1990
    assert (record.json()["employments"][0]["wage"], record.json()["employments"][0]["wage_band"]) == (None, 5)
    erased = {fact["version"]: (fact["erased"], fact["fact"].get("personal")) for fact in history.json()["facts"]}
    assert erased == {1: (True, None), 2: (True, None), 3: (False, None), 4: (True, None)}
    assert history.json()["record"] == record.json()
    for secret in (NAME, NIK, str(WAGE), "6281234567890"):
        assert secret not in record.text + history.text
    refused(client.post(f"/v1/workers/{worker}/card"), 410, "worker-erased")
    refused(client.get(f"/v1/workers/{worker}/card"), 410, "worker-erased")


def test_a_fact_shows_its_row_and_its_proof(site: Site, client: TestClient) -> None:
    worker = hired(client)
    job = by_version(told(client, worker))[2]
    assert (job["source"]["ref"], job["source"]["line"], job["source"]["door"]) == ("h-1", 3, "api")
    assert job["proof"] == {"state": "waiting", "index": None, "size": None, "witnessed": {}, "why": None}
    with Sequencer(site.database_url, folder_of(site.settings), signer_of(site.settings)) as sequencer:
        size = sequencer.catch_up()
    proof = by_version(told(client, worker))[2]["proof"]
    assert (proof["state"], proof["size"]) == ("proved", size)


def test_differences_on_either_axis(site: Site, client: TestClient) -> None:
    worker = hired(client)
    site.now = at("2026-04-02T03:00")
    rise = {"ref": "w-1", "action": "wage", "nik": NIK, "effective_on": "2026-03-01", "wage": 7_000_000}
    accepted(send(client, [rise]))
    spans = {
        "known": {"from": "2026-03-15T00:00:00Z", "to": "2026-04-15T00:00:00Z"},
        "effective": {"from": "2026-02-15", "to": "2026-03-15"},
    }
    for axis, span in spans.items():
        answer = client.get(f"/v1/workers/{worker}/differences/{axis}", params=span).json()
        assert (answer["axis"], [fact["version"] for fact in answer["facts"]]) == (axis, [3])
        assert [(c["before"], c["after"], c["because"]) for c in answer["changes"]] == [
            (WAGE, 7_000_000, [3]),
            (5, 7, [3]),
        ]
        assert client.get(f"/v1/workers/{worker}/differences/{axis}", params={"from": span["to"]}).json()["facts"] == []
        backwards = {"from": span["to"], "to": span["from"]}
        refused(client.get(f"/v1/workers/{worker}/differences/{axis}", params=backwards), 422, "span-backwards")


def test_a_record_under_each_law(client: TestClient) -> None:
    answer = accepted(send(client, [*EMPLOYER, {**HIRE, "effective_on": "2026-01-05", "ends_on": "2029-12-31"}]))
    worker = answer["results"][-1]["receipt"]["stream"]
    answer = client.get(f"/v1/workers/{worker}/laws").json()
    assert answer["laws"] == ["in-force", "S002", "UU13/2003", "PP35/2021"]
    [finding] = answer["findings"]
    assert {law: [each["limit"] for each in judged] for law, judged in finding["under"].items()} == {
        "in-force": [],
        "S002": ["2028-01-04"],
        "UU13/2003": ["2028-01-04"],
        "PP35/2021": [],
    }
    assert client.get(f"/v1/workers/{worker}/laws", params={"profile": "PP35/2021"}).json()["findings"] == []
    refused(client.get(f"/v1/workers/{worker}/laws", params={"profile": "x"}), 422, "profile-unknown")


def test_a_history_is_drawn(client: TestClient) -> None:
    response = client.get(f"/v1/workers/{hired(client)}/history.svg", params={"lang": "id"})
    assert (response.status_code, response.headers["content-type"]) == (200, "image/svg+xml")
    assert response.text.count("<g role=") == 2
    assert "Fakta pada dua sumbu" in response.text
    assert NAME not in response.text

"""The ledger over HTTP: checkpoint for all, tiles for auditors, receipts, and reads that include what was written."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from domain.errors import Refused
from registry.ledger import auditors, checkpoint, proof
from registry.ledger.leaf import leaf_id
from registry.ledger.place import base_of, folder_of, signer_of
from registry.ledger.refusal import clear, tell
from registry.ledger.sequencer import Sequencer
from tests.api.story import EMPLOYER, accepted, hired, refused, send

if TYPE_CHECKING:
    from tests.api.client import TestClient
    from tests.conftest import Site


def sequence(site: Site) -> int:
    with Sequencer(site.database_url, folder_of(site.settings), signer_of(site.settings)) as sequencer:
        return sequencer.catch_up()


@pytest.fixture
def key(site: Site) -> dict[str, str]:
    """The header of an auditor."""
    auditors.admit(site.settings.auditor_list, "bpk")
    return {"Authorization": f"Bearer {auditors.admit(site.settings.auditor_list, 'university')}"}


# -- checkpoint and tiles ---------------------------------------------------------------------------------------------
def test_the_checkpoint_is_for_everybody(site: Site, client: TestClient) -> None:
    for name in ("checkpoint", "witnessed", "incident"):
        refused(client.get(f"/ledger/{name}"), 404, "ledger-empty")
    hired(client)
    assert sequence(site) == 4
    got = client.get("/ledger/checkpoint")
    assert got.headers["content-type"] == "text/plain; charset=utf-8"
    assert got.headers["cache-control"] == "no-cache"
    assert checkpoint.opened(got.text, signer_of(site.settings).verifier).size == 4
    (folder_of(site.settings).path / "witnessed").write_text(got.text)
    assert client.get("/ledger/witnessed").text == got.text


def test_tiles_are_for_auditors(site: Site, client: TestClient, key: dict[str, str]) -> None:
    hired(client)
    sequence(site)
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer "}):
        answer = client.get("/ledger/tile/0/000.p/4", headers=headers)
        refused(answer, 401, "auditor-unknown")
        assert answer.headers["www-authenticate"] == "Bearer"
    got = client.get("/ledger/tile/0/000.p/4", headers=key)
    assert got.content == (site.settings.home / "ledger/tile/0/000.p/4").read_bytes()
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["cache-control"] == "private, max-age=31536000, immutable"

    for width in (4, 2):
        bundle = client.get(f"/ledger/tile/entries/000.p/{width}", headers=key).content
        hashes = b""
        while bundle:
            length = int.from_bytes(bundle[:2], "big")
            hashes, bundle = hashes + sha256(b"\x00" + bundle[2 : 2 + length]).digest(), bundle[2 + length :]
        assert hashes == got.content[: width * 32]
    auditors.dismiss(site.settings.auditor_list, "university")
    refused(client.get("/ledger/tile/0/000.p/4", headers=key), 401, "auditor-unknown")
    with pytest.raises(Refused, match="auditor-unknown"):
        auditors.dismiss(site.settings.auditor_list, "university")


@pytest.mark.parametrize(
    "path",
    [
        "0/000",
        "0/000.p/0",
        "0/000.p/04",
        "0/000.p/5",
        "0/000.p/3",
        "0/000.p/256",
        "0/x000/000.p/4",
        "0/001.p/4",
        "1/000.p/1",
        "00/000.p/4",
        "64/000.p/4",
        "63/x999/x999/x999/x999/x999/999",
        "entries/000.p/5",
        "0/%2e%2e/%2e%2e/checkpoint",
        "..%2f..%2fcheckpoint",
        "%2e%2e/%2e%2e/keys/kek.json",
        "0/\u0660\u0660\u0660.p/4",
        "",
    ],
)
def test_what_no_checkpoint_covers_is_no_tile(site: Site, client: TestClient, key: dict[str, str], path: str) -> None:
    """Sizes that never were, spellings that are not the tile's own, ways out of the folder."""
    hired(client)
    sequence(site)
    (site.settings.home / "ledger/tile/0/000.p/5").write_bytes(bytes(5 * 32))  # written ahead and not committed
    refused(client.get(f"/ledger/tile/{path}", headers=key), 404, "tile-unknown")


def test_a_path_is_bounded(client: TestClient, key: dict[str, str]) -> None:
    refused(client.get(f"/ledger/tile/0/{'x000/' * 20}000", headers=key), 422, "request-invalid")
    refused(client.get("/ledger/tile/0/000.p/4", headers=key), 404, "tile-unknown")


# -- receipts ---------------------------------------------------------------------------------------------------------
def test_a_receipt_waits_and_then_proves(site: Site, client: TestClient) -> None:
    event = f"{hired(client)}:1"
    answer = client.get(f"/v1/receipts/{event}")
    assert (answer.status_code, answer.headers["retry-after"]) == (202, "1")
    assert (answer.json()["state"], answer.json()["proof"]) == ("pending", None)
    sequence(site)
    answer = client.get(f"/v1/receipts/{event}")
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["state"]) == (200, "sequenced")
    verifier = signer_of(site.settings).verifier
    proved = proof.check(told["proof"], verifier)
    assert (proved.entry.id, proved.place) == (event, told["index"])
    text = proof.check_text(told["tlog_proof"], verifier)
    assert (leaf_id(text.leaf), text.place, text.checkpoint.size) == (event, told["index"], 4)


def test_an_altered_tlog_proof_is_refused(site: Site, client: TestClient) -> None:
    event = f"{hired(client)}:2"
    sequence(site)
    text = client.get(f"/v1/receipts/{event}").json()["tlog_proof"]
    verifier = signer_of(site.settings).verifier
    lines = text.split("\n")
    index = int(lines[2].removeprefix("index "))
    for number, line, code in (
        (0, "c2sp.org/tlog-proof@v2", "proof-malformed"),
        (1, "extra x", "proof-malformed"),
        (1, "extra AAAA", "proof-differs"),
        (2, f"index {index ^ 1}", "proof-differs"),
        (2, f"index 0{index}", "proof-malformed"),
        (2, "index 4", "proof-differs"),
        (3, "AAAA", "proof-malformed"),
    ):
        altered = "\n".join([*lines[:number], line, *lines[number + 1 :]])
        with pytest.raises(Refused, match=code):
            proof.check_text(altered, verifier)
    with pytest.raises(Refused, match="proof-malformed"):
        proof.check_text("", verifier)


def test_a_submission_tells_of_its_facts_in_pages(site: Site, client: TestClient) -> None:
    rows = [
        {"action": "register-employer", "name": "PT A", "npwp": "3275014101900001", "kbli": "10710", "regency": "32.75"}
    ]
    first = accepted(send(client, rows))
    sequence(site)
    second = accepted(send(client, [_opened("A"), _opened("B"), _opened("C")]))
    done = client.get(f"/v1/receipts/{first['submission']}")
    assert (done.status_code, done.json()["state"], done.json()["next"]) == (200, "sequenced", None)

    address = f"/v1/receipts/{second['submission']}"
    page = client.get(address, params={"limit": 2})
    assert page.status_code == 202
    assert [fact["state"] for fact in page.json()["facts"]] == ["pending", "pending"]
    rest = client.get(address, params={"limit": 2, "after": page.json()["next"]}).json()
    told = [*page.json()["facts"], *rest["facts"]]
    expected = [(result["line"], event) for result in second["results"] for event in result["receipt"]["events"]]
    assert [(fact["line"], fact["event"]) for fact in told] == expected
    assert (rest["next"], len(told)) == (None, 3)
    sequence(site)
    assert client.get(address).status_code == 200


def _opened(name: str) -> dict[str, str]:
    where = {"establishment": name, "regency": "32.75", "kbli": "10710"}
    return {"action": "open-establishment", "effective_on": "2026-01-05", **where}


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("0b9d8f1e-54f3-4f0e-8a3d-2f5f2c1d9e07", 404, "submission-unknown"),
        ("0b9d8f1e-54f3-4f0e-8a3d-2f5f2c1d9e07:1", 404, "event-unknown"),
        ("00000000-0000-0000-0000-000000000000:1", 404, "event-unknown"),
        ("0b9d8f1e-54f3-4f0e-8a3d-2f5f2c1d9e07:0", 422, "request-invalid"),
        ("0b9d8f1e-54f3-4f0e-8a3d-2f5f2c1d9e07:99999999999", 422, "request-invalid"),
        ("3275014101900001", 422, "request-invalid"),
    ],
)
def test_a_receipt_that_is_not(client: TestClient, name: str, status: int, code: str) -> None:
    refused(client.get(f"/v1/receipts/{name}"), status, code)


# -- reads that include what was written ------------------------------------------------------------------------------
def test_a_read_waits_for_what_was_written(site: Site, client: TestClient) -> None:
    accepted(send(client, EMPLOYER[:1]))
    sent = send(client, [_opened("A")])
    after = {"KETS-After": sent.headers["KETS-Positions"]}
    [receipt] = [result["receipt"] for result in accepted(sent)["results"]]
    assert after["KETS-After"] == ",".join(f"{shard}={max(at)}" for shard, at in receipt["positions"].items())
    began = time.monotonic()
    late = client.get("/v1/statistics/placements", headers=after)
    refused(late, 503, "not-fresh")
    assert late.headers["retry-after"] == "2"
    assert 2 <= time.monotonic() - began < 10
    helped = threading.Timer(0.3, site.runner.catch_up)
    helped.start()
    counted = client.get("/v1/statistics/placements", headers=after)
    helped.join()
    assert (counted.status_code, counted.json()["included"]["behind"]) == (200, 0)
    assert "KETS-Positions" not in client.get("/v1/statistics/placements").headers


@pytest.mark.parametrize("after", ["", "1", "1=", "x=1", "1=x", "16=1", "1=1,1=2", "1=1,", "1=-1", "0=1," * 16 + "0=1"])
def test_positions_that_are_none_are_refused(client: TestClient, after: str) -> None:
    refused(client.get("/v1/statistics/placements", headers={"KETS-After": after}), 422, "request-invalid")


# -- health -----------------------------------------------------------------------------------------------------------
def test_health_tells_why_the_ledger_stands_still(site: Site, client: TestClient) -> None:
    since = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
    for later in (0, 60):
        tell(base_of(site.settings), "tile-missing", "It lacks one.", since.replace(second=later % 60))
    told = client.get("/healthz").json()
    assert told["ok"] is True
    expected = {"code": "tile-missing", "message": "It lacks one.", "since": "2026-03-02T03:00:00Z", "tries": 2}
    assert told["ledger"]["refused"] == expected
    clear(base_of(site.settings))
    assert client.get("/healthz").json()["ledger"]["refused"] is None

"""`POST /v1/submissions`: rows with their receipts and refusals; whole files refused; nothing twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from api import submissions, upload
from registry.sample import write
from registry.store import shard_of
from tests.api.client import TestClient
from tests.api.story import EMPLOYER, HIRE, NDJSON, NIB, VERIFY, accepted, hired, refused, send
from tests.conftest import Site

CSV = {"Content-Type": "text/csv; charset=utf-8"}


def facts(site: Site) -> int:
    return site.registry.recorder.ping()


def test_a_row_gets_the_receipt_of_its_facts(site: Site, client: TestClient) -> None:
    answer = accepted(send(client, [*EMPLOYER, HIRE]))
    assert (answer["rows"], answer["accepted"], answer["again"], answer["recorded"]) == (3, 3, 0, 4)
    result = answer["results"][2]
    assert (result["line"], result["ref"], result["outcome"]) == (3, "h-1", "recorded")
    receipt = result["receipt"]
    assert receipt["submission"] == answer["submission"]
    assert receipt["events"] == [f"{receipt['stream']}:1", f"{receipt['stream']}:2"]  # registered, then hired
    [shard] = receipt["positions"]
    events = site.registry.history(UUID(receipt["stream"])).events
    assert int(shard) == shard_of(events[0].originator_id)
    assert len(receipt["positions"][shard]) == len(events) == 2
    assert {event.submission for event in events} == {UUID(answer["submission"])}


def test_the_same_file_again_gives_the_first_receipts(site: Site, client: TestClient) -> None:
    first = accepted(send(client, [*EMPLOYER, HIRE]))
    known = facts(site)
    again = accepted(send(client, [*EMPLOYER, HIRE]))
    assert (again["accepted"], again["again"], again["recorded"]) == (3, 3, 0)
    assert [r["outcome"] for r in again["results"]] == ["again"] * 3
    assert [r["receipt"] for r in again["results"]] == [r["receipt"] for r in first["results"]]
    assert facts(site) == known


def test_the_same_file_from_several_at_once_is_recorded_once(site: Site, client: TestClient) -> None:
    accepted(send(client, EMPLOYER))
    rows = [HIRE, {**HIRE, "ref": "h-2", "nik": "3275010102950002", "birth_date": "1995-02-01", "sex": "L"}]
    with ThreadPoolExecutor(submissions_at_once := 4) as several:
        answers = [accepted(each) for each in several.map(lambda _: send(client, rows), range(submissions_at_once))]
    assert sum(answer["recorded"] for answer in answers) == 4
    assert sum(answer["again"] for answer in answers) == 6
    receipts = [[result["receipt"] for result in answer["results"]] for answer in answers]
    assert all(each == receipts[0] for each in receipts)
    assert facts(site) == 6


def test_a_refused_row_says_why_in_both_languages_and_leaves_the_others(site: Site, client: TestClient) -> None:
    wrong = {**HIRE, "ref": "h-2", "nik": "327501410190000"}
    answer = send(client, [*EMPLOYER, wrong, HIRE, {**HIRE, "ref": "h-3"}]).json()
    assert answer["refused"] == {"digit-lost": 1, "already-employed": 1}
    assert answer["accepted"] == 3
    lost, there = answer["results"][2], answer["results"][4]
    assert (lost["outcome"], lost["code"], lost["receipt"]) == ("refused", "digit-lost", None)
    assert there["message"] == {
        "id": "Orang ini sudah bekerja pada pemberi kerja yang sama sejak 2026-02-02.",
        "en": "This person has worked for the same employer since 2026-02-02.",
    }


def test_a_ref_with_other_content_is_refused_and_the_mended_row_taken(client: TestClient) -> None:
    hired(client)
    answer = send(client, [{**HIRE, "wage": 6_000_000}]).json()
    assert answer["refused"] == {"ref-conflict": 1}
    mend = {"ref": "h-1b", "action": "wage", "nik": HIRE["nik"], "effective_on": "2026-02-10", "wage": "x"}
    assert send(client, [mend]).json()["refused"] == {"integer-format": 1}
    assert send(client, [{**mend, "wage": "6000000"}]).json()["recorded"] == 1


@pytest.mark.parametrize("kind", ["csv", "ndjson", "xlsx"])
def test_every_format_comes_in(kind: str, tmp_path: Path, client: TestClient) -> None:
    path = tmp_path / f"rows.{kind}"
    write([{**{k: str(v) for k, v in row.items()}, "submitter": NIB} for row in [*EMPLOYER, HIRE]], path)
    media_type = {"csv": "text/csv", "ndjson": "application/x-ndjson", "xlsx": upload.XLSX}[kind]
    answer = client.post("/v1/submissions", content=path.read_bytes(), headers={"Content-Type": media_type})
    assert accepted(answer)["recorded"] == 4


def test_rows_of_somebody_else_than_the_sender_are_refused(client: TestClient) -> None:
    hired(client)
    answer = send(client, [{**VERIFY, "submitter": "dukcapil"}]).json()
    assert answer["refused"] == {"submitter-differs": 1}
    assert send(client, [VERIFY], None).json()["refused"] == {"submitter-missing": 1}


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{}", {}, 415, "media-type"),
        (b"{}", {"Content-Type": "application/json"}, 415, "media-type"),
        (b"x", {"Content-Type": "text/csv", "Content-Encoding": "gzip"}, 415, "media-type"),
        (b"PK\x03\x04", CSV, 415, "wrong-suffix"),
        (b"PK\x03\x04", {"Content-Type": upload.XLSX}, 422, "xlsx-broken"),
        (b"", CSV, 422, "empty-file"),
        (b"ref,action\n", CSV, 422, "no-rows"),
        (b"ref,what\n1,2\n", CSV, 422, "unknown-column"),
        ("ref,action\n".encode("utf-16"), CSV, 422, "utf-16"),
        (b'{"action": "hire"}\n\x00', NDJSON, 422, "nul-byte"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(
    site: Site, client: TestClient, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    refused(client.post("/v1/submissions", content=body, headers=headers), status, code)
    assert facts(site) == 0


@pytest.mark.parametrize("submitter", ["912000123456", "91200012345678", "polri", "9120001234567\n"])
def test_a_sender_of_another_form_is_refused(client: TestClient, submitter: str) -> None:
    problem = refused(send(client, [HIRE], submitter), 422, "request-invalid")
    assert problem["detail"].startswith("The request is not valid: as: ")
    assert submitter.strip() not in problem["detail"]


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_beyond_the_bound_is_refused(
    site: Site, client: TestClient, declared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "MOST_BYTES", 1000)
    whole = b'{"action": "register-employer"}\n' * 40

    def chunks() -> Any:
        yield from (whole[at : at + 100] for at in range(0, len(whole), 100))

    body = whole if declared else chunks()
    refused(client.post("/v1/submissions", content=body, headers=NDJSON), 413, "file-too-large")
    assert facts(site) == 0


def test_more_rows_than_may_be_are_refused_before_the_first_is_recorded(
    site: Site, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "MOST_ROWS", 2)
    refused(send(client, [*EMPLOYER, HIRE]), 413, "too-many-rows")
    assert facts(site) == 0
    accepted(send(client, EMPLOYER))


def test_only_so_many_are_loaded_at_once(client: TestClient) -> None:
    desk = client.app.state.desk  # type: ignore[attr-defined]  # ours is a FastAPI
    while desk.loading.acquire(blocking=False):
        pass
    response = send(client, EMPLOYER)
    refused(response, 503, "busy")
    assert response.headers["retry-after"] == "2"
    desk.loading.release()
    accepted(send(client, EMPLOYER))
    accepted(send(client, EMPLOYER))  # each gave its turn back


def test_nothing_of_a_body_stays_on_disk(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    hired(client)
    client.post("/v1/submissions", content=b"", headers=CSV)
    assert not list(tmp_path.glob("kets-submission-*"))

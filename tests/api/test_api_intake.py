"""What the API keeps of what came in: sealed, fetched again, ended, erased; nothing in the clear on disk."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from api import create_app
from api.upload import XLSX
from domain.event import Actor, Role
from keys.errors import KeysError
from registry import intake, rotation
from registry.erasure import erase, replay
from tests.api.client import TestClient
from tests.api.story import EMPLOYER, HERE, HIRE, NAME, NIK, VERIFY, accepted, refused, send
from tests.registry.submissions.employer_files import xlsx_file

if TYPE_CHECKING:
    from tests.conftest import Site

OTHER = {**HIRE, "ref": "h-2", "nik": "3275010102950002", "name": "Budi Kenari", "birth_date": "1995-02-01", "sex": "L"}
OFFICER = Actor(organisation="kemnaker", role=Role.OFFICER, person="akun-petugas")


def fetched(client: TestClient, submission: str) -> Any:
    return client.get(f"/v1/submissions/{submission}/results")


def kept(site: Site) -> intake.Intake:
    return intake.Intake(site.settings.intake_folder, site.registry.vault)


def objects(site: Site) -> list[Path]:
    return sorted(site.settings.intake_folder.glob("*"))


def erased(site: Site, worker: UUID) -> None:
    who: dict[str, Any] = {"ground": "ordered", "by": OFFICER, "second": "akun-kedua", "backup_days": 30}
    erase(site.registry, worker, erasures=site.settings.erasure_list, **who)


def test_the_result_file_is_fetched_again(site: Site, client: TestClient) -> None:
    wrong = {**OTHER, "nik": "327501010295000"}
    answer = send(client, [*EMPLOYER, HIRE, wrong]).json()
    response = fetched(client, answer["submission"])
    assert (response.status_code, response.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    rows = list(csv.DictReader(StringIO(response.content.decode("utf-8-sig"))))
    assert [row["outcome"] for row in rows] == ["recorded", "recorded", "recorded", "refused"]
    assert rows[2]["receipt"].split() == answer["results"][2]["receipt"]["events"]
    assert (rows[3]["code"], rows[3]["message_en"]) == ("digit-lost", answer["results"][3]["message"]["en"])
    assert answer["kept_until"] == "2026-04-01"
    body = b"".join(kept(site).read(UUID(answer["submission"]), "upload", site.now.date()))
    assert [json.loads(line) for line in body.splitlines()] == [*EMPLOYER, HIRE, wrong]
    refused(fetched(client, str(uuid4())), 404, "intake-unknown")


def test_no_byte_of_a_person_is_on_disk(site: Site, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """During the request the body is a link into memory; afterwards everything below the home folder is searched."""
    monkeypatch.setattr("tempfile.tempdir", str(site.settings.home))
    seen: list[Path] = []
    take = intake.Intake.keep

    def watching(self: intake.Intake, *of: Any, **named: Any) -> None:
        seen.extend(site.settings.home.glob("kets-submission-*/*"))
        assert all(path.is_symlink() and str(path.readlink()).startswith("/proc/self/fd/") for path in seen)
        take(self, *of, **named)

    monkeypatch.setattr(intake.Intake, "keep", watching)
    accepted(send(client, [*EMPLOYER, HIRE]))
    assert seen
    whole = b"".join(path.read_bytes() for path in site.settings.home.rglob("*") if path.is_file())
    rows = site.vault().execute("SELECT * FROM intake, intake_mark").fetchall()
    for word in (NIK, NAME, "0812-3456-7890", "h-1", "Rahmawati"):
        assert word.encode() not in whole
        assert word not in repr(rows)
    assert len(objects(site)) == 2
    assert {path.stat().st_mode & 0o777 for path in objects(site)} == {0o600}
    assert site.settings.intake_folder.stat().st_mode & 0o777 == 0o700


def test_after_its_end_date_it_is_gone_and_a_purge_leaves_nothing(site: Site, client: TestClient) -> None:
    answer = accepted(send(client, [*EMPLOYER, HIRE]))
    site.now += timedelta(days=30)
    assert fetched(client, answer["submission"]).status_code == 200
    assert kept(site).purge(site.now.date()) == 0
    site.now += timedelta(days=1)
    refused(fetched(client, answer["submission"]), 404, "intake-unknown")
    later = accepted(send(client, [VERIFY], "dukcapil"))
    assert len(objects(site)) == 4
    (site.settings.intake_folder / str(uuid4())).write_bytes(b"bytes whose key is gone")
    (site.settings.intake_folder / "on-its-way.part").write_bytes(b"")
    assert kept(site).purge(site.now.date()) == 2
    left = {str(one.id) for one in kept(site).listing()}
    assert {path.name for path in objects(site)} == left | {"on-its-way.part"}
    assert kept(site).purge(site.now.date(), UUID(later["submission"])) == 2
    assert (kept(site).listing(), [path.name for path in objects(site)]) == ([], ["on-its-way.part"])


def test_the_api_purges_as_it_starts(site: Site, client: TestClient) -> None:
    accepted(send(client, [*EMPLOYER, HIRE]))
    site.now += timedelta(days=31)
    with TestClient(create_app(site.settings, registry=site.registry), base_url=HERE):
        pass
    assert (kept(site).listing(), objects(site)) == ([], [])


def test_erasing_a_person_destroys_what_names_them_and_nothing_else(site: Site, client: TestClient) -> None:
    """Also a file that was sent again, and one in which the only row about the person was refused."""
    first = accepted(send(client, [*EMPLOYER, HIRE]))
    worker = UUID(first["results"][-1]["receipt"]["stream"])
    again = accepted(send(client, [HIRE]))
    refused_row = send(client, [{**HIRE, "ref": "h-9", "nik": " 3275 0141 0190 0001"}]).json()
    other = accepted(send(client, [OTHER]))
    erased(site, worker)
    for gone in (first, again, refused_row):
        refused(fetched(client, gone["submission"]), 404, "intake-unknown")
    assert fetched(client, other["submission"]).status_code == 200
    kept(site).purge(site.now.date())
    assert len(objects(site)) == len(kept(site).listing()) == 2
    erased(site, worker)  # again, as to complete it
    assert fetched(client, other["submission"]).status_code == 200


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/csv", f"ref,action,nik,name\n2,wage,{NIK},Siti\u200bR\n"),
        ("text/csv", f"ref,action,nik,name\n2,wage,{NIK},Siti, Rahmawati\n"),
        ("text/csv", f'ref,action,nik,name\n2,wage,{NIK},"Siti" R\n'),
        ("text/csv", f"ref,action,nik,name\n2,wage,{NIK},Siti\rR\n"),
        ("text/csv", "ref,action,nik,name\n2,\u200bwage,3275 0141 0190 0001,Siti\n"),
        ("application/x-ndjson", f'{{"nik": "{NIK}", "name": "Siti"\n'),
        ("application/x-ndjson", f'{{"nik": "{NIK}", "nama": "Siti"}}\n'),
        ("application/x-ndjson", f'{{"name": "Siti\\u200b", "nik": "{NIK}"}}\n'),
        (XLSX, {"action": "wage", "name": "Siti\u200b", "nik": NIK}),
        (XLSX, {"action": "wage", "nik": int(NIK)}),
    ],
)
def test_a_row_that_cannot_be_read_goes_too(site: Site, client: TestClient, kind: str, body: Any) -> None:
    first = accepted(send(client, [*EMPLOYER, HIRE]))
    if kind == XLSX:
        body = xlsx_file(site.settings.home / "rows.xlsx", body).read_bytes()
    answer = client.post("/v1/submissions", content=body, headers={"Content-Type": kind}).json()
    assert [row["outcome"] for row in answer["results"]] == ["refused"], answer
    assert kept(site).listing()
    erased(site, UUID(first["results"][-1]["receipt"]["stream"]))
    assert kept(site).listing() == []


def test_of_a_foreign_worker_the_same(site: Site, client: TestClient) -> None:
    foreign = {**HIRE, "passport": "E1234567K", "nationality": "SGP"}
    first = accepted(send(client, [*EMPLOYER, {name: cell for name, cell in foreign.items() if name != "nik"}]))
    broken = "ref,action,passport,nationality,name\n2,wage,E1234567K,SGP,Siti, Rahmawati\n"
    client.post("/v1/submissions", content=broken, headers={"Content-Type": "text/csv"})
    erased(site, UUID(first["results"][-1]["receipt"]["stream"]))
    assert kept(site).listing() == []


def test_a_restored_vault_brings_no_file_back(site: Site, client: TestClient) -> None:
    answer = accepted(send(client, [*EMPLOYER, HIRE]))
    worker = UUID(answer["results"][-1]["receipt"]["stream"])
    saved = {
        table: site.vault().execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - our own tables
        for table in ("data_key", "identity", "intake", "intake_mark")
    }
    erased(site, worker)
    for table, rows in saved.items():
        for row in rows:
            slots = ", ".join(["%s"] * len(row))
            site.vault().execute(f"INSERT INTO {table} VALUES ({slots}) ON CONFLICT DO NOTHING", row)  # noqa: S608 - our own tables
    assert fetched(client, answer["submission"]).status_code == 200
    assert replay(site.registry, site.settings.erasure_list) == 1
    refused(fetched(client, answer["submission"]), 404, "intake-unknown")


def test_what_was_altered_on_disk_is_not_given_out(site: Site, client: TestClient) -> None:
    answer = accepted(send(client, [*EMPLOYER, HIRE]))
    one, two = objects(site)
    held = one.read_bytes(), two.read_bytes()
    one.write_bytes(held[1])
    two.write_bytes(held[0])
    with pytest.raises(KeysError, match="sealed-file-refused"):
        list(kept(site).read(UUID(answer["submission"]), "results", site.now.date()))
    for path, content in zip((one, two), held, strict=True):
        path.write_bytes(content)
    assert fetched(client, answer["submission"]).status_code == 200
    one.unlink()
    two.unlink()
    refused(fetched(client, answer["submission"]), 404, "intake-unknown")


def test_a_file_that_cannot_be_read_is_not_kept(site: Site, client: TestClient) -> None:
    assert client.post("/v1/submissions", content=b"ref,what\n1,2\n", headers={"Content-Type": "text/csv"}).is_error
    assert (kept(site).listing(), objects(site)) == ([], [])


def test_its_keys_are_rotated_too(site: Site, client: TestClient) -> None:
    assert rotation.WRAPPED["intake"] == "id"
    accepted(send(client, [*EMPLOYER, HIRE]))
    site.vault().execute("UPDATE intake SET kek = 'kek-9'")
    with pytest.raises(KeysError, match="kek-missing"):
        list(rotation.rewrap(site.registry.vault))
    site.vault().execute("UPDATE intake SET kek = 'kek-1'")
    assert list(rotation.rewrap(site.registry.vault))[-1] == 0


def test_by_command(site: Site, client: TestClient, tmp_path: Path) -> None:
    answer = accepted(send(client, [*EMPLOYER, HIRE]))
    out = tmp_path / "out.csv"
    site.vault().execute("UPDATE intake SET ends_on = 'infinity'")

    def kets(*arguments: str) -> Any:
        command = [sys.executable, "-m", "registry", "intake", *arguments, "--json"]
        done = subprocess.run(command, env=site.environment, check=True, capture_output=True, text=True)
        return json.loads(done.stdout.splitlines()[-1])

    assert kets("show", answer["submission"], "--kind", "results", "--out", str(out))["ok"]
    assert out.read_bytes() == fetched(client, answer["submission"]).content
    assert out.stat().st_mode & 0o777 == 0o600
    assert kets("purge", answer["submission"])["destroyed"] == 2
    assert kets("list") == {"ok": True, "kept": []}

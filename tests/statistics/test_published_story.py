"""From the log to what everybody reads: exported, published, asked over HTTP and at the command line; and the same
after people were erased."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from api import create_app
from domain.event import Actor, Role
from projections.export.run import export
from projections.statistics.publications import publication
from projections.statistics.publishing import opened, publish
from registry.cli import app
from registry.erasure import erase
from tests.api.client import TestClient
from tests.api.story import HERE
from tests.conftest import Server, Site
from tests.conftest import opened as site_opened
from tests.registry.people import founded, hired, load, stream_of

MONTH = date(2026, 2, 1)
CUT_OFF = datetime(2026, 3, 10, tzinfo=UTC)
PEOPLE = 24


@pytest.fixture(scope="module")
def site(server: Server, key_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """24 hires in Bekasi, of two in three by a service; recorded and published in March."""
    with site_opened(server, key_folder, tmp_path_factory.mktemp("home")) as site:
        site.now = datetime(2026, 3, 2, tzinfo=UTC)
        rows = [hired(n, channel="direct" if n % 3 else "public-service") for n in range(1, PEOPLE + 1)]
        load(site, *founded(), *rows)
        site.now = datetime(2026, 3, 12, tzinfo=UTC)
        facts = site.settings.home / "facts"
        export(site.reading(), facts, site.now)
        with opened(facts) as source:
            publish(source, MONTH, CUT_OFF, site.settings.publication_folder, now=site.now)
        yield site


@pytest.fixture
def client(site: Site) -> Iterator[TestClient]:
    with TestClient(create_app(site.settings, registry=site.registry), base_url=HERE) as client:
        yield client


CUBE = "/v1/statistics/cubes/hires-by-regency"
BEKASI = {"regency": "kemendagri:2025/32.75", "channel": "_T"}


def test_publications_are_listed_with_what_they_count(site: Site, client: TestClient) -> None:
    [found] = client.get("/v1/statistics/publications", params={"month": "2026-02"}).json()["publications"]
    assert (found["revision"], found["k"], found["previous"]) == (1, 5, None)
    assert datetime.fromisoformat(found["cut_off"]) == CUT_OFF
    assert sum(found["positions"].values()) == site.reading().execute("SELECT count(*) FROM event").fetchone()[0]  # type: ignore[index]
    assert client.get("/v1/statistics/publications", params={"month": "2026-01"}).json() == {"publications": []}


def test_a_part_of_a_table(client: TestClient) -> None:
    found = client.get(CUBE, params=BEKASI).json()
    assert found["cells"] == [["kemendagri:2025/32", "kemendagri:2025/32.75", "_T", PEOPLE]]
    assert found["codes"]["regency"]["kemendagri:2025/32.75"] == ["Kota Bekasi", "Kota Bekasi"]
    page = client.get(CUBE, params={"channel": "_T,direct", "offset": 3, "limit": 2}).json()
    assert (len(page["cells"]), page["total"]) == (2, 2 * 553)


def test_every_format_by_name_and_by_media_type(site: Site, client: TestClient) -> None:
    each = publication(site.settings.publication_folder)
    for kind, media in (
        ("csv", "text/csv"),
        ("sdmx-csv", "application/vnd.sdmx.data+csv"),
        ("parquet", "application/vnd.apache.parquet"),
    ):
        named, accepted = (
            client.get(CUBE, params={"format": kind}),
            client.get(CUBE, headers={"Accept": f"{media};q=1"}),
        )
        assert named.content == accepted.content == each.file("hires-by-regency", kind).read_bytes()
        assert named.headers["Content-Type"].startswith(media)
    [row] = csv.DictReader(io.StringIO(client.get(CUBE, params={**BEKASI, "format": "csv"}).text))
    assert (row["value"], row["status"], row["regency_en"]) == (str(PEOPLE), "", "Kota Bekasi")
    content = client.get(CUBE, params={**BEKASI, "format": "parquet"}).content
    assert pq.read_table(io.BytesIO(content)).to_pylist()[0]["value"] == PEOPLE


def test_what_is_held_is_not_sent_again(client: TestClient) -> None:
    first = client.get(CUBE, params=BEKASI)
    assert first.headers["Cache-Control"] == "public, max-age=300"
    again = client.get(CUBE, params=BEKASI, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(CUBE, params={**BEKASI, "format": "csv"}, headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200
    named = client.get(CUBE, params={**BEKASI, "month": "2026-02", "revision": 1})
    assert "immutable" in named.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("path", "params", "status", "code"),
    [
        ("/v1/statistics/cubes/hires-by-moon", {}, 404, "cube-unknown"),
        (CUBE, {"month": "2025-01"}, 404, "publication-unknown"),
        (CUBE, {"as_published_on": "2026-03-11"}, 404, "publication-unknown"),
        (CUBE, {"revision": 2}, 404, "publication-unknown"),
        (CUBE, {"industry": "kbli:2020/A"}, 422, "dimension-unknown"),
        (CUBE, {"channel": "moon"}, 422, "unknown-code"),
        (CUBE, {"format": "xls"}, 422, "request-invalid"),
    ],
)
def test_what_there_is_not(client: TestClient, path: str, params: dict[str, Any], status: int, code: str) -> None:
    answer = client.get(path, params=params)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def kets(site: Site, *words: str, out: Path | None = None) -> dict[str, Any]:
    folder = str(out or site.settings.publication_folder)
    done = CliRunner().invoke(app, ["statistics", *words, "--out", folder, "--json"])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_at_the_command_line(site: Site) -> None:
    [listed] = kets(site, "list")["publications"]
    assert (listed["month"], listed["revision"], listed["published_on"]) == ("2026-02", 1, "2026-03-12")
    where = ["--where", "regency=kemendagri:2025/32.75", "--where", "channel=_T"]
    assert kets(site, "show", "2026-02", "hires-by-regency", *where)["cells"][0][-1] == PEOPLE
    assert kets(site, "verify") == {"ok": True, "publications": 1}


def test_statistics_before_and_after_erasing_people_agree(site: Site) -> None:
    """In the export's new files as in the old: every cube of the month, byte for byte but for the revision's name."""
    for n in range(1, 9):
        erase(
            site.registry,
            stream_of(site, n),
            ground="consent-withdrawn",
            by=Actor(organisation="kemnaker", role=Role.OFFICER, person="officer-1"),
            second="officer-2",
            erasures=site.settings.erasure_list,
            backup_days=30,
        )
    facts, out = site.settings.home / "after-facts", site.settings.home / "after"
    export(site.reading(), facts, site.now)
    words = ["publish", "--month", "2026-02", "--cut-off", "2026-03-10", "--facts", str(facts)]
    assert kets(site, *words, out=out)["publications"][0]["revision"] == 1
    before, after = publication(site.settings.publication_folder), publication(out)
    assert sum(after.manifest["positions"].values()) > sum(before.manifest["positions"].values())
    for cube in before.manifest["cubes"]:
        assert after.table(cube["name"]) == before.table(cube["name"])
    told = publication(site.settings.publication_folder).table("hires-by-regency")["cells"]
    assert any(cell[-1] == PEOPLE for cell in told)

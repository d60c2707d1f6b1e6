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
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest
import requests
import schemathesis
from hypothesis import assume, given
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS
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
from tests.api.test_api_schema import CALM
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


PICTURE = f"{CUBE}/picture.svg"
LONGEST = 65_536
"""Characters of an address that the client here sends: all columns, each with 8,000 letters of nine, are more."""


def bars(svg: str) -> dict[str, float | None]:
    """What is said of each bar -> how long it is drawn; None for a frame."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own
    found: dict[str, float | None] = {}
    for group in root.findall("{*}g"):
        [mark] = group.findall("{*}rect")
        found[group.attrib["aria-label"]] = None if "stroke-dasharray" in mark.attrib else float(mark.attrib["width"])
    return found


def test_a_picture_says_what_the_table_says(site: Site, client: TestClient) -> None:
    answer = client.get(PICTURE, params={"by": "province", "lang": "id"})
    assert answer.headers["Content-Type"] == "image/svg+xml"
    drawn = bars(answer.text)
    table = publication(site.settings.publication_folder).table("hires-by-regency")
    said = {None: "ditahan"} | {count: f"{count:,}".replace(",", ".") for count in range(PEOPLE + 1)}
    names = table["codes"]["province"]
    cells = [cell for cell in table["cells"] if cell[1:3] == ["_T", "_T"] and cell[0] != "_T"]
    assert set(drawn) == {f"{names[cell[0]][0]}: {said[cell[-1]]}" for cell in cells}
    assert drawn[f"Jawa Barat: {PEOPLE}"] == max(length or 0 for length in drawn.values()) > 0
    assert "menurut kabupaten/kota dan jalur, Februari 2026" in answer.text
    again = client.get(
        PICTURE, params={"by": "province", "lang": "id"}, headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304


def test_a_picture_shows_the_largest_and_how_many_more_there_are(client: TestClient) -> None:
    answer = client.get(PICTURE, params={"by": "regency"})
    assert len(bars(answer.text)) == 40
    assert next(iter(bars(answer.text))) == f"Kota Bekasi: {PEOPLE}"
    assert "474 more rows are in the table" in answer.text


def test_a_picture_of_what_is_withheld_has_no_lengths(site: Site, client: TestClient) -> None:
    params = {"by": "channel", "regency": "kemendagri:2025/32.75", "province": "kemendagri:2025/32"}
    drawn = bars(client.get(PICTURE, params=params).text)
    table = publication(site.settings.publication_folder).table("hires-by-regency")
    cells = [cell for cell in table["cells"] if cell[1] == params["regency"] and cell[2] != "_T"]
    assert len(drawn) == len(cells)
    assert {said for said, length in drawn.items() if length is None} == {
        f"{table['codes']['channel'][cell[2]][1]}: withheld" for cell in cells if cell[-1] is None
    }
    by_regency_alone = {name: params[name] for name in ("by", "regency")}
    assert bars(client.get(PICTURE, params=by_regency_alone).text) == drawn
    nothing = client.get(PICTURE, params={**params, "province": "kemendagri:2025/31"})
    assert bars(nothing.text) == {}
    assert "There are no counts" in nothing.text


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"by": "moon"}, "dimension-unknown"),
        ({"by": "province", "channel": "direct,placement"}, "picture-one-code"),
        ({"by": "province", "channel": "moon"}, "unknown-code"),
        ({}, "request-invalid"),
    ],
)
def test_a_picture_there_is_not(client: TestClient, params: dict[str, str], code: str) -> None:
    answer = client.get(PICTURE, params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("path", ["publications", "cubes/{cube}", "cubes/{cube}/picture.svg"])
def test_every_answer_is_one_that_the_reference_names(client: TestClient, path: str) -> None:
    """Asked by Schemathesis, for the table that there is and for others; well-formed codes need not be ones."""
    reference = schemathesis.openapi.from_dict(client.app.openapi())  # type: ignore[attr-defined]  # FastAPI's
    operation = reference[f"/v1/statistics/{path}"]["GET"]
    ways: list[dict[str, Any]] = [{"generation_mode": mode} for mode in GenerationMode]
    if "{cube}" in path:
        ways.append({"path_parameters": {"cube": "hires-by-regency"}})
    named = zip(CHECKS.get_all_names(), CHECKS.get_all(), strict=True)
    checks = [check for name, check in named if name != "positive_data_acceptance"]

    @CALM
    @given(case=st.one_of(operation.as_strategy(**way) for way in ways))
    def asked(case: Case) -> None:
        sent = requests.Request(**case.as_transport_kwargs(base_url=HERE)).prepare()
        assume(len(sent.url or "") <= LONGEST)
        answer = client.request(sent.method, sent.url, headers=dict(sent.headers), content=sent.body)
        case.validate_response(answer, checks=checks)

    asked()


def kets(site: Site, *words: str, out: Path | None = None) -> dict[str, Any]:
    folder = str(out or site.settings.publication_folder)
    done = CliRunner().invoke(app, ["statistics", *words, "--out", folder, "--json"])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_at_the_command_line(site: Site, tmp_path: Path) -> None:
    [listed] = kets(site, "list")["publications"]
    assert (listed["month"], listed["revision"], listed["published_on"]) == ("2026-02", 1, "2026-03-12")
    where = ["--where", "regency=kemendagri:2025/32.75", "--where", "channel=_T"]
    assert kets(site, "show", "2026-02", "hires-by-regency", *where)["cells"][0][-1] == PEOPLE
    both = kets(site, "show", "2026-02", "hires-by-regency", *where[:2], "--where", "channel=direct", *where[2:])
    assert [cell[2:] for cell in both["cells"]] == [["_T", PEOPLE], ["direct", PEOPLE * 2 // 3]]
    svg = tmp_path / "picture.svg"
    kets(site, "draw", "2026-02", "hires-by-regency", "--by", "channel", "--svg", str(svg), *where[:2])
    assert "Regency: Kota Bekasi" in svg.read_text()
    assert bars(svg.read_text())["Directly by the employer: 16"]
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


@pytest.mark.parametrize("month", ["0206-03", "9999-12"])
def test_a_month_of_a_year_that_nobody_counts_is_wrong_usage(month: str, tmp_path: Path) -> None:
    words = ["publish", "--month", month, "--facts", str(tmp_path), "--out", str(tmp_path / "out")]
    assert CliRunner().invoke(app, ["statistics", *words]).exit_code == 2
    assert not (tmp_path / "out").exists()

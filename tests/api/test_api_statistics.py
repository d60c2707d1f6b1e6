"""Placements and hires by dimension, with titles and the positions they include."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.client import TestClient
from tests.api.story import HIRE, accepted, hired, refused, send
from tests.conftest import Site

PATH = "/v1/statistics/placements"
SECOND = {**HIRE, "ref": "h-2", "nik": "3275010102950002", "name": "Budi Santoso", "sex": "L"}
DIRECT = {**SECOND, "birth_date": "1995-02-01", "channel": "direct", "effective_on": "2026-01-20", "kbji": "2512"}


@pytest.fixture
def counted(site: Site, client: TestClient) -> TestClient:
    hired(client)
    accepted(send(client, [DIRECT]))
    site.runner.catch_up()
    return client


def rows(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["rows"]
    return found


def test_by_province_with_titles(counted: TestClient) -> None:
    [row] = rows(counted.get(PATH))
    assert row["province"] == {"code": "kemendagri:2025/32", "title": {"id": "Jawa Barat", "en": "Jawa Barat"}}
    assert (row["placements"], row["hires"], row["month"], row["channel"]) == (1, 2, None, None)


def test_by_several_dimensions_most_placements_first(counted: TestClient) -> None:
    by = "month,channel,occupation,industry"
    first, second = rows(counted.get(PATH, params={"by": by}))
    assert (first["month"], first["channel"]["code"], first["placements"]) == ("2026-02", "channel/public-service", 1)
    assert (second["month"], second["channel"]["code"], second["placements"]) == ("2026-01", "channel/direct", 0)
    assert first["occupation"]["title"]["en"] == "Craft and related trades workers"
    assert first["industry"]["code"] == "kbli:2020/C"


def test_by_what_is_not_added_up_beforehand(site: Site, counted: TestClient) -> None:
    [first, second] = rows(counted.get(PATH, params={"by": "regency,sex,age_band,education"}))
    assert first["regency"] == {"code": "kemendagri:2025/32.75", "title": {"id": "Kota Bekasi", "en": "Kota Bekasi"}}
    assert (first["sex"], first["age_band"], second["sex"], second["age_band"]) == ("F", "35-44", "M", "25-34")
    assert first["education"]["code"] == "sakernas:2024/5"
    assert (first["placements"], first["hires"], second["placements"], second["hires"]) == (1, 1, 0, 1)
    included = counted.get(PATH, params={"by": "sex"}).json()["included"]
    assert (included["events"], included["behind"]) == (site.registry.recorder.ping(), 0)


def test_months_are_whole_and_both_included(counted: TestClient) -> None:
    assert rows(counted.get(PATH, params={"by": "", "since": "2026-02-27"}))[0]["hires"] == 1
    assert rows(counted.get(PATH, params={"by": "", "until": "2026-01-01"}))[0]["hires"] == 1
    assert rows(counted.get(PATH, params={"by": "", "since": "2026-01-31", "until": "2026-02-01"}))[0]["hires"] == 2


def test_an_answer_says_what_it_includes(site: Site, counted: TestClient) -> None:
    included = counted.get(PATH).json()["included"]
    events = site.registry.recorder.ping()
    assert (included["events"], included["behind"], sum(included["positions"].values())) == (events, 0, events)
    accepted(send(counted, [{"action": "end", "nik": HIRE["nik"], "effective_on": "2026-03-01", "reason": "mutual"}]))
    assert counted.get(PATH).json()["included"] == {**included, "behind": 1}
    site.runner.catch_up()
    assert counted.get(PATH).json()["included"]["events"] == events + 1


def test_no_more_rows_than_asked_for(counted: TestClient) -> None:
    answer = counted.get(PATH, params={"by": "month", "limit": 1}).json()
    assert (len(answer["rows"]), answer["more"]) == (1, True)
    assert counted.get(PATH, params={"by": "month", "limit": 2}).json()["more"] is False


def test_a_dimension_twice_is_one(counted: TestClient) -> None:
    assert counted.get(PATH, params={"by": "province, province"}).json()["by"] == ["province"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"by": "name"}, "dimension-unknown"),
        ({"by": "province;DROP TABLE"}, "dimension-unknown"),
        ({"by": "x" * 81}, "request-invalid"),
        ({"since": "2026"}, "request-invalid"),
        ({"since": "2026-03-01", "until": "2026-02-28"}, "request-invalid"),
        ({"limit": "0"}, "request-invalid"),
        ({"limit": "10001"}, "request-invalid"),
    ],
)
def test_what_cannot_be_counted_is_refused(client: TestClient, query: dict[str, str], code: str) -> None:
    refused(client.get(PATH, params=query), 422, code)

"""Who read whose record: noted before it is answered, shown to the worker, forgotten in time and with the person."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest

from api import create_app
from domain.event import Actor, Role
from registry import access, subject
from registry.erasure import erase
from registry.roles import DatabaseRole, connect
from tests.api.client import TestClient
from tests.api.story import HERE, NAME, NIK, hired, refused, verified
from tests.conftest import Site

if TYPE_CHECKING:
    from uuid import UUID

RECORD, HISTORY, CARDS = (f"GET /v1/workers/{{id}}{more}" for more in ("", "/history", "/cards"))
READS = "GET /v1/workers/{id}/accesses"


def reads(client: TestClient, worker: UUID | str, **params: Any) -> dict[str, Any]:
    response = client.get(f"/v1/workers/{worker}/accesses", params=params)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def rows(site: Site) -> list[tuple[Any, ...]]:
    return site.reading().execute("SELECT worker, what FROM access ORDER BY number").fetchall()


def test_every_read_is_noted_with_when_who_and_what(site: Site, client: TestClient) -> None:
    worker = verified(client)
    card = client.post(f"/v1/workers/{worker}/card").json()["number"]
    site.runner.catch_up()
    assert rows(site) == [], "what changes something is a fact"
    for path in (worker, f"{worker}/history", f"{card}/cards"):
        assert client.get(f"/v1/workers/{path}").status_code == 200
    found = reads(client, worker)
    assert [each["what"] for each in found["accesses"]] == [READS, CARDS, HISTORY, RECORD]
    assert {(each["reader"], each["role"]) for each in found["accesses"]} == {("this-machine", "desk")}
    assert {each["at"] for each in found["accesses"]} == {site.now.isoformat().replace("+00:00", "Z")}
    assert (found["worker"], found["next"], found["kept_days"]) == (str(worker), None, 365)
    assert not [word for word in (NIK, NAME, card) if word in json.dumps(found)]


def test_pages_of_reads(client: TestClient) -> None:
    worker = hired(client)
    for _ in range(3):
        client.get(f"/v1/workers/{worker}")
    first = reads(client, worker, limit=2)
    second = reads(client, worker, limit=3, before=first["next"])
    assert [each["what"] for each in first["accesses"] + second["accesses"]] == [READS, RECORD, RECORD, RECORD]
    assert second["next"] is None


def test_of_nobody_nothing_is_noted(site: Site, client: TestClient) -> None:
    for unknown in (uuid4(), "11S4-QGDC-09RC", "nobody"):
        assert client.get(f"/v1/workers/{unknown}").status_code == 404
        assert client.get(f"/v1/workers/{unknown}/accesses").status_code == 404
    assert rows(site) == []


def test_what_cannot_be_noted_is_not_answered(site: Site, client: TestClient) -> None:
    worker = hired(client)
    site.reading().execute("REVOKE INSERT ON access FROM kets_write")
    with TestClient(
        create_app(site.settings, registry=site.registry), base_url=HERE, raise_server_exceptions=False
    ) as it:
        for path in ("", "/history", "/accesses"):
            answer = it.get(f"/v1/workers/{worker}{path}")
            assert answer.status_code >= 500
            assert NAME not in answer.text
    site.reading().execute("GRANT INSERT ON access TO kets_write")
    assert client.get(f"/v1/workers/{worker}").status_code == 200


def test_a_person_is_handed_out_who_read_their_data(site: Site, client: TestClient) -> None:
    worker = hired(client)
    client.get(f"/v1/workers/{worker}")
    found = subject.export(site.registry, worker)["accesses"]
    assert [(each["reader"], each["role"], each["what"]) for each in found] == [("this-machine", "desk", RECORD)]


def test_it_goes_with_the_person_and_after_its_days(site: Site, client: TestClient, tmp_path: Path) -> None:
    worker = hired(client)
    client.get(f"/v1/workers/{worker}")
    site.now += timedelta(days=30)
    client.get(f"/v1/workers/{worker}/history")
    assert access.purge(site.registry, 31) == 0
    assert access.purge(site.registry, 29) == 1
    assert rows(site) == [(worker, HISTORY)]
    officer = Actor(organisation="kemnaker", role=Role.OFFICER, person="officer-1")
    more: Any = {"by": officer, "second": "officer-2", "erasures": tmp_path / "erasures.log", "backup_days": 30}
    erase(site.registry, worker, ground="ordered", **more)
    assert rows(site) == []
    refused(client.get(f"/v1/workers/{uuid4()}/accesses"), 404, "worker-unknown")


@pytest.mark.parametrize("role", list(DatabaseRole))
def test_nobody_changes_a_note_nor_takes_it_away_but_erasure(
    site: Site, client: TestClient, role: DatabaseRole
) -> None:
    client.get(f"/v1/workers/{hired(client)}")
    with connect(site.database_url, role, autocommit=True) as conn, psycopg.connect(site.database_url) as owner:
        for statement in ("UPDATE access SET reader = 'x'", "TRUNCATE access", "DELETE FROM access"):
            if role is not DatabaseRole.ERASE or "DELETE" not in statement:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    conn.execute(statement)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                owner.execute(statement)
            owner.rollback()

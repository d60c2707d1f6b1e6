"""What is handed out to a person: all that is held on them, and nothing of anybody else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from domain import facts as f
from domain.errors import Refused
from domain.event import Actor, Role
from registry import cards, subject
from registry.erasure import erase
from registry.vault import new_stream
from tests.registry.people import ACME, DAY, founded, hired, load, nik, record, row, stream_of

if TYPE_CHECKING:
    from uuid import UUID

    from tests.conftest import Site

OFFICER = Actor(organisation="kemnaker", role=Role.OFFICER, person="akun-petugas")
VERIFIED = f.IdentityVerified(effective_on=DAY, register="dukcapil")


def two(site: Site) -> tuple[UUID, UUID]:
    """Two people of one employer, each with a name, a phone, a statement, a card of their own."""
    names = {1: "Kenari Satu", 2: "Murai Dua"}
    load(site, *founded(), *(hired(n, name=name, phone=f"+62812777000{n:02}") for n, name in names.items()))
    load(site, *(row(n, "wage", ref=f"w-{n}", effective_on="2026-03-01", wage=f"61{n}1234") for n in names))
    one, other = (stream_of(site, n) for n in names)
    for stream, name in ((one, names[1]), (other, names[2])):
        note = f.StatementAdded(effective_on=DAY, about=2, personal=f.Note(text=f"Kata {name}"))
        record(site.registry, stream, VERIFIED, note)
        cards.issue(site.registry, stream, by=OFFICER)
    return one, other


def exported(site: Site, worker: UUID) -> Any:
    """As a program reads it."""
    return json.loads(json.dumps(subject.export(site.registry, worker)))


def test_everything_of_one_and_nothing_of_the_other(site: Site) -> None:
    one, other = two(site)
    found = exported(site, one)
    whole = json.dumps(found)
    history, worker = site.registry.worker(one)
    card = worker.live_card
    assert card
    theirs = site.registry.worker(other)[1].live_card
    assert theirs
    for mine in ("Kenari Satu", nik(1), "+6281277700001", "1990-01-01", "Kata Kenari Satu", "6111234", card.number):
        assert mine in whole
    for not_mine in ("Murai", nik(2), "+6281277700002", "6121234", theirs.number, str(other), OFFICER.person):
        assert not_mine not in whole
    assert sorted(fact["version"] for fact in found["facts"]) == [e.originator_version for e in history.events]
    assert (found["erased"], found["record"]["identity"], found["vault"]) == (
        False,
        "verified",
        {"key": True, "hold": None},
    )
    assert found["cards"][0]["signed"]["jwt"] == cards.current(site.registry, one).jwt


def test_the_rows_are_as_they_were_sent(site: Site) -> None:
    one, _ = two(site)
    rows = exported(site, one)["rows"]
    assert [(r["ref"], r["facts"]) for r in rows] == [("h-1", [1, 2]), ("w-1", [3])]
    assert (rows[0]["row"]["name"], rows[0]["row"]["nik"], rows[0]["row"]["submitter"]) == ("Kenari Satu", nik(1), ACME)
    assert rows[1]["row"]["wage"] == 6111234


def test_of_somebody_erased_what_is_left(site: Site) -> None:
    one, _ = two(site)
    before = exported(site, one)
    erase(
        site.registry,
        one,
        ground="unlawful",
        by=OFFICER,
        second="akun-kedua",
        erasures=site.settings.erasure_list,
        backup_days=30,
    )
    found = exported(site, one)
    whole = json.dumps(found)
    assert not [word for word in ("Kenari", nik(1), "+62812777", "6111234", "1990-01-01", "akun-") if word in whole]
    assert (found["erased"], found["vault"]["key"], [r["row"] for r in found["rows"]]) == (True, False, [None, None])
    assert len(found["facts"]) == len(before["facts"]) + 2
    assert [c["state"] for c in found["cards"]] == ["revoked"]


def test_nobody_unknown(site: Site) -> None:
    with pytest.raises(Refused, match="worker-unknown"):
        subject.export(site.registry, new_stream())

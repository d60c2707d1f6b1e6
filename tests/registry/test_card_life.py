"""A card's life by events: what a desk asks for, and what follows in the save that changes the record."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from domain import facts as f
from domain.errors import Refused
from domain.event import Actor, Role
from registry import cards, erasure
from registry.cards import life
from tests.registry.people import BORN, DAY, OFFICER, founded, hired, load, nik, record, register, row, stream_of

if TYPE_CHECKING:
    from uuid import UUID

    from tests.conftest import Site

VERIFIED = f.IdentityVerified(effective_on=DAY, register="dukcapil")
HOLDER = Actor(organisation="worker", role=Role.WORKER)
EMPLOYER = Actor(organisation=str(uuid4()), role=Role.EMPLOYER)


def carded(site: Site) -> tuple[UUID, str]:
    stream = register(site.registry)
    record(site.registry, stream, VERIFIED)
    return stream, cards.issue(site.registry, stream, by=OFFICER).claims.number


def states(site: Site, stream: UUID) -> dict[str, tuple[str, str | None]]:
    return {c.number: (c.state, c.cause) for c in site.registry.worker(stream)[1].cards.values()}


# -- what a desk asks for -------------------------------------------------------------------------------------------
def test_a_suspended_card_is_reinstated_and_a_revoked_one_never(site: Site) -> None:
    stream, number = carded(site)
    suspended = life.suspend(site.registry, stream, cause="investigation", by=OFFICER)
    assert (suspended.state, suspended.cause, suspended.since) == ("suspended", "investigation", date(2026, 3, 2))
    assert life.reinstate(site.registry, stream, by=OFFICER).state == "valid"
    assert cards.current(site.registry, stream).claims.number == number
    assert life.revoke(site.registry, stream, cause="stolen", by=OFFICER).state == "revoked"
    with pytest.raises(Refused, match="card-state"):
        life.reinstate(site.registry, stream, by=OFFICER, number=number)
    with pytest.raises(Refused, match="card-none"):
        life.suspend(site.registry, stream, cause="lost", by=OFFICER)
    assert [(c.what, c.cause) for c in life.history(site.registry, stream)] == [
        ("issued", None),
        ("suspended", "investigation"),
        ("reinstated", None),
        ("revoked", "stolen"),
    ]


def test_what_is_asked_again_changes_nothing(site: Site) -> None:
    stream, number = carded(site)
    asked: list[Any] = [
        lambda: life.suspend(site.registry, stream, cause="lost", by=HOLDER),
        lambda: life.reinstate(site.registry, stream, by=OFFICER),
        lambda: life.lose(site.registry, stream, by=HOLDER),
        lambda: life.revoke(site.registry, stream, cause="lost", by=OFFICER, number=number),
    ]
    for ask in asked:
        first = ask()
        version = site.registry.history(stream).version
        again = ask()
        assert (first.again, again.again) == (False, True)
        assert again._replace(again=False) == first
        assert site.registry.history(stream).version == version


def test_who_may_do_it(site: Site) -> None:
    stream, _ = carded(site)
    with pytest.raises(Refused, match="no-mandate"):
        life.suspend(site.registry, stream, cause="lost", by=EMPLOYER)
    life.suspend(site.registry, stream, cause="lost", by=HOLDER)
    with pytest.raises(Refused, match="no-mandate"):
        life.reinstate(site.registry, stream, by=HOLDER)


def test_a_card_is_chosen_by_its_number_or_is_the_one_in_force(site: Site) -> None:
    stream, first = carded(site)
    second = cards.issue(site.registry, stream, by=OFFICER).claims.number
    assert life.suspend(site.registry, stream, cause="lost", by=OFFICER).card == second
    assert life.suspend(site.registry, stream, cause="lost", by=OFFICER, number=first).card == first
    assert life.reinstate(site.registry, stream, by=OFFICER).card == second
    assert states(site, stream) == {first: ("suspended", "lost"), second: ("valid", None)}
    with pytest.raises(Refused, match="card-unknown"):
        life.revoke(site.registry, stream, cause="lost", by=OFFICER, number="11S4-QGDC-09RC")


def test_a_lost_card_is_revoked_and_replaced_in_one_save(site: Site) -> None:
    stream, number = carded(site)
    life.lose(site.registry, stream, by=HOLDER)
    version = site.registry.history(stream).version
    replaced = life.lose(site.registry, stream, by=OFFICER, number=number, replace=True)
    assert replaced.issued
    assert states(site, stream) == {number: ("revoked", "lost"), replaced.issued.claims.number: ("valid", None)}
    assert site.registry.history(stream).version == version + 2
    again = life.lose(site.registry, stream, by=OFFICER, number=number, replace=True)
    assert again == replaced._replace(again=True)
    third = life.lose(site.registry, stream, by=OFFICER, replace=True)
    assert third.card == replaced.issued.claims.number, "of a worker's id it is the card in force"


def test_an_old_card_that_is_lost_is_revoked_and_the_one_in_force_stays(site: Site) -> None:
    stream, first = carded(site)
    second = cards.issue(site.registry, stream, by=OFFICER)
    lost = life.lose(site.registry, stream, by=OFFICER, number=first, replace=True)
    assert lost.issued == second
    assert states(site, stream) == {first: ("revoked", "lost"), second.claims.number: ("valid", None)}


def test_nobody_under_investigation_gets_another_card(site: Site) -> None:
    stream, number = carded(site)
    life.suspend(site.registry, stream, cause="investigation", by=OFFICER)
    with pytest.raises(Refused, match="card-held"):
        cards.issue(site.registry, stream, by=OFFICER)
    life.revoke(site.registry, stream, cause="identity-error", by=OFFICER)
    assert cards.issue(site.registry, stream, by=OFFICER).claims.number != number


# -- what follows in the same save ----------------------------------------------------------------------------------
def test_a_death_revokes_every_card(site: Site) -> None:
    load(site, *founded(), hired(1), {**row(1, "verify-identity"), "submitter": "dukcapil"})
    stream = stream_of(site, 1)
    first, second = (cards.issue(site.registry, stream, by=OFFICER).claims.number for _ in range(2))
    load(site, row(1, "end", effective_on="2026-02-20", reason="death"))
    assert states(site, stream) == {first: ("revoked", "deceased"), second: ("revoked", "deceased")}
    with pytest.raises(Refused, match="worker-deceased"):
        cards.issue(site.registry, stream, by=OFFICER)


def test_an_identity_no_longer_verified_suspends_and_a_wrong_one_revokes(site: Site) -> None:
    stream, number = carded(site)
    record(site.registry, stream, f.IdentityMismatched(effective_on=DAY, register="dukcapil", differs="name"))
    assert states(site, stream) == {number: ("suspended", "investigation")}
    record(site.registry, stream, f.IdentityVerified(effective_on=DAY + timedelta(days=1), register="dukcapil"))
    with pytest.raises(Refused, match="card-held"):
        cards.issue(site.registry, stream, by=OFFICER)
    life.reinstate(site.registry, stream, by=OFFICER)
    somebody = f.PersonDetails(name="Sri Wahyuni", birth_date=BORN, nik=nik(1))
    named = f.IdentityCorrected(
        effective_on=DAY + timedelta(days=2),
        grade="major",
        birth_year=BORN.year,
        sex="F",
        second="o-2",
        personal=somebody,
    )
    site.registry.record(stream, lambda _: [named], by=Actor(organisation="kemnaker", role=Role.OFFICER, person="o-1"))
    assert states(site, stream) == {number: ("revoked", "identity-error")}


def test_a_contract_cut_short_supersedes_the_card_that_would_outlast_it(site: Site) -> None:
    load(site, *founded(), hired(1), {**row(1, "verify-identity"), "submitter": "dukcapil"})
    stream = stream_of(site, 1)
    issued = cards.issue(site.registry, stream, by=OFFICER)
    job = site.registry.worker(stream)[1].current
    assert job
    shorter = f.Contract(kind="fixed-term", ends_on=date(2026, 4, 30))
    agreed = f.ContractRecorded(effective_on=date(2026, 3, 1), employment=job.id, contract=shorter)
    record(site.registry, stream, agreed)
    assert states(site, stream) == {issued.claims.number: ("superseded", None)}
    assert cards.issue(site.registry, stream, by=OFFICER).claims.last_day == date(2026, 7, 29)


def test_a_card_ends_with_the_permit(site: Site) -> None:
    stream = register(site.registry, permit_until=date(2026, 3, 31))
    record(site.registry, stream, VERIFIED)
    assert cards.issue(site.registry, stream, by=OFFICER).claims.last_day == date(2026, 3, 31)
    site.now += timedelta(days=30)
    with pytest.raises(Refused, match="permit-lapsed"):
        cards.issue(site.registry, stream, by=OFFICER)


def test_of_two_streams_of_one_person_one_carries_the_card_on(site: Site) -> None:
    stream, number = carded(site)
    other = register(site.registry, 2)
    merged = f.WorkersMerged(effective_on=DAY, other=other, into=other, second="o-2")
    site.registry.record(stream, lambda _: [merged], by=Actor(organisation="kemnaker", role=Role.OFFICER, person="o-1"))
    assert states(site, stream) == {number: ("superseded", None)}
    with pytest.raises(Refused, match="worker-merged"):
        cards.issue(site.registry, stream, by=OFFICER)


def test_an_erased_person_has_no_card_left(site: Site) -> None:
    stream, number = carded(site)
    by = Actor(organisation="kemnaker", role=Role.OFFICER, person="o-1")
    erasures = site.settings.erasure_list
    erasure.erase(
        site.registry, stream, ground="consent-withdrawn", by=by, second="o-2", erasures=erasures, backup_days=30
    )
    assert states(site, stream) == {number: ("revoked", "erased")}
    with pytest.raises(Refused, match="worker-erased"):
        cards.issue(site.registry, stream, by=OFFICER)
    with pytest.raises(Refused, match="card-none"):
        life.lose(site.registry, stream, by=OFFICER)

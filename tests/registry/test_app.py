"""The application: load, decide, save; and the whole path of a worker on both versions of PostgreSQL."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from card import qr
from domain import facts as f
from domain.errors import Refused
from projections.placements import placements
from registry import cards
from tests.conftest import opened
from tests.registry.people import (
    ACME,
    BETA,
    DAY,
    OFFICER,
    education,
    founded,
    hired,
    load,
    nik,
    record,
    register,
    row,
    stream_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from tests.conftest import Server, Site

VERIFIED = f.IdentityVerified(effective_on=DAY, register="dukcapil")


# -- reading --------------------------------------------------------------------------------------------------------
def test_a_stream_that_has_not_begun_is_nobody(site: Site) -> None:
    assert site.registry.history(uuid4()).events == []
    with pytest.raises(Refused, match="worker-unknown"):
        site.registry.worker(uuid4())


def test_an_employer_is_no_worker(site: Site) -> None:
    load(site, *founded())
    stream = site.registry.vault.find("nib", ACME)
    assert stream
    with pytest.raises(Refused, match="worker-unknown"):
        site.registry.worker(stream)
    with pytest.raises(Refused, match="worker-unknown"):
        cards.issue(site.registry, stream, by=OFFICER)
    with pytest.raises(Refused, match="wrong-stream"):
        record(site.registry, stream, education())


# -- writing --------------------------------------------------------------------------------------------------------
def test_all_facts_of_a_plan_are_kept_or_none(site: Site) -> None:
    stream = register(site.registry)
    with pytest.raises(Refused, match="code-unknown"):
        record(site.registry, stream, education(4), education(77))
    assert site.registry.history(stream).version == 1


def test_time_never_goes_back_in_a_stream(site: Site) -> None:
    stream, noon = register(site.registry), site.now
    site.now = noon - timedelta(hours=3)
    record(site.registry, stream, education(4))
    site.now = noon + timedelta(hours=1)
    record(site.registry, stream, education(5))
    assert [event.recorded_at for event in site.registry.history(stream).events] == [noon, noon, site.now]


def test_what_was_known_and_what_was_true_are_asked_apart(site: Site) -> None:
    load(site, *founded(), hired(1))
    learned = site.now
    site.now += timedelta(days=30)
    load(site, row(1, "end", effective_on="2026-02-20", reason="resignation"))
    history = site.registry.history(stream_of(site, 1))
    assert history.state().standing == "unknown"
    assert history.state(known_at=learned).standing == "employed"
    assert history.state(on=date(2026, 2, 19)).standing == "employed"
    assert history.state(known_at=learned, on=date(2026, 2, 1)).standing == "unknown"


# -- cards follow the record ----------------------------------------------------------------------------------------
def carded(site: Site) -> tuple[UUID, cards.Issued]:
    load(site, *founded(), hired(1), {**row(1, "verify-identity"), "submitter": "dukcapil"})
    stream = stream_of(site, 1)
    return stream, cards.issue(site.registry, stream, by=OFFICER)


def test_a_card_is_superseded_in_the_save_that_outdates_it(site: Site) -> None:
    stream, issued = carded(site)
    load(site, row(1, "wage", effective_on="2026-02-09", wage="9000000"))
    assert site.registry.worker(stream)[1].live_card, "a wage is not on the card"
    load(site, row(1, "position", ref="p", effective_on="2026-02-16", kbji="4110"))
    history, worker = site.registry.worker(stream)
    last, superseded = history.events[-2:]
    assert isinstance(superseded.fact, f.CardSuperseded)
    assert (superseded.fact.card, superseded.fact.cause) == (issued.claims.number, "record-changed")
    assert (superseded.ref, superseded.actor.organisation, last.recorded_at) == (None, "kets", superseded.recorded_at)
    assert worker.cards[issued.claims.number].state == "superseded"
    again = load(site, row(1, "position", ref="p", effective_on="2026-02-16", kbji="4110"))
    assert (again.again, again.recorded) == (1, 0)


def test_a_correction_outdates_a_card_too_and_is_found_by_its_reference(site: Site) -> None:
    stream, issued = carded(site)
    load(site, row(1, "position", ref="p", effective_on="2026-02-16", kbji="4110"))
    renewed = cards.issue(site.registry, stream, by=OFFICER)
    load(site, row(1, "correct", ref="c", corrects="p", effective_on="2026-02-16", kbji="4132"))
    states = {number: card.state for number, card in site.registry.worker(stream)[1].cards.items()}
    assert states == {issued.claims.number: "superseded", renewed.claims.number: "superseded"}
    load(site, row(1, "void", ref="v", corrects="c", reason="error"))
    occupation = site.registry.worker(stream)[1].current
    assert occupation
    assert occupation.occupation == "kbji:2014/4110"


def test_a_new_card_takes_the_place_of_the_old_one(site: Site) -> None:
    stream, first = carded(site)
    second = cards.issue(site.registry, stream, by=OFFICER)
    assert cards.current(site.registry, stream) == second
    assert first.claims.status.index != second.claims.status.index
    assert site.registry.worker(stream)[1].cards[first.claims.number].state == "superseded"


def test_a_card_needs_a_verified_person(site: Site) -> None:
    load(site, *founded(), hired(1))
    with pytest.raises(Refused, match="identity-unverified"):
        cards.issue(site.registry, stream_of(site, 1), by=OFFICER)


def test_no_two_cards_share_a_place_in_the_status_list(site: Site) -> None:
    recorder = site.registry.recorder
    assert [recorder.lease_card_counters(0, 2, 3) for _ in range(3)] == [range(2), range(2, 3), range(3, 3)]
    assert site.another().recorder.lease_card_counters(1, 2, 3) == range(2)
    assert recorder.card_counters() == {0: 3, 1: 2}


# -- the whole path -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", ["15", "18"])
def test_the_whole_path(version: str, servers: Callable[[str], Server], key_folder: Path, tmp_path: Path) -> None:
    """A file goes in; a card comes out, counts are counted, a read model is rebuilt; the same file changes nothing."""
    with opened(servers(version), key_folder, tmp_path) as site:
        shown = site.reading().execute("SHOW server_version").fetchone()
        assert shown
        assert str(shown[0]).startswith(version)
        transfer = row(2, "transfer", effective_on="2026-02-20", counterparty=BETA)
        rows = [*founded(), *founded(BETA), hired(1), hired(2, channel="direct"), transfer]
        assert load(site, *rows).refused == {}
        stream = stream_of(site, 1)
        record(site.registry, stream, VERIFIED)
        issued = cards.issue(site.registry, stream, by=OFFICER)
        assert qr.cose(issued.text)
        site.runner.catch_up()
        for name in site.runner.status():
            site.runner.rebuild(name)
        assert placements(site.reading(), ()) == [{"placements": 1, "hires": 2}]
        assert site.reading().execute("SELECT count(*) FROM read.roster").fetchone() == (3,)
        assert load(site, *rows).recorded == 0
        assert site.registry.vault.find("nik", nik(1)) == stream
        assert load(site, hired(1, wage="1")).refused == {"ref-conflict": 1}

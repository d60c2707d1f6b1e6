"""The vault: one stream for one number, whoever dies between the two databases, and erasure that is final."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from domain import facts as f
from domain.errors import Refused
from domain.event import ERASED
from keys import datakeys
from keys.keyring import Keyring
from registry import cards, vault
from registry.app import Incoming
from registry.store import Submission
from registry.vault import Vault
from tests.registry.people import (
    ACME,
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
    from collections.abc import Collection
    from pathlib import Path
    from uuid import UUID

    from tests.conftest import Site

VERIFIED = f.IdentityVerified(effective_on=DAY, register="dukcapil")


def pending(site: Site) -> list[UUID]:
    query = "SELECT stream FROM data_key JOIN claim_batch USING (batch) WHERE NOT confirmed"
    return [stream for (stream,) in site.vault().execute(query)]  # type: ignore[misc]


def streams(site: Site, table: str) -> int:
    return int(site.vault().execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # type: ignore[index]  # noqa: S608 - our own table


# -- claims ---------------------------------------------------------------------------------------------------------
def test_a_claim_again_finds_the_same_stream_and_key(site: Site) -> None:
    first = site.registry.vault.claim("nik", nik(1))
    again = site.registry.vault.claim("nik", nik(1))
    assert (first.is_new, again.is_new) == (True, False)
    assert (again.stream, again.commitment, again.batch) == (first.stream, first.commitment, first.batch)
    assert site.registry.vault.claim("nib", nik(1)).stream != first.stream
    assert (first.stream.version, pending(site).count(first.stream)) == (4, 1)


def test_two_at_once_claim_one_stream(site: Site) -> None:
    other, ready = site.another(), threading.Barrier(2)

    def claim(of: Vault) -> list[UUID]:
        found = []
        for n in range(1, 9):
            ready.wait(10)
            found.append(of.claim("nik", nik(n)).stream)
        return found

    with ThreadPoolExecutor(2) as pool:
        mine, theirs = pool.map(claim, (site.registry.vault, other.vault))
    assert mine == theirs
    assert len(set(mine)) == streams(site, "identity") == streams(site, "data_key") == 8


def test_numbers_do_not_stand_in_the_index(site: Site, tmp_path: Path) -> None:
    """The tag needs the index key: another registry's tags are others, and a plain hash finds nothing."""
    own = site.registry.vault.tags(("nik", nik(1)), [1])
    elsewhere = Vault(site.vault_url, Keyring.create(tmp_path / "keys"))
    try:
        assert elsewhere.tags(("nik", nik(1)), [1]) != own
        site.registry.vault.claim("nik", nik(1))
        assert elsewhere.find("nik", nik(1)) is None
    finally:
        elsewhere.close()
    assert [len(tag) for tag in own] == [32]


# -- between two databases ------------------------------------------------------------------------------------------
def test_a_claim_without_events_is_removed_and_the_number_is_free(site: Site) -> None:
    claim = site.registry.vault.claim("nik", nik(1))
    assert site.registry.settle_claims() == 0, "too young to be settled"
    assert site.registry.settle_claims(older_than=0) == 1
    assert site.registry.vault.find("nik", nik(1)) is None
    assert (streams(site, "identity"), streams(site, "data_key")) == (0, 0)
    assert register(site.registry, 1) != claim.stream


def test_events_without_a_confirmation_are_confirmed(site: Site) -> None:
    claim = site.registry.vault.claim("nik", nik(1))
    details = f.PersonDetails(name="Siti", birth_date=DAY, nik=nik(1))
    registered = f.WorkerRegistered(
        effective_on=DAY, birth_year=1990, sex="F", key_commitment=claim.commitment, personal=details
    )
    record(site.registry, claim.stream, registered)
    assert pending(site) == [claim.stream]
    assert site.registry.settle_claims(older_than=0) == 0
    assert pending(site) == []
    assert site.registry.settle_claims(older_than=0) == 0
    assert site.registry.worker(claim.stream)[1].details == details


def test_a_settlement_takes_only_what_nobody_asked_for_again(site: Site) -> None:
    """A submission that finds an old pending claim uses it; a settlement that runs meanwhile must not take its key."""
    claim = site.registry.vault.claim("nik", nik(1))
    site.vault().execute("UPDATE claim_batch SET claimed_at = now() - interval '2 hours'")

    def begun(_: object) -> set[UUID]:
        assert site.another().vault.claim("nik", nik(1)).stream == claim.stream
        return set()

    assert site.registry.vault.settle(begun) == 0
    assert site.registry.vault.find("nik", nik(1)) == claim.stream


def test_a_claim_that_is_settled_under_us_is_made_anew(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    first, own = site.registry.vault.claim("nik", nik(1)), site.registry.vault
    renew = own._renew

    def settled_first(batches: Collection[UUID]) -> bool:
        site.another().vault.settle(lambda _: set(), older_than=-1)
        return renew(batches)

    monkeypatch.setattr(own, "_renew", settled_first)
    again = own.claim("nik", nik(1))
    assert again.is_new
    assert again.stream != first.stream
    assert own.key(again.stream)


def test_the_next_file_finishes_what_a_killed_loader_began(site: Site) -> None:
    load(site, *founded())
    claim = site.registry.vault.claim("nik", nik(1))
    assert load(site, row(1, "wage", effective_on="2026-02-03", wage="5000000")).refused == {"worker-unknown": 1}
    summary = load(site, hired(1))
    assert (summary.recorded, summary.refused) == (2, {})
    assert stream_of(site, 1) == claim.stream
    assert pending(site) == []


def test_a_refused_newcomer_leaves_a_claim_that_is_settled(site: Site) -> None:
    load(site, *founded())
    assert load(site, hired(1, kbji="9999")).refused == {"code-unknown": 1}
    assert site.registry.settle_claims(older_than=0) == 1
    assert load(site, hired(1)).recorded == 2


# -- erasure --------------------------------------------------------------------------------------------------------
def erased(site: Site) -> UUID:
    load(site, *founded(), hired(1))
    stream = stream_of(site, 1)
    record(site.registry, stream, VERIFIED)
    assert site.registry.vault.destroy(stream)
    assert not site.registry.vault.destroy(stream)
    return stream


def test_a_destroyed_key_reads_as_erased(site: Site) -> None:
    stream = erased(site)
    for registry in (site.registry, site.another()):
        history, worker = registry.worker(stream)
        assert worker.details is ERASED or worker.details == ERASED
        assert [event.fact.personal for event in history.events[:2]] == [ERASED, ERASED]  # type: ignore[attr-defined]
        assert (worker.birth_year, worker.sex, worker.identity) == (1990, "F", "verified")
        job = worker.current
        assert job
        assert (job.wage, job.wage_band) == (ERASED, 5)


def test_an_erased_worker_gets_no_card(site: Site) -> None:
    stream = erased(site)
    with pytest.raises(Refused, match="worker-erased"):
        cards.issue(site.registry, stream, by=OFFICER)
    with pytest.raises(Refused, match="card-none"):
        cards.current(site.registry, stream)


def test_a_card_of_somebody_erased_is_not_shown_again(site: Site) -> None:
    load(site, *founded(), hired(1))
    stream = stream_of(site, 1)
    record(site.registry, stream, VERIFIED)
    issued = cards.issue(site.registry, stream, by=OFFICER)
    assert cards.current(site.registry, stream).text == issued.text
    site.registry.vault.destroy(stream)
    with pytest.raises(Refused, match="worker-erased"):
        cards.current(site.registry, stream)


def test_an_erased_stream_takes_clear_facts_and_refuses_personal_ones(site: Site) -> None:
    stream = erased(site)
    record(site.registry, stream, education(9))
    contact = f.ContactVerified(effective_on=DAY, channel="phone", personal=f.Contact(value="+628120000001"))
    with pytest.raises(Refused, match="key-destroyed"):
        record(site.registry, stream, contact)
    history, worker = site.registry.worker(stream)
    assert (history.version, worker.education) == (4, "sakernas:2024/9")


def test_a_row_about_somebody_erased_keeps_no_copy(site: Site) -> None:
    stream = erased(site)
    submission = Submission(
        id=uuid4(), organisation="kemnaker", door="command", received_at=site.now, salt=bytes(16), digest=bytes(32)
    )
    site.registry.accept(submission)
    record(site.registry, stream, education(9), incoming=Incoming("kemnaker", "r", b"{}", submission.id, 1))
    kept = site.reading().execute("SELECT sealed FROM submission_row WHERE ref = 'r'").fetchone()
    assert kept == (None,)


def test_an_erased_number_begins_a_new_stream(site: Site) -> None:
    stream = erased(site)
    assert site.registry.vault.find("nik", nik(1)) is None
    assert load(site, hired(1, ref="h-again")).recorded == 2
    assert stream_of(site, 1) != stream


# -- the keys that are held -----------------------------------------------------------------------------------------
def test_another_process_reads_on_for_the_time_of_its_cache_and_no_longer(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault, "KEY_TTL", 0.4)
    other = site.another()
    stream = register(site.registry, 1)
    assert other.worker(stream)[1].details != ERASED
    site.registry.vault.destroy(stream)
    assert site.registry.worker(stream)[1].details == ERASED
    assert other.worker(stream)[1].details != ERASED
    time.sleep(0.45)
    assert other.worker(stream)[1].details == ERASED


def test_the_cache_of_keys_is_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "KEY_CACHE", 3)
    claims = [site.registry.vault.claim("nik", nik(n)) for n in range(1, 8)]
    assert len(site.registry.vault._keys) == 3
    for claim in claims:
        key = site.registry.vault._unwrapped(claim.stream)
        assert key
        assert datakeys.commitment(key) == claim.commitment
        assert site.registry.vault.key(claim.stream)
    assert len(site.registry.vault._keys) == 3


def test_ids_of_one_week_begin_alike_and_tell_no_week(site: Site, tmp_path: Path) -> None:
    now = time.time()
    weeks = {vault.week_of(site.registry.vault.keyring, now + n * vault.WEEK) for n in range(50)}
    assert len(weeks) >= 48  # two bytes may agree by chance
    begun = vault.week_of(site.registry.vault.keyring, now)
    assert vault.week_of(Keyring.create(tmp_path / "another"), now) != begun
    claims = [site.registry.vault.claim("nik", nik(n)).stream for n in range(40)]
    assert {stream.bytes[:2] for stream in claims} <= {begun, vault.week_of(site.registry.vault.keyring, time.time())}
    assert len({stream.bytes[2:15] for stream in claims}) == 40
    assert {(stream.version, stream.variant) for stream in claims} == {(4, "specified in RFC 4122")}


def test_row_digests_are_keyed_too(site: Site) -> None:
    assert site.registry.vault.row_digest(b"{}") == site.another().vault.row_digest(b"{}")
    assert site.registry.vault.row_digest(b"{}") != site.registry.vault.row_digest(b"{ }")
    assert ACME not in site.registry.vault.row_digest(ACME.encode()).hex()

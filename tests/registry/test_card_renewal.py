"""The renewal run: what is due gets its next card, once, however often the run is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from domain import facts as f
from domain.decide import today
from projections.renewals import backlog, due_workers
from registry import cards
from registry.cards import life
from registry.cards.renewal import NOTHING, Renewal, Renewed
from tests.registry.people import DAY, OFFICER, founded, hired, load, record, register, row, stream_of
from tests.registry.test_card_batch import issued_to, people, sessions_of

if TYPE_CHECKING:
    from tests.conftest import Site

DUE = int(os.environ.get("KETS_CARDS", "60"))
"""Cards of the kill drill; `make cards` asks for more."""
VERIFIED = f.IdentityVerified(effective_on=DAY, register="dukcapil")


def due(site: Site) -> list[UUID]:
    site.runner.catch_up()
    return [worker for _, worker in due_workers(site.reading(), today(site.now), after=None, most=100)]


def renewed(site: Site) -> Renewed:
    return Renewal(site.registry).take(due(site))


def carded(site: Site, n: int = 1, **fields: date) -> UUID:
    stream = register(site.registry, n, **fields)
    record(site.registry, stream, VERIFIED)
    cards.issue(site.registry, stream, by=OFFICER)
    return stream


def states(site: Site, stream: UUID) -> list[str]:
    return [card.state for card in site.registry.worker(stream)[1].cards.values()]


def test_a_superseded_card_is_renewed_the_day_after(site: Site) -> None:
    load(site, *founded(), hired(1), {**row(1, "verify-identity"), "submitter": "dukcapil"})
    stream = stream_of(site, 1)
    cards.issue(site.registry, stream, by=OFFICER)
    load(site, row(1, "end", effective_on="2026-03-01", reason="resignation"))
    assert (states(site, stream), due(site)) == (["superseded"], [])
    site.now += timedelta(days=1)
    assert due(site) == [stream]
    assert Renewal(site.registry).take([stream]) == Renewed(1, 0, NOTHING.refused)
    assert states(site, stream) == ["superseded", "valid"]
    assert cards.current(site.registry, stream).claims.standing == "unknown"
    assert Renewal(site.registry).take([stream]) == NOTHING, "it is no longer due, whatever the read model says"
    assert due(site) == []


def test_a_card_about_to_end_is_renewed(site: Site) -> None:
    stream = carded(site)
    ends = cards.current(site.registry, stream).claims.last_day
    site.now = datetime.combine(ends - timedelta(days=61), site.now.timetz())
    assert due(site) == []
    site.now += timedelta(days=2)
    assert renewed(site).issued == 1
    assert cards.current(site.registry, stream).claims.last_day > ends + timedelta(days=600)
    assert states(site, stream) == ["superseded", "valid"]


def test_a_certificate_leaves_the_card_when_its_last_day_has_passed(site: Site) -> None:
    stream = register(site.registry)
    held = f.CertificateIssued(
        effective_on=DAY,
        certificate=UUID(int=7),
        unit="skkni/F.431000.001.02",
        personal=f.CertificateNumber(number="1"),
        expires_on=date(2026, 4, 30),
    )
    record(site.registry, stream, VERIFIED, held)
    assert len(cards.issue(site.registry, stream, by=OFFICER).claims.certifications) == 1
    site.now = datetime(2026, 4, 30, 12, tzinfo=UTC)
    assert due(site) == []
    site.now += timedelta(days=1)
    assert renewed(site).issued == 1
    assert cards.current(site.registry, stream).claims.certifications == ()
    assert due(site) == []


def test_a_card_that_outlasts_a_permit_is_suspended_when_the_permit_has_lapsed(site: Site) -> None:
    stream = register(site.registry)
    record(site.registry, stream, VERIFIED)
    cards.issue(site.registry, stream, by=OFFICER)
    first = site.registry.history(stream).events[0].fact
    assert isinstance(first, f.WorkerRegistered)
    shorter = f.WorkerRegistered(
        effective_on=first.effective_on,
        birth_year=first.birth_year,
        sex=first.sex,
        key_commitment=first.key_commitment,
        permit_until=date(2026, 3, 31),
        personal=first.personal,
    )
    record(site.registry, stream, f.FactCorrected(effective_on=DAY, corrects=1, fact=shorter))
    assert states(site, stream) == ["superseded"]
    site.now += timedelta(days=1)
    assert renewed(site).issued == 1
    assert cards.current(site.registry, stream).claims.last_day == date(2026, 3, 31)
    site.now += timedelta(days=30)
    assert renewed(site) == Renewed(0, 1, NOTHING.refused)
    assert states(site, stream) == ["suspended", "valid"], "the one that ends with the permit has ended"
    assert due(site) == []


def test_who_is_not_to_have_a_card_is_not_due(site: Site) -> None:
    lost, revoked, held = (carded(site, n) for n in (1, 2, 3))
    life.lose(site.registry, lost, by=OFFICER)
    life.revoke(site.registry, revoked, cause="stolen", by=OFFICER)
    life.suspend(site.registry, held, cause="investigation", by=OFFICER)
    site.now += timedelta(days=800)
    assert due(site) == []
    assert Renewal(site.registry).take([lost, revoked, held]) == NOTHING


def test_what_waits_is_counted_from_the_longest(site: Site) -> None:
    for n in (1, 2):
        carded(site, n)
        site.now += timedelta(days=3)
    site.runner.catch_up()
    conn, day = site.reading(), date(2028, 3, 1)
    assert backlog(conn, date(2026, 3, 9)) == (0, None)
    assert backlog(conn, day) == (2, date(2028, 1, 1))
    first, second = due_workers(conn, day, after=None, most=2)
    assert due_workers(conn, day, after=first, most=2) == [second]
    assert due_workers(conn, day, after=second, most=2) == []


def test_a_renewal_that_was_killed_goes_on_where_it_was(site: Site) -> None:
    """SIGKILL of the command in the middle; run again everybody has one card in force and nothing is due."""
    streams = people(site, DUE)
    for stream in streams:
        cards.issue(site.registry, stream, by=OFFICER)
        record(
            site.registry,
            stream,
            f.EmploymentEnded(effective_on=date(2026, 3, 1), employment=job(site, stream), cause="resignation"),
        )
    command = [sys.executable, "-m", "registry", "card", "renew", "--json"]
    looking = site.reading()
    before = _committed(site)
    process = subprocess.Popen(command, env=site.environment | {"PGAPPNAME": "killed"}, stdout=subprocess.PIPE)
    try:
        while process.poll() is None and _committed(site) == before:
            time.sleep(0.002)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL, "it was done before it could be killed"
    while sessions_of(looking, "killed"):
        time.sleep(0.02)
    halfway = _committed(site) - before
    assert halfway > 0
    said = subprocess.run(command, env=site.environment, check=True, stdout=subprocess.PIPE).stdout
    answer = json.loads(said.splitlines()[-1])
    assert (answer["issued"], answer["refused"], answer["due"]) == (DUE - halfway, {}, 0)
    assert {len(numbers) for numbers in issued_to(site, streams).values()} == {2}
    assert {tuple(states(site, stream)) for stream in streams} == {("superseded", "valid")}


def job(site: Site, stream: UUID) -> UUID:
    held = site.registry.worker(stream)[1].current
    assert held
    return held.id


def _committed(site: Site) -> int:
    query = "SELECT count(*) FROM event WHERE topic = 'worker.card-issued'"
    with site.runner.datastore.get_connection() as conn:
        return int(conn.execute(query).fetchone()["count"])  # type: ignore[index]  # a count is a row

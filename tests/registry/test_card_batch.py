"""Cards for many from a list: one each, whatever is repeated, refused, or killed on the way."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from msgspec.structs import asdict

from domain import facts as f
from projections.cards import without_card
from registry import cards
from registry.cards import batch, life
from registry.processes import Place
from registry.submissions import journal
from tests.registry.people import DAY, OFFICER, founded, hired, load, nik, register

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from tests.conftest import Site

PEOPLE = int(os.environ.get("KETS_CARDS", "150"))
"""Cards of the kill drill; `make cards` asks for more."""


def people(site: Site, count: int, first: int = 1) -> list[UUID]:
    """Verified women with a job, in the order of their numbers."""
    verify = {"submitter": "dukcapil", "action": "verify-identity"}
    rows = (row for n in range(first, first + count) for row in (hired(n), {**verify, "ref": f"v-{n}", "nik": nik(n)}))
    load(site, *(founded() if first == 1 else []), *rows)
    found = site.registry.vault.find_all([("nik", nik(n)) for n in range(first, first + count)])
    return [found["nik", nik(n)] for n in range(first, first + count)]


def listed(site: Site, *workers: object) -> Path:
    path = site.settings.home / "workers.txt"
    path.write_text("".join(f"{worker}\n" for worker in workers), encoding="ascii")
    return path


def rows_of(report: Path) -> list[dict[str, str]]:
    with report.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def place(site: Site) -> Place:
    return Place(site.database_url, site.vault_url, site.settings.open_keys)


def issued_to(site: Site, streams: list[UUID]) -> dict[UUID, list[str]]:
    """The numbers of all cards that each ever got."""
    histories = site.registry.histories(streams)
    return {s: [e.fact.card for e in h.events if isinstance(e.fact, f.CardIssued)] for s, h in histories.items()}


def test_every_row_is_told_and_nobody_gets_two(site: Site) -> None:
    holder, suspended, fresh = people(site, 3)
    unverified = register(site.registry, 9)
    held = cards.issue(site.registry, holder, by=OFFICER).claims.number
    cards.issue(site.registry, suspended, by=OFFICER)
    life.lose(site.registry, suspended, by=OFFICER)
    employer = site.registry.worker(fresh)[1].current
    assert employer
    workers = listed(site, holder, fresh, "", unverified, fresh, suspended, uuid4(), employer.employer)
    report = site.settings.home / "report.csv"
    batch.take(site.registry, workers, _begun(report, workers))
    rows = rows_of(report)
    new = site.registry.worker(fresh)[1].live_card
    assert new
    assert [(row["outcome"], row["code"], row["card"]) for row in rows] == [
        ("in-force", "", held),
        ("issued", "", new.number),
        ("refused", "worker-unknown", ""),
        ("refused", "identity-unverified", ""),
        ("in-force", "", new.number),
        ("refused", "card-state", ""),
        ("refused", "worker-unknown", ""),
        ("refused", "worker-unknown", ""),
    ]
    assert [row["line"] for row in rows] == [str(n) for n in range(1, 9)]
    assert rows[1]["last_day"] == cards.current(site.registry, fresh).claims.last_day.isoformat()
    assert rows[3]["message_id"]
    assert rows[3]["message_en"]
    assert nik(1) not in report.read_text(encoding="utf-8")
    assert batch.told(report)[:3] == (8, 1, 2)


def test_whose_card_has_ended_gets_another(site: Site) -> None:
    [stream] = people(site, 1)
    ended = cards.issue(site.registry, stream, by=OFFICER).claims
    site.runner.catch_up()
    with site.reading() as conn:
        for now, found in ((ended.expires_at - 1, []), (ended.expires_at, [stream])):
            site.now = datetime.fromtimestamp(now, UTC)
            assert list(without_card(conn, site.now)) == found
    workers, report = listed(site, stream), site.settings.home / "report.csv"
    batch.take(site.registry, workers, _begun(report, workers))
    [row] = rows_of(report)
    assert row["outcome"] == "issued"
    assert row["card"] == cards.current(site.registry, stream).claims.number != ended.number


def _begun(report: Path, workers: Path) -> Path:
    journal.begin(report, workers, None, 1)
    return report


def test_a_card_made_among_many_is_as_one_made_alone(site: Site) -> None:
    """The same claims but for its number, place and times; the same facts; verified by the same readers."""
    one, other = people(site, 2)
    report = site.settings.home / "report.csv"
    workers = listed(site, one)
    batch.take(site.registry, workers, _begun(report, workers))
    alone, among = cards.issue(site.registry, other, by=OFFICER).claims, cards.current(site.registry, one).claims
    own = {"number": "", "status": None, "name": "", "issued_at": 0, "expires_at": 0}
    assert {**asdict(alone), **own} == {**asdict(among), **own}
    assert among.employer_name == alone.employer_name == "PT Uji 9120001234567"
    assert site.runner.catch_up()
    facts = [type(event.fact) for event in site.registry.history(one).events]
    assert facts == [type(event.fact) for event in site.registry.history(other).events]


def test_who_loses_a_race_is_taken_alone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another writer is there between deciding and storing: those of its shard are decided again."""
    streams = people(site, 40)
    append, busy = site.registry.recorder.append, site.another()

    def overtaken(shard: int, *rest: object) -> object:
        stream = next(s for s in streams if s.bytes[15] & 15 == shard)
        fact = f.EducationRecorded(effective_on=DAY, education="sakernas:2024/5")
        busy.record(stream, lambda _: [fact], by=OFFICER)
        return append(shard, *rest)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(site.registry.recorder, "append", overtaken)
    workers, report = listed(site, *streams), site.settings.home / "report.csv"
    batch.take(site.registry, workers, _begun(report, workers))
    assert {row["outcome"] for row in rows_of(report)} == {"issued"}
    assert {len(numbers) for numbers in issued_to(site, streams).values()} == {1}


def test_a_share_that_was_whole_when_the_others_were_killed_stays_whole(site: Site) -> None:
    """Defect: it was begun again with nothing in it, and its rows were lost. So it was with files of employers."""
    streams = people(site, 12)
    workers, report = listed(site, *streams), site.settings.home / "report.csv"
    journal.begin(report, workers, None, 2)
    shares = journal.shares(report, 2)
    batch.take(site.registry, workers, shares[0], index=0, of=2)
    whole = shares[0].read_bytes()
    assert journal.broken_off(report)
    for index, share in enumerate(shares):
        batch.take(site.registry, workers, share, index=index, of=2)
    assert shares[0].read_bytes() == whole
    assert sum(len(rows_of(share)) for share in shares) == 12


class BrokenOff(Exception):  # noqa: N818 - what stands for a kill
    pass


def test_a_batch_that_was_broken_off_writes_every_row_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    streams = people(site, 20)
    workers, report = listed(site, *streams), site.settings.home / "report.csv"
    monkeypatch.setattr(batch, "WINDOW", 8)

    def broken(done: int) -> None:
        raise BrokenOff(done)

    for done in (8, 16):
        with pytest.raises(BrokenOff, match=str(done)):
            batch.take(site.registry, workers, _begun(report, workers), progress=broken)
        with journal.part_of(report).open("a", encoding="utf-8") as part:
            part.write("17,half a row")
    batch.take(site.registry, workers, _begun(report, workers))
    rows = rows_of(report)
    assert [(row["line"], row["worker"]) for row in rows] == [(str(n), str(s)) for n, s in enumerate(streams, 1)]
    assert {row["outcome"] for row in rows} == {"issued"}
    assert {len(numbers) for numbers in issued_to(site, streams).values()} == {1}


@pytest.mark.parametrize("many", [1, 2] if os.environ.get("KETS_CARDS") else [1])
def test_a_batch_that_was_killed_goes_on_where_it_was(site: Site, many: int) -> None:
    """SIGKILL of the command, its processes with it, once some cards are committed; run again every row is there once
    and nobody has two cards."""
    streams = people(site, PEOPLE)
    out = site.settings.home / "cards"
    command = [sys.executable, "-m", "registry", "card", "issue-many", "--all-verified", "--out", str(out), "--json"]
    command += ["--processes", str(many)]
    looking = site.reading()
    process = subprocess.Popen(command, env=site.environment | {"PGAPPNAME": "killed"}, stdout=subprocess.PIPE)
    try:
        while process.poll() is None and not _committed(looking):
            time.sleep(0.002)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL, "it was done before it could be killed"
    while sessions_of(looking, "killed"):
        time.sleep(0.02)
    before = _committed(looking)
    assert before > 0
    said = subprocess.run(command, env=site.environment, check=True, stdout=subprocess.PIPE).stdout
    answer = json.loads(said.splitlines()[-1])
    rows = rows_of(out / "report.csv")
    assert [int(row["line"]) for row in rows] == list(range(1, PEOPLE + 1))
    assert {row["worker"] for row in rows} == {str(stream) for stream in streams}
    held = issued_to(site, streams)
    assert {len(numbers) for numbers in held.values()} == {1}
    assert {row["worker"]: row["card"] for row in rows} == {str(s): numbers[0] for s, numbers in held.items()}
    assert (answer["rows"], answer["issued"] + answer["in_force"], answer["refused"]) == (PEOPLE, PEOPLE, {})
    assert answer["in_force"] <= before, "no more than was committed and not written down"
    assert not list(out.glob("report.csv.*"))


def _committed(conn: psycopg.Connection[tuple[object, ...]]) -> int:
    ((count,),) = conn.execute("SELECT count(*) FROM event WHERE topic = 'worker.card-issued'").fetchall()
    return int(str(count))


def sessions_of(conn: psycopg.Connection[tuple[object, ...]], application: str) -> int:
    """Sessions in this database of programs that were started with this PGAPPNAME."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s"
    ((count,),) = conn.execute(query, (application,)).fetchall()
    return int(str(count))

"""The store: dense positions, one winner, one receipt whatever breaks, and nothing readable that should not be."""

from __future__ import annotations

import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, NotSupportedError, OperationalError

from domain import facts as f
from domain.decide import History
from domain.errors import Refused
from domain.event import Unknown
from registry import cards, layout
from registry.app import Incoming
from registry.store import SHARDS, Submission, columns, conflict, heads, shard_of
from tests.registry.people import DAY, OFFICER, education, founded, hired, load, nik, record, register, row, stream_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from registry.app import Registry
    from tests.conftest import Site


def submission(registry: Registry) -> UUID:
    new = Submission(
        id=uuid4(),
        organisation="kemnaker",
        door="command",
        received_at=registry.now(),
        salt=bytes(16),
        digest=bytes(32),
    )
    registry.accept(new)
    return new.id


def incoming(registry: Registry, ref: str = "r-1", content: bytes = b"{}") -> Incoming:
    return Incoming("kemnaker", ref, content, submission(registry), 2)


def counted(site: Site) -> int:
    return int(site.reading().execute("SELECT count(*) FROM event").fetchone()[0])  # type: ignore[index]


# -- positions ------------------------------------------------------------------------------------------------------
def test_a_tailing_reader_misses_nothing_of_concurrent_writers(site: Site) -> None:
    """Whenever a head says n, exactly the positions 1 to n are there, committed."""
    streams = [register(site.registry, n) for n in range(1, 7)]
    others = [site.registry, site.another()]
    writers = [(others[n % 2], stream) for n, stream in enumerate(streams * 2)]
    done = threading.Event()

    def write(of: tuple[Registry, UUID]) -> None:
        for level in range(1, 9):
            record(of[0], of[1], education(level))

    def tail() -> tuple[dict[int, int], int]:
        at, gaps = dict.fromkeys(range(SHARDS), 0), 0
        with psycopg.connect(site.database_url, autocommit=True) as conn:
            while True:
                last = done.is_set()
                for shard, top in heads(conn):
                    query = "SELECT position FROM event WHERE shard = %s AND position > %s AND position <= %s"
                    found = sorted(p for (p,) in conn.execute(query, (shard, at[shard], top)))
                    gaps += found != list(range(at[shard] + 1, top + 1))
                    at[shard] = top
                if last:
                    return at, gaps

    with ThreadPoolExecutor(len(writers) + 1) as pool:
        tailing = pool.submit(tail)
        try:
            list(pool.map(write, writers))
        finally:
            done.set()
        seen, gaps = tailing.result()
    assert gaps == 0
    assert sum(seen.values()) == counted(site) == len(streams) * 17


def test_the_positions_of_a_receipt_are_those_of_its_events(site: Site) -> None:
    stream = register(site.registry)
    receipt = record(site.registry, stream, education(4), education(5), education(6))
    assert receipt.events == [f"{stream}:{version}" for version in (2, 3, 4)]
    assert receipt.positions == {shard_of(stream): [2, 3, 4]}


def test_events_of_several_shards_are_saved_all_or_none(site: Site) -> None:
    registry = site.registry
    streams: list[UUID] = []
    while len({shard_of(stream) for stream in streams}) < 3:
        streams.append(register(registry, len(streams) + 1))

    def events(*of: UUID) -> list[Any]:
        histories = [registry.history(stream) for stream in of]
        return [history.record(education(), by=OFFICER, now=site.now) for history in histories]

    before = counted(site)
    stale = events(streams[0])
    recordings = registry.save(*events(*streams))
    assert [recording.notification.originator_id for recording in recordings] == streams
    assert counted(site) == before + len(streams)
    with pytest.raises(IntegrityError) as clash:
        registry.save(*events(*streams[1:]), *stale)
    assert conflict(clash.value) == "stream"
    assert counted(site) == before + len(streams)
    assert sum(top for _, top in heads(site.reading())) == before + len(streams)


def test_many_events_of_a_shard_are_appended_as_they_would_be_one_by_one(site: Site) -> None:
    """Every kind of column, empty ones too; the moment to its microsecond."""
    site.now = site.now.replace(microsecond=123457)
    registry, stream = site.registry, register(site.registry)
    history = registry.history(stream)
    moment = site.now - timedelta(days=40 * 365)
    contact = f.ContactVerified(effective_on=DAY, channel="phone", personal=f.Contact(value="+628120000001"))
    row = incoming(registry, ref="r-1")
    events = [history.record(fact, by=OFFICER, now=site.now) for fact in (education(), contact)]
    events[0] = msgspec.structs.replace(events[0], submission=row.submission, recorded_at=moment)
    sealed, submitted = registry.sealed(stream, events), registry.submitted(row, events)
    laid_out = [layout.event(one) for one in sealed]
    appended = registry.recorder.append(shard_of(stream), laid_out, [layout.submitted(submitted)])
    assert list(appended.positions) == [2, 3]
    stored = registry.recorder.select_events(stream, gt=1)
    assert [columns(event) for event in stored] == sealed
    assert registry.recorder.select_many([stream, uuid4()])[stream][1:] == stored
    assert registry.recorder.row("kemnaker", "r-1") == submitted
    assert registry.histories([stream])[stream].events[1:] == events
    assert registry.recorder.positions([stream]) == {(stream, 1): 1, (stream, 2): 2, (stream, 3): 3}
    assert registry.recorder.rows([("kemnaker", "r-1"), ("kemnaker", "r-2")]).keys() == {("kemnaker", "r-1")}


def test_there_is_no_global_order_to_ask_for(site: Site) -> None:
    recorder = site.registry.recorder
    for ask in (lambda: recorder.select_notifications(1, 10), recorder.max_notification_id, recorder.subscribe):
        with pytest.raises(NotSupportedError, match="no global order"):
            ask()
    assert recorder.insert_events([]) == []


def test_one_stream_is_read_within_versions(site: Site) -> None:
    stream = register(site.registry)
    record(site.registry, stream, education(4), education(5), education(6))

    def versions(**bounds: Any) -> list[int]:
        found: Sequence[Any] = site.registry.recorder.select_events(stream, **bounds)
        return [event.originator_version for event in found]

    assert versions() == [1, 2, 3, 4]
    assert versions(gt=1, lte=3) == [2, 3]
    assert versions(desc=True, limit=2) == [4, 3]


def test_sessions_write_as_their_role_and_take_pages_out_of_order_to_be_cheap(site: Site) -> None:
    with site.registry.recorder.datastore.get_connection() as conn:
        rows = [conn.execute(f"SHOW {name}").fetchone() for name in ("role", "random_page_cost")]
    assert rows == [{"role": "kets_write"}, {"random_page_cost": "1.1"}]


# -- conflicts ------------------------------------------------------------------------------------------------------
def test_of_two_writers_one_wins_and_the_other_decides_again(site: Site) -> None:
    stream, faster = register(site.registry), site.another()
    seen: list[int] = []

    def plan(history: History) -> Iterator[f.Fact]:
        seen.append(history.version)
        if len(seen) == 1:
            record(faster, stream, education(4))
        yield education(6)

    receipt = site.registry.record(stream, plan, by=OFFICER)
    assert seen == [1, 2]
    assert receipt.events == [f"{stream}:3"]
    assert site.registry.worker(stream)[1].education == "sakernas:2024/6"


def test_what_the_faster_writer_did_may_refuse_the_slower(site: Site) -> None:
    load(site, *founded(), hired(1))
    stream = stream_of(site, 1)
    job = site.registry.worker(stream)[1].current
    assert job
    faster, asked = site.another(), []

    def end() -> f.EmploymentEnded:
        return f.EmploymentEnded(effective_on=date(2026, 2, 20), employment=job.id, cause="resignation")

    def plan(_: History) -> Iterator[f.Fact]:
        if not asked:
            asked.append(record(faster, stream, end()))
        yield end()

    with pytest.raises(Refused, match="employment-ended"):
        site.registry.record(stream, plan, by=OFFICER)
    assert asked


def test_two_writers_of_one_stream_lose_nothing(site: Site) -> None:
    stream, other = register(site.registry), site.another()

    def write(registry: Registry) -> None:
        for level in range(1, 11):
            record(registry, stream, education(level))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, (site.registry, other)))
    history = site.registry.history(stream)
    assert [event.originator_version for event in history.events] == list(range(1, 22))
    times = [event.recorded_at for event in history.events]
    assert times == sorted(times)


# -- idempotency ----------------------------------------------------------------------------------------------------
def test_the_same_row_again_gets_the_first_receipt(site: Site) -> None:
    stream = register(site.registry)
    first = record(site.registry, stream, education(), incoming=incoming(site.registry))
    again = record(site.another(), stream, education(), incoming=incoming(site.registry))
    assert again.again
    assert not first.again
    assert (again.events, again.positions, again.submission) == (first.events, first.positions, first.submission)
    assert counted(site) == 2


def test_another_content_under_the_same_ref_is_refused(site: Site) -> None:
    stream = register(site.registry)
    record(site.registry, stream, education(), incoming=incoming(site.registry))
    with pytest.raises(Refused, match="ref-conflict"):
        record(site.registry, stream, education(), incoming=incoming(site.registry, content=b'{"other": 1}'))
    assert counted(site) == 2


def test_a_refused_row_may_be_retried_under_its_ref(site: Site) -> None:
    stream = register(site.registry)
    with pytest.raises(Refused, match="code-unknown"):
        record(site.registry, stream, education(77), incoming=incoming(site.registry))
    receipt = record(site.registry, stream, education(7), incoming=incoming(site.registry, content=b"mended"))
    assert receipt.events == [f"{stream}:2"]


def test_the_same_row_at_two_doors_at_once_is_recorded_once(site: Site) -> None:
    stream, other = register(site.registry), site.another()
    rows = [incoming(site.registry) for _ in range(2)]
    both = threading.Barrier(2)

    def send(of: tuple[Registry, Incoming]) -> Any:
        calls: list[int] = []

        def plan(_: History) -> Iterator[f.Fact]:
            if not calls:
                calls.append(1)
                both.wait(10)
            yield education()

        return of[0].record(stream, plan, by=OFFICER, row=of[1])

    with ThreadPoolExecutor(2) as pool:
        receipts = list(pool.map(send, zip((site.registry, other), rows, strict=True)))
    assert sorted(receipt.again for receipt in receipts) == [False, True]
    assert receipts[0].events == receipts[1].events
    assert counted(site) == 2


def end_backends(site: Site) -> int:
    query = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    with psycopg.connect(site.database_url, autocommit=True) as conn:
        return int(conn.execute(query).fetchone()[0])  # type: ignore[index]


def test_a_lost_acknowledgement_ends_in_the_first_receipt(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commit happened, then every connection died: the writer cannot know, and must not write twice."""
    stream = register(site.registry)
    recorder = site.registry.recorder
    real, lost = recorder.insert_events, []

    def committed_then_cut(*events: Any, **options: Any) -> Any:
        positions = real(*events, **options)
        if not lost:
            lost.append(end_backends(site))
            raise OperationalError("server closed the connection unexpectedly")
        return positions

    monkeypatch.setattr(recorder, "insert_events", committed_then_cut)
    receipt = record(site.registry, stream, education(), incoming=incoming(site.registry))
    assert lost[0] > 0
    assert receipt.again
    assert receipt.events == [f"{stream}:2"]
    assert counted(site) == 2


def test_a_connection_that_dies_before_the_commit_writes_once(site: Site) -> None:
    stream = register(site.registry)
    sent = incoming(site.registry)
    with psycopg.connect(site.database_url) as blocker, ThreadPoolExecutor(1) as pool:
        blocker.execute("SELECT FROM event_head WHERE shard = %s FOR UPDATE", (shard_of(stream),))
        writing = pool.submit(record, site.registry, stream, education(), incoming=sent)
        waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        with psycopg.connect(site.database_url, autocommit=True) as watch:
            while not (pids := [pid for (pid,) in watch.execute(waiting)]) and not writing.done():
                time.sleep(0.01)
            watch.execute("SELECT pg_terminate_backend(%s)", (pids[0],))
        blocker.rollback()
        receipt = writing.result(20)
    assert receipt.events == [f"{stream}:2"]
    assert counted(site) == 2


@pytest.mark.parametrize("by_row", [True, False])
def test_when_every_line_breaks_it_is_said(site: Site, monkeypatch: pytest.MonkeyPatch, *, by_row: bool) -> None:
    stream = register(site.registry)

    def cut(*_: Any, **__: Any) -> Any:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(site.registry.recorder, "insert_events", cut)
    with pytest.raises(Refused, match="busy"):
        record(site.registry, stream, education(), incoming=incoming(site.registry) if by_row else None)
    assert counted(site) == 1


# -- facts of a later version ---------------------------------------------------------------------------------------
def test_an_unknown_topic_passes_through_every_reader(site: Site) -> None:
    load(site, *founded(), hired(1))
    stream = stream_of(site, 1)
    plant(site, stream, 3, "worker.teleported", b'{"actor":{"organisation":"x","role":"officer"},"fact":%s}')
    history, worker = site.registry.worker(stream)
    unknown = history.events[-1].fact
    assert isinstance(unknown, Unknown)
    assert (unknown.topic, unknown.effective_on) == ("worker.teleported", date(2026, 2, 10))
    assert worker.current
    record(site.registry, stream, education(9))
    assert site.runner.catch_up() == counted(site) == 6
    assert {state["behind"] for state in site.runner.status().values()} == {0}
    found = site.reading().execute("SELECT standing, education FROM read.record").fetchall()
    assert found == [("employed", "sakernas:2024/9")]


def plant(site: Site, stream: UUID, version: int, topic: str, clear: bytes) -> None:
    """Write an event as a later version of the software would have."""
    fact = b'{"type":"%s","effective_on":"2026-02-10","to":"Mars"}' % topic.encode()
    with psycopg.connect(site.database_url, autocommit=True) as conn:
        conn.execute(
            "WITH h AS (UPDATE event_head SET position = position + 1 WHERE shard = %s RETURNING position)"
            " INSERT INTO event (shard, position, stream, version, topic, recorded_at, salt, clear)"
            " SELECT %s, position, %s, %s, %s, now(), %s, %s FROM h",
            (shard_of(stream), shard_of(stream), stream, version, topic, bytes(16), clear % fact),
        )


# -- sealing --------------------------------------------------------------------------------------------------------
def tampered(site: Site, statement: str, *values: Any) -> None:
    assert site.reading().execute(statement, values).rowcount > 0


def test_a_sealed_part_that_was_touched_is_noticed(site: Site) -> None:
    stream = register(site.registry)
    clear = site.registry.recorder.select_events(stream)[0]
    tampered(site, "UPDATE event SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) WHERE stream = %s", stream)
    with pytest.raises(Refused, match="sealed-part-unreadable"):
        site.registry.history(stream)
    after: Any = site.registry.recorder.select_events(stream)[0]
    assert (after.state, after.salt, after.sealed_hash) == (clear.state, clear.salt, clear.sealed_hash)  # type: ignore[attr-defined]
    assert hashlib.sha256(after.sealed).digest() != after.sealed_hash


@pytest.mark.parametrize("taken_from", ["another version", "another topic", "another worker"])
def test_a_sealed_part_belongs_to_its_own_place(site: Site, taken_from: str) -> None:
    stream, other = register(site.registry, 1), register(site.registry, 2)
    contact = f.ContactVerified(effective_on=DAY, channel="phone", personal=f.Contact(value="+628120000001"))
    record(site.registry, stream, contact, contact)
    source, version = {"another version": (stream, 2), "another topic": (stream, 1), "another worker": (other, 1)}[
        taken_from
    ]
    swap = (
        "UPDATE event e SET sealed = o.sealed FROM event o"
        " WHERE e.stream = %s AND e.version = %s AND o.stream = %s AND o.version = %s"
    )
    tampered(site, swap, stream, 1 if source == other else 3, source, version)
    with pytest.raises(Refused, match="sealed-part-unreadable"):
        site.registry.history(stream)


def test_a_sealed_part_belongs_to_its_own_topic(site: Site) -> None:
    stream = register(site.registry)
    contact = f.ContactVerified(effective_on=DAY, channel="phone", personal=f.Contact(value="+628120000001"))
    record(site.registry, stream, contact)
    tampered(site, "UPDATE event SET topic = 'worker.statement-added' WHERE stream = %s AND version = 2", stream)
    with pytest.raises(Refused, match="sealed-part-unreadable"):
        site.registry.history(stream)


CANARIES = {
    "name": "Xenophontia Qwertiyanti",
    "nik": nik(4711),
    "phone": "+6281298765432",
    "birth_date": "1990-01-01",
    "wage": "7654321",
    "number": "SERT-ZQX-0042",
    "note": "Keponakan Zulkarnaenwati",
    "passport": "ZQ8877665",
}


def canary_rows() -> Iterator[dict[str, str]]:
    person = {"name": CANARIES["name"], "phone": CANARIES["phone"], "note": CANARIES["note"]}
    yield from founded()
    yield hired(4711, **person, wage=CANARIES["wage"])
    yield row(4711, "wage", ref="w-1", effective_on="2026-02-03", wage="7654321")
    yield row(4711, "correct", ref="c-1", corrects="w-1", effective_on="2026-02-04", wage="7654321")
    certified = {"certificate": "F.431000.001.02", "ends_on": "2029-02-04", "number": CANARIES["number"]}
    yield row(4711, "certificate", ref="s-1", effective_on="2026-02-05", **certified)
    foreign = {"passport": CANARIES["passport"], "nationality": "SGP", "permit_until": "2027-01-01"}
    yield hired(2, **person, **foreign, nik="", ref="p-1")
    yield hired(3, **{**person, "nik": f"{CANARIES['nik'][:-1]}A"}, ref="bad-1")


def test_nothing_personal_stands_in_clear_in_either_database(site: Site) -> None:
    """Every byte of every table of both databases, the read models included, after cards were issued too."""
    summary = load(site, *canary_rows())
    assert (summary.accepted, summary.refused) == (7, {"nik-digits": 1})
    stream = stream_of(site, 4711)
    verified = f.IdentityVerified(effective_on=DAY, register="dukcapil")
    record(site.registry, stream, verified)
    card = cards.issue(site.registry, stream, by=OFFICER)
    site.runner.catch_up()
    canaries = {**CANARIES, "card": card.text, "jwt": card.jwt}
    canaries |= {f"{name}'s hash": hashlib.sha256(value.encode()).hexdigest() for name, value in canaries.items()}
    assert not found_in_clear(site, canaries)


def found_in_clear(site: Site, canaries: dict[str, str]) -> list[tuple[str, str]]:
    found = []
    for conn in (site.reading(), site.vault()):
        tables = conn.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert len(tables) >= 4
        for (table,) in tables:
            query = f"COPY (SELECT * FROM {table}) TO STDOUT (FORMAT binary)"  # noqa: S608 - names from the catalogue
            with conn.cursor().copy(query) as copy:  # type: ignore[arg-type]
                content = b"".join(bytes(block) for block in copy).lower()
            for name, value in canaries.items():
                raw = value.encode().lower()
                if raw in content or (name.endswith("hash") and bytes.fromhex(value) in content):
                    found.append((str(table), name))
    return found


def test_the_scan_for_canaries_can_find_one(site: Site) -> None:
    load(site, *founded())
    assert found_in_clear(site, {"employer": "PT Uji 9120001234567"})

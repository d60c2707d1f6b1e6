"""Windows of rows: what a row becomes does not depend on what it is loaded together with."""

from __future__ import annotations

import csv
import random
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from eventsourcing.persistence import OperationalError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import codec
from registry.sample import generate
from registry.submissions.load import Loader
from tests.conftest import opened
from tests.registry.people import BETA, founded, hired, nik, row, stream_of
from tests.registry.submissions.employer_files import ndjson_file
from tests.registry.test_load import any_rows, facts, moved

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from uuid import UUID

    from registry.submissions.load import Summary
    from tests.conftest import Server, Site
    from tests.registry.submissions.employer_files import Values

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_COMMITMENT = re.compile(r'"key_commitment":"[^"]+"')


def loaded(site: Site, window: int, rows: Sequence[Values]) -> tuple[Summary, list[tuple[str, str, str]]]:
    """The summary, and each row's ref, outcome and code."""
    out = site.settings.home / "results.csv"
    path = ndjson_file(site.settings.home / "rows.ndjson", *rows)
    summary = Loader(site.registry, window=window).load(path, results=out)
    with out.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [int(line["line"]) for line in lines] == sorted(int(line["line"]) for line in lines)
    return summary, [(line["ref"], line["outcome"], line["code"]) for line in lines]


def histories(site: Site) -> dict[str, list[str]]:
    """Every stream's events, by the index entry of its number; random ids replaced by when they are first seen."""
    query = "SELECT tag, stream FROM identity"
    names: dict[UUID, str] = {stream: bytes(tag).hex() for tag, stream in site.vault().execute(query)}  # type: ignore[misc, call-overload]
    found: dict[str, list[str]] = {}
    for stream, name in names.items():
        seen: dict[str, str] = {str(known): named for known, named in names.items()}
        events = []
        for event in site.registry.history(stream).events:
            clear, secret = codec.encode(event)
            assert event.submission
            envelope = f"{event.originator_version} {event.recorded_at}"
            text = _COMMITMENT.sub("", f"{envelope} {clear.decode()} {(secret or b'').decode()}")
            events.append(_UUID.sub(lambda found, seen=seen: seen.setdefault(found[0], f"#{len(seen)}"), text))  # type: ignore[misc]  # bound now
        if events:
            found[name] = events
    return found


@pytest.fixture
def pair(server: Server, key_folder: Path, tmp_path: Path) -> Iterator[tuple[Site, Site]]:
    """Two registries with the same keys and empty databases."""
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    with opened(server, key_folder, tmp_path / "one") as one, opened(server, key_folder, tmp_path / "many") as many:
        yield one, many


# -- as by single rows ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("window", "seed"), [(7, 3), (100, 5), (2000, 11)])
def test_a_made_up_country_is_the_same_in_any_windows(pair: tuple[Site, Site], window: int, seed: int) -> None:
    """With planted mistakes, and every tenth row out of its place."""
    one, many = pair
    rows = list(generate(workers=60, seed=seed, planted=Counter()))
    draw = random.Random(seed)
    for _ in range(len(rows) // 10):
        rows.insert(draw.randrange(len(rows)), rows.pop(draw.randrange(len(rows))))
    for site in pair:
        site.now = site.now.replace(year=2026, month=11, day=15)
    first, expected = loaded(one, 1, rows)
    summary, outcomes = loaded(many, window, rows)
    assert outcomes == expected
    assert summary == first
    assert histories(many) == histories(one)
    again, outcomes = loaded(many, window, rows)
    assert outcomes == loaded(one, 1, rows)[1]
    assert (again.again, facts(many)) == (summary.accepted, facts(one))


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(rows=any_rows(), repeated=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=3))
def test_any_rows_become_the_same_together_and_one_by_one(
    pair: tuple[Site, Site], rows: list[Values], repeated: list[tuple[int, int]]
) -> None:
    one, many = pair
    base = facts(one) * 10
    for site in pair:
        if not base:
            loaded(site, 1, [*founded(), *founded(BETA)])
    moved(rows, base)
    rows = [hired(base + 1), hired(base + 5), *rows]
    for source, target in repeated:  # one ref, twice in a window: the same content, and another
        rows.append({**rows[source % len(rows)], "ref": rows[target % len(rows)]["ref"]})
    first, expected = loaded(one, 1, rows)
    summary, outcomes = loaded(many, 100, rows)
    assert (outcomes, summary) == (expected, first)
    assert facts(many) == facts(one)
    assert loaded(many, 100, rows)[1] == loaded(one, 1, rows)[1]
    if base % 400 < 40:  # reads everything
        assert histories(many) == histories(one)


def test_amendments_see_the_rows_before_them_in_the_same_window(site: Site) -> None:
    pay = row(1, "wage", ref="w-1", effective_on="2026-02-09", wage="5900000")
    mend = row(1, "correct", ref="c-1", corrects="w-1", effective_on="2026-02-09", wage="6100000")
    void = row(1, "void", ref="v-1", corrects="c-1", reason="error")
    move = {**founded()[1], "ref": "e-1", "action": "correct", "corrects": "f-2", "establishment": "BEKASI-9"}
    there = hired(2, establishment="BEKASI-9")
    early = row(3, "correct", ref="c-9", corrects="h-3", wage="1")
    _, outcomes = loaded(site, 100, [*founded(), hired(1), pay, mend, void, early, move, there, hired(3), hired(4)])
    codes = {ref: code for ref, _, code in outcomes if code}
    assert codes == {"c-9": "ref-unknown", "h-3": "establishment-unknown", "h-4": "establishment-unknown"}
    job = site.registry.worker(stream_of(site, 1))[1].current
    assert job
    assert job.wage == type(job.wage)(monthly=5_900_000)  # type: ignore[call-arg]  # a wage, not the mark of an erased one


def test_progress_is_told_once_a_window(site: Site) -> None:
    told: list[int] = []
    path = ndjson_file(site.settings.home / "rows.ndjson", *founded(), *(hired(n) for n in range(1, 9)))
    Loader(site.registry, window=4).load(path, progress=told.append)
    assert told == [4, 8, 10]


# -- others at the same time ----------------------------------------------------------------------------------------
def before_append(site: Site, monkeypatch: pytest.MonkeyPatch, happens: Any) -> list[int]:
    """Let something happen once between a window's decisions and its first append; the sizes of all appends."""
    recorder, sizes = site.registry.recorder, []
    append = recorder.append

    def late(shard: int, events: Sequence[Any], rows: Sequence[Any]) -> Any:
        if not sizes:
            sizes.append(0)
            happens()
        sizes.append(len(rows))
        return append(shard, events, rows)

    monkeypatch.setattr(recorder, "append", late)
    return sizes


def pays(n: int) -> list[Values]:
    days = range(3, 13)
    return [row(n, "wage", ref=f"w-{n}-{d}", effective_on=f"2026-02-{d:02}", wage=f"56{d:02}000") for d in days]


def test_only_the_streams_that_lost_a_race_go_one_by_one(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded(site, 100, [*founded(), *(hired(n) for n in range(1, 7))])
    other = site.another()

    def overtake() -> None:
        quicker = ndjson_file(
            site.settings.home / "q.ndjson", row(1, "end", ref="e", effective_on="2026-02-07", reason="death")
        )
        assert Loader(other).load(quicker).recorded == 1
        singles.clear()

    singles = Counter[str]()
    outcome = Loader.outcome
    monkeypatch.setattr(Loader, "outcome", lambda self, row: singles.update([row.nik or ""]) or outcome(self, row))
    before_append(site, monkeypatch, overtake)
    summary, _ = loaded(site, 100, [line for n in range(1, 7) for line in pays(n)])
    assert (summary.recorded, summary.refused) == (54, {"employment-ended": 6})
    assert singles == {nik(1): 10}
    versions = [event.originator_version for event in site.registry.history(stream_of(site, 1)).events]
    assert versions == list(range(1, len(versions) + 1))


def test_the_same_file_twice_at_once_is_recorded_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded(site, 100, founded())
    rows = [*(hired(n) for n in range(1, 20)), hired(20, kbji="9999"), *pays(1)]
    path = ndjson_file(site.settings.home / "twin.ndjson", *rows)
    other = site.another()
    before_append(site, monkeypatch, lambda: Loader(other).load(path))
    summary, outcomes = loaded(site, 100, rows)
    assert (summary.accepted, summary.again, summary.recorded) == (29, 29, 0)
    assert summary.refused == {"code-unknown": 1}
    assert facts(site) == 2 + 19 * 2 + 10
    assert len(outcomes) == 30


def test_a_row_that_a_twin_recorded_is_not_refused_for_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other commits after our look for its ref and before our look at the history."""
    loaded(site, 100, founded())
    rows = [hired(n) for n in range(1, 5)]
    path = ndjson_file(site.settings.home / "twin.ndjson", *rows)
    other, histories_of = site.another(), site.registry.histories

    def late(streams: Any) -> Any:
        if facts(site) == 2:
            Loader(other).load(path)
        return histories_of(streams)

    monkeypatch.setattr(site.registry, "histories", late)
    assert loaded(site, 100, rows)[0].again == 4
    assert facts(site) == 2 + 8


@pytest.mark.parametrize("committed", [True, False])
def test_a_lost_acknowledgement_of_a_window_ends_in_receipts(
    site: Site, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    loaded(site, 100, founded())
    recorder, append = site.registry.recorder, site.registry.recorder.append
    calls: list[int] = []

    def cut(shard: int, events: Sequence[Any], rows: Sequence[Any]) -> Any:
        calls.append(len(rows))
        if len(calls) == 3 and not committed:
            raise OperationalError
        appended = append(shard, events, rows)
        if len(calls) == 3:
            raise OperationalError
        return appended

    monkeypatch.setattr(recorder, "append", cut)
    summary, _ = loaded(site, 100, [hired(n) for n in range(1, 31)])
    assert (summary.accepted, summary.refused) == (30, {})
    assert (summary.again > 0) == committed
    assert facts(site) == 2 + 60


# -- claims ---------------------------------------------------------------------------------------------------------
def unsettled(site: Site) -> int:
    query = "SELECT count(*) FROM data_key JOIN claim_batch USING (batch) WHERE NOT confirmed"
    return int(site.vault().execute(query).fetchone()[0])  # type: ignore[index]


def test_only_those_of_a_window_who_have_begun_are_confirmed(site: Site) -> None:
    rows = [*founded(), hired(1), hired(2, kbji="9999"), hired(3), hired(4, establishment="X")]
    assert loaded(site, 100, rows)[0].recorded == 6
    assert unsettled(site) == 2
    assert site.registry.settle_claims(older_than=0) == 2
    assert unsettled(site) == 0
    assert site.registry.vault.find("nik", nik(2)) is None
    assert site.registry.vault.find("nik", nik(3))
    assert loaded(site, 100, [hired(2), hired(4)])[0].recorded == 4


def test_a_batch_of_a_killed_loader_is_settled_stream_by_stream(site: Site) -> None:
    vault = site.registry.vault
    claims = vault.claim_all([("nik", nik(n)) for n in range(1, 6)])
    assert len({claim.batch for claim in claims.values()}) == 1
    begun = {claims["nik", nik(2)].stream, claims["nik", nik(4)].stream}
    assert vault.settle(lambda _: begun, older_than=0) == 3
    assert (unsettled(site), [n for n in range(1, 6) if vault.find("nik", nik(n))]) == (0, [2, 4])


def test_whoever_records_one_of_a_batch_does_not_confirm_the_others(site: Site) -> None:
    loaded(site, 100, founded())
    made = site.registry.vault.claim_all([("nik", nik(1)), ("nik", nik(2))])
    assert loaded(site, 100, [hired(1)])[0].recorded == 2
    assert stream_of(site, 1) == made["nik", nik(1)].stream
    assert site.registry.settle_claims(older_than=0) == 1
    assert site.registry.vault.find("nik", nik(2)) is None
    assert unsettled(site) == 0

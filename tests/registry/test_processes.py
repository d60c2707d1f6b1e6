"""A file loaded by several processes, and one that goes on where it was broken off."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Refused
from keys.keyring import Keyring
from registry.sample import generate
from registry.submissions import journal, processes
from registry.submissions.line import Line
from registry.submissions.load import Loader
from registry.submissions.results import HEADINGS
from registry.submissions.share import Share, is_common
from tests.registry.people import BETA, founded, hired, nik, row
from tests.registry.submissions.employer_files import ndjson_file
from tests.registry.test_card_batch import sessions_of
from tests.registry.test_load import facts
from tests.registry.test_windows import histories, pair  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from registry.submissions.load import Summary
    from tests.conftest import Site


def by(site: Site, path: Path, many: int) -> tuple[Summary, list[dict[str, str]]]:
    place = processes.Place(site.database_url, site.vault_url, partial(Keyring.open, site.settings.key_folder))
    out = site.settings.home / "by-many.csv"
    summary = processes.load(place, path, results=out, processes=many)
    return summary, rows_of(out)


def rows_of(results: Path) -> list[dict[str, str]]:
    with results.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def told(rows: list[dict[str, str]]) -> list[tuple[str, str, str, str]]:
    return [(found["line"], found["ref"], found["outcome"], found["code"]) for found in rows]


def test_several_processes_record_what_one_does(pair: tuple[Site, Site]) -> None:  # noqa: F811 - the fixture
    one, many = pair
    for site in pair:
        site.now = datetime.now(UTC)
    rows = list(generate(workers=40, seed=7))
    path = ndjson_file(one.settings.home / "rows.ndjson", *rows)
    out = one.settings.home / "results.csv"
    expected = Loader(one.registry).load(path, results=out)
    summary, found = by(many, path, 3)
    assert told(found) == told(rows_of(out))
    assert summary == expected
    assert facts(many) == facts(one)
    assert sum(map(len, histories(many).values())) == sum(map(len, histories(one).values()))
    again, found = by(many, path, 2)
    assert (again.accepted, again.again, again.recorded) == (expected.accepted, expected.accepted, 0)
    assert sorted(path.name for path in many.settings.home.glob("by-many.csv*")) == ["by-many.csv"]


# -- broken off -----------------------------------------------------------------------------------------------------
def file_of(site: Site, people: int) -> Path:
    month = (line for n in range(1, people + 1) for line in (hired(n), row(n, "wage", ref=f"w-{n}", **PAY)))
    return ndjson_file(site.settings.home / "all.ndjson", *founded(), *month)


PAY = {"effective_on": "2026-02-09", "wage": "5900000"}


@pytest.mark.parametrize("many", [1, 2])
def test_a_load_that_was_killed_goes_on_where_it_was(site: Site, many: int) -> None:
    """The command is killed, its processes with it; begun again it takes the rows that are left, and few twice."""
    people = 2_300
    path, out = file_of(site, people), site.settings.home / "out.csv"
    command = [sys.executable, "-m", "registry", "load", str(path), "--results", str(out), "--json"]
    command += ["--processes", str(many)]
    looking = site.reading()
    process = subprocess.Popen(command, env=site.environment | {"PGAPPNAME": "killed"}, stdout=subprocess.PIPE)
    try:
        while not written(out, many) and process.poll() is None:
            time.sleep(0.01)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL, "it was done before it could be killed"
    until = time.monotonic() + 10
    while sessions_of(looking, "killed") and time.monotonic() < until:
        time.sleep(0.05)
    assert not sessions_of(looking, "killed")
    before, halfway = written(out, many), facts(site)
    assert 0 < before < 2 + 2 * people
    answer = subprocess.run(command, env=site.environment, check=True, stdout=subprocess.PIPE).stdout
    summary = json.loads(answer.splitlines()[-1])
    assert (summary["rows"], summary["accepted"], summary["refused"]) == (2 + 2 * people, 2 + 2 * people, {})
    assert facts(site) == 2 + 3 * people
    assert summary["again"] <= halfway - before  # what was committed and not written down, and no more
    rows = rows_of(out)
    assert [int(found["line"]) for found in rows] == list(range(1, 3 + 2 * people))
    receipts = [receipt for found in rows for receipt in found["receipt"].split()]
    assert len(receipts) == len(set(receipts)) == facts(site)
    assert [path.name for path in out.parent.glob("out.csv*")] == ["out.csv"]


def written(out: Path, many: int) -> int:
    """How many result rows there are so far."""
    parts = [journal.part_of(path) for path in journal.shares(out, many)]
    return sum(max(0, part.read_bytes().count(b"\n") - 1) for part in parts if part.exists())


def test_one_process_that_ends_ends_the_others(site: Site) -> None:
    path = file_of(site, 2_300)
    killed: list[int] = []

    def kill_one(_rows: int) -> None:
        import multiprocessing

        children = [child for child in multiprocessing.active_children() if child.name == "loader-1"]
        if facts(site) > 500 and children and children[0].pid and not killed:
            killed.append(children[0].pid)
            os.kill(children[0].pid, signal.SIGKILL)

    place = processes.Place(site.database_url, site.vault_url, partial(Keyring.open, site.settings.key_folder))
    out = site.settings.home / "out.csv"
    with pytest.raises(Refused) as refused:
        processes.load(place, path, results=out, processes=2, progress=kill_one)
    assert (refused.value.code, refused.value.details["process"]) == ("loader-stopped", "loader-1")
    summary = processes.load(place, path, results=out, processes=2)
    assert (summary.rows, summary.accepted, facts(site)) == (4_602, 4_602, 6_902)


# -- the journal ----------------------------------------------------------------------------------------------------
def test_another_file_or_submitter_begins_anew(tmp_path: Path) -> None:
    out, file = tmp_path / "out.csv", tmp_path / "rows.ndjson"
    file.write_text("{}")
    first = journal.begin(out, file, None, 2)
    part = journal.part_of(journal.shares(out, 2)[1])
    part.write_bytes(b"line\r\n7")
    assert journal.begin(out, file, None, 2) == first
    assert part.read_bytes() == b"line\r\n7"
    second = journal.begin(out, file, "9120001234567", 2)
    assert second.submission != first.submission
    assert part.read_text() == ""
    file.write_text("{ }")
    assert journal.begin(out, file, "9120001234567", 1).submission != second.submission
    assert not part.exists()
    (tmp_path / "out.csv.note").write_text("{")
    assert journal.begin(out, file, "9120001234567", 1).processes == 1


def test_what_was_broken_off_begins_anew_when_some_of_its_results_are_gone(tmp_path: Path) -> None:
    """Removed by somebody, or joined by a process that was killed before it removed the note."""
    out, file = tmp_path / "out.csv", tmp_path / "rows.ndjson"
    file.write_text("{}")
    first = journal.begin(out, file, None, 2)
    one, two = journal.shares(out, 2)
    journal.part_of(one).rename(one)
    assert journal.begin(out, file, None, 2) == first
    one.unlink()
    assert journal.begin(out, file, None, 2).submission != first.submission
    assert [journal.part_of(path).read_bytes() for path in (one, two)] == [b"", b""]


def test_results_are_not_written_over_the_file_that_is_read(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("ref,action\n")
    (tmp_path / "other.csv").symlink_to(file)
    for results in (file, tmp_path / "." / "rows.csv", tmp_path / "other.csv"):
        with pytest.raises(Refused, match="results-over-file"):
            journal.begin(results, file, None, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.csv", "rows.csv"]


@pytest.mark.parametrize("cut", [b"", b"3,h-3,rec", b"3,h-3,recorded,,,,aa", "3,h-3,refused,caf\u00e9".encode()[:-1]])
def test_a_result_row_that_was_cut_off_is_no_result(tmp_path: Path, cut: bytes) -> None:
    out = tmp_path / "out.csv"
    whole = f"\ufeff{','.join(HEADINGS)}\r\n1,h-1,recorded,,,,a:1 a:2\r\n2,,refused,busy,x,y,\r\n".encode()
    journal.part_of(out).write_bytes(whole + cut)
    done = journal.done(out)
    assert (done.last, done.facts, done.outcomes, done.refused) == (2, 2, {"recorded": 1, "refused": 1}, {"busy": 1})
    assert journal.part_of(out).read_bytes() == whole


# -- shares ---------------------------------------------------------------------------------------------------------
ROWS = st.lists(
    st.tuples(st.sampled_from(["hire", "wage", "correct", "void", "open-establishment", "x"]), st.integers(0, 6)),
    max_size=60,
)


@settings(deadline=None)
@given(ROWS, st.integers(1, 4), st.integers(1, 7), st.integers(0, 60))
def test_each_line_is_taken_once_and_a_person_s_by_one(
    rows: list[tuple[str, int]], of: int, size: int, at: int
) -> None:
    lines = [
        Line(n, {"action": action} | ({"nik": nik(who)} if who else {})) for n, (action, who) in enumerate(rows, 1)
    ]
    meetings = [0] * of

    def meet(index: int) -> None:
        meetings[index] += 1

    shares = [Share(index, of, partial(meet, index)) for index in range(of)]
    taken = [[line for window in share.windows(lines, size) for line in window] for share in shares]
    assert sorted(line.number for lines in taken for line in lines) == [line.number for line in lines]
    assert len(set(meetings)) == 1
    for index, own in enumerate(taken):
        assert [line.number for line in own] == sorted(line.number for line in own)
        assert not index or not any(map(is_common, own))
    people = [{line.values["nik"] for line in own if "nik" in line.values and not is_common(line)} for own in taken]
    assert sum(map(len, people)) == len(set().union(*people))
    common = [line.number for line in taken[0] if is_common(line) and line.number <= at]
    left = [
        line for share in shares for window in share.windows(lines, size, at, max(common, default=0)) for line in window
    ]
    assert sorted(line.number for line in left) == [line.number for line in lines if line.number > at]


def test_rows_of_one_reference_about_two_people_one_is_refused(site: Site) -> None:
    rows = [hired(1, ref="same"), hired(2, ref="same"), hired(3, ref="same")]
    path = ndjson_file(site.settings.home / "rows.ndjson", *founded(), *founded(BETA), *rows)
    _, found = by(site, path, 2)
    assert sorted((row["outcome"], row["code"]) for row in found[-3:]) == [
        ("recorded", ""),
        ("refused", "ref-conflict"),
        ("refused", "ref-conflict"),
    ]

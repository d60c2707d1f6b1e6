"""An employer's files from end to end: each row accepted or refused by itself, nothing lost, nothing twice."""

from __future__ import annotations

import csv
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import facts as f
from domain.errors import Refused
from registry.sample import generate
from registry.submissions.actions import BY_NAME as ACTIONS
from registry.submissions.line import BadFile
from registry.submissions.load import Loader
from registry.submissions.typed import Row
from tests.registry.people import ACME, BETA, founded, hired, load, nik, row, stream_of
from tests.registry.submissions.employer_files import csv_file, ndjson_file, written_xlsx

if TYPE_CHECKING:
    from pathlib import Path

    from registry.submissions.load import Summary
    from tests.conftest import Site
    from tests.registry.submissions.employer_files import Values


def said(summary: Summary) -> tuple[int, int, int, int, dict[str, int]]:
    return (summary.rows, summary.accepted, summary.again, summary.recorded, dict(summary.refused))


def results(site: Site) -> list[dict[str, str]]:
    with (site.settings.home / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def facts(site: Site) -> int:
    return site.registry.recorder.ping()


def month(n: int) -> list[Values]:
    """What a month of the n-th woman brings: hired, more pay, another post, and a warning without a reference."""
    return [
        hired(n),
        row(n, "wage", ref=f"w-{n}", effective_on="2026-02-09", wage="5900000"),
        row(n, "position", ref=f"p-{n}", effective_on="2026-02-16", kbji="4110"),
        row(n, "warn", effective_on="2026-02-23", level="1"),
    ]


# -- whole files ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("write", [csv_file, ndjson_file, written_xlsx], ids=["csv", "ndjson", "xlsx"])
def test_a_file_twice_and_again_with_one_row_mended(site: Site, write: Any) -> None:
    path = site.settings.home / f"rows.{ {csv_file: 'csv', ndjson_file: 'ndjson', written_xlsx: 'xlsx'}[write] }"
    out = site.settings.home / "results.csv"
    bad = hired(3, kbji="9999")
    rows = [*founded(), *month(1), bad, *month(2)]

    first = Loader(site.registry).load(write(path, *rows), results=out)
    assert said(first) == (11, 10, 0, 12, {"code-unknown": 1})
    receipts = {line["ref"] + line["line"]: line["receipt"] for line in results(site)}

    again = Loader(site.registry).load(path, results=out)
    assert said(again) == (11, 10, 10, 0, {"code-unknown": 1})
    assert {line["ref"] + line["line"]: line["receipt"] for line in results(site)} == receipts
    assert {line["outcome"] for line in results(site)} == {"again", "refused"}

    mended = [{**line, "kbji": "7212"} if line is bad else line for line in rows]
    third = Loader(site.registry).load(write(path, *mended), results=out)
    assert said(third) == (11, 11, 10, 2, {}), "one row, which registers the woman and hires her"
    assert facts(site) == 14


def test_one_mended_row_is_one_new_fact(site: Site) -> None:
    rows = [*founded(), *month(1), row(1, "wage", ref="w-2", effective_on="2026-02-30", wage="6000000")]
    assert said(load(site, *rows)) == (7, 6, 0, 7, {"date-unknown": 1})
    rows[-1] = {**rows[-1], "effective_on": "2026-02-28"}
    assert said(load(site, *rows)) == (7, 7, 6, 1, {})


def test_the_same_content_in_another_format_is_the_same_submission_again(site: Site) -> None:
    rows, home = [*founded(), *month(1)], site.settings.home
    assert Loader(site.registry).load(csv_file(home / "a.csv", *rows)).recorded == 7
    headings = {"effective_on": "Berlaku tanggal", "nik": "NIK"}
    other = [{headings.get(name, name): text for name, text in line.items()} for line in rows]
    assert said(Loader(site.registry).load(written_xlsx(home / "b.xlsx", *other))) == (6, 6, 6, 0, {})


def test_a_changed_row_under_a_used_ref_is_refused(site: Site) -> None:
    load(site, *founded(), *month(1))
    changed = row(1, "wage", ref="w-1", effective_on="2026-02-09", wage="5900001")
    assert said(load(site, changed)) == (1, 0, 0, 0, {"ref-conflict": 1})


def test_refs_belong_to_an_organisation(site: Site) -> None:
    theirs = [{**line, "submitter": BETA} for line in (hired(2, ref="h-1"),)]
    assert load(site, *founded(), *founded(BETA), hired(1), *theirs).refused == {}


def test_a_file_that_cannot_be_read_leaves_nothing(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"\xff\xfe" + "ref,action\n".encode("utf-16-le"))
    with pytest.raises(BadFile):
        Loader(site.registry).load(path, results=tmp_path / "out.csv")
    assert site.reading().execute("SELECT count(*) FROM submission").fetchone() == (0,)
    assert not (tmp_path / "out.csv").exists()


def test_the_result_file_says_what_became_of_each_row(site: Site) -> None:
    load(site, *founded(), hired(1), hired(1, ref="h-9"), hired(2, ref="=1+1"))
    lines = results(site)
    assert [line["outcome"] for line in lines] == ["recorded"] * 3 + ["refused"] * 2
    assert [line["code"] for line in lines] == ["", "", "", "already-employed", "csv-injection"]
    assert lines[2]["receipt"] == " ".join(f"{stream_of(site, 1)}:{version}" for version in (1, 2))
    assert all(line["message_id"] and line["message_en"] for line in lines[3:])


def test_the_order_of_rows_is_the_order_of_report(site: Site) -> None:
    backwards = [row(1, "wage", ref="w", effective_on="2026-02-09", wage="5900000"), hired(1), *founded()]
    assert load(site, *backwards).refused == {"employer-unknown": 2}
    assert load(site, *backwards).refused == {"worker-unknown": 1}
    assert load(site, *backwards).refused == {}


# -- whose row it is ------------------------------------------------------------------------------------------------
def test_a_file_belongs_to_who_sends_it(site: Site) -> None:
    load(site, *founded(), *founded(BETA))
    path = ndjson_file(site.settings.home / "rows.ndjson", hired(1), hired(2, submitter=""))
    assert said(Loader(site.registry, submitter=BETA).load(path)) == (2, 1, 0, 2, {"submitter-differs": 1})
    job = site.registry.worker(stream_of(site, 2))[1].current
    assert job
    assert str(job.employer) == str(site.registry.vault.find("nib", BETA))
    with pytest.raises(Refused, match="submitter-missing"):
        Loader(site.registry).submit(Row(action="warn"))


def test_an_authority_does_not_hire_and_an_employer_does_not_verify(site: Site) -> None:
    load(site, *founded(), hired(1))
    verify = row(1, "verify-identity")
    assert load(site, verify).refused == {"no-mandate": 1}
    assert load(site, {**verify, "submitter": "dukcapil"}).recorded == 1
    assert load(site, {**row(1, "certificate"), "submitter": "bnsp"}).refused == {"missing-column": 1}


# -- who it is about ------------------------------------------------------------------------------------------------
def test_somebody_elses_number_discloses_nothing(site: Site) -> None:
    load(site, *founded(), hired(1, name="Siti Rahmawati"), *founded(BETA))
    before = facts(site)
    stranger = hired(1, submitter=BETA, ref="x", name="Dewi Lestari")
    assert load(site, stranger).refused == {"identity-claimed": 1}
    told = ",".join(results(site)[0].values())
    holder = site.registry.vault.find("nik", nik(1))
    for secret in ("Siti", "Rahmawati", str(holder), ACME, "PT Uji", "1990"):
        assert secret not in told
    assert facts(site) == before
    assert load(site, {**stranger, "name": "RAHMAWATI, Siti S.Pd."}).recorded == 1


def test_another_birth_date_is_somebody_else(site: Site) -> None:
    load(site, *founded(), hired(1))
    assert load(site, row(1, "wage", effective_on="2026-02-09", wage="1", birth_date="1991-01-01")).refused == {
        "identity-claimed": 1
    }


def test_a_foreign_worker_goes_by_passport(site: Site) -> None:
    person = {"passport": "E1234567K", "nationality": "SGP", "permit_until": "2027-01-31"}
    raised = {"submitter": ACME, "action": "wage", "effective_on": "2026-02-09", "wage": "90000000", **person}
    assert load(site, *founded(), hired(1, nik="", **person), raised).recorded == 5
    stream = site.registry.vault.find("passport/SGP", "E1234567K")
    assert stream
    worker = site.registry.worker(stream)[1]
    assert (worker.nationality, worker.permit_until) == ("SGP", date(2027, 1, 31))


# -- what it is about -----------------------------------------------------------------------------------------------
def test_a_hire_needs_a_place_of_work_that_was_opened(site: Site) -> None:
    place = {**founded()[1], "ref": "f-3", "establishment": "KARAWANG-2"}
    loader = Loader(site.registry)

    def submit(values: Values) -> Summary:
        return loader.load(ndjson_file(site.settings.home / "rows.ndjson", values))

    load(site, *founded())
    assert submit(hired(1, establishment="KARAWANG-2")).refused == {"establishment-unknown": 1}
    load(site, place)
    assert submit(hired(1, establishment="KARAWANG-2")).recorded == 2, "the same loader sees that it was opened since"


def test_so_does_who_is_moved_or_transferred_there_or_was_hired_for_another(site: Site) -> None:
    moved = row(1, "location", ref="l", effective_on="2026-02-09", establishment="BEKASI-1", regency="32.75")
    assert load(site, *founded(), *founded(BETA), hired(1), moved).refused == {}
    elsewhere = {"establishment": "KARAWANG-2", "regency": "32.15"}
    wrong = [
        {**moved, "ref": "l-2", **elsewhere},
        {**moved, "ref": "c-1", "action": "correct", "corrects": "l", **elsewhere},
        {**hired(1), "ref": "c-2", "action": "correct", "corrects": "h-1", **elsewhere},
        row(1, "transfer", ref="t", effective_on="2026-02-20", counterparty=BETA, **elsewhere),
    ]
    assert load(site, *wrong).refused == {"establishment-unknown": 4}
    place = {**founded()[1], "ref": "f-3", **elsewhere}
    assert load(site, place, {**place, "submitter": BETA}, *wrong).refused == {}


def test_a_transfer_takes_the_employment_to_another_employer(site: Site) -> None:
    transfer = row(1, "transfer", ref="t", effective_on="2026-02-20", counterparty=BETA)
    assert load(site, *founded(), hired(1), transfer).refused == {"counterparty-unknown": 1}
    assert load(site, *founded(BETA), transfer).recorded == 3
    job = site.registry.worker(stream_of(site, 1))[1].current
    assert job
    assert job.employer == site.registry.vault.find("nib", BETA)
    assert (job.started_on, job.with_employer_since) == (date(2026, 2, 2), date(2026, 2, 20))
    pay = row(1, "wage", effective_on="2026-02-25", wage="7000000")
    assert load(site, pay).refused == {"no-mandate": 1}
    assert load(site, {**pay, "submitter": BETA}).recorded == 1


def test_a_revoked_certificate_is_gone_also_where_the_employer_stated_it(site: Site) -> None:
    stated = row(1, "certificate", effective_on="2026-02-09", ends_on="2027-02-08", certificate="F.431000.001.02")
    attested = {**stated, "submitter": "bnsp"}
    revoke = row(1, "revoke-certificate", submitter="bnsp", effective_on="2026-02-10", reason="misconduct", number="N1")
    rows = [{**stated, "number": "N1"}, {**attested, "number": "N1"}, {**attested, "number": "N2"}]
    assert load(site, *founded(), hired(1), *rows).refused == {}

    def standing() -> list[tuple[str, str]]:
        certificates = site.registry.worker(stream_of(site, 1))[1].certificates.values()
        return sorted((one.number.number, one.standing) for one in certificates if one.state == "valid")  # type: ignore[union-attr]

    assert load(site, {**revoke, "ref": "r-1"}).refused == {}
    assert standing() == [("N1", "employer-stated"), ("N2", "authority-attested")], "the body's own first"
    assert load(site, {**revoke, "ref": "r-2"}).refused == {}
    assert standing() == [("N2", "authority-attested")]
    assert load(site, {**revoke, "ref": "r-3"}).refused == {"certificate-revoked": 1}


def test_a_late_report_finds_its_place_and_says_why(site: Site) -> None:
    end = row(1, "end", ref="e", effective_on="2026-02-27", reason="resignation")
    late = row(1, "wage", ref="w", effective_on="2026-02-10", wage="6000000", late_reason="system-change")
    load(site, *founded(), hired(1), end)
    assert load(site, late).recorded == 1
    assert load(site, {**late, "ref": "w-2", "effective_on": "2026-02-28"}).refused == {"employment-ended": 1}
    history = site.registry.history(stream_of(site, 1))
    assert [event.late_reason for event in history.events][:4] == [None, None, None, "system-change"]
    job = next(iter(history.state(on=date(2026, 2, 15)).employments.values()))
    assert (job.wage.monthly, job.ended_on) == (6_000_000, None)


# -- amendments -----------------------------------------------------------------------------------------------------
def wage(site: Site) -> int:
    job = site.registry.worker(stream_of(site, 1))[1].current
    assert job
    assert isinstance(job.wage, f.Wage)
    return job.wage.monthly


def corrected(ref: str, to: str, corrects: str = "w-1") -> Values:
    return row(1, "correct", ref=ref, corrects=corrects, effective_on="2026-02-09", wage=to)


def test_corrections_and_their_undoing_by_reference(site: Site) -> None:
    load(site, *founded(), *month(1))
    assert wage(site) == 5_900_000
    load(site, corrected("c-1", "6100000"))
    assert wage(site) == 6_100_000
    load(site, corrected("c-2", "6200000"))
    assert wage(site) == 6_200_000
    load(site, row(1, "void", ref="v-1", corrects="c-2", reason="error"))
    assert wage(site) == 6_100_000
    load(site, row(1, "void", ref="v-2", corrects="v-1", reason="error"))
    assert wage(site) == 6_200_000
    load(site, row(1, "void", ref="v-3", corrects="w-1", reason="never-happened"))
    assert wage(site) == 5_600_000
    assert len(site.registry.history(stream_of(site, 1)).events) == 10


def test_a_voided_hire_takes_a_fact_that_rests_on_it_along_or_is_refused(site: Site) -> None:
    void = row(1, "void", ref="v", corrects="h-1", reason="never-happened")
    load(site, *founded(), hired(1))
    assert load(site, row(1, "wage", ref="w", effective_on="2026-02-09", wage="1")).recorded == 1
    assert load(site, void).refused == {"breaks-later-fact": 1}
    assert load(site, row(1, "void", ref="v0", corrects="w", reason="error")).recorded == 1
    assert load(site, void).recorded == 1
    assert site.registry.worker(stream_of(site, 1))[1].standing == "unknown"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"corrects": "w-7"}, "ref-unknown"),
        ({"nik": nik(2)}, "other-person"),
        ({"nik": nik(3)}, "other-person"),
        ({"name": "Dewi Lestari"}, "identity-claimed"),
        ({"birth_date": "1991-01-01"}, "identity-claimed"),
        ({"wage": ""}, "missing-column"),
        ({"submitter": BETA}, "ref-unknown"),
        ({"effective_on": "2026-01-09"}, "not-employed"),
        ({"corrects": "f-2"}, "missing-column"),
    ],
)
def test_a_wrong_correction_is_refused(site: Site, change: Values, code: str) -> None:
    load(site, *founded(), *founded(BETA), *month(1), *month(2))
    before = facts(site)
    wrong = {name: text for name, text in {**corrected("c", "6100000"), **change}.items() if text}
    assert load(site, wrong).refused == {code: 1}
    assert facts(site) == before


def test_a_corrected_hire_stays_declared_and_keeps_its_employment(site: Site) -> None:
    load(site, *founded(), {**hired(1), "action": "opening"})
    job = site.registry.worker(stream_of(site, 1))[1].current
    assert job
    mended = {**hired(1, kbji="4110"), "ref": "c-1", "action": "correct", "corrects": "h-1"}
    assert load(site, mended).recorded == 1
    now = site.registry.worker(stream_of(site, 1))[1].current
    assert now
    assert (now.id, now.occupation, now.hired.declared) == (job.id, "kbji:2014/4110", True)


def test_employers_correct_their_own_rows_too(site: Site) -> None:
    load(site, *founded())
    moved = {**founded()[1], "ref": "c", "action": "correct", "corrects": "f-2", "regency": "32.16"}
    assert load(site, moved).recorded == 1
    stream = site.registry.vault.find("nib", ACME)
    assert stream
    assert site.registry.history(stream).state().establishments["BEKASI-1"].regency == "kemendagri:2025/32.16"


# -- anything at all ------------------------------------------------------------------------------------------------
CELLS: dict[str, list[str]] = {
    "submitter": [ACME, BETA, "dukcapil", "bnsp", "kemnaker", "9120001234568", "nobody", ""],
    "nik": [nik(1), nik(1), nik(2), nik(5), nik(6)[:-1] + "A", "", "9" * 16],
    "passport": ["", "", "", "E1234567K", "?"],
    "nationality": ["", "SGP", "XX", "IDN"],
    "name": ["Siti Rahmawati", "Siti Rahmawati", "Dewi", "\u00e9", "-", ""],
    "birth_date": ["1990-01-01", "1990-01-01", "1899-01-01", "2030-01-01", ""],
    "permit_until": ["", "2027-01-31", "2020-01-01"],
    "effective_on": [
        "2026-02-02",
        "2026-02-09",
        "2026-02-16",
        "2019-01-01",
        "2026-03-02",
        "2199-12-31",
        "1900-01-01",
        "",
    ],
    "ends_on": ["2027-02-01", "2026-02-01", "1900-01-01", ""],
    "establishment": ["BEKASI-1", "BEKASI-1", "X", ""],
    "regency": ["32.75", "32.99", "32.75.01", "", "/"],
    "residence": ["32.75", "32", "99.99", "-"],
    "kbli": ["10710", "00000", "C", "10"],
    "kbji": ["7212", "9999", "7212.01", "7"],
    "wage": ["5600000", "0", "9999999999", ""],
    "reason": ["resignation", "death", "PP35/2021:43(1)", "agreement", "seeking", "furlough", "name", "x", ""],
    "level": ["1", "3"],
    "certificate": ["F.431000.001.02", "X", ""],
    "number": ["N-1", "N-2", ""],
    "counterparty": [BETA, ACME, "9120001234568", "1", ""],
    "npwp": ["0012345674901000", "1", ""],
    "corrects": ["f-2", "h-1", "r-1", "r-2", "r-3", "r-4", "r-5", "zz", ""],
    "phone": ["+6281200000001", "0", ""],
    "education": ["5", "12", "13"],
    "sex": ["P", "P", "L"],
    "channel": ["direct", "overseas"],
    "contract": ["fixed-term", "permanent", "daily"],
    "late_reason": ["system-change", "other"],
    "vacancy": ["LOK-1", "x" * 65],
}


@st.composite
def any_rows(draw: st.DrawFn) -> list[Values]:
    """Rows of every action with the columns it allows, filled in at random: some are right, most are wrong somehow."""
    rows = []
    for n in range(1, draw(st.integers(2, 12))):
        action = ACTIONS[draw(st.sampled_from(sorted(ACTIONS)))]
        wanted = action.required | {"nik", "submitter"}
        optional = sorted((action.allowed & CELLS.keys()) - wanted - {"passport"})
        wanted |= set(draw(st.lists(st.sampled_from(optional), max_size=4))) if optional else set()
        cells = {name: draw(st.sampled_from(CELLS[name])) for name in sorted(wanted & action.allowed & CELLS.keys())}
        rows.append({name: text for name, text in {"ref": f"r-{n}", "action": action.name, **cells}.items() if text})
    return rows


def moved(rows: list[Values], base: int) -> None:
    """Make the rows speak of other people, under other refs, than those of the last example."""
    fresh = {nik(n): nik(base + n) for n in (1, 2, 5)} | {"h-1": f"h-{base + 1}"}
    for line in rows:
        for name in {"nik", "corrects", "ref"} & line.keys():
            line[name] = fresh.get(line[name], line[name].replace("r-", f"r-{base}-"))


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(rows=any_rows())
def test_whatever_a_row_says_it_is_recorded_or_refused(site: Site, rows: list[Values]) -> None:
    """No error but a refusal ever leaves the loader; what was accepted is accepted again, with nothing new."""
    base = facts(site) * 10
    if not base:
        load(site, *founded(), *founded(BETA))
    load(site, hired(base + 1), hired(base + 5))
    moved(rows, base)
    before = facts(site)
    summary = load(site, *rows)
    outcomes = [line["outcome"] for line in results(site)]
    assert summary.accepted + sum(summary.refused.values()) == summary.rows == len(rows)
    assert facts(site) == before + summary.recorded
    load(site, *rows)
    again = [line["outcome"] for line in results(site)]
    assert [new for old, new in zip(outcomes, again, strict=True) if old != "refused"] == ["again"] * summary.accepted
    site.runner.catch_up()


# -- breakdowns -----------------------------------------------------------------------------------------------------
LOADING = """
import os, sys
from pathlib import Path
from keys.keyring import Keyring
from registry.app import Registry
from registry.submissions.load import Loader
environment = os.environ
keyring = Keyring.open(Path(environment["KETS_KEYS"]))
registry = Registry(environment["DATABASE_URL"], environment["KETS_VAULT_URL"], keyring)
Loader(registry).load(Path(sys.argv[1]))
"""


def loading(site: Site, path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", LOADING, str(path)], env=site.environment)


def test_a_killed_loader_has_lost_nothing_and_doubled_nothing(site: Site) -> None:
    """Killed in the midst of the file, twice; then the file again, to its end."""
    people = range(1, 201)
    path = ndjson_file(site.settings.home / "all.ndjson", *founded(), *(line for n in people for line in month(n)))
    rows, expected = 2 + len(people) * 4, 2 + len(people) * 5
    for enough in (30, 90):
        with loading(site, path) as process:
            try:
                while facts(site) < enough and process.poll() is None:
                    time.sleep(0.005)
            finally:
                process.kill()
        assert process.returncode == -signal.SIGKILL, "it was done before it could be killed"
        assert enough <= facts(site) < expected
    halfway = facts(site)
    summary = Loader(site.registry).load(path)
    assert (summary.rows, summary.accepted, summary.refused) == (rows, rows, {})
    assert summary.recorded == expected - halfway
    assert facts(site) == expected
    assert said(Loader(site.registry).load(path)) == (rows, rows, rows, 0, {})
    assert site.registry.settle_claims(older_than=0) == 0
    workers = [site.registry.worker(stream_of(site, n))[1] for n in people]
    assert {(len(w.employments), w.current.warnings if w.current else 0) for w in workers} == {(1, 1)}


# -- a made-up country ----------------------------------------------------------------------------------------------
def test_the_sample_is_accepted_but_for_what_was_planted(site: Site) -> None:
    site.now = site.now.replace(year=2026, month=11, day=15)
    planted: Counter[tuple[str, ...]] = Counter()
    rows = list(generate(workers=60, seed=11, planted=planted))
    summary = load(site, *rows)
    errors = {key[1]: n for key, n in planted.items() if key[0] == "error"}
    good = sum(n for key, n in planted.items() if key[0] == "action")
    refused = [
        (line["code"], line["message_en"], rows[int(line["line"]) - 1]) for line in results(site) if line["code"]
    ]
    assert dict(summary.refused) == errors, refused
    assert summary.accepted == good
    site.runner.catch_up()
    query = "SELECT channel, province, to_char(month, 'YYYY-MM'), sum(n)::int FROM read.placements GROUP BY 1, 2, 3"
    hires = {("hire", *key): n for *key, n in site.reading().execute(query)}  # type: ignore[misc]
    assert hires == {key: n for key, n in planted.items() if key[0] == "hire"}


@pytest.mark.parametrize("column", ["ref", "vacancy", "establishment"])
def test_a_number_is_not_kept_where_it_could_be_read(site: Site, column: str) -> None:
    summary = load(site, *founded(), hired(1, **{column: f"HR-{nik(1)}"}))
    assert summary.refused == {"identifier-in-clear": 1}


def test_a_refusal_speaks_one_language_at_a_time(site: Site) -> None:
    wrong = [
        hired(2, nik="3275019901900001"),
        hired(2, phone="12"),
        hired(2, effective_on="2199-01-01"),
        {**founded(BETA)[0], "npwp": "1"},
    ]
    assert load(site, *founded(), *wrong).accepted == 2
    told = [(line["code"], line["message_id"]) for line in results(site)[2:]]
    assert [code for code, _ in told] == ["nik-birth-date", "phone-format", "in-the-future", "npwp-length"]
    assert not [said for _, said in told if {"or", "at", "most", "day"} & set(re.findall(r"[a-z]+", said))]


def test_a_correction_does_not_bring_it_there_either(site: Site) -> None:
    course = row(1, "enrol-training", ref="t-1", effective_on="2026-02-09", number="K3")
    assert load(site, *founded(), hired(1), course).refused == {}
    mended = {**course, "ref": "t-2", "action": "correct", "corrects": "t-1"}
    assert load(site, {**mended, "number": f"K3/{nik(1)}"}).refused == {"identifier-in-clear": 1}
    assert load(site, {**mended, "number": "K3/2026"}).recorded == 1

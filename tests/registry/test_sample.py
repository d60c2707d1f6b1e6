"""The sample file: the same for a seed, possible in every row but the planted ones, and near the published figures."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import openpyxl
import pytest

from domain import codes, identifiers
from domain.errors import Refused
from registry.sample import generate, write
from registry.sample.figures import figures
from registry.submissions.cells import clean
from registry.submissions.columns import BY_NAME as COLUMN
from registry.submissions.columns import COLUMNS
from registry.submissions.line import Line
from registry.submissions.load import Loader
from registry.submissions.typed import typed

UNTIL = date(2026, 10, 31)
SINCE = date(2022, 11, 1)
PERSON = ("nik", "passport", "nationality")


@dataclass
class Held:
    """What this test's own little registry remembers of one person."""

    birth: date
    last: date = date.min
    jobs: dict[str, dict] = field(default_factory=dict)
    ended: dict[str, date] = field(default_factory=dict)
    dead: bool = False
    trainings: dict[str, str] = field(default_factory=dict)
    certificates: set[str] = field(default_factory=set)
    apprenticeships: set[str] = field(default_factory=set)


class LittleRegistry:
    """Written apart from the generator and from `domain.structure`: takes rows, says with which code one is refused."""

    def __init__(self) -> None:
        self.people: dict[tuple, Held] = {}
        self.places: dict[tuple[str, str], str] = {}
        self.companies: dict[str, date] = {}
        self.rows: dict[tuple[str, str], dict] = {}
        self.refused: Counter[str] = Counter()
        self.amended = False

    def take(self, row: dict) -> None:
        try:
            self._form(row)
            self._meaning(row)
            self._structure(row)
        except Refused as refusal:
            self.refused[refusal.code] += 1
        else:
            self.rows[row["submitter"], row["ref"]] = dict(row)

    def _form(self, row: dict) -> None:
        cells = {name: clean(COLUMN[name], text) for name, text in row.items()}
        assert all(cells.values()), row
        typed(Line(1, cells))
        if (row["submitter"], row["ref"]) in self.rows:
            raise Refused("ref-conflict")

    def _meaning(self, row: dict) -> None:
        if row["submitter"].isdigit():
            identifiers.nib(row["submitter"])
        if "nik" in row:
            born = date.fromisoformat(row["birth_date"]) if "birth_date" in row else None
            sex = {"L": "M", "P": "F", None: None}[row.get("sex")]
            assert identifiers.nik(row["nik"], birth_date=born, sex=sex).warnings == ()
        if "passport" in row:
            identifiers.passport(row["passport"], nationality=row["nationality"])
        if "phone" in row:
            identifiers.phone(row["phone"])
        if "npwp" in row:
            identifiers.npwp(row["npwp"])
        coded = [(codes.REGION, "regency"), (codes.REGION, "residence"), (codes.KBLI, "kbli"), (codes.KBJI, "kbji")]
        wanted = [codes.full(name, row[cell]) for name, cell in coded if cell in row]
        wanted += [codes.full(codes.SKKNI, row["certificate"])] if "certificate" in row else []
        wanted += [row["reason"]] if row["action"] in {"terminate", "notify-termination"} else []
        for code in wanted:
            if not codes.known(code):
                raise Refused("code-unknown")
        if row.get("effective_on", "") > UNTIL.isoformat():
            raise Refused("in-the-future")

    def _structure(self, row: dict) -> None:
        if row["action"] in {"correct", "void"}:
            self.amended = True
            original = self.rows[row["submitter"], row["corrects"]]
            assert [original.get(name) for name in PERSON] == [row.get(name) for name in PERSON]
            return
        assert not self.amended, "amendments come last"
        on = date.fromisoformat(row["effective_on"])
        if not any(name in row for name in PERSON):
            self._company(row, on)
        else:
            self._person(row, on)

    def _company(self, row: dict, on: date) -> None:
        nib, place = row["submitter"], row.get("establishment", "")
        match row["action"]:
            case "register-employer":
                assert nib not in self.companies
                self.companies[nib] = on
            case "open-establishment":
                assert (nib, place) not in self.places
                assert on >= self.companies[nib]
                self.places[nib, place] = row["regency"]
            case "move-establishment":
                assert self.places[nib, place] != row["regency"]
                self.places[nib, place] = row["regency"]
            case _:
                assert (nib, place) in self.places

    def _person(self, row: dict, on: date) -> None:
        key, by, action = tuple(row.get(name) for name in PERSON), row["submitter"], row["action"]
        if action in {"register", "opening", "hire"} and key not in self.people:
            self.people[key] = Held(date.fromisoformat(row["birth_date"]))
        held = self.people[key]
        job = held.jobs.get(by)
        if action == "opening":
            assert on < SINCE
            assert on >= self.companies[by]
        else:
            assert SINCE <= on <= UNTIL
        if action in {"opening", "hire"}:
            self._hire(held, row, on, by)
        elif action in ABOUT_WORK:
            if job is None:
                assert by in held.ended, "only somebody who has left gets a row too many"
                raise Refused("employment-ended")
            self._during(held, job, row, on)
        else:
            self._beside(held, row)
        assert on >= held.last, "a person's facts come in order"
        assert on >= held.birth + timedelta(days=int(15 * 365.25))
        held.last = on

    def _hire(self, held: Held, row: dict, on: date, by: str) -> None:
        if by in held.jobs:
            raise Refused("already-employed")
        ends_on = date.fromisoformat(row["ends_on"]) if "ends_on" in row else None
        if ends_on and ends_on < on:
            raise Refused("ends-before-start")
        assert (ends_on is not None) == (row["contract"] == "fixed-term")
        assert self.places[by, row["establishment"]]
        assert not held.jobs, "nobody has two jobs here"
        assert not held.dead
        held.jobs[by] = {"contract": row["contract"], "ends_on": ends_on, "suspended": False, "notice": False}

    def _during(self, held: Held, job: dict, row: dict, on: date) -> None:
        by = row["submitter"]
        match row["action"]:
            case "extend":
                later = date.fromisoformat(row["ends_on"])
                if later <= job["ends_on"]:
                    raise Refused("extension-not-later")
                assert on <= job["ends_on"]
                job["ends_on"] = later
            case "convert":
                assert job["contract"] != "permanent"
                job.update(contract="permanent", ends_on=None)
            case "suspend" | "resume" as action:
                assert job["suspended"] is (action == "resume")
                job["suspended"] = action == "suspend"
            case "transfer":
                del held.jobs[by]
                assert row["counterparty"] in self.companies
                assert row["counterparty"] not in held.jobs
                held.jobs[row["counterparty"]] = job
            case "notify-termination":
                job["notice"] = True
            case "settle-termination":
                assert job["notice"]
                job["notice"] = row["reason"] != "withdrawn"
            case "end" | "terminate":
                assert row["reason"] != "expiry" or on == job["ends_on"]
                held.ended[by] = on
                held.dead = row["reason"] == "death"
                self.last_job = held.jobs.pop(by)
            case "location":
                assert self.places[by, row["establishment"]]

    def _beside(self, held: Held, row: dict) -> None:
        by, number = row["submitter"], row.get("number", "")
        match row["action"]:
            case "reinstate":
                assert by in held.ended
                held.jobs[by] = {"contract": "permanent", "ends_on": None, "suspended": False, "notice": False}
            case "contest-termination":
                assert any(job["notice"] for job in held.jobs.values())
            case "enrol-training":
                assert number not in held.trainings
                held.trainings[number] = "enrolled"
            case "complete-training":
                assert held.trainings[number] == "enrolled"
                held.trainings[number] = "completed"
            case "certificate":
                assert number not in held.certificates
                held.certificates.add(number)
            case "suspend-certificate" | "revoke-certificate":
                assert number in held.certificates
            case "start-apprenticeship":
                assert by not in held.apprenticeships
                held.apprenticeships.add(by)
            case "end-apprenticeship":
                held.apprenticeships.remove(by)


ABOUT_WORK = {"extend", "convert", "position", "wage", "location", "suspend", "resume", "transfer", "warn"}
ABOUT_WORK |= {"notify-termination", "settle-termination", "terminate", "end"}


@pytest.fixture(scope="module")
def medium():
    planted = Counter()
    return list(generate(workers=1200, seed=11, planted=planted)), planted


@pytest.fixture(scope="module")
def large():
    """5,000 workers without mistakes: as many as the published shares are compared with."""
    planted = Counter()
    return list(generate(workers=5000, seed=5, errors=False, planted=planted)), planted


def test_the_same_seed_gives_the_same_rows_and_another_seed_others():
    first = list(generate(workers=60, seed=3))
    assert list(generate(workers=60, seed=3)) == first
    assert list(generate(workers=60, seed=4)) != first


def test_every_row_is_taken_but_the_planted_ones_and_those_are_refused_with_their_codes(medium):
    rows, planted = medium
    registry = LittleRegistry()
    for row in rows:
        registry.take(row)
    assert registry.refused == Counter({key[1]: count for key, count in planted.items() if key[0] == "error"})
    assert len(registry.refused) >= 15
    accepted = Counter(row["action"] for row in registry.rows.values())
    assert accepted == Counter({key[1]: count for key, count in planted.items() if key[0] == "action"})
    assert 0.02 < registry.refused.total() / len(rows) < 0.04


@pytest.mark.parametrize(("workers", "seed"), [(5000, 5), (300, 1), (300, 2), (300, 3), (1, 1), (7, 2), (40, 3)])
def test_without_mistakes_nothing_at_all_is_refused(workers, seed, large):
    registry = LittleRegistry()
    for row in large[0] if workers == 5000 else generate(workers=workers, seed=seed, errors=False):
        registry.take(row)
    assert registry.refused == Counter()
    assert len(registry.people) == workers


def test_the_hires_counted_are_those_that_stand_after_corrections_and_voids(medium):
    rows, planted = medium
    registry = LittleRegistry()
    for row in rows:
        registry.take(row)
    standing = {key: row for key, row in registry.rows.items() if row["action"] == "hire"}
    for row in registry.rows.values():
        target = (row["submitter"], row.get("corrects"))
        if row["action"] == "void":
            standing.pop(target, None)
        elif row["action"] == "correct" and target in standing:
            standing[target] = row
    counted = Counter(
        ("hire", row["channel"], f"kemendagri:2025/{row['regency'][:2]}", row["effective_on"][:7])
        for row in standing.values()
    )
    assert counted == Counter({key: count for key, count in planted.items() if key[0] == "hire"})
    assert accepted_hires(planted) > counted.total() > 0  # some hires were voided


def accepted_hires(planted):
    return planted["action", "hire"]


def test_the_real_registry_refuses_what_was_planted_and_takes_the_rest(site, tmp_path):
    site.now = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
    planted = Counter()
    rows = write(generate(workers=60, seed=8, employers=3, planted=planted), tmp_path / "sample.csv")
    loaded = Loader(site.registry).load(tmp_path / "sample.csv")
    assert loaded.refused == Counter({key[1]: count for key, count in planted.items() if key[0] == "error"})
    assert loaded.refused
    assert loaded.accepted == rows - loaded.refused.total()


def test_corrections_bring_what_is_right_and_differ_from_what_was_reported(large):
    rows, _ = large
    reported = {(row["submitter"], row["ref"]): row for row in rows}
    corrections = [row for row in rows if row["action"] == "correct"]
    assert corrections
    for row in corrections:
        wrong = reported[row["submitter"], row["corrects"]]
        assert {name for name in wrong if wrong[name] != row.get(name)} & {"wage", "kbji", "channel"}


def test_the_demo_has_three_employers_and_about_three_thousand_rows():
    planted = Counter()
    rows = list(generate(workers=300, seed=7, planted=planted))
    assert planted["action", "register-employer"] == 3
    assert 2500 < len(rows) < 3500
    assert len({tuple(row.get(name) for name in PERSON) for row in rows if row["action"] in {"opening", "hire"}}) > 250
    usual = {"hire", "opening", "wage", "extend", "convert", "suspend", "resume", "transfer", "terminate", "end"}
    usual |= {"verify-identity", "certificate", "correct", "void", "declare-status", "register", "enrol-training"}
    assert all(planted["action", action] for action in usual)
    assert any("late_reason" in row for row in rows)


def test_companies_come_first_then_rosters_then_facts_in_order_of_report():
    rows = list(generate(workers=300, seed=7, errors=False))
    actions = [row["action"] for row in rows]
    first_roster = actions.index("opening")
    assert set(actions[:first_roster]) == {"register-employer", "open-establishment"}
    assert "opening" not in actions[first_roster + actions[first_roster:].count("opening") + 5 :]
    months = [row["effective_on"] for row in rows if row["action"] == "hire" and "late_reason" not in row]
    assert months[:40] < months[-40:]


def shares(values):
    counted = Counter(values)
    return {value: count / counted.total() for value, count in counted.items()}


def people(rows):
    """Each Indonesian once, as first reported at work."""
    found = {}
    for row in rows:
        if row["action"] in {"opening", "hire"} and "nik" in row:
            found.setdefault(row["nik"], row)
    return list(found.values())


def test_women_are_the_share_that_the_two_published_mean_wages_imply(large):
    assert figures().women == pytest.approx(0.354, abs=0.001)
    assert shares(row["sex"] for row in people(large[0]))["P"] == pytest.approx(figures().women, abs=0.03)


def test_sectors_are_those_of_august_2024(large):
    found = shares(codes.category_of(f"kbli:2020/{row['kbli']}") for row in people(large[0]))
    for sector, published in (("A", 0.2818), ("G", 0.1889), ("C", 0.1383)):
        assert found[sector] == pytest.approx(published, abs=0.025)


def test_provinces_are_those_of_social_security_members(large):
    found = shares(row["regency"][:2] for row in people(large[0]))
    for province, share in figures().provinces.items():
        assert found.get(province, 0) == pytest.approx(share, abs=0.03)


def test_channels_are_as_assumed(large):
    standing = Counter()
    for key, count in large[1].items():
        if key[0] == "hire":
            standing[key[1]] += count
    for channel, share in figures().assumed["channel"].items():
        assert standing[channel] / standing.total() == pytest.approx(share, abs=0.02)


def test_wages_are_near_the_published_mean_and_women_earn_less(large):
    roster = [row for row in large[0] if row["action"] == "opening" and "nik" in row]
    by_sex = {sex: [int(row["wage"]) for row in roster if row["sex"] == sex] for sex in "LP"}
    raised = 1.05**1.75  # from November 2022 to August 2024
    mean = sum(map(sum, by_sex.values())) / len(roster) * raised
    assert mean == pytest.approx(3_267_618, rel=0.15)
    assert sum(by_sex["P"]) / len(by_sex["P"]) < sum(by_sex["L"]) / len(by_sex["L"])


def test_a_person_leaves_about_as_often_as_published(large):
    rows, planted = large
    left = planted["action", "end"] + planted["action", "terminate"]
    years = 0.0
    since: dict[tuple, date] = {}
    for row in rows:
        who, on = tuple(row.get(name) for name in PERSON), row.get("effective_on", "")
        if row["action"] in {"opening", "hire", "reinstate"}:
            since[who] = max(SINCE, date.fromisoformat(on))
        elif row["action"] in {"end", "terminate"}:
            years += (date.fromisoformat(on) - since.pop(who)).days / 365.25
    years += sum((UNTIL - start).days / 365.25 for start in since.values())
    assert left / years == pytest.approx(figures().leaving, abs=0.02)


def test_numbers_are_unique_across_groups():
    niks, people_of = {}, Counter()
    for row in generate(workers=6000, seed=2, errors=False):
        if row["action"] in {"opening", "register", "hire"} and "birth_date" in row:
            key = row.get("nik") or row["passport"]
            people_of[key] += niks.setdefault(key, row["name"]) != row["name"]
    assert len(niks) == 6000
    assert not people_of.total()


def test_rows_come_while_they_are_made():
    stream = generate(workers=1_000_000, seed=1, employers=2_000)
    assert next(islice(stream, 5, None))["action"] in {"register-employer", "open-establishment"}
    stream.close()


def test_files_hold_the_rows(tmp_path):
    rows = list(generate(workers=20, seed=1))
    for name in ("sample.csv", "sample.ndjson", "sample.xlsx"):
        assert write(iter(rows), tmp_path / name) == len(rows)
    heading, *lines = (tmp_path / "sample.csv").read_text(encoding="utf-8").splitlines()
    assert heading.split(",") == [column.name for column in COLUMNS]
    assert len(lines) == len(rows)
    assert [json.loads(line) for line in (tmp_path / "sample.ndjson").read_text(encoding="utf-8").splitlines()] == rows
    sheet = openpyxl.load_workbook(tmp_path / "sample.xlsx").active
    table = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert [{k: v for k, v in zip(table[0], line, strict=True) if v is not None} for line in table[1:]] == rows
    filled = [cell for line in sheet.iter_rows(min_row=2) for cell in line if cell.value is not None]
    assert all(cell.data_type in {"s", "inlineStr"} and cell.number_format == "@" for cell in filled)


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"got suffix '\.xls'"):
        write([], tmp_path / "sample.xls")

"""Labour law is flagged, never refused: what was agreed is judged by the law of the day on which it was agreed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain import facts as f
from domain.event import ERASED, Fact
from domain.rules import profiles
from domain.rules.findings import Finding, findings
from tests.domain.given import (
    BETA,
    DAILY,
    JOB,
    JOB_2,
    PERMANENT,
    SITI,
    a,
    corrected,
    given,
    hired,
    refused,
    registered,
    when,
)

TODAY = date(2026, 3, 2)


def fixed(ends_on: str, probation: int = 0) -> f.Contract:
    return f.Contract(kind="fixed-term", ends_on=date.fromisoformat(ends_on), probation_months=probation)


def hire(on: str, ends_on: str) -> Fact:
    return hired(on, contract=fixed(ends_on))


def extended(on: str, ends_on: str) -> Fact:
    return a(f.ContractExtended, on, ends_on=date.fromisoformat(ends_on))


def found(*facts: Fact, profile: str | None = None, on: date = TODAY) -> list[tuple[str, str]]:
    worker = given(registered(birth_year=1970, personal=None), *facts).state()
    return [(x.code, x.law) for x in findings(worker, on=on, profile=profile)]


OLD, NEW, SEED = "UU13/2003", "PP35/2021", "S002"
LONG, LONGER, SECOND = "fixed-term-too-long", "extension-too-long", "second-extension"
TERMS: list[tuple[str, tuple[Fact, ...], list[tuple[str, str]]]] = [
    ("two years to the day, 2019", (hire("2019-03-01", "2021-02-28"),), []),
    ("a day more than two years, 2019", (hire("2019-03-01", "2021-03-01"),), [(LONG, OLD)]),
    ("from a leap day", (hire("2016-02-29", "2018-02-28"),), []),
    ("three years, 2024", (hire("2024-01-01", "2026-12-31"),), []),
    ("five years to the day", (hire("2021-02-02", "2026-02-01"),), []),
    ("a day more than five years", (hire("2021-02-02", "2026-02-02"),), [(LONG, NEW)]),
    ("seven years", (hire("2024-01-01", "2030-12-31"),), [(LONG, NEW)]),
    ("the day before PP 35/2021", (hire("2021-02-01", "2024-01-31"),), [(LONG, OLD)]),
    ("the day of UU 13/2003", (hire("2003-03-25", "2006-03-24"),), [(LONG, OLD)]),
    ("the day before UU 13/2003", (hire("2003-03-24", "2013-03-23"),), []),
    ("2 + 1, 2017", (hire("2017-01-01", "2018-12-31"), extended("2018-12-20", "2019-12-31")), []),
    ("2 + 1 and a day", (hire("2017-01-01", "2018-12-31"), extended("2018-12-20", "2020-01-01")), [(LONGER, OLD)]),
    (
        "1 + 1 + 1, 2017",
        (
            hire("2016-01-01", "2016-12-31"),
            extended("2016-12-20", "2017-12-31"),
            extended("2017-12-20", "2018-06-30"),
        ),
        [(SECOND, OLD)],
    ),
    (
        "2 + 1 of 2019, then extended under PP 35/2021 within five years",
        (hire("2018-06-01", "2020-05-31"), extended("2020-05-20", "2021-05-31"), extended("2021-05-20", "2023-05-31")),
        [],
    ),
    (
        "the same beyond five years",
        (hire("2018-06-01", "2020-05-31"), extended("2020-05-20", "2021-05-31"), extended("2021-05-20", "2023-06-01")),
        [(LONG, NEW)],
    ),
    (
        "each extension beyond five years is one finding",
        (hire("2021-03-01", "2026-02-28"), extended("2025-03-01", "2026-12-31"), extended("2025-04-01", "2027-12-31")),
        [(LONG, NEW), (LONG, NEW)],
    ),
    (
        "recording the agreement is no second one",
        (hire("2018-01-01", "2019-12-31"), a(f.ContractRecorded, "2018-01-05", contract=fixed("2019-12-31"))),
        [],
    ),
    (
        "a new agreement has a term of its own under UU 13/2003",
        (hire("2017-01-01", "2018-12-31"), a(f.ContractRecorded, "2019-01-01", contract=fixed("2020-12-31"))),
        [],
    ),
    (
        "and counts with the first under PP 35/2021",
        (hire("2021-03-01", "2024-02-29"), a(f.ContractRecorded, "2024-03-01", contract=fixed("2027-02-28"))),
        [(LONG, NEW)],
    ),
    (
        "permanent in between begins anew",
        (
            hire("2021-03-01", "2024-02-29"),
            a(f.ConvertedToPermanent, "2024-03-01"),
            a(f.ContractRecorded, "2024-06-01", contract=fixed("2027-02-28")),
        ),
        [],
    ),
    ("permanent", (hired("2003-04-01", contract=PERMANENT),), []),
    ("daily", (hired("2003-04-01", contract=DAILY),), []),
    ("to the end of all days", (hire("2024-01-01", "9999-12-31"),), [(LONG, NEW)]),
    (
        "beyond the end of all days",
        (
            hire("2018-01-01", "9998-12-31"),
            extended("2018-02-01", "9999-06-30"),
            extended("2018-03-01", "9999-12-31"),
        ),
        [(LONG, OLD), (SECOND, OLD)],
    ),
    (
        "an extension to the end of all days",
        (hire("2018-01-01", "9997-12-31"), extended("2018-02-01", "9999-12-31")),
        [(LONG, OLD), (LONGER, OLD)],
    ),
    # a project ends with its work
    (
        "a project of three years, 2010",
        (hire("2010-01-01", "2012-12-31"), a(f.EmploymentEnded, "2012-12-31", cause="project-complete")),
        [],
    ),
    (
        "a project of more than three years, 2010",
        (hire("2010-01-01", "2012-12-31"), a(f.EmploymentEnded, "2013-01-01", cause="project-complete")),
        [("project-too-long", OLD)],
    ),
    (
        "a project of seven years, 2021: art 9 sets no limit",
        (
            hire("2018-12-31", "2020-12-30"),
            a(f.EmploymentEnded, "2020-12-30", cause="expiry"),
            hired("2021-02-02", employment=JOB_2, contract=fixed("2028-02-01")),
            a(f.EmploymentEnded, "2026-02-28", employment=JOB_2, cause="project-complete"),
        ),
        [],
    ),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*row[1:], id=row[0]) for row in TERMS])
def test_the_length_of_terms(facts: tuple[Fact, ...], expected: list[tuple[str, str]]) -> None:
    assert found(*facts) == expected


SEEDED: list[tuple[str, tuple[Fact, ...], list[tuple[str, str]]]] = [
    ("two years, 2024", (hire("2024-01-01", "2025-12-31"),), []),
    ("three years, 2024", (hire("2024-01-01", "2026-12-31"),), [(LONG, SEED)]),
    ("before any law", (hire("1999-01-01", "2005-12-31"),), [(LONG, SEED)]),
    (
        "a second extension",
        (hire("2022-01-01", "2022-12-31"), extended("2022-12-01", "2023-12-31"), extended("2023-12-01", "2024-12-31")),
        [(SECOND, SEED)],
    ),
    ("a long extension", (hire("2022-01-01", "2022-12-31"), extended("2022-12-01", "2024-01-01")), [(LONGER, SEED)]),
    (
        "a project of a day less than three years",
        (hire("2021-01-01", "2023-12-30"), a(f.EmploymentEnded, "2023-12-30", cause="project-complete")),
        [],
    ),
    (
        "a project of three years",
        (hire("2021-01-01", "2023-12-30"), a(f.EmploymentEnded, "2023-12-31", cause="project-complete")),
        [("project-too-long", SEED)],
    ),
    ("no age is set", (hired("2010-01-01", contract=PERMANENT),), []),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*row[1:], id=row[0]) for row in SEEDED])
def test_the_seed_profile_is_judged_by_when_it_is_named(
    facts: tuple[Fact, ...], expected: list[tuple[str, str]]
) -> None:
    assert found(*facts, profile="S002") == expected


def test_a_contract_of_seven_years_is_stored_and_flagged() -> None:
    history = given(registered(), hire("2024-01-01", "2030-12-31"))
    assert history.version == 2
    assert findings(history.state(), on=TODAY) == (
        Finding(
            code="fixed-term-too-long",
            article="art 8",
            law="PP35/2021",
            employment=JOB,
            since=date(2024, 1, 1),
            got=date(2030, 12, 31),
            limit=date(2028, 12, 31),
        ),
    )


def test_a_contract_of_2019_is_judged_by_the_law_of_2019_unless_another_is_named() -> None:
    three_years = hire("2019-01-01", "2021-12-31")
    assert found(three_years) == [(LONG, OLD)]
    assert found(three_years, profile="PP35/2021") == []


def test_a_finding_stands_from_the_day_it_was_made() -> None:
    facts = hire("2024-01-01", "2025-12-31"), extended("2025-06-01", "2030-12-31")
    assert found(*facts, on=date(2025, 5, 31)) == []
    assert found(*facts, on=date(2025, 6, 1)) == [(LONG, NEW)]


def test_a_correction_takes_a_finding_away() -> None:
    history = given(registered(), hire("2024-01-01", "2030-12-31"))
    when(history, corrected(2, hire("2024-01-01", "2025-12-31")))
    assert findings(history.state(), on=TODAY) == ()


@pytest.mark.parametrize(
    ("contract", "code", "article", "limit"),
    [
        (fixed("2025-01-01", probation=1), "probation-in-fixed-term", "art 12(1)", 0),
        (f.Contract(kind="daily", probation_months=1), "probation-in-fixed-term", "art 12(1)", 0),
        (f.Contract(kind="permanent", probation_months=4), "probation-too-long", "UU 13/2003 art 60(1)", 3),
        (f.Contract(kind="permanent", probation_months=3), None, "", 0),
    ],
)
def test_probation(contract: f.Contract, code: str | None, article: str, limit: int) -> None:
    said = findings(given(registered(), hired(contract=contract)).state(), on=TODAY)
    got = [(x.code, x.article, x.law, x.got, x.limit) for x in said]
    assert got == ([] if code is None else [(code, article, "PP35/2021", contract.probation_months, limit)])


def test_probation_is_counted_once_however_often_the_term_is_extended() -> None:
    facts = hired("2024-01-01", contract=fixed("2024-12-31", probation=2)), extended("2024-12-01", "2025-12-31")
    assert found(*facts) == [("probation-in-fixed-term", NEW)]


@pytest.mark.parametrize(
    "contract", [fixed("2002-12-31", probation=3), f.Contract(kind="permanent", probation_months=9)]
)
def test_what_is_older_than_the_laws_held_here_is_not_judged(contract: f.Contract) -> None:
    assert (
        found(hired("2002-01-01", contract=contract), a(f.EmploymentEnded, "2002-06-30", cause="project-complete"))
        == []
    )


AGES: list[tuple[str, dict[str, Any], list[int]]] = [
    ("2014-03-31", {"personal": SITI}, [14]),  # born on 1 April 1999
    ("2014-04-01", {"personal": SITI}, []),
    ("2014-03-31", {"personal": None}, []),
    ("2013-12-31", {"personal": None}, [14]),
    ("2013-12-31", {"personal": SITI}, [14]),
]


@pytest.mark.parametrize(("on", "known", "ages"), AGES)
def test_a_child_at_work_is_flagged_where_it_is_certain(on: str, known: dict[str, Any], ages: list[int]) -> None:
    said = findings(given(registered(**known), hired(on, contract=PERMANENT)).state(), on=TODAY)
    assert [x.got for x in said] == ages
    assert all((x.code, x.article, x.limit) == ("under-age", "UU 20/1999 (ILO C138 art 2)", 15) for x in said)


def test_after_erasure_the_birth_year_still_tells() -> None:
    worker = given(registered(), hired("2013-06-01", contract=PERMANENT)).state()
    worker.details = ERASED
    assert [x.code for x in findings(worker, on=TODAY)] == ["under-age"]


def test_of_somebody_of_whom_no_registration_is_held_no_age_is_told() -> None:
    history = given(registered(), hired("2024-01-01", contract=PERMANENT))
    assert findings(history.fold(history.events[1:]), on=TODAY) == ()


def test_findings_come_oldest_first_and_name_their_employment() -> None:
    worker = given(
        registered(),
        hired("2024-01-01", employment=JOB_2, employer=BETA, contract=fixed("2030-12-31")),
        hired("2018-01-01", contract=fixed("2028-12-31")),
    ).state()
    assert [(x.employment, x.law) for x in findings(worker, on=TODAY)] == [(JOB, OLD), (JOB_2, NEW)]


def test_which_law_is_in_force() -> None:
    assert profiles.in_force(date(2003, 3, 24)) is None
    assert profiles.in_force(date(2003, 3, 25)) is profiles.UU13_2003
    assert profiles.in_force(date(2021, 2, 1)) is profiles.UU13_2003
    assert profiles.in_force(date(2021, 2, 2)) is profiles.PP35_2021
    assert profiles.in_force(date.max) is profiles.PP35_2021
    assert list(profiles.PROFILES) == ["S002", "UU13/2003", "PP35/2021"]


def test_a_law_that_is_not_held_is_named_as_such() -> None:
    with refused("profile-unknown", got="UU1/1970"):
        found(profile="UU1/1970")

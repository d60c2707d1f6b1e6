"""What the tables of flows, training, duties, quality and cards answer, of lives told here."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from domain import facts as f
from domain.decide import History
from domain.endings import GROUPS, group_of
from domain.errors import Refused
from projections import calendar, cardcounts, employers, flows, quality, training
from tests.domain.given import (
    ACME,
    BEKASI,
    BETA,
    CERTIFICATE,
    DUKCAPIL,
    OFFICER,
    PERMANENT,
    SYSTEM,
    a,
    employer,
    voided,
)
from tests.projections.log import Log

if TYPE_CHECKING:
    from domain.event import Actor, Fact

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)
FIXED = f.Contract(kind="fixed-term", ends_on=date(2025, 6, 30))
SITI, BUDI, ENTERPRISE = UUID(int=0xA1), UUID(int=0xA2), ACME


def tell(log: Log, stream: UUID, *facts: Fact | tuple[Fact, Actor, str], now: datetime = NOW) -> None:
    history = History(stream)
    for told in facts:
        fact, by, late = told if isinstance(told, tuple) else (told, OFFICER, "")
        history.record(
            fact, by=SYSTEM if "card" in fact.__struct_config__.tag else by, now=now, late_reason=late or None
        )
    log.add(history.events)
    log.site.runner.catch_up()
    log.check_whole()


def job(n: int, day: str, **more: Any) -> Fact:
    return a(f.Hired, day, employment=UUID(int=n), **more)  # type: ignore[no-any-return]


def end(n: int, day: str, cause: str = "resignation") -> Fact:
    kind = f.Terminated if ":" in cause else f.EmploymentEnded
    return a(kind, day, employment=UUID(int=n), cause=cause)  # type: ignore[no-any-return]


REGISTERED = a(f.WorkerRegistered, "2020-01-01", birth_year=1990, residence=BEKASI, education="sakernas:2024/5")


@pytest.fixture
def lives(log: Log) -> Log:
    """Siti: a fixed term of 100 days, laid off; 30 days later one that becomes permanent. Budi: declared, resigned."""
    permanent = a(f.ConvertedToPermanent, "2025-01-10", employment=UUID(int=2))
    tell(
        log,
        SITI,
        REGISTERED,
        job(1, "2024-02-01", contract=FIXED),
        end(1, "2024-05-10", "PP35/2021:43(1)"),
        job(2, "2024-06-10", contract=FIXED),
        permanent,
    )
    tell(log, BUDI, REGISTERED, job(3, "2020-01-01", declared=True, contract=PERMANENT), end(3, "2025-01-31"))
    return log


def test_who_came_who_left_and_who_stayed(lives: Log) -> None:
    by_month = {row.pop("month"): row for row in flows.flows(lives.conn, ("month",))}
    told = {month: tuple(row.values())[:5] for month, row in by_month.items()}
    assert told == {
        date(2024, 2, 1): (1, 0, 0, 0, 0),
        date(2024, 5, 1): (0, 1, 1, 0, 1),
        date(2024, 6, 1): (1, 0, 0, 0, 0),
        date(2025, 1, 1): (0, 1, 0, 1, 0),
    }
    assert (by_month[date(2024, 5, 1)]["tenure_median"], by_month[date(2025, 1, 1)]["tenure_median"]) == (100, 1858)
    first, second = by_month[date(2024, 2, 1)], by_month[date(2024, 6, 1)]
    assert (first["between_median"], first["between_jobs"]) == (None, 0)
    assert (second["between_median"], second["between_jobs"]) == (30, 1)


def test_days_between_jobs_are_those_without_any(log: Log) -> None:
    """The second and third begin on one day; the fourth while they go on; the fifth the day after the last ended."""
    during = {"contract": PERMANENT}
    others = [job(2, "2024-02-10", **during), job(3, "2024-02-10", employer=BETA, **during)]
    beside = job(4, "2024-03-01", employer=UUID(int=0xE9), **during)
    ends = [end(n, "2024-05-31") for n in (2, 3, 4)]
    tell(
        log, SITI, REGISTERED, job(1, "2024-01-01"), end(1, "2024-01-31"), *others, beside, *ends, job(5, "2024-06-01")
    )
    found = log.conn.execute("SELECT employment, days FROM read.flow WHERE what = 'hired' ORDER BY 1").fetchall()
    assert [days for _, days in found] == [None, 9, 9, None, 0]


def test_flows_by_other_dimensions(lives: Log) -> None:
    found = flows.flows(lives.conn, ("cause_group", "tenure_band"), since=date(2024, 3, 1))
    assert [(row["cause_group"], row["tenure_band"], row["hires"], row["ends"], row["converted"]) for row in found] == [
        ("layoff", "91-365", 0, 1, 0),
        ("resignation", "1827+", 0, 1, 0),
        (None, "91-365", 0, 0, 1),
        (None, None, 1, 0, 0),
    ]
    assert flows.flows(lives.conn, ("cause_group", "tenure_band"), since=date(2024, 3, 1), most=3) == found[:3]
    assert [row["layoffs"] for row in flows.flows(lives.conn, ("province",))] == [1]
    with pytest.raises(Refused, match="dimension-unknown"):
        flows.flows(lives.conn, ("name",))


def test_every_cause_has_a_group() -> None:
    assert {group_of(f"PP35/2021:{article}") for article in ("43(1)", "52(2)", "55")} == {"layoff"}
    assert {group_of(cause) for cause in ("mutual", "project-complete", "PP35/2021:57", "PP35/2021:50")} == {
        "mutual",
        "expiry",
        "death",
        "resignation",
    }
    assert set(map(group_of, ("x", "death", "retirement", "expiry", "mutual", "resignation"))) == set(GROUPS)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [("2025-08-31", 6, "2026-02-28"), ("2023-08-31", 6, "2024-02-29"), ("2024-12-15", 12, "2025-12-15")],
)
def test_months_later_is_the_same_day_or_the_last_of_the_month(day: str, months: int, later: str) -> None:
    assert training.months_after(date.fromisoformat(day), months) == date.fromisoformat(later)


def test_work_after_training_is_told_once_it_is_known(log: Log) -> None:
    done = [a(f.TrainingCompleted, day, training=code) for day, code in (("2024-01-15", "T1"), ("2025-08-15", "T2"))]
    again = job(2, "2026-02-20", contract=PERMANENT)
    tell(log, SITI, REGISTERED, *done, job(1, "2024-03-01"), end(1, "2024-12-31"), again)
    assert [tuple(row.values()) for row in training.effect(log.conn, TODAY, ("training",))] == [
        ("T1", 1, 0, 1, 1, 1, 0),
        ("T2", 1, 0, 1, 0, 0, 0),
    ]
    later = training.effect(log.conn, TODAY + timedelta(days=366), ("province",))
    assert [tuple(row.values()) for row in later] == [("kemendagri:2025/32", 2, 0, 2, 1, 2, 1)]


def test_what_an_employer_has_to_see_to(log: Log) -> None:
    soon, lapsed, late = date(2026, 3, 30), date(2026, 2, 1), date(2026, 9, 1)
    opened = a(f.EstablishmentOpened, "2024-02-29", establishment="A1")
    closed = (
        a(f.EstablishmentOpened, "2024-03-01", establishment="B2"),
        a(f.EstablishmentClosed, "2024-03-02", establishment="B2"),
    )
    tell(log, ENTERPRISE, a(f.EmployerRegistered, "2020-01-01"), opened, *closed)
    certificate = a(f.CertificateIssued, "2024-03-01", expires_on=late)
    hired = job(1, "2025-06-01", employer=ENTERPRISE, contract=f.Contract(kind="fixed-term", ends_on=soon))
    permitted = a(f.WorkerRegistered, "2020-01-01", nationality="JPN", permit_until=lapsed)
    tell(log, SITI, permitted, hired, certificate)

    def due(day: date, days: int, most: int = 10) -> list[tuple[Any, ...]]:
        return [each[:4] for each in calendar.calendar(log.conn, ENTERPRISE, day, days=days, most=most)]

    permit, contract = (lapsed, "permit", SITI, ""), (soon, "contract", SITI, str(UUID(int=1)))
    report = (date(2026, 3, 30), "report", None, "A1")
    assert due(TODAY, 10) == [permit]
    assert due(TODAY, 30) == [permit, contract, report]
    assert due(TODAY, 200) == [permit, contract, report, (late, "certificate", SITI, str(CERTIFICATE))]
    assert due(TODAY, 200, most=2) == [permit, contract]
    assert due(date(2026, 3, 31), 365)[-1] == (date(2027, 3, 30), "report", None, "A1")
    assert due(date(2024, 3, 30), 0) == [(date(2024, 3, 30), "report", None, "A1")]
    tell(log, BUDI, REGISTERED, job(2, "2024-01-01", employer=ENTERPRISE, contract=FIXED), end(2, "2025-01-01"))
    assert BUDI not in {each.worker for each in calendar.calendar(log.conn, ENTERPRISE, TODAY, days=366, most=99)}
    assert employers.employer_of(log.conn, "1234567890123") == employers.employer_of(log.conn, str(ENTERPRISE))
    assert employers.employer_of(log.conn, "9") is employers.employer_of(log.conn, str(SITI)) is None


def test_how_well_an_employer_reports(log: Log) -> None:
    us = employer(ACME)
    wage = a(f.WageChanged, "2024-02-01", employment=UUID(int=1))
    tell(
        log,
        SITI,
        REGISTERED,
        (job(1, "2024-01-15", employer=ACME), us, "staff-change"),
        (wage, us, ""),
        (f.FactCorrected(effective_on=date(2026, 2, 28), corrects=3, fact=wage), OFFICER, ""),
        (voided(4), OFFICER, ""),
        (voided(3), OFFICER, ""),
        (a(f.IdentityMismatched, "2024-03-01", differs="name"), DUKCAPIL, ""),
        a(f.DisputeOpened, "2024-03-01", about=2, cause="dates"),
        now=datetime(2026, 2, 28, 18, 0, tzinfo=UTC),
    )
    found = {tuple(row.values()) for row in quality.quality(log.conn, ("organisation", "what", "reason"))}
    ours, kemnaker = str(ACME), OFFICER.organisation
    assert found == {
        (ours, "fact", "", 2),
        (ours, "late", "staff-change", 1),
        (ours, "corrected", "worker.wage-changed", 1),
        (ours, "undone", "error", 1),
        (ours, "voided", "error", 1),
        (ours, "disputed", "dates", 1),
        (kemnaker, "fact", "", 1),
        (kemnaker, "mismatched", "name", 1),
        ("dukcapil", "fact", "", 1),
    }
    assert {what for _, what, _, _ in found} == set(quality.WHATS)
    assert [row["month"] for row in quality.quality(log.conn, ("month",))] == [date(2026, 3, 1)], "Jakarta's month"
    before = quality.quality(log.conn, quality.DIMENSIONS)
    assert quality.quality(log.conn, quality.DIMENSIONS, most=2) == before[:2]
    log.site.runner.rebuild("quality")
    assert quality.quality(log.conn, quality.DIMENSIONS) == before


def test_cards_by_what_became_of_them(log: Log) -> None:
    verified = a(f.IdentityVerified, "2020-01-02")
    issued = datetime(2026, 1, 31, 18, tzinfo=UTC)
    cards = [
        a(f.CardIssued, day, card=f"K-{n}", index=n, issued_at=issued, expires_at=issued + timedelta(days=60))
        for n, day in enumerate(("2026-02-01", "2026-02-11", "2026-02-01"), start=1)
    ]
    tell(
        log,
        SITI,
        REGISTERED,
        verified,
        cards[0],
        a(f.CardRevoked, "2026-02-10", card="K-1", cause="stolen"),
        cards[1],
        a(f.CardSuspended, "2026-03-01", card="K-2", cause="lost"),
    )
    tell(log, BUDI, REGISTERED, verified, cards[2])

    def counted(day: date, *by: str) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in cardcounts.card_counts(log.conn, day, by)]

    february, march, april = (date(2026, month, 1) for month in (2, 3, 4))
    assert counted(TODAY) == [(3, 1, 0, 1, 1, 0)]
    assert counted(TODAY, "cause") == [("", 3, 1, 0, 0, 0, 0), ("lost", 0, 0, 0, 1, 0, 0), ("stolen", 0, 0, 0, 0, 1, 0)]
    assert counted(TODAY, "month") == [(february, 3, 1, 0, 0, 1, 0), (march, 0, 0, 0, 1, 0, 0)]
    assert counted(date(2026, 4, 3), "month")[-1] == (april, 0, 0, 1, 0, 0, 0)
    assert len(cardcounts.card_counts(log.conn, TODAY, ("cause",), most=2)) == 2
    assert counted(TODAY, "province") == [("kemendagri:2025/32", 3, 1, 0, 1, 1, 0)]
    before = log.conn.execute("SELECT changed_at FROM read.card ORDER BY 1").fetchall()
    log.site.runner.rebuild("cards", "card-counts")
    assert log.conn.execute("SELECT changed_at FROM read.card ORDER BY 1").fetchall() == before
    log.check_whole()

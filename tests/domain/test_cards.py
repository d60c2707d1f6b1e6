"""How long a card lasts and when the next is due: each case is one row, and nothing reads a clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from card.claims import MAX_CERTIFICATIONS
from domain import cards
from domain import facts as f
from domain.event import Fact
from tests.domain.given import CERTIFICATE, DAILY, JOB, OTHER_WORKER, PERMANENT, a, given, hired, registered, verified

ISSUED_AT = datetime(2024, 3, 1, 3, 0, tzinfo=UTC)
TWO_YEARS = ISSUED_AT + timedelta(days=730)
PERSON = (registered("2023-01-01"), verified("2023-01-02"))
UNTIL_JUNE = f.Contract(kind="fixed-term", ends_on=date(2024, 6, 30))
UNTIL_MAY = registered("2023-01-01", permit_until=date(2024, 5, 31))


def card(expires_at: datetime = TWO_YEARS, **fields: Any) -> Fact:
    return a(f.CardIssued, "2024-03-01", issued_at=ISSUED_AT, expires_at=expires_at, **fields)  # type: ignore[no-any-return]  # `a` is Any


def certificate(until: str | None, n: int = 1, on: str = "2023-05-01") -> Fact:
    ends = date.fromisoformat(until) if until else None
    unit = f"skkni/F.431000.0{n:02}.02" if n > 1 else "skkni/F.431000.001.02"
    return a(f.CertificateIssued, on, certificate=UUID(int=0x21 + n), unit=unit, expires_on=ends)  # type: ignore[no-any-return]  # the same


def jakarta(day: str) -> datetime:
    """Midnight at which a day of Jakarta begins."""
    return datetime.fromisoformat(f"{day}T00:00:00+07:00")


LASTS: list[tuple[tuple[Fact, ...], datetime, datetime | None]] = [
    (PERSON, TWO_YEARS, None),
    ((*PERSON, hired(contract=PERMANENT)), TWO_YEARS, None),
    ((*PERSON, hired(contract=UNTIL_JUNE)), jakarta("2024-09-29"), jakarta("2024-09-29")),
    (  # its term has passed and nobody has reported what follows: some time from now, but no more is supported
        (*PERSON, hired("2023-02-01", contract=f.Contract(kind="fixed-term", ends_on=date(2024, 1, 31)))),
        ISSUED_AT + timedelta(days=90),
        jakarta("2024-05-01"),
    ),
    ((UNTIL_MAY, verified("2023-01-02")), jakarta("2024-06-01"), jakarta("2024-06-01")),
    ((UNTIL_MAY, verified("2023-01-02"), hired(contract=UNTIL_JUNE)), jakarta("2024-06-01"), jakarta("2024-06-01")),
]


@pytest.mark.parametrize(("before", "ends", "bound"), LASTS)
def test_how_long_a_card_lasts(before: tuple[Fact, ...], ends: datetime, bound: datetime | None) -> None:
    worker = given(*before).state()
    assert (cards.expiry(worker, ISSUED_AT), cards.bound(worker)) == (ends, bound)


def test_the_last_day_there_is_has_an_end() -> None:
    assert cards.midnight_after(date.max) == datetime.max.replace(tzinfo=UTC)


def test_a_card_shows_the_best_certificate_of_each_unit_and_no_more_than_fit() -> None:
    assert cards.SHOWN == MAX_CERTIFICATIONS
    held = [certificate(None, n) for n in range(1, 13)]
    again = a(f.CertificateIssued, "2023-06-01", certificate=CERTIFICATE, expires_on=date(2024, 2, 29))
    worker = given(*PERSON, *held, again).state()
    shown = cards.shown(worker, date(2024, 3, 1))
    assert len({c.unit for c in shown}) == len(shown) == MAX_CERTIFICATIONS
    assert CERTIFICATE not in {c.id for c in cards.shown(worker, date(2024, 2, 29))}, "the one that lasts is shown"


SUPERSEDED = a(f.CardSuperseded, "2024-03-05")
EXPIRING = ("K-1", date(2025, 12, 31), None, "expiring")
DUE: list[tuple[tuple[Fact, ...], list[tuple[object, ...]]]] = [
    (PERSON, []),
    ((*PERSON, card()), [EXPIRING]),
    ((*PERSON, card(), SUPERSEDED), [("K-1", date(2024, 3, 6), None, "superseded")]),
    (
        (*PERSON, card(), SUPERSEDED, a(f.CardIssued, "2024-03-07", card="K-2", expires_at=TWO_YEARS)),
        [("K-2", date(2025, 12, 31), None, "expiring")],
    ),
    ((*PERSON, card(), a(f.CardSuspended, "2024-03-05")), []),
    ((*PERSON, card(), a(f.CardRevoked, "2024-03-05")), []),
    ((*PERSON, card(), a(f.IdentityMismatched, "2024-03-05")), []),
    ((*PERSON, card(), SUPERSEDED, a(f.WorkersMerged, "2024-03-06", into=OTHER_WORKER)), []),
    ((*PERSON, card(), SUPERSEDED, a(f.KeyDestroyed, "2024-03-06")), []),
    # a fixed term ends it: nothing to renew before the record supports more
    ((*PERSON, hired(contract=UNTIL_JUNE), card(jakarta("2024-09-29"))), []),
    (
        (
            *PERSON,
            hired(contract=UNTIL_JUNE),
            card(jakarta("2024-09-29")),
            a(f.ContractExtended, "2024-06-01", employment=JOB, ends_on=date(2025, 6, 30)),
        ),
        [("K-1", date(2024, 7, 31), None, "expiring")],
    ),
    ((*PERSON, hired(contract=DAILY), card()), [EXPIRING]),
    # certificates
    ((*PERSON, certificate(None), card()), [EXPIRING]),
    (
        (*PERSON, certificate("2024-08-31"), certificate("2025-01-31", 2), card()),
        [EXPIRING, ("K-1", date(2024, 9, 1), None, "certificate-expired")],
    ),
    ((*PERSON, certificate("2024-02-29"), card()), [EXPIRING]),
    ((*PERSON, certificate("9999-12-31"), card()), [EXPIRING]),
    # a permit
    ((UNTIL_MAY, verified("2023-01-02"), card(jakarta("2024-06-01"))), []),
    (
        (UNTIL_MAY, verified("2023-01-02"), card(), SUPERSEDED),
        [
            ("K-1", date(2024, 6, 1), None, "permit-lapsed"),
            ("K-1", date(2024, 3, 6), date(2024, 5, 31), "superseded"),
        ],
    ),
    ((UNTIL_MAY, verified("2023-01-02"), card(), a(f.CardSuspended, "2024-06-01", cause="permit-lapsed")), []),
]  # fmt: skip - one case a line where it fits


@pytest.mark.parametrize(("before", "due"), DUE)
def test_what_falls_due(before: tuple[Fact, ...], due: list[tuple[object, ...]]) -> None:
    assert list(cards.dues(given(*before).state())) == due

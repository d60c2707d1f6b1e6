"""A worker as the eventsourcing library's documentation has one written: an aggregate, its events by decorators.

It says what `bench_streams` says of ours. Dates are text, which the library's transcoder takes as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

if TYPE_CHECKING:
    from collections.abc import Callable


class Worker(Aggregate):
    @event("Registered")
    def __init__(self, actor: dict[str, Any], effective_on: str, person: dict[str, Any], education: str) -> None:
        self.registered_on, self.registered_by = effective_on, actor
        self.person, self.education = person, education
        self.employments: dict[str, dict[str, Any]] = {}

    @event("Hired")
    def hire(self, actor: dict[str, Any], effective_on: str, employment: str, terms: dict[str, Any]) -> None:
        self.employments[employment] = {**terms, "started_on": effective_on, "standing": actor["role"]}

    @event("WageChanged")
    def change_wage(self, actor: dict[str, Any], effective_on: str, employment: str, band: int, wage: int) -> None:
        self.employments[employment].update(wage_band=band, wage=wage)

    @event("PositionChanged")
    def change_position(self, actor: dict[str, Any], effective_on: str, employment: str, occupation: str) -> None:
        self.employments[employment]["occupation"] = occupation

    @event("LocationChanged")
    def move(self, actor: dict[str, Any], effective_on: str, employment: str, establishment: str, regency: str) -> None:
        self.employments[employment].update(establishment=establishment, regency=regency)


class Workers(Application[UUID]):
    name = "workers"


ACTOR = {"organisation": "kemnaker", "role": "officer", "person": "officer-1"}


def worker(events: int) -> Worker:
    """One with so many events: registered, hired, then paid more and moved."""
    person = {"name": "Siti Rahmawati", "birth_date": "1990-01-01", "nik": "3275014101900001", "sex": "F"}
    job = "4b455453-0000-4000-8000-000000000000"
    terms = {
        "employer": "00000000-0000-0000-0000-0000000000e1",
        "establishment": "BEKASI-1",
        "industry": "kbli:2020/10710",
        "regency": "kemendagri:2025/32.75",
        "occupation": "kbji:2014/7212",
        "channel": "public-service",
        "contract": {"kind": "permanent"},
        "wage_band": 5,
        "wage": 5_600_000,
    }
    later: tuple[Callable[[Worker, str, int], None], ...] = (
        lambda w, on, n: w.move(ACTOR, on, job, f"BEKASI-{n}", "kemendagri:2025/32.75"),
        lambda w, on, n: w.change_wage(ACTOR, on, job, 6, 6_000_000 + n),
        lambda w, on, n: w.change_position(ACTOR, on, job, "kbji:2014/7212"),
    )
    made = Worker(ACTOR, "2020-01-01", person, "sakernas:2024/5")
    made.hire(ACTOR, "2020-01-02", job, terms)
    for n in range(1, events - 1):
        later[n % 3](made, f"2021-{n % 12 + 1:02}-{n % 28 + 1:02}", n)
    return made

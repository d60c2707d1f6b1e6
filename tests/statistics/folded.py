"""What statistics count, by the domain's own fold of each worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain import codes, endings
from domain.person import person_on
from domain.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from domain.decide import History


def hires(histories: Iterable[History], known_at: datetime | None = None) -> list[dict[str, Any]]:
    found = []
    for w in _workers(histories, known_at):
        for e in w.employments.values():
            hired = e.hired
            if not hired.declared:
                row = _row(w, e.id, hired.employer, hired.effective_on, hired.regency, hired.industry)
                row |= {"channel": hired.channel, "contract": hired.contract.kind}
                found.append(row | {"occupation": f"kbji:2014/{codes.major_of(hired.occupation)}"})
    return _sorted(found)


def ends(histories: Iterable[History], known_at: datetime | None = None) -> list[dict[str, Any]]:
    found = []
    for w in _workers(histories, known_at):
        for e in w.employments.values():
            if e.ended_on is not None and e.end_cause is not None:
                row = _row(w, e.id, e.employer, e.ended_on, e.regency, e.industry)
                row |= {"contract": e.contract.kind, "cause": e.end_cause}
                found.append(row | {"cause_group": endings.group_of(e.end_cause)})
    return _sorted(found)


def _workers(histories: Iterable[History], known_at: datetime | None) -> Iterable[Worker]:
    states = (history.state(known_at=known_at) for history in histories)
    return (state for state in states if isinstance(state, Worker))


def _row(w: Worker, employment: object, employer: object, day: date, regency: str, industry: str) -> dict[str, Any]:
    return {
        "stream": str(w.id),
        "employment": str(employment),
        "employer": str(employer),
        "effective_on": day,
        "month": day.replace(day=1),
        "province": codes.province_of(regency),
        "regency": regency,
        "industry": f"kbli:2020/{codes.category_of(industry)}",
        **person_on(w, day)._asdict(),
    }


def _sorted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["stream"], row["employment"]))

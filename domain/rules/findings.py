"""What in a worker's record is beyond the law: findings for an inspector, never a reason to refuse a fact.

A hire is judged by the law of its own day, an extension by the law of the day on which it was agreed: a fixed term
of 2019 has its two years and one extension, one of 2024 its five years in all.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import Struct

from domain import facts as f
from domain.rules.profiles import Limit, Profile, in_force, named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from domain.worker import Employment, Term, Worker

    Law = Callable[[date], Profile | None]

DAY = timedelta(days=1)


class Finding(Struct, frozen=True, kw_only=True):
    """One breach. `since` is the day on which it was made; `got` and `limit` are both days, months, years or counts.

    `limit` is the last thing that was lawful: the latest end of a term, the longest probation, the youngest age.
    """

    code: str
    article: str
    law: str
    employment: UUID
    since: date
    got: date | int
    limit: date | int


def findings(worker: Worker, *, on: date, profile: str | None = None) -> tuple[Finding, ...]:
    """What had been made by the day `on` and broke the law in force, or `profile` if one is named; oldest first.

    Raises: Refused("profile-unknown").
    """
    forced = None if profile is None else named(profile)

    def law(day: date) -> Profile | None:
        return forced or in_force(day)

    found = (finding for e in worker.employments.values() for rule in _RULES for finding in rule(worker, e, law))
    return tuple(sorted((x for x in found if x.since <= on), key=lambda x: (x.since, x.employment.int, x.code)))


def _terms(_worker: Worker, e: Employment, law: Law) -> Iterator[Finding]:
    """Length of fixed terms and of their extensions; work that ended as a completed project has a limit of its own."""
    if e.end_cause == "project-complete":
        return
    first: Term | None = None
    extensions = 0
    for term in e.terms:
        if term.contract.kind != "fixed-term":
            first = None
            continue
        first = first or term
        extensions = extensions + 1 if term.extends else 0
        judged = law(term.agreed_on)
        if judged is not None:
            yield from _term(e, term, first, extensions, judged)


def _term(e: Employment, term: Term, first: Term, extensions: int, law: Profile) -> Iterator[Finding]:
    own_limit, code = (
        (law.extension_years, "extension-too-long") if term.extends else (law.first_term_years, "fixed-term-too-long")
    )
    for limit, start, breach in (
        (own_limit, term.starts_on, code),
        (law.total_years, first.starts_on, "fixed-term-too-long"),
    ):
        if limit is not None:
            yield from _too_long(e, breach, limit, law, start, term.contract.ends_on, term.agreed_on)
    if law.extensions is not None and extensions > law.extensions.value:
        yield _finding("second-extension", law.extensions, law, e, term.agreed_on, extensions, law.extensions.value)


def _project(_worker: Worker, e: Employment, law: Law) -> Iterator[Finding]:
    judged = law(e.started_on)
    if e.end_cause == "project-complete" and e.ended_on is not None and judged and judged.project_years is not None:
        yield from _too_long(e, "project-too-long", judged.project_years, judged, e.started_on, e.ended_on, e.ended_on)


def _probation(_worker: Worker, e: Employment, law: Law) -> Iterator[Finding]:
    """None in a fixed term, daily work included (it is one by PP 35/2021 art 10); a few months in a permanent one."""
    for term in e.terms:
        judged, months = law(term.agreed_on), term.contract.probation_months
        if judged is None or term.extends:
            continue
        permanent = term.contract.kind == "permanent"
        limit = judged.probation_months if permanent else judged.fixed_term_probation_months
        if months > limit.value:
            code = "probation-too-long" if permanent else "probation-in-fixed-term"
            yield _finding(code, limit, judged, e, term.agreed_on, months, limit.value)


def _age(worker: Worker, e: Employment, law: Law) -> Iterator[Finding]:
    """Too young when hired. Of a worker of whom only the birth year is known, the oldest they can have been."""
    judged = law(e.started_on)
    if judged is None or judged.youngest is None or not worker.registered:
        return
    age = e.started_on.year - worker.birth_year
    if isinstance(worker.details, f.PersonDetails):
        born = worker.details.birth_date
        age = e.started_on.year - born.year - ((e.started_on.month, e.started_on.day) < (born.month, born.day))
    if age < judged.youngest.value:
        yield _finding("under-age", judged.youngest, judged, e, e.started_on, age, judged.youngest.value)


_RULES = (_terms, _project, _probation, _age)


def _too_long(
    e: Employment, code: str, limit: Limit, law: Profile, start: date, end: date | None, since: date
) -> Iterator[Finding]:
    if end is None or start.year + limit.value > date.max.year:
        return
    latest = _years_later(start, limit.value) - (2 * DAY if limit.below else DAY)
    if end > latest:
        yield _finding(code, limit, law, e, since, end, latest)


def _finding(
    code: str, limit: Limit, law: Profile, e: Employment, since: date, got: date | int, most: date | int
) -> Finding:
    return Finding(code=code, article=limit.article, law=law.name, employment=e.id, since=since, got=got, limit=most)


def _years_later(day: date, years: int) -> date:
    """The same day some years on; 1 March for a 29 February that is not there."""
    return date(day.year + years, day.month, 1) + (day.day - 1) * DAY

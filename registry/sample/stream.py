"""The sample as a stream of rows, in an order in which they can be loaded, and what was planted in it."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from registry.sample.arrivals import simulated
from registry.sample.employers import Employer
from registry.sample.employers import employers as invent_employers
from registry.sample.people import Identities
from registry.sample.places import founding
from registry.sample.reporting import reported, sent
from registry.sample.truth import staffed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.sample.group import Row

GROUP = 2_500  # people simulated together, and held in memory
YEARS = 4


def generate(
    *,
    workers: int,
    seed: int,
    employers: int | None = None,
    errors: bool = True,
    until: date = date(2026, 10, 31),
    planted: Counter[tuple[str, ...]] | None = None,
) -> Iterator[Row]:
    """Rows of the employer file about `workers` people and `employers` companies (one per hundred people).

    First the companies; then, for groups of some 2,500 people, their opening rosters and what happened in the four
    years to `until`, in order of report; last the corrections and voids of all. The same arguments give the same
    rows. `errors` plants rows that must be refused.

    `planted`, when given, is filled as rows are yielded, with what a registry that loads them must count:
    ("action", name) rows to be accepted, ("error", code) rows to be refused, and ("hire", channel, province code,
    "YYYY-MM") hires as they stand once the corrections and voids at the end are in; opening rosters are no hires.
    ("hired", ...) counts the same hires by all dimensions, ("ended", ...) the ends of employments, and ("reinstated",
    ...) those among them that were taken back; ("staffed", sector, province) is where the companies employ, all in the
    order of `registry.sample.truth`.
    """
    chance, counted = Random(f"{seed}/companies"), _Uncounted() if planted is None else planted  # noqa: S311 - seeded, not secret
    since = until.replace(year=until.year - YEARS) + timedelta(days=1)
    companies = invent_employers(
        chance, workers=workers, count=employers or max(1, round(workers / 100)), since=since, until=until
    )
    refs: Counter[str] = Counter()
    for company in companies:
        counted.update(staffed(company, since, until))
        yield from (sent(row, refs, counted, {}) for row in founding(company, since))
    groups = _groups(companies)
    span = max(1, 9999 // len(groups))
    with tempfile.SpooledTemporaryFile(max_size=2**23, mode="w+", encoding="utf-8") as amendments:
        for number, members in enumerate(groups):
            own = Random(f"{seed}/{number}")  # noqa: S311 - seeded, not secret
            group = simulated(own, members, Identities(own, 1 + number * span % 9999, span), since, until)
            yield from reported(group, own, refs, counted, amendments, errors=errors)
        amendments.seek(0)
        for line in amendments:
            yield sent(json.loads(line), refs, counted, {})


class _Uncounted(Counter[tuple[str, ...]]):
    """Keeps nothing, for who asked for no counts: they grow with the file."""

    def __setitem__(self, key: tuple[str, ...], count: int) -> None:
        pass

    def update(self, *_counted: object) -> None:  # type: ignore[override]  # the original goes round __setitem__
        pass


def _groups(companies: list[Employer]) -> list[list[Employer]]:
    groups: list[list[Employer]] = [[]]
    held = 0
    for company in companies:
        if held >= GROUP:
            groups.append([])
            held = 0
        groups[-1].append(company)
        held += company.size
    return groups

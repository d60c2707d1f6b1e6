"""Who a person was on a day, as one Ibis expression: `domain.person` over many rows at once."""

from __future__ import annotations

from typing import Any

import ibis

from domain.event import topic_of
from domain.facts import EducationRecorded, IdentityCorrected, WorkerRegistered
from domain.person import AGE_BANDS, UNKNOWN

LOWEST = {int(name.partition("-")[0].rstrip("+")): name for name in AGE_BANDS}
"""The first age of each band."""


def with_person(rows: Any, effective: Any, day: str) -> Any:
    """`rows` (stream, employment, ...), each with `sex`, `age_band` and `education` of its person on its date `day`.

    `effective`: the facts that stand. Of a stream's registration there is one, its first fact (`domain.structure`).
    """
    registered = _of(effective, WorkerRegistered).filter(lambda t: t.version == 1)
    first = registered.select("stream", first_year="birth_year", first_sex="sex", first_education="education")
    named = _latest(rows, _of(effective, IdentityCorrected), day, later_year="birth_year", later_sex="sex")
    taught = _latest(rows, _of(effective, EducationRecorded), day, later_education="education")
    all_known = _beside(_beside(_beside(rows, first, ["stream"]), named, KEY), taught, KEY)
    known = all_known.mutate(
        sex=ibis.coalesce(all_known.later_sex, all_known.first_sex, ibis.literal(UNKNOWN)),
        age_band=age_band(ibis.coalesce(all_known.later_year, all_known.first_year), all_known[day].year()),
        education=ibis.coalesce(all_known.later_education, all_known.first_education, ibis.literal(UNKNOWN)),
    )
    return known.select(*rows.columns, "sex", "age_band", "education")


KEY = ["stream", "employment"]


def age_band(birth_year: Any, year: Any) -> Any:
    """As `domain.person.age_band`, of columns; "unknown" without a year of birth."""
    age = year - birth_year
    older = [(age >= lowest, name) for lowest, name in sorted(LOWEST.items(), reverse=True)]
    return ibis.cases((birth_year.isnull(), UNKNOWN), *older, else_=AGE_BANDS[0])


def _of(effective: Any, kind: Any) -> Any:
    return effective.filter(effective.fact_topic == topic_of(kind))


def _latest(rows: Any, facts: Any, day: str, **columns: str) -> Any:
    """Of the facts with effect on `day` of a row or before, the latest: the row's key and `columns`."""
    dated = rows.select(*KEY, until=day)
    told = facts.select("stream", "version", since="effective_on", **columns)
    joined = dated.inner_join(told, "stream").filter(lambda t: t.since <= t.until)
    order = [ibis.desc(joined.since), ibis.desc(joined.version)]
    ranked = joined.mutate(rank=ibis.row_number().over(group_by=KEY, order_by=order))
    return ranked.filter(ranked.rank == 0).select(*KEY, *columns)


def _beside(rows: Any, more: Any, key: list[str]) -> Any:
    joined = rows.left_join(more, key)
    return joined.select(*rows.columns, *(name for name in more.columns if name not in key))

"""One row an employment that ended, with every dimension, as of its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis

from domain import codes, endings
from domain.event import topic_of
from domain.facts import (
    ContractRecorded,
    ConvertedToPermanent,
    EmployerTransferred,
    EmploymentEnded,
    LocationChanged,
    Reinstated,
    Terminated,
)
from projections.statistics.codes import category_of, month_of, province_of
from projections.statistics.hires import last_hires
from projections.statistics.history import PLACE, effective
from projections.statistics.persons import KEY, with_person

if TYPE_CHECKING:
    from datetime import datetime

DIMENSIONS = (
    "month",
    "cause_group",
    "cause",
    "province",
    "regency",
    "industry",
    "contract",
    "sex",
    "age_band",
    "education",
)
BEGUN = ("begun_on", "begun_by")
"""Date and version of the hire: what takes effect before it changes nothing of the employment."""
READ = (
    *PLACE,
    "recorded_at",
    "effective_on",
    "amends",
    "voids",
    "fact_topic",
    "employment",
    "employer",
    "industry",
    "regency",
    "contract",
    "cause",
    "birth_year",
    "sex",
    "education",
)
"""The columns of the export that ends are made of."""


def ends(facts: Any, known_at: datetime | None = None, *, depth: int | None = None) -> Any:
    """`stream`, `employment`, `employer`, `effective_on`, `DIMENSIONS`: from the export's facts as known at a moment.

    `effective_on` is the last day, `month` the first day of its month. An employment that was taken up again has not
    ended. Place, industry, employer and contract are what stood last; the end of a declared employment counts too.
    """
    standing = effective(facts.select(*READ), known_at, depth=depth)
    begun = last_hires(standing).select(
        *KEY, "employer", "industry", "regency", "contract", begun_on="effective_on", begun_by="version"
    )
    outcomes = _last(begun, standing, [Terminated, EmploymentEnded, Reinstated], "fact_topic", "effective_on", "cause")
    ended = outcomes.filter(outcomes.fact_topic != topic_of(Reinstated)).drop("fact_topic")
    since = begun.select(*KEY, *BEGUN)
    ended = _changed(ended, since, standing, [EmployerTransferred], "employer", "industry")
    ended = _changed(ended, since, standing, [EmployerTransferred, LocationChanged], "regency")
    agreed = standing.fact_topic == topic_of(ConvertedToPermanent)
    agreements = standing.mutate(contract=ibis.ifelse(agreed, "permanent", standing.contract))
    ended = _changed(ended, since, agreements, [ContractRecorded, ConvertedToPermanent], "contract")
    told = ended.select(
        *KEY,
        "employer",
        "effective_on",
        month=month_of(ended.effective_on),
        cause_group=group_of(ended.cause),
        cause="cause",
        province=province_of(ended.regency),
        regency="regency",
        industry=category_of(ended.industry),
        contract="contract",
    )
    return with_person(told, standing, "effective_on").select(*KEY, "employer", "effective_on", *DIMENSIONS)


def group_of(cause: Any) -> Any:
    """As `domain.endings.group_of`, of a column."""
    listed = [code for code, _ in codes.codes(codes.TERMINATION)]
    listed += [codes.split(code)[1] for code, _ in codes.codes(codes.ENDING)]
    grouped = [(code, group) for code in listed if (group := endings.group_of(code)) != endings.LAYOFF]
    return ibis.cases(*((cause == code, group) for code, group in grouped), else_=endings.LAYOFF)


def _last(employments: Any, standing: Any, kinds: list[Any], *columns: str) -> Any:
    """The employments of which there is a fact of `kinds`, with `columns` of the last, after their own.

    `employments` holds `KEY` and `BEGUN`.
    """
    told = standing.filter(standing.fact_topic.isin([topic_of(kind) for kind in kinds]))
    told = told.select(*KEY, told_on=told.effective_on, told_by=told.version, **{f"told_{c}": c for c in columns})
    joined = employments.inner_join(told, KEY)
    later = (joined.told_on > joined.begun_on) | (
        (joined.told_on == joined.begun_on) & (joined.told_by > joined.begun_by)
    )
    after = joined.filter(later)
    order = [ibis.desc(after.told_on), ibis.desc(after.told_by)]
    ranked = after.mutate(rank=ibis.row_number().over(group_by=KEY, order_by=order))
    kept = [name for name in employments.columns if name not in columns]
    return ranked.filter(ranked.rank == 0).select(*kept, **{c: f"told_{c}" for c in columns})


def _changed(employments: Any, since: Any, standing: Any, kinds: list[Any], *columns: str) -> Any:
    """`employments` with `columns` as the last fact of `kinds` left them, if there is one.

    `since` holds `KEY` and `BEGUN` of them, and is no more work to compute: engines compute it for each change anew.
    """
    last = _last(since, standing, kinds, *columns).select(*KEY, **{f"last_{c}": c for c in columns})
    joined = employments.left_join(last, KEY)
    changed = {c: ibis.coalesce(joined[f"last_{c}"], joined[c]) for c in columns}
    return joined.select(*(changed[name].name(name) if name in columns else name for name in employments.columns))

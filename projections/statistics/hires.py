"""One row a hire that statistics count, with every dimension, as of the day of the hire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis

from domain.event import topic_of
from domain.facts import Hired
from projections.statistics.codes import category_of, major_of, month_of, province_of
from projections.statistics.history import PLACE, effective
from projections.statistics.persons import KEY, with_person

if TYPE_CHECKING:
    from datetime import datetime

DIMENSIONS = (
    "month",
    "channel",
    "province",
    "regency",
    "industry",
    "occupation",
    "contract",
    "sex",
    "age_band",
    "education",
)
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
    "occupation",
    "channel",
    "contract",
    "declared",
    "birth_year",
    "sex",
    "education",
)
"""The columns of the export that hires are made of."""


def hires(facts: Any, known_at: datetime | None = None, *, depth: int | None = None) -> Any:
    """`stream`, `employment`, `employer`, `effective_on`, `DIMENSIONS`: from the export's facts as known at a moment.

    `month` is its first day. An opening roster's declared start dates are no hires.
    """
    standing = effective(facts.select(*READ), known_at, depth=depth)
    made = last_hires(standing)
    counted = made.filter(~made.declared)
    told = counted.select(
        *KEY,
        "employer",
        "effective_on",
        month=month_of(counted.effective_on),
        channel="channel",
        province=province_of(counted.regency),
        regency="regency",
        industry=category_of(counted.industry),
        occupation=major_of(counted.occupation),
        contract="contract",
    )
    return with_person(told, standing, "effective_on").select(*KEY, "employer", "effective_on", *DIMENSIONS)


def last_hires(standing: Any) -> Any:
    """Of the hires that stand, each employment's: there is one, or what came last decides, as in `domain.worker`."""
    made = standing.filter(standing.fact_topic == topic_of(Hired))
    order = [ibis.desc(made.effective_on), ibis.desc(made.version)]
    ranked = made.mutate(rank=ibis.row_number().over(group_by=KEY, order_by=order))
    return ranked.filter(ranked.rank == 0).drop("rank")

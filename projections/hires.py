"""Every hire with all that is counted of it, as of the day of the hire: what tables of any dimensions are made from.

`projections.placements` counts fewer dimensions beforehand. With regency, age and education nearly every hire of a
month is a cell of its own, so here each has a row. An opening roster's declared start dates are no hires.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.facts import Hired
from domain.person import person_on
from domain.worker import Worker
from projections.kinds import PERSON
from projections.placements import cell
from projections.projection import Projection
from projections.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.employer import Employer


class Hires(Projection):
    name = "hires"
    kinds = PERSON | {Hired}
    table = Table(
        "hire",
        {
            "worker": "uuid",
            "employment": "uuid",
            "month": "date NOT NULL",
            "channel": "text NOT NULL",
            "province": "text NOT NULL",
            "regency": "text NOT NULL",
            "industry": "text NOT NULL",
            "occupation": "text NOT NULL",
            "sex": "text NOT NULL",
            "age_band": "text NOT NULL",
            "education": "text NOT NULL",
        },
        key=("worker", "employment"),
        indexes=("month",),
    )

    def rows(self, state: Worker | Employer) -> Iterable[Row]:
        """Province of the workplace, category of KBLI and major group of KBJI as in `placements`."""
        if not isinstance(state, Worker):
            return
        for employment in state.employments.values():
            hired = employment.hired
            if not hired.declared:
                province, *work = cell(hired.regency, hired.industry, hired.occupation)
                where = (province, hired.regency, *work)
                month = hired.effective_on.replace(day=1)
                yield (state.id, employment.id, month, hired.channel, *where, *person_on(state, hired.effective_on))

"""The current employment record: one row a worker, clear data only. Names are opened at the desk, from the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.facts import LabourForceStatusDeclared
from domain.worker import Worker
from projections.kinds import CARDS, CERTIFICATES, DURING, ENDS, IDENTITY, PERSON, PLACE, TERMS
from projections.projection import Projection
from projections.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.employer import Employer
    from domain.worker import Employment


class Record(Projection):
    name = "record"
    kinds = PERSON | IDENTITY | TERMS | ENDS | PLACE | DURING | CERTIFICATES | CARDS | {LabourForceStatusDeclared}
    table = Table(
        "record",
        {
            "worker": "uuid",
            "standing": "text NOT NULL",
            "identity": "text NOT NULL",
            "birth_year": "smallint NOT NULL",
            "sex": "text NOT NULL",
            "education": "text",
            "residence": "text",
            "employment": "uuid",
            "employer": "uuid",
            "establishment": "text",
            "industry": "text",
            "regency": "text",
            "occupation": "text",
            "contract": "text",
            "contract_ends": "date",
            "wage_band": "integer",
            "since": "date",
            "suspended": "text",
            "certificates": "integer NOT NULL",
            "card": "text",
        },
        key=("worker",),
        indexes=("employer", "regency"),
    )

    def rows(self, state: Worker | Employer) -> Iterable[Row]:
        if not isinstance(state, Worker):
            return
        w, e = state, state.current
        job = (
            (e.id, e.employer, e.establishment, e.industry, e.regency, e.occupation, *_terms(e)) if e else (None,) * 11
        )
        held = sum(1 for certificate in w.certificates.values() if certificate.state == "valid")
        card = w.live_card.number if w.live_card else None
        yield (w.id, w.standing, w.identity, w.birth_year, w.sex, w.education, w.residence, *job, held, card)


def _terms(e: Employment) -> tuple[object, ...]:
    return (e.contract.kind, e.contract.ends_on, e.wage_band, e.started_on, e.suspended)

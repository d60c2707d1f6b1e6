"""The read models there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.cards import Cards
from projections.employers import Employers
from projections.placements import Placements
from projections.record import Record
from projections.roster import Roster

if TYPE_CHECKING:
    from projections.projection import Projection

PROJECTIONS: dict[str, Projection] = {p.name: p for p in (Record(), Roster(), Placements(), Cards(), Employers())}

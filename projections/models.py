"""The read models there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.cards import Cards
from projections.employers import Employers
from projections.hires import Hires
from projections.placements import Placements
from projections.record import Record
from projections.renewals import Renewals
from projections.roster import Roster

if TYPE_CHECKING:
    from projections.projection import Projection

_ALL = (Record(), Roster(), Placements(), Hires(), Cards(), Renewals(), Employers())
PROJECTIONS: dict[str, Projection] = {p.name: p for p in _ALL}

"""The read models there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.calendar import Calendar
from projections.cardcounts import CardCounts
from projections.cards import Cards
from projections.employers import Employers
from projections.flows import Flows
from projections.hires import Hires
from projections.placements import Placements
from projections.quality import Quality
from projections.record import Record
from projections.renewals import Renewals
from projections.roster import Roster
from projections.training import Trained

if TYPE_CHECKING:
    from projections.projection import ReadModel

_ALL = (
    Record(),
    Roster(),
    Placements(),
    Hires(),
    Flows(),
    Trained(),
    Calendar(),
    Quality(),
    Cards(),
    CardCounts(),
    Renewals(),
    Employers(),
)
PROJECTIONS: dict[str, ReadModel] = {p.name: p for p in _ALL}

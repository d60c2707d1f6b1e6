"""Companies among which people move, and what is said about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date
    from random import Random

    from registry.sample.employers import Employer
    from registry.sample.figures import Weighted

Row = dict[str, str]


class Ended(NamedTuple):
    """What stood, as reported, of an employment on its last day: what its ending row does not say."""

    regency: str
    kbli: str
    contract: str
    sex: str
    birth_year: int


@dataclass
class Group:
    """Companies among which people move, and the rows said about them: (day reported, order said, row)."""

    chance: Random
    since: date
    until: date
    staff: Weighted[Employer]
    takeovers: list[tuple[Employer, Employer, date]] = field(default_factory=list)
    rows: list[tuple[int, int, Row]] = field(default_factory=list)
    voids: list[tuple[Row, str]] = field(default_factory=list)
    ends: dict[int, Ended] = field(default_factory=dict)
    """By the identity of the row that reports it."""

    def add(self, reported: int, row: Row) -> None:
        self.rows.append((reported, len(self.rows), row))

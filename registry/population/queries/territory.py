"""Acts out of territory: an act about a place that no mandate of its actor covers.

The log holds no territories yet, so who asks brings them: a CSV file with the columns organisation, person, region,
from, until. `person` empty: everybody of the organisation; `region`: a province (`31`), a regency (`32.75`), or `ID`
for the country; `from` and `until`: days, both inclusive, empty for no bound.
"""

from __future__ import annotations

import csv
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from domain import codes
from domain import facts as f
from domain.errors import Refused
from domain.history import root
from registry.population.queries import Match
from registry.population.scope import carried, recorded_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from domain.event import Event, Fact

COLUMNS = ("organisation", "person", "region", "from", "until")
MOST = 100_000
COUNTRY = "ID"
FAMILY = "kemendagri:2025/"


class Mandate(NamedTuple):
    """Where and when an organisation, or one account of it, may act."""

    person: str
    region: str
    first: date
    last: date

    def covers(self, person: str, regency: str, on: date) -> bool:
        here = self.region in (COUNTRY, regency) or regency.startswith(f"{self.region}.")
        return here and self.person in ("", person) and self.first <= on <= self.last


def read(path: Path) -> dict[str, list[Mandate]]:
    """The mandates of a file by organisation. Raises: Refused("mandates-malformed")."""
    found: dict[str, list[Mandate]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            if tuple(rows.fieldnames or ()) != COLUMNS:
                raise Refused("mandates-malformed", line=1, got=rows.fieldnames, expected=", ".join(COLUMNS))
            for number, row in enumerate(rows, 2):
                if number > MOST:
                    raise Refused("mandates-malformed", line=number, got="more", expected=f"at most {MOST} rows")
                found.setdefault(row["organisation"], []).append(_mandate(row, number))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused("mandates-malformed", line=0, got="no CSV in UTF-8", expected=", ".join(COLUMNS)) from error
    return found


def _mandate(row: dict[str, str], number: int) -> Mandate:
    region = row["region"]
    if region != COUNTRY and not codes.known(f"{FAMILY}{region}", "province", "regency"):
        raise Refused("mandates-malformed", line=number, got=region, expected="a province, a regency or ID")
    try:
        first = date.fromisoformat(row["from"]) if row["from"] else date.min
        last = date.fromisoformat(row["until"]) if row["until"] else date.max
    except (ValueError, TypeError) as error:
        raise Refused("mandates-malformed", line=number, got=row["from"], expected="YYYY-MM-DD") from error
    if not row["organisation"] or None in row.values():
        raise Refused("mandates-malformed", line=number, got="an empty cell", expected=", ".join(COLUMNS))
    return Mandate(row["person"], region, first, last)


class OutOfTerritory:
    """`outside`: no mandate of the actor covers the place of the act on the day it was recorded, Jakarta's.

    The place is the fact's own regency or, for what names an employment or establishment, the regency last recorded
    for that before; of a correction that of the fact it carries, of a void that of the fact it takes back. An act
    without a place, and an organisation that the file does not name, is not judged.
    """

    name = "territory"
    says = "no mandate of the actor, in the file given, covers the regency of the act on the day it was recorded"
    topics: frozenset[str] = frozenset()

    def __init__(self, mandates: dict[str, list[Mandate]], source: str = "") -> None:
        self._mandates, self._source = mandates, source

    def parameters(self) -> dict[str, Any]:
        return {"mandates": self._source, "organisations": len(self._mandates)}

    def of(self, events: list[Event]) -> Iterator[Match]:
        for event, regency in zip(events, places(events), strict=True):
            held = self._mandates.get(event.actor.organisation)
            if held is None or regency is None:
                continue
            if not any(mandate.covers(event.actor.person, regency, recorded_on(event)) for mandate in held):
                yield Match(event, "outside", {"regency": regency})


def places(events: Iterable[Event]) -> Iterator[str | None]:
    """Of each event of a stream the regency that it is about, without the list's name; None where there is none."""
    last: dict[object, str] = {}
    told: dict[int, str | None] = {}
    amending: dict[int, Event] = {}
    for event in events:
        fact = event.fact
        if isinstance(fact, f.Amendment):
            amending[event.originator_version] = event
        if isinstance(fact, f.FactVoided):
            found = told.get(root(event.originator_version, amending))
        else:
            found = _place(carried(fact), last)
        told[event.originator_version] = found
        yield found


def _place(fact: Fact, last: dict[object, str]) -> str | None:
    """The regency of a fact; kept for what it names."""
    names = (getattr(fact, name, None) for name in ("employment", "apprenticeship", "establishment"))
    about = next((name for name in names if name is not None), None)
    own = getattr(fact, "regency", None) or getattr(fact, "residence", None)
    if own is None:
        return last.get(about)
    regency = ".".join(str(own).rpartition("/")[2].split(".")[:2])
    if about is not None:
        last[about] = regency
    return regency

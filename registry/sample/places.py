"""What companies report of themselves: their founding, and places of work opened, moved and closed for a while."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.sample.employers import Employer
    from registry.sample.group import Group, Row


def founding(company: Employer, since: date) -> Iterator[Row]:
    home = company.places[0]
    said = {"submitter": company.nib, "effective_on": company.founded.isoformat()}
    yield {
        **said,
        "action": "register-employer",
        "name": company.name,
        "npwp": company.npwp,
        "kbli": company.line.kbli,
        "regency": home.regency,
    }
    for place in company.places:
        if place.opened_on < since:
            yield _opened(company, place.code, place.regency, place.opened_on)


def _opened(company: Employer, code: str, regency: str, on: date) -> Row:
    return {
        "submitter": company.nib,
        "action": "open-establishment",
        "effective_on": on.isoformat(),
        "establishment": code,
        "regency": regency,
        "kbli": company.line.kbli,
    }


def changes(company: Employer, group: Group) -> None:
    """Places opened, moved and closed for a while during the years of the file."""
    for place in company.places:
        if place.opened_on >= group.since:
            group.add(place.opened_on.toordinal(), _opened(company, place.code, place.regency, place.opened_on))
        said = {"submitter": company.nib, "establishment": place.code}
        if place.moves_on:
            row = {**said, "action": "move-establishment", "effective_on": place.moves_on.isoformat()}
            group.add(place.moves_on.toordinal(), {**row, "regency": place.moves_to})
        elif group.chance.random() < 0.08 and place.opened_on < group.since:
            shut = group.since + timedelta(days=group.chance.randrange(30, 1200))
            again = shut + timedelta(days=group.chance.randrange(14, 90))
            for action, day in (("suspend-establishment", shut), ("resume-establishment", again)):
                group.add(day.toordinal(), {**said, "action": action, "effective_on": day.isoformat()})

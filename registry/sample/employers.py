"""Companies that do not exist, and their places of work over the years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from registry.sample.figures import Line, Weighted, figures
from registry.sample.people import nib_of, npwp_of, regencies

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

FORMS = Weighted({"PT": 0.82, "CV": 0.18})
NAMED_FIRST = {"Rumah Sakit", "Klinik", "Hotel", "Salon", "Apotek"}
NOT_THERE = {"A": {"31", "36"}, "B": {"31", "34", "36", "51"}}  # no plantations or mines in these provinces


@dataclass(frozen=True)
class Place:
    """A place of work. `moves_on`, when set, is the day its regency becomes `moves_to`."""

    code: str
    opened_on: date
    regency: str
    moves_on: date | None = None
    moves_to: str = ""

    def regency_on(self, day: date) -> str:
        return self.moves_to if self.moves_on and day >= self.moves_on else self.regency


@dataclass(frozen=True, eq=False)
class Employer:
    nib: str
    name: str
    npwp: str
    line: Line
    founded: date
    places: tuple[Place, ...]
    size: int
    prefix: str
    raise_month: int

    def places_on(self, day: date) -> list[Place]:
        """Places that have been open for some weeks; the first of all is always there."""
        return [place for place in self.places if place.opened_on + timedelta(days=21) <= day] or [self.places[0]]


def employers(chance: Random, *, workers: int, count: int, since: date, until: date) -> list[Employer]:
    """`count` companies for `workers` people: sizes skewed, sectors and provinces as near to the shares as they get."""
    figure, sizes = figures(), _sizes(chance, workers, count)
    sector_left = {sector: share * workers for sector, share in figure.sectors.items()}
    province_left = {province: share * workers for province, share in figure.provinces.items()}
    taken: set[str] = set()
    made = []
    for size in sorted(sizes, reverse=True):
        sector = max(sector_left, key=sector_left.__getitem__)
        allowed = [province for province in province_left if province not in NOT_THERE.get(sector, ())]
        province = max(allowed, key=province_left.__getitem__)
        sector_left[sector] -= size
        province_left[province] -= size
        line = figure.lines[sector].draw(chance)
        made.append(_employer(chance, line, province, size, taken, since, until))
    chance.shuffle(made)
    return made


def _sizes(chance: Random, workers: int, count: int) -> list[int]:
    """Whole numbers that add up to `workers`, none below one."""
    weights = [chance.lognormvariate(0, 0.7) for _ in range(count)]
    spare = max(0, workers - count)
    sizes = [1 + int(weight / sum(weights) * spare) for weight in weights] if workers >= count else [1] * workers
    for at in range(workers - sum(sizes)):
        sizes[at % len(sizes)] += 1
    return sizes


def _employer(
    chance: Random, line: Line, province: str, size: int, taken: set[str], since: date, until: date
) -> Employer:
    name, nib = _new(chance, taken, line), _new(chance, taken)
    founded = since - timedelta(days=chance.randrange(3 * 365, 34 * 365))
    return Employer(
        nib=nib,
        name=name,
        npwp=npwp_of(chance),
        line=line,
        founded=founded,
        places=tuple(_places(chance, line, province, size, founded, since, until)),
        size=size,
        prefix="".join(word[0] for word in name.split()[1:4]).upper(),
        raise_month=1 if chance.random() < 0.7 else chance.choice((2, 3, 4, 7)),
    )


def _new(chance: Random, taken: set[str], line: Line | None = None) -> str:
    """A name (of a company in `line`) or a NIB that nobody has yet."""
    while True:
        made = nib_of(chance) if line is None else _name(chance, line, crowded=len(taken) > 4000)
        if made not in taken:
            taken.add(made)
            return made


def _name(chance: Random, line: Line, *, crowded: bool) -> str:
    """ "PT Sumber Agro Makmur", "Klinik Bina Sehat"; one word more when short names run out."""
    words = figures().assumed["company_words"]
    trade = chance.choice(line.words)
    name = [chance.choice(words["leading"]), trade, chance.choice(words["trailing"])]
    if trade.startswith("Yayasan") or trade in NAMED_FIRST:
        name = [trade, name[0], name[2]]
    else:
        name = [FORMS.draw(chance), *name]
    return " ".join([*name, chance.choice(words["trailing"])] if crowded else name)


def _places(
    chance: Random, line: Line, province: str, size: int, founded: date, since: date, until: date
) -> Iterator[Place]:
    rural = line.sector in NOT_THERE
    yield Place("PUSAT", founded, chance.choice(regencies(province, rural=rural)))
    days = (until - since).days
    for number in range(1, min(6, 1 + size // 60) + 1):
        where = province if chance.random() < 0.75 else figures().provinces.draw(chance)
        lately = chance.random() < 0.3
        opened = since + timedelta(days=chance.randrange(60, days - 120)) if lately else founded
        there = regencies(where, rural=rural)
        regency, moves_on, moves_to = chance.choice(there), None, ""
        if not lately and chance.random() < 0.12:
            moves_on = since + timedelta(days=chance.randrange(90, days - 60))
            moves_to = _another(chance, there, regency)
        yield Place(f"CAB-{number:02}", opened, regency, moves_on if moves_to else None, moves_to)


def _another(chance: Random, regencies_there: Sequence[str], regency: str) -> str:
    others = [other for other in regencies_there if other != regency]
    return chance.choice(others) if others else ""

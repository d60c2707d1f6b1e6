"""People who do not exist: names from Faker's Indonesian lists, numbers by the rule of `domain.identifiers`."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from faker.providers.person.id_ID import Provider

from domain import codes
from domain.identifiers import luhn_digit
from registry.sample.figures import figures

if TYPE_CHECKING:
    from random import Random

FIRST_WOMAN = "Agustina"  # Faker's surnames stand in two runs, men's or anybody's first, women's from here
ISLANDS = frozenset({"31.01"})  # Kepulauan Seribu: hardly anybody works there
FOREIGN_NAMES: dict[str, tuple[str, str]] = {
    "CHN": ("Wei Jun Hao Lei Feng Tao Min Fang Jing", "Wang Li Zhang Liu Chen Yang Zhao Huang"),
    "JPN": ("Kenji Hiroshi Takeshi Daisuke Yuki Akira Naoko", "Sato Suzuki Tanaka Watanabe Ito Yamamoto"),
    "KOR": ("Min-jun Ji-hoon Seung-ho Hyun-woo Ji-woo", "Kim Lee Park Choi Jung Kang"),
    "IND": ("Rahul Amit Sanjay Vikram Anil Priya", "Sharma Patel Kumar Singh Gupta Reddy"),
    "MYS": ("Ahmad Faizal Hafiz Azman Siew-Ling", "Abdullah Ismail Tan Lim Rahman"),
    "PHL": ("Jose Mark Ramon Grace Angelo", "Santos Reyes Cruz Garcia Mendoza"),
    "USA": ("James Michael Robert Jennifer", "Smith Johnson Miller Davis"),
    "AUS": ("Jack Liam Matthew Olivia", "Wilson Taylor Campbell Kelly"),
}


@dataclass(slots=True)
class Person:
    """One invented person. `who` identifies them in a row, `known_as` adds what a registration needs."""

    who: dict[str, str]
    name: str
    sex: str
    birth: date
    education: str
    residence: str
    phone: str
    permit_until: str = ""
    career_over: bool = field(default=False)

    @property
    def foreign(self) -> bool:
        return "passport" in self.who

    def known_as(self) -> dict[str, str]:
        permit = {"permit_until": self.permit_until} if self.permit_until else {}
        return {
            **self.who,
            **permit,
            "name": self.name,
            "birth_date": self.birth.isoformat(),
            "sex": self.sex,
            "education": self.education,
            "residence": self.residence,
        }


class Identities:
    """Hands out numbers of people, none twice.

    A group of people has its own serial numbers, so that no memory of other groups is needed: `span` serials from
    `first` on for each day, district and sex.
    """

    def __init__(self, chance: Random, first: int, span: int) -> None:
        self._chance, self._first, self._span = chance, first, span
        self._given: dict[str, int] = {}

    def nik(self, province: str, birth: date, sex: str) -> str | None:
        """A number for a birth in `province`; None when that day's serials of the drawn district are used up."""
        district = self._chance.choice(districts(province))
        prefix = f"{district}{birth.day + (40 if sex == 'P' else 0):02}{birth:%m%y}"
        given = self._given.get(prefix, 0)
        if given >= self._span:
            return None
        self._given[prefix] = given + 1
        return f"{prefix}{self._first + given:04}"

    def passport(self, nationality: str) -> str:
        """A passport number with the group's serial in it."""
        given = self._given[nationality] = self._given.get(nationality, 0) + 1
        return f"{nationality[0]}{self._first * 1000 + given:08}"


@functools.cache
def districts(province: str) -> tuple[str, ...]:
    listed = (codes.split(code)[1] for code, _ in codes.codes(codes.REGION, "district"))
    return tuple(code.replace(".", "") for code in listed if code.startswith(province))


@functools.cache
def regencies(province: str, *, rural: bool = False) -> tuple[str, ...]:
    """Regencies of a province; a city stands thrice, because there is more work in it (assumed). `rural`: no cities."""
    listed = [codes.split(code)[1] for code, _ in codes.codes(codes.REGION, "regency")]
    there = [code for code in listed if code.startswith(province) and code not in ISLANDS]
    outside = tuple(code for code in there if code[3] != "7")
    return outside if rural and outside else tuple(code for code in there for _ in range(3 if code[3] == "7" else 1))


@functools.cache
def names() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """First names and surnames by sex: "L" and "P"."""
    surnames = tuple(Provider.last_names)
    border = surnames.index(FIRST_WOMAN)
    clans = tuple(name for name in surnames[:border] if name in figures().assumed["clans"])
    firsts = {"L": tuple(Provider.first_names_male), "P": tuple(Provider.first_names_female)}
    return firsts, {"L": surnames[:border], "P": surnames[border:] + clans}


def name_of(chance: Random, sex: str) -> str:
    """One name, two or three, as Indonesians have them."""
    firsts, surnames = names()
    first, kind = chance.choice(firsts[sex]), chance.random()
    if kind < 0.05:
        return first
    last = chance.choice(surnames[sex])
    second = f" {chance.choice(firsts[sex])}" if kind > 0.82 else ""
    return f"{first}{second} {last}" if second != f" {first}" else f"{first} {last}"


def phone_of(chance: Random) -> str:
    prefix = chance.choice(("0811", "0812", "0813", "0821", "0822", "0852", "0857", "0878", "0896", "0895"))
    return f"{prefix}{chance.randrange(10**7, 10**8)}"


def person(
    chance: Random, identities: Identities, *, sex: str, education: str, starts: date, age: float, residence: str
) -> Person:
    """An Indonesian who is about `age` years old on `starts`."""
    figure = figures()
    while True:
        birth = starts - timedelta(days=int(age * 365.25) + chance.randrange(365))
        province = residence[:2] if chance.random() < 0.75 else figure.provinces.draw(chance)
        number = identities.nik(province, birth, sex)
        if number is not None:
            break
    return Person({"nik": number}, name_of(chance, sex), sex, birth, education, residence, phone_of(chance))


def foreigner(chance: Random, identities: Identities, *, starts: date, residence: str, permit_until: date) -> Person:
    nationality = figures().nationality.draw(chance)
    given, family = (words.split() for words in FOREIGN_NAMES[nationality])
    sex = "L" if chance.random() < 0.859 else "P"  # 144,334 of 168,048
    return Person(
        {"passport": identities.passport(nationality), "nationality": nationality},
        f"{chance.choice(given)} {chance.choice(family)}",
        sex,
        starts - timedelta(days=chance.randrange(28 * 365, 52 * 365)),
        "9",
        residence,
        phone_of(chance),
        permit_until.isoformat(),
    )


def npwp_of(chance: Random) -> str:
    """A company's tax number of 16 digits, its check digit right."""
    first = f"0{chance.randrange(1, 4)}{chance.randrange(10**6):06}"
    return f"0{first}{luhn_digit(first)}{chance.randrange(1, 900):03}000"


def nib_of(chance: Random) -> str:
    return f"{chance.choice(('02', '12', '81', '91'))}{chance.randrange(10**11):011}"

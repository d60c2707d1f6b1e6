"""What a card says: the one projection that every wrapping carries (docs/card-profile.md section 1).

Bounds are checked on construction, so a `CardClaims` that exists may be signed or shown.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Literal, TypeAlias, get_args

from card.errors import CardError
from card.number import parse_number

Standing: TypeAlias = Literal[
    "unknown", "employed", "seeking", "self-employed", "in-school", "home-duties", "not-seeking"
]
CertificationStanding: TypeAlias = Literal["self-declared", "employer-stated", "authority-attested"]
Sex: TypeAlias = Literal["M", "F"]

STANDINGS: tuple[Standing, ...] = get_args(Standing)
CERTIFICATION_STANDINGS: tuple[CertificationStanding, ...] = get_args(CertificationStanding)
SHARDS = 2**16
SHARD_SIZE = 2**20
MAX_CERTIFICATIONS = 10
MAX_TEXT = 80
MAX_LIFETIME = 5 * 366 * 86_400
SKKNI_UNIT = re.compile(r"[A-Z]\.[0-9]{6}\.[0-9]{3}\.[0-9]{2}")

_JAKARTA = timezone(timedelta(hours=7))  # Asia/Jakarta, no summer time: no tzdata needed to verify
_OTHER_CODE = re.compile(r"(?!skkni/)[A-Za-z0-9._:-]+/[A-Za-z0-9._:/-]+")
_ISSUED = (1_577_836_800, 4_102_444_800)  # 2020 to 2100
_EXPIRES = (date(2000, 1, 1), date(2149, 6, 6))  # what fits 16 bits of days


def _require(met: bool, code: str, got: object, expected: str) -> None:
    if not met:
        raise CardError(code, f"got {str(got)[:100]!r}, expected {expected}")


def _is_plain(text: str) -> bool:
    """1-80 characters of NFC that show as they are: section 3 of the profile."""
    return (
        0 < len(text) <= MAX_TEXT
        and unicodedata.is_normalized("NFC", text)
        and text == " ".join(text.split(" "))
        and all(part and part.isprintable() for part in text.split(" "))
    )


def shown(text: str) -> str:
    """`text` as a card may carry it: NFC, nothing that does not print, single spaces, cut to 80 with an ellipsis."""
    composed = unicodedata.normalize("NFC", text)
    printed = "".join(letter if letter.isprintable() else " " * letter.isspace() for letter in composed)
    single = " ".join(printed.split())
    return single if len(single) <= MAX_TEXT else f"{single[: MAX_TEXT - 1].rstrip()}…"


@dataclass(frozen=True, kw_only=True)
class Certification:
    """A certificate held: a bare SKKNI unit or `scheme/code`, its last day of validity, and who says so."""

    code: str
    expires: date | None
    standing: CertificationStanding

    def __post_init__(self) -> None:
        other = _OTHER_CODE.fullmatch(self.code) and len(self.code) <= 32
        fits = bool(SKKNI_UNIT.fullmatch(self.code) or other)
        _require(fits, "certification-code", self.code, "a SKKNI unit A.000000.000.00 or scheme/code")
        in_range = self.expires is None or _EXPIRES[0] <= self.expires <= _EXPIRES[1]
        _require(in_range, "certification-expiry", self.expires, "a date from 2000-01-01 to 2149-06-06")
        known = self.standing in CERTIFICATION_STANDINGS
        _require(known, "certification-standing", self.standing, f"one of {CERTIFICATION_STANDINGS}")


@dataclass(frozen=True, kw_only=True)
class StatusReference:
    """Where a card stands among the status lists."""

    shard: int
    index: int

    def __post_init__(self) -> None:
        _require(type(self.shard) is int and 0 <= self.shard < SHARDS, "status-shard", self.shard, f"0 to {SHARDS - 1}")
        in_list = type(self.index) is int and 0 <= self.index < SHARD_SIZE
        _require(in_list, "status-index", self.index, f"0 to {SHARD_SIZE - 1}")


@dataclass(frozen=True, kw_only=True)
class CardClaims:
    """All that a card says. Times in Unix seconds; `holder_key` the first 16 bytes of a JWK thumbprint."""

    number: str
    name: str
    birth_date: date
    sex: Sex
    standing: Standing
    employer_name: str | None = None
    employer_nib: str | None = None
    occupation: str | None = None
    certifications: tuple[Certification, ...] = ()
    issued_at: int
    expires_at: int
    holder_key: bytes | None = None
    status: StatusReference

    def __post_init__(self) -> None:
        _require(parse_number(self.number) == self.number, "card-number", self.number, "the spelling XXXX-XXXX-XXXX")
        self._check_person()
        self._check_work()
        self._check_times()
        holder = self.holder_key is None or (type(self.holder_key) is bytes and len(self.holder_key) == 16)
        _require(holder, "holder-key", self.holder_key, "16 bytes")

    @property
    def issued_on(self) -> date:
        """The day of issue in Jakarta."""
        return datetime.fromtimestamp(self.issued_at, tz=_JAKARTA).date()

    @property
    def last_day(self) -> date:
        """The last day in Jakarta on which the card is valid."""
        return datetime.fromtimestamp(self.expires_at - 1, tz=_JAKARTA).date()

    def _check_person(self) -> None:
        _require(_is_plain(self.name), "name", self.name, "1-80 plain characters, NFC, single spaces")
        _require(self.birth_date >= date(1900, 1, 1), "birth-date", self.birth_date, "1900-01-01 or later")
        _require(self.sex in ("M", "F"), "sex", self.sex, "M or F")

    def _check_work(self) -> None:
        _require(self.standing in STANDINGS, "standing", self.standing, f"one of {STANDINGS}")
        employer, nib, occupation = self.employer_name, self.employer_nib, self.occupation
        _require(employer is None or _is_plain(employer), "employer-name", employer, "1-80 plain characters, NFC")
        has_digits = nib is None or (employer is not None and _is_digits(nib, 13))
        _require(has_digits, "employer-nib", nib, "13 digits, beside an employer's name")
        _require(occupation is None or _is_digits(occupation, 4), "occupation", occupation, "4 digits of KBJI 2014")
        codes = [certification.code for certification in self.certifications]
        few = len(codes) <= MAX_CERTIFICATIONS and len(set(codes)) == len(codes)
        _require(few, "certifications", codes, f"at most {MAX_CERTIFICATIONS}, each code once")

    def _check_times(self) -> None:
        issued = type(self.issued_at) is int and _ISSUED[0] <= self.issued_at < _ISSUED[1]
        _require(issued, "issued-at", self.issued_at, "2020 to 2100, whole Unix seconds")
        expires = type(self.expires_at) is int and 0 < self.expires_at - self.issued_at <= MAX_LIFETIME
        _require(expires, "expires-at", self.expires_at, "after issue, at most 5 years after it")
        # A day is granted for time zones ahead of UTC.
        born = (self.birth_date - date(1970, 1, 1)).days * 86_400
        _require(born <= self.issued_at + 86_400, "birth-date", self.birth_date, "no later than the day of issue")


def _is_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()

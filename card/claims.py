"""What a card says: the one projection that every wrapping carries (docs/card-profile.md section 1).

Bounds are checked on construction, so a `CardClaims` that exists may be signed or shown.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta, timezone
from typing import Literal, TypeAlias, get_args

import msgspec

from card.errors import CardError
from card.number import is_number

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

JAKARTA = timezone(timedelta(hours=7))  # Asia/Jakarta, no summer time: no tzdata needed to verify
_OTHER_CODE = re.compile(r"(?!skkni/)[A-Za-z0-9._:-]+/[A-Za-z0-9._:/-]+")
_ISSUED = (1_577_836_800, 4_102_444_800)  # 2020 to 2100
_EXPIRES = (date(2000, 1, 1), date(2149, 6, 6))  # what fits 16 bits of days
_OLDEST = date(1900, 1, 1)
_EPOCH_DAY = date(1970, 1, 1).toordinal()


def _refusal(code: str, got: object, expected: str) -> CardError:
    return CardError(code, f"got {str(got)[:100]!r}, expected {expected}")


def _is_plain(text: str) -> bool:
    """1-80 characters of NFC that show as they are, words with one space between: section 3 of the profile."""
    return (
        0 < len(text) <= MAX_TEXT
        and text.isprintable()
        and (text.isascii() or unicodedata.is_normalized("NFC", text))
        and all(text.split(" "))
    )


def shown(text: str) -> str:
    """`text` as a card may carry it: NFC, nothing that does not print, single spaces, cut to 80 with an ellipsis."""
    composed = unicodedata.normalize("NFC", text)
    printed = "".join(letter if letter.isprintable() else " " * letter.isspace() for letter in composed)
    single = " ".join(printed.split())
    return single if len(single) <= MAX_TEXT else f"{single[: MAX_TEXT - 1].rstrip()}…"


class Certification(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate held: a bare SKKNI unit or `scheme/code`, its last day of validity, and who says so."""

    code: str
    expires: date | None
    standing: CertificationStanding

    def __post_init__(self) -> None:
        if not (SKKNI_UNIT.fullmatch(self.code) or (len(self.code) <= 32 and _OTHER_CODE.fullmatch(self.code))):
            raise _refusal("certification-code", self.code, "a SKKNI unit A.000000.000.00 or scheme/code")
        if self.expires is not None and not _EXPIRES[0] <= self.expires <= _EXPIRES[1]:
            raise _refusal("certification-expiry", self.expires, "a date from 2000-01-01 to 2149-06-06")
        if self.standing not in CERTIFICATION_STANDINGS:
            raise _refusal("certification-standing", self.standing, f"one of {CERTIFICATION_STANDINGS}")


class StatusReference(msgspec.Struct, frozen=True, kw_only=True):
    """Where a card stands among the status lists."""

    shard: int
    index: int

    def __post_init__(self) -> None:
        if type(self.shard) is not int or not 0 <= self.shard < SHARDS:
            raise _refusal("status-shard", self.shard, f"0 to {SHARDS - 1}")
        if type(self.index) is not int or not 0 <= self.index < SHARD_SIZE:
            raise _refusal("status-index", self.index, f"0 to {SHARD_SIZE - 1}")


class CardClaims(msgspec.Struct, frozen=True, kw_only=True):
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
        self._check_person()
        self._check_work()
        self._check_times()
        if self.holder_key is not None and (type(self.holder_key) is not bytes or len(self.holder_key) != 16):
            raise _refusal("holder-key", self.holder_key, "16 bytes")

    @property
    def issued_on(self) -> date:
        """The day of issue in Jakarta."""
        return datetime.fromtimestamp(self.issued_at, tz=JAKARTA).date()

    @property
    def last_day(self) -> date:
        """The last day in Jakarta on which the card is valid."""
        return datetime.fromtimestamp(self.expires_at - 1, tz=JAKARTA).date()

    def _check_person(self) -> None:
        if not is_number(self.number):
            raise _refusal("card-number", self.number, "XXXX-XXXX-XXXX with a fitting check character")
        if not _is_plain(self.name):
            raise _refusal("name", self.name, "1-80 plain characters, NFC, single spaces")
        if self.birth_date < _OLDEST:
            raise _refusal("birth-date", self.birth_date, "1900-01-01 or later")
        if self.sex not in ("M", "F"):
            raise _refusal("sex", self.sex, "M or F")

    def _check_work(self) -> None:
        if self.standing not in STANDINGS:
            raise _refusal("standing", self.standing, f"one of {STANDINGS}")
        employer, nib, occupation = self.employer_name, self.employer_nib, self.occupation
        if employer is not None and not _is_plain(employer):
            raise _refusal("employer-name", employer, "1-80 plain characters, NFC, single spaces")
        if nib is not None and (employer is None or not _is_digits(nib, 13)):
            raise _refusal("employer-nib", nib, "13 digits, beside an employer's name")
        if occupation is not None and not _is_digits(occupation, 4):
            raise _refusal("occupation", occupation, "4 digits of KBJI 2014")
        codes = [certification.code for certification in self.certifications]
        if len(codes) > MAX_CERTIFICATIONS or len(set(codes)) != len(codes):
            raise _refusal("certifications", codes, f"at most {MAX_CERTIFICATIONS}, each code once")

    def _check_times(self) -> None:
        if type(self.issued_at) is not int or not _ISSUED[0] <= self.issued_at < _ISSUED[1]:
            raise _refusal("issued-at", self.issued_at, "2020 to 2100, whole Unix seconds")
        if type(self.expires_at) is not int or not 0 < self.expires_at - self.issued_at <= MAX_LIFETIME:
            raise _refusal("expires-at", self.expires_at, "after issue, at most 5 years after it")
        # A day is granted for time zones ahead of UTC.
        if (self.birth_date.toordinal() - _EPOCH_DAY - 1) * 86_400 > self.issued_at:
            raise _refusal("birth-date", self.birth_date, "no later than the day of issue")


def _is_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()

"""The payload of a card's CWT, read in the one form that `card.projection.encode_cwt` writes.

Deterministic CBOR spells every value in one way and every map in one order, so the payloads of this profile are a
regular language but for their lengths, which are compared afterwards. Nothing has to be encoded again to be sure: a
test holds that what is read here is written back as the same bytes, and that nothing else is read.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from card.claims import CERTIFICATION_STANDINGS, STANDINGS, CardClaims, Certification, Sex, StatusReference
from card.projection import EPOCH_DAY

# Heads in their shortest form; integers with their head. Text ends at the next key: it holds no control character.
_UINT = rb"([\0-\x17]|\x18[\x18-\xff]|\x19(?!\0)..|\x1a(?!\0\0).{4}|\x1b(?!\0{4}).{8})"
_TEXT = rb"([\x61-\x77]|\x78[\x18-\xff]|\x79\x01.)([^\0-\x1f]+)"
_CERTIFICATION = (
    rb"\x83(?:\x1b(\0\0.{6})|([\x63-\x77]|\x78[\x18-\x20])([!-~]+/[!-~]+))"  # a SKKNI unit, or any other code
    rb"(?:\x19(..)|\xf6)([\0-\x02])"  # days or null, standing
)
_CLAIMS = re.compile(
    rb"([\xa5\xa6])\x04\x1a(....)\x06\x1a(....)(?:\x08\xa1\x03\x50(.{16}))?"  # exp, iat, cnf
    rb"\x18\xa9\xa4\x01\x6e(.{14})\x04" + _TEXT + rb"\x08\x68([0-9]{8})\x09([\x01\x02])"  # 169
    rb"\x19\xff\xff\xa1\x6bstatus_list\xa2\x63idx"
    + _UINT  # 65535: index
    + rb"\x63uri([\x6d-\x71])kets:status:(0|[1-9][0-9]{,4})"  # and shard
    rb"\x3a\0\x01\0\0([\xa3-\xa6])\0\x01\x01([\0-\x06])"  # -65537: version, standing
    rb"(?:\x02" + _TEXT + rb")?(?:\x03" + _UINT + rb")?(?:\x04" + _UINT + rb")?"  # employer, NIB, occupation
    rb"\x05([\x80-\x8a])((?:" + re.sub(rb"\((?!\?)", b"(?:", _CERTIFICATION) + rb")*)",
    re.DOTALL,
)
_EACH_CERTIFICATION = re.compile(_CERTIFICATION, re.DOTALL)
_SEXES: tuple[Sex, Sex] = ("M", "F")


def read(payload: bytes) -> CardClaims:
    """The claims. ValueError or CardError unless these are the very bytes that say them."""
    found = _CLAIMS.fullmatch(payload)
    if found is None:
        raise ValueError("got claims beside those of this profile, or in another form")
    (entries, expires, issued, holder, number, name_head, name, born, sex, index, uri_head, shard, members, standing,
     employer_head, employer, nib, occupation, held_count, held) = found.groups()  # fmt: skip
    claims = CardClaims(
        number=number.decode(),
        name=_text(name_head, name),
        birth_date=date.fromisoformat(born.decode()),
        sex=_SEXES[sex[0] - 1],
        standing=STANDINGS[standing[0]],
        employer_name=None if employer is None else _text(employer_head, employer),
        employer_nib=None if nib is None else f"{_uint(nib):013}",
        occupation=None if occupation is None else f"{_uint(occupation):04}",
        certifications=tuple([_certification(*each) for each in _EACH_CERTIFICATION.findall(held)]),
        issued_at=int.from_bytes(issued, "big"),
        expires_at=int.from_bytes(expires, "big"),
        holder_key=holder,
        status=StatusReference(shard=int(shard), index=_uint(index)),
    )
    optional = (employer is not None) + (nib is not None) + (occupation is not None)
    counts = (0xA5 + (holder is not None), 0xA3 + optional, 0x80 + len(claims.certifications), 0x6C + len(shard))
    if (entries[0], members[0], held_count[0], uri_head[0]) != counts:
        raise ValueError("got a count, or the name of a status list, that is not as written")
    return claims


def _uint(item: bytes) -> int:
    return int.from_bytes(item[1:] or item, "big")


def _text(head: bytes, text: bytes) -> str:
    length = int.from_bytes(head[1:], "big") or head[0] - 0x60
    if len(text) != length:
        raise ValueError(f"got {len(text)} bytes of text, expected {length}")
    return text.decode()


def _certification(unit: bytes, head: bytes, other: bytes, days: bytes, standing: bytes) -> Certification:
    """What is empty is not there."""
    return Certification(
        code=_unit(unit) if unit else _text(head, other),
        expires=date.fromordinal(EPOCH_DAY + int.from_bytes(days, "big")) if days else None,
        standing=CERTIFICATION_STANDINGS[standing[0]],
    )


@lru_cache(maxsize=4096)
def _unit(number: bytes) -> str:
    """The SKKNI unit of its number: the letter's place in the alphabet, then eleven digits."""
    letter, digits = divmod(int.from_bytes(number, "big"), 10**11)
    text = f"{digits:011}"
    return f"{letter + 64:c}.{text[:6]}.{text[6:9]}.{text[9:]}"

"""Cards of every shape the profile allows."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import strategies as st

from card.claims import (
    CERTIFICATION_STANDINGS,
    MAX_LIFETIME,
    STANDINGS,
    CardClaims,
    Certification,
    StatusReference,
    shown,
)
from card.number import new_number

texts = st.text(min_size=1, max_size=100).map(shown).filter(bool)
units = st.from_regex(r"[A-Z]\.[0-9]{6}\.[0-9]{3}\.[0-9]{2}", fullmatch=True)
others = st.from_regex(r"[A-Za-z0-9._:-]{1,12}/[A-Za-z0-9._:/-]{1,19}", fullmatch=True).filter(
    lambda code: not code.startswith("skkni/")
)
held = st.builds(
    Certification,
    code=units | others,
    expires=st.none() | st.dates(date(2000, 1, 1), date(2149, 6, 6)),
    standing=st.sampled_from(CERTIFICATION_STANDINGS),
)


@st.composite
def cards(draw: st.DrawFn) -> CardClaims:
    issued_at = draw(st.integers(1_577_836_800, 4_102_444_799))
    employer = draw(st.none() | texts)
    nib: Any = st.none() if employer is None else st.none() | st.from_regex(r"[0-9]{13}", fullmatch=True)
    return CardClaims(
        number=new_number(draw(st.binary(min_size=7, max_size=7))),
        name=draw(texts),
        birth_date=draw(st.dates(date(1900, 1, 1), date(2020, 1, 1))),
        sex=draw(st.sampled_from(["M", "F"])),
        standing=draw(st.sampled_from(STANDINGS)),
        employer_name=employer,
        employer_nib=draw(nib),
        occupation=draw(st.none() | st.from_regex(r"[0-9]{4}", fullmatch=True)),
        certifications=tuple(draw(st.lists(held, max_size=10, unique_by=lambda each: each.code))),
        issued_at=issued_at,
        expires_at=issued_at + draw(st.integers(1, MAX_LIFETIME)),
        holder_key=draw(st.none() | st.binary(min_size=16, max_size=16)),
        status=StatusReference(shard=draw(st.integers(0, 65_535)), index=draw(st.integers(0, 2**20 - 1))),
    )

"""Bounds of what a fact may hold, checked when it is recorded and again when it is read: widen one, never narrow it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

PLAIN = r"\A[^\x00-\x1f\x7f-\x9f]*\Z"
"""No control characters: PostgreSQL's text cannot hold NUL, and nobody should have to read the others."""

Key = Annotated[str, Meta(min_length=1, max_length=80, pattern=PLAIN)]
"""An identifier, a number, a code of somebody's own."""
Text = Annotated[str, Meta(min_length=1, max_length=200, pattern=PLAIN)]
"""A name or a short free text."""
Industry = Annotated[str, Meta(max_length=40, extra={"family": "kbli:", "levels": ("subclass",)})]
"""Five digits of KBLI with its version: `kbli:2020/41011`."""
Occupation = Annotated[str, Meta(max_length=40, extra={"family": "kbji:", "levels": ("unit", "occupation")})]
"""Four or six digits of KBJI: `kbji:2014/7212`."""
Regency = Annotated[str, Meta(max_length=40, extra={"family": "kemendagri:", "levels": ("regency",)})]
Residence = Annotated[str, Meta(max_length=40, extra={"family": "kemendagri:", "levels": ("regency", "district")})]
Education = Annotated[str, Meta(max_length=40, extra={"family": "sakernas:", "levels": ()})]
Unit = Annotated[str, Meta(max_length=40, extra={"family": "skkni/", "levels": ()})]
"""A unit of competence: `skkni/F.431000.001.02`."""
Article = Annotated[str, Meta(max_length=40, extra={"family": "PP", "levels": ()})]
"""The article by which an employment is terminated: `PP35/2021:43(1)`."""
Skill = Annotated[str, Meta(max_length=40, extra={"family": ("kbji:", "skkni/", "kkni/"), "levels": ()})]
Thumbnail = Annotated[bytes, Meta(min_length=1, max_length=330)]
Picture = Annotated[bytes, Meta(min_length=1, max_length=16_384)]
Year = Annotated[int, Meta(ge=1900, le=2200)]
Band = Annotated[int, Meta(ge=0, le=10_000)]
"""Whole millions of rupiah a month, rounded down."""
Rupiah = Annotated[int, Meta(ge=0, lt=10_000_000_000)]
Version = Annotated[int, Meta(ge=1)]

"""The card as QR: COSE in zlib in base45, alphanumeric mode, ECC M, behind L. Text here needs no drawing library.

`png` and `svg` import segno, which a verifier does not have.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from card import base45, deflate

if TYPE_CHECKING:
    import segno

Level: TypeAlias = Literal["l", "m"]
"""Error correction: L mends 7 in 100 codewords, M 15."""

MAX_TEXT = 4_296  # what alphanumeric mode can hold at all: version 40-L
QUIET_ZONE = 4
MASK = 3  # every mask reads equally well here, and a fixed one is drawn five times faster


def text(cose: bytes) -> str:
    """What the QR says."""
    return base45.encode(deflate.deflate(cose))


def cose(text: str) -> bytes:
    """The COSE bytes of a QR's text; ValueError when there are none."""
    if len(text) > MAX_TEXT:
        raise ValueError(f"got {len(text)} characters, expected at most {MAX_TEXT}")
    return deflate.inflate(base45.decode(text))


@lru_cache(maxsize=4)
def symbol(text: str, level: Level = "m") -> segno.QRCode:
    """The QR symbol of `text`: ECC `level` exactly, fixed mask. Asked for several times a card: to measure, to draw."""
    import segno

    return segno.make(text, error=level, mode="alphanumeric", mask=MASK, boost_error=False, micro=False)


def drawn(text: str) -> str:
    """A QR of any text in block letters, for a terminal."""
    import segno

    out = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(out, border=2, compact=True)
    return out.getvalue()


def png(text: str, scale: int = 8, level: Level = "m") -> bytes:
    """A PNG of the QR, `scale` pixels a module, black on white, quiet zone of 4 modules."""
    out = io.BytesIO()
    symbol(text, level).save(out, kind="png", scale=scale, border=QUIET_ZONE)
    return out.getvalue()


def svg(text: str) -> bytes:
    """An SVG of the QR in UTF-8, one unit a module, black on white, quiet zone of 4 modules."""
    out = io.BytesIO()
    symbol(text).save(out, kind="svg", border=QUIET_ZONE, light="#fff", xmldecl=True, omitsize=False)
    return out.getvalue()

"""Many cards in one PDF: A4 sheets of ten to cut, printed on both sides, or CR80 pages for a card printer.

On A4 a page of ten fronts is followed by the page of their backs, mirrored from left to right: turned over its long
edge each back lies behind its own front. A page is compressed as soon as it is drawn, so that what a long job keeps is
what it writes.
"""

from __future__ import annotations

import zlib
from itertools import islice
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from reportlab.lib.units import mm  # type: ignore[import-untyped]  # it ships no types
from reportlab.pdfbase import pdfdoc  # type: ignore[import-untyped]  # it ships no types
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # it ships no types

from card import face
from card.ink import BOLD, DOT, GREY, PLAIN, Pen, glyphs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import BinaryIO

    from card.claims import CardClaims

Layout: TypeAlias = Literal["a4", "cr80"]
# Pages of whole printer dots, as those of `card.pdf`.
CR80, A4 = (1_011 * DOT, 638 * DOT), (2_480 * DOT, 3_508 * DOT)
ACROSS, DOWN = 2, 5
_GAP = (6.0, 3.0)
_LEFT = (A4[0] / mm - ACROSS * face.WIDTH - (ACROSS - 1) * _GAP[0]) / 2
_TOP = (A4[1] / mm - DOWN * face.HEIGHT - (DOWN - 1) * _GAP[1]) / 2
_MARK = 1.2
"""Millimetres of a crop mark: it stays within the gap and off the card."""


class Printed(NamedTuple):
    """A card to print: its claims, the text of its code and of the one on its back, and the portrait."""

    claims: CardClaims
    text: str
    back: str | None = None
    photo: bytes | None = None


class Placed(NamedTuple):
    """Where a card is: pages from 1, and the place on both of them, from 1, row by row on the front."""

    number: str
    front: int
    back: int
    place: int


def draw(
    out: BinaryIO,
    cards: Iterable[Printed],
    *,
    titles: Mapping[str, Mapping[str, str]],
    layout: Layout = "a4",
    specimen: bool = False,
) -> Iterator[Placed]:
    """Draw the cards one by one; the PDF is written to `out` when the last has been taken."""
    glyphs(PLAIN)
    glyphs(BOLD)
    canvas = Canvas(out, pagesize=A4 if layout == "a4" else CR80, invariant=1, lang="id")
    canvas.setTitle("Kartu Tenaga Kerja")
    canvas.setAuthor("Kementerian Ketenagakerjaan")
    cards, page = iter(cards), 1
    while some := list(islice(cards, ACROSS * DOWN if layout == "a4" else 1)):
        for place, card in enumerate(some):
            pen = _pen(canvas, place, layout)
            face.front(pen, card.claims, card.text, titles=titles, photo=card.photo, specimen=specimen)
        _end_page(canvas)
        for place, card in enumerate(some):
            pen = _pen(canvas, place, layout, mirrored=True)
            face.back(pen, card.claims, card.back, titles=titles, specimen=specimen)
        _end_page(canvas)
        yield from (Placed(card.claims.number, page, page + 1, place) for place, card in enumerate(some, 1))
        page += 2
    canvas.save()


def _pen(canvas: Canvas, place: int, layout: Layout, *, mirrored: bool = False) -> Pen:
    """Where the card of this place is drawn, with its crop marks; `mirrored`: on the page of the backs."""
    if layout == "cr80":
        return Pen(canvas=canvas, page_height=CR80[1])
    row, column = divmod(place, ACROSS)
    column = ACROSS - 1 - column if mirrored else column
    left, top = _LEFT + column * (face.WIDTH + _GAP[0]), _TOP + row * (face.HEIGHT + _GAP[1])
    pen = Pen(canvas=canvas, page_height=A4[1]).at(left, top)
    _crop_marks(pen)
    return pen


def _crop_marks(pen: Pen) -> None:
    for x in (0.0, face.WIDTH):
        outward = -_MARK if x == 0 else _MARK
        for y in (0.0, face.HEIGHT):
            away = -_MARK if y == 0 else _MARK
            pen.line(x + outward / 6, y, x + outward, y, colour=GREY, thick=0.3)
            pen.line(x, y + away / 6, x, y + away, colour=GREY, thick=0.3)


def _end_page(canvas: Canvas) -> None:
    """What was drawn as a compressed stream: ReportLab would keep every page as text until the end."""
    canvas.showPage()
    page = canvas._doc.Pages.pages[-1]
    drawn = zlib.compress(page.stream.encode("latin-1"))
    filtered = pdfdoc.PDFDictionary({"Filter": pdfdoc.PDFName("FlateDecode")})
    page.stream, page.Contents = None, pdfdoc.PDFStream(filtered, drawn, [])

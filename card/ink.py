"""Drawing on a ReportLab canvas in millimetres from the top left: text that fits, labels, and the QR in whole dots."""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reportlab.lib.colors import HexColor  # type: ignore[import-untyped]  # it ships no types
from reportlab.lib.units import mm  # type: ignore[import-untyped]  # it ships no types
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]  # it ships no types
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]  # it ships no types

from card import qr

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # it ships no types

DOT = 72 / 300  # points: one dot of a 300 dpi printer
MM_A_DOT = 25.4 / 300
PLAIN, BOLD = "Vera", "VeraBd"  # Bitstream Vera, which comes with ReportLab; embedded as subsets

NAVY = HexColor(0x0B2E59)
RED = HexColor(0xB5121B)
BLACK = HexColor(0x111111)
GREY = HexColor(0x4A4A4A)
RULE = HexColor(0x9AA7B5)
TINT = HexColor(0xE3EAF2)
SPECIMEN = HexColor(0xEBD3D5)
WHITE = HexColor(0xFFFFFF)


@functools.cache
def glyphs(font: str) -> frozenset[int]:
    """Register the font, once a process; the characters it can draw."""
    loaded = TTFont(font, f"{font}.ttf")
    pdfmetrics.registerFont(loaded)
    return frozenset(loaded.face.charToGlyph)


def drawable(text: str, font: str) -> str:
    """`text` with what the font lacks as its base letter, or as `?`. The QR keeps the exact spelling."""
    known = glyphs(font)
    if all(ord(character) in known for character in text):
        return text
    bases = (character if ord(character) in known else unicodedata.normalize("NFD", character)[0] for character in text)
    return "".join(base if ord(base) in known else "?" for base in bases)


def width(text: str, font: str, size: float) -> float:
    """Millimetres that `text` takes."""
    glyphs(font)
    return float(pdfmetrics.stringWidth(text, font, size) / mm)


def fitted(
    text: str, font: str, *, across: float, lines: int, largest: float, smallest: float
) -> tuple[list[str], float]:
    """`text` in at most `lines` of `across` mm, in the largest size that does it; else cut with an ellipsis."""
    text = drawable(text, font)
    size = largest
    while size > smallest:
        broken = _broken(text, font, size, across)
        if len(broken) <= lines and all(width(line, font, size) <= across for line in broken):
            return broken, size
        size -= 0.25
    broken = _broken(text, font, smallest, across)
    kept = [*broken[: lines - 1], " ".join(broken[lines - 1 :])]
    return [_cut(line, font, smallest, across) for line in kept if line], smallest


def _broken(text: str, font: str, size: float, across: float) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width(longer, font, size) > across:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _cut(line: str, font: str, size: float, across: float) -> str:
    if width(line, font, size) <= across:
        return line
    while line and width(f"{line}…", font, size) > across:
        line = line[:-1]
    return f"{line.rstrip()}…"


@dataclass(frozen=True, kw_only=True)
class Pen:
    """A place to draw: `x` and `y` are millimetres from its top left corner, y downwards."""

    canvas: Canvas
    page_height: float  # points
    left: float = 0  # mm from the page's left edge
    top: float = 0  # mm from the page's top edge

    def at(self, left: float, top: float) -> Pen:
        """The same, moved."""
        return replace(self, left=self.left + left, top=self.top + top)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """PDF points of a place."""
        return (self.left + x) * mm, self.page_height - (self.top + y) * mm

    def box(self, x: float, y: float, across: float, down: float, *, fill: HexColor, radius: float = 0) -> None:
        """A filled rectangle."""
        self.canvas.setFillColor(fill)
        left, bottom = self.point(x, y + down)
        self.canvas.roundRect(left, bottom, across * mm, down * mm, radius * mm, stroke=0, fill=1)

    def line(
        self, x: float, y: float, to_x: float, to_y: float, *, colour: HexColor = RULE, thick: float = 0.4
    ) -> None:
        """A straight line, `thick` in points."""
        self.canvas.setStrokeColor(colour)
        self.canvas.setLineWidth(thick)
        self.canvas.line(*self.point(x, y), *self.point(to_x, to_y))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        font: str = PLAIN,
        size: float,
        colour: HexColor = BLACK,
        right: bool = False,
    ) -> None:
        """One line with its baseline at `y`; `right`: ending at `x`."""
        text = drawable(text, font)
        self.canvas.setFont(font, size)
        self.canvas.setFillColor(colour)
        draw = self.canvas.drawRightString if right else self.canvas.drawString
        draw(*self.point(x, y), text)

    def paragraph(
        self,
        x: float,
        y: float,
        text: str,
        *,
        across: float,
        lines: int,
        largest: float,
        smallest: float,
        font: str = PLAIN,
        colour: HexColor = BLACK,
    ) -> float:
        """Text from `y` downwards, made to fit; where it ends."""
        broken, size = fitted(text, font, across=across, lines=lines, largest=largest, smallest=smallest)
        for line in broken:
            y += size * 0.40
            self.text(x, y, line, font=font, size=size, colour=colour)
        return y + size * 0.10

    def label(self, x: float, y: float, indonesian: str, english: str, *, size: float = 4.2) -> float:
        """`Indonesian / English`, the first darker; where it ends."""
        y += size * 0.36
        self.text(x, y, indonesian, size=size, colour=GREY, font=BOLD)
        self.text(x + width(f"{indonesian} ", BOLD, size), y, f"/ {english}", size=size, colour=GREY)
        return y + size * 0.06


def qr_dots(text: str, *, most: float) -> tuple[int, int]:
    """Modules a side and dots a module of the largest symbol that is at most `most` mm wide, without quiet zone."""
    modules = len(qr.symbol(text).matrix)
    return modules, max(2, int(most / MM_A_DOT / modules))


def draw_qr(pen: Pen, x: float, y: float, text: str, *, most: float) -> float:
    """The QR, its quiet zone's corner at (x, y) moved to a whole dot of the page; its side in mm, quiet zone included.

    One path of rectangles, each side a whole number of printer dots, so that no module is wider than another.
    """
    modules, dots = qr_dots(text, most=most)
    side = (modules + 2 * qr.QUIET_ZONE) * dots
    column, row = round((pen.left + x) / MM_A_DOT), round((pen.top + y) / MM_A_DOT)
    pen.canvas.setFillColor(WHITE)
    pen.canvas.rect(column * DOT, pen.page_height - (row + side) * DOT, side * DOT, side * DOT, stroke=0, fill=1)
    path = pen.canvas.beginPath()
    for line, cells in enumerate(qr.symbol(text).matrix):
        bottom = pen.page_height - (row + (line + qr.QUIET_ZONE + 1) * dots) * DOT
        for start, length in _runs(cells):
            path.rect((column + (start + qr.QUIET_ZONE) * dots) * DOT, bottom, length * dots * DOT, dots * DOT)
    pen.canvas.setFillGray(0)
    pen.canvas.drawPath(path, stroke=0, fill=1)
    return side * MM_A_DOT


def _runs(cells: bytearray) -> list[tuple[int, int]]:
    """(start, length) of each run of dark modules."""
    edges = [i for i, (before, after) in enumerate(zip([0, *cells], [*cells, 0], strict=True)) if before != after]
    return [(start, end - start) for start, end in zip(edges[::2], edges[1::2], strict=True)]

"""Drawing on a ReportLab canvas in millimetres from the top left: text that fits, labels, and the QR in whole dots."""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reportlab import rl_config  # type: ignore[import-untyped]  # it ships no types
from reportlab.lib.colors import HexColor  # type: ignore[import-untyped]  # it ships no types
from reportlab.lib.units import mm  # type: ignore[import-untyped]  # it ships no types
from reportlab.pdfbase import pdfdoc, pdfmetrics  # type: ignore[import-untyped]  # it ships no types
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]  # it ships no types
from reportlab.pdfgen.pathobject import PDFPathObject  # type: ignore[import-untyped]  # it ships no types

from card import qr

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # it ships no types

# Streams as bytes: ASCII85 takes a fifth of a card's time, and of its size. What every card has, its fonts and its
# ground, is compressed once a process.
rl_config.useA85 = 0
pdfdoc.PDFZCompress.encode = functools.lru_cache(maxsize=16)(pdfdoc.PDFZCompress.encode)

DOT = 72 / 300  # points: one dot of a 300 dpi printer
MM_A_DOT = 25.4 / 300
PLAIN, BOLD = "Vera", "VeraBd"  # Bitstream Vera, which comes with ReportLab; embedded as subsets

NAVY = HexColor(0x0B2E59)
RED = HexColor(0xB5121B)
BLACK = HexColor(0x111111)
GREY = HexColor(0x4A4A4A)
RULE = HexColor(0x9AA7B5)
TINT = HexColor(0xD3DEEA)
WASH = HexColor(0xF0DCDC)
FRAME = HexColor(0xE9EEF4)
SPECIMEN = HexColor(0xF1DFE0)
WHITE = HexColor(0xFFFFFF)


@functools.cache
def glyphs(font: str) -> frozenset[int]:
    """Register the font, once a process; the characters it can draw."""
    loaded = TTFont(font, f"{font}.ttf")
    subset = functools.lru_cache(maxsize=64)(loaded.face.makeSubset)  # ASCII comes first, so most cards have the same
    loaded.face.makeSubset = lambda codes: subset(tuple(codes))
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

    def box(self, x: float, y: float, across: float, down: float, *, fill: HexColor) -> None:
        """A filled rectangle."""
        self.canvas.setFillColor(fill)
        left, bottom = self.point(x, y + down)
        self.canvas.rect(left, bottom, across * mm, down * mm, stroke=0, fill=1)

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


def qr_dots(text: str, *, most: float, level: qr.Level = "m") -> tuple[int, int]:
    """Modules a side and dots a module of the largest symbol that is at most `most` mm wide, without quiet zone."""
    modules = len(qr.symbol(text, level).matrix)
    return modules, max(2, int(most / MM_A_DOT / modules))


def draw_qr(pen: Pen, x: float, y: float, text: str, *, most: float, level: qr.Level = "m") -> float:
    """The QR, its quiet zone's corner at (x, y) moved to a whole dot of the page; its side in mm, quiet zone included.

    One path of rectangles, each side a whole number of printer dots, so that no module is wider than another.
    """
    modules, dots = qr_dots(text, most=most, level=level)
    side = (modules + 2 * qr.QUIET_ZONE) * dots
    column, row = round((pen.left + x) / MM_A_DOT), round((pen.top + y) / MM_A_DOT)
    pen.canvas.setFillColor(WHITE)
    pen.canvas.rect(column * DOT, pen.page_height - (row + side) * DOT, side * DOT, side * DOT, stroke=0, fill=1)
    pen.canvas.saveState()
    quiet = qr.QUIET_ZONE * dots
    pen.canvas.translate((column + quiet) * DOT, pen.page_height - (row + quiet) * DOT)
    pen.canvas.scale(dots * DOT, dots * DOT)  # so that a module is 1, and a path of them is quickly written
    pen.canvas.setFillGray(0)
    pen.canvas.drawPath(_modules(text, level), stroke=0, fill=1)
    pen.canvas.restoreState()
    return side * MM_A_DOT


def _modules(text: str, level: qr.Level) -> PDFPathObject:
    """The dark modules, a rectangle for each run of them; y downwards is negative."""
    rows = enumerate(qr.symbol(text, level).matrix, start=1)
    return PDFPathObject(
        ["n", *(f"{start} {-row} {length} 1 re" for row, cells in rows for start, length in _runs(cells))]
    )


def _runs(cells: bytearray) -> list[tuple[int, int]]:
    """(start, length) of each run of dark modules."""
    edges = [i for i, (before, after) in enumerate(zip([0, *cells], [*cells, 0], strict=True)) if before != after]
    return [(start, end - start) for start, end in zip(edges[::2], edges[1::2], strict=True)]

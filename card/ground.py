"""What lies under the words of a card: fine waves, as guilloches on banknotes, and the word SPECIMEN.

Lines of a quarter point in light tints: a printer of 300 dpi holds them, a photocopier smears or drops them, and no
reader of the code is disturbed, since the code has a white field of its own. Drawn once a document, used by each face.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from reportlab.lib.units import mm  # type: ignore[import-untyped]  # it ships no types
from reportlab.pdfgen.pathobject import PDFPathObject  # type: ignore[import-untyped]  # it ships no types

from card.ink import BOLD, SPECIMEN, TINT, WASH, WHITE

if TYPE_CHECKING:
    from card.ink import Pen

_THICK = 0.25  # points: one printer dot
_LINES = 26
_STEP = 1.2  # mm between the points of a line


def ground(pen: Pen, across: float, down: float, *, specimen: bool) -> None:
    """White paper with the waves, `across` x `down` mm from the pen's place."""
    name = f"ground-{specimen}"
    canvas = pen.canvas
    if not canvas.hasForm(name):
        canvas.beginForm(name, 0, 0, across * mm, down * mm)
        _drawn(pen, across, down, specimen=specimen)
        canvas.endForm()
    canvas.saveState()
    canvas.translate(*pen.point(0, down))
    canvas.doForm(name)
    canvas.restoreState()


def _drawn(pen: Pen, across: float, down: float, *, specimen: bool) -> None:
    canvas = pen.canvas
    canvas.setFillColor(WHITE)
    canvas.rect(0, 0, across * mm, down * mm, stroke=0, fill=1)
    canvas.setLineWidth(_THICK)
    for colour, turn in ((WASH, 0.0), (TINT, math.pi)):
        canvas.setStrokeColor(colour)
        for number in range(_LINES):
            canvas.drawPath(_wave(across, down, number / (_LINES - 1) - 0.5, turn), stroke=1, fill=0)
    if specimen:
        canvas.saveState()
        canvas.translate(0.36 * across * mm, 0.40 * down * mm)
        canvas.rotate(24)
        canvas.setFillColor(SPECIMEN)
        canvas.setFont(BOLD, 15)
        canvas.drawCentredString(0, 0, "CONTOH · SPECIMEN")
        canvas.restoreState()


@lru_cache(maxsize=256)
def _wave(across: float, down: float, part: float, turn: float) -> PDFPathObject:
    """One line of a ribbon that turns over itself: its middle swings once, its width goes through nothing thrice.

    `part`: -0.5 to 0.5, where in the ribbon the line runs.
    """
    places = []
    for step in range(int(across / _STEP) + 2):
        t = 2 * math.pi * step * _STEP / across
        middle = down * (0.45 + 0.15 * math.sin(t + turn))
        wide = 0.62 * down * math.cos(1.5 * t + turn / 2 + 0.4)
        y = middle + wide * part + 0.012 * down * math.sin(7 * t + 9 * part)
        places.append(f"{step * _STEP * mm:.2f} {y * mm:.2f}")
    return PDFPathObject([f"n {places[0]} m", *(f"{place} l" for place in places[1:])])

"""The two faces of a CR80 card (85.6 x 54 mm, ISO/IEC 7810 ID-1), as a ministry would print them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from reportlab.lib.units import mm  # type: ignore[import-untyped]  # it ships no types
from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped]  # it ships no types

from card.back import LEVEL
from card.ground import ground
from card.ink import BOLD, FRAME, GREY, MM_A_DOT, NAVY, RED, RULE, WHITE, draw_qr, fitted, qr_dots, width
from card.qr import QUIET_ZONE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from card.claims import CardClaims, Certification
    from card.ink import Pen

WIDTH, HEIGHT = 85.6, 54.0
QR_MOST = 29.3  # mm of the symbol: version 13 is then 5 dots a module, 14 to 17 are 4
BACK_MOST = 39.2  # version 15, at ECC L: 6 dots a module (docs/card-back.md)
FACE_ROWS = 5

STANDING_WORDS = {
    "unknown": ("Tidak diketahui", "Unknown"),
    "employed": ("Bekerja", "Employed"),
    "seeking": ("Mencari kerja", "Seeking work"),
    "self-employed": ("Berusaha sendiri", "Self-employed"),
    "in-school": ("Sekolah", "In school"),
    "home-duties": ("Mengurus rumah tangga", "Home duties"),
    "not-seeking": ("Tidak mencari kerja", "Not seeking work"),
}
ATTESTED_WORDS = {
    "self-declared": ("pernyataan sendiri", "self-declared"),
    "employer-stated": ("dinyatakan perusahaan", "employer-stated"),
    "authority-attested": ("disahkan lembaga", "authority-attested"),
}
SEX_WORDS = {"M": ("Laki-laki", "Male"), "F": ("Perempuan", "Female")}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"]


def day(value: date) -> str:
    """`07 Mei 1991`: no reader takes the month for the day."""
    return f"{value.day:02} {_MONTHS[value.month - 1]} {value.year}"


def title(titles: Mapping[str, Mapping[str, str]], code: str, language: str) -> str:
    """The title of a code, or the code where there is none."""
    return titles.get(code, {}).get(language) or code


def front(
    pen: Pen,
    claims: CardClaims,
    qr_text: str,
    *,
    titles: Mapping[str, Mapping[str, str]],
    photo: bytes | None,
    specimen: bool,
) -> None:
    """Who this is and what proves it: photo, name, birth date, sex, standing, work, number, validity, and the code."""
    ground(pen, WIDTH, HEIGHT, specimen=specimen)
    _bands(pen, 8.4)
    pen.text(4, 3.9, "REPUBLIK INDONESIA", font=BOLD, size=6.4, colour=WHITE)
    pen.text(4, 6.6, "Kementerian Ketenagakerjaan · Ministry of Manpower", size=4.2, colour=WHITE)
    pen.text(WIDTH - 4, 3.9, "KARTU TENAGA KERJA", font=BOLD, size=6.4, colour=WHITE, right=True)
    pen.text(WIDTH - 4, 6.6, "Worker Card", size=4.2, colour=WHITE, right=True)
    _portrait(pen, photo)
    y = pen.label(_TEXT_X, 10.6, "Nama", "Name", size=_LABEL)
    _snug(pen, _TEXT_X, y + 0.2, claims.name, _NAME, across=WIDTH - _TEXT_X - 4)
    _person(pen, claims)
    _work(pen, claims, titles)
    _validity(pen, claims)
    side = _code_side(qr_text)
    draw_qr(pen, _CODE[0] - side / 2, _CODE[1] - side / 2, qr_text, most=QR_MOST)


def back(
    pen: Pen,
    claims: CardClaims,
    back_text: str | None,
    *,
    titles: Mapping[str, Mapping[str, str]],
    specimen: bool,
) -> None:
    """What the person can do, what to do with the card, and, with a portrait, the code that holds the face.

    One code a face: a camera that sees two takes either.
    """
    ground(pen, WIDTH, HEIGHT, specimen=specimen)
    _bands(pen, 5.2)
    pen.text(4, 3.5, "KARTU TENAGA KERJA · WORKER CARD", font=BOLD, size=5, colour=WHITE)
    pen.text(WIDTH - 4, 3.5, claims.number, font=BOLD, size=5, colour=WHITE, right=True)
    if back_text is None:
        places = 1 if len(claims.certifications) <= FACE_ROWS else 2
        _certificates(pen.at(4, 8.0), claims, titles, across=WIDTH - 8, columns=places)
        _advice(pen.at(4, 43.6))
        return
    left = 1.6 + draw_qr(pen, 1.6, 6.3, back_text, most=BACK_MOST, level=LEVEL) + 1.2
    pen.text(3.7, 51.4, "Foto di dalam kode", font=BOLD, size=4.2, colour=NAVY)
    pen.text(3.7 + width("Foto di dalam kode ", BOLD, 4.2), 51.4, "/ Photo in the code", size=4.2, colour=GREY)
    _certificates(pen.at(left, 7.0), claims, titles, across=WIDTH - left - 3, columns=1)
    _advice_below(pen.at(left, 40.4), across=WIDTH - left - 3)


def _bands(pen: Pen, down: float) -> None:
    """Navy above, with a line of the flag's red; navy below."""
    pen.box(0, 0, WIDTH, down, fill=NAVY)
    pen.box(0, down, WIDTH, 0.6, fill=RED)
    pen.box(0, HEIGHT - 1.2, WIDTH, 1.2, fill=NAVY)


def _code_side(text: str) -> float:
    """mm of the code with its quiet zone."""
    modules, dots = qr_dots(text, most=QR_MOST)
    return (modules + 2 * QUIET_ZONE) * dots * MM_A_DOT


def _portrait(pen: Pen, photo: bytes | None) -> None:
    """The photo, filling its frame from the middle; without one, a silhouette."""
    x, y, across, down = 4.0, 11.0, 20.4, 27.2
    pen.canvas.saveState()
    frame = pen.canvas.beginPath()
    left, bottom = pen.point(x, y + down)
    frame.roundRect(left, bottom, across * mm, down * mm, 0.8 * mm)
    pen.canvas.clipPath(frame, stroke=0, fill=0)
    pen.box(x, y, across, down, fill=FRAME)
    if photo is None:
        _silhouette(pen, x + across / 2, y, down)
    else:
        picture = ImageReader(io.BytesIO(photo))
        wide, high = picture.getSize()
        scale = max(across * mm / wide, down * mm / high)
        drawn = (wide * scale, high * scale)
        offset = (left - (drawn[0] - across * mm) / 2, bottom - (drawn[1] - down * mm) / 2)
        pen.canvas.drawImage(picture, *offset, *drawn)
    pen.canvas.restoreState()
    pen.canvas.setStrokeColor(NAVY)
    pen.canvas.setLineWidth(0.6)
    pen.canvas.roundRect(left, bottom, across * mm, down * mm, 0.8 * mm, stroke=1, fill=0)


def _silhouette(pen: Pen, middle: float, y: float, down: float) -> None:
    pen.canvas.setFillColor(RULE)
    pen.canvas.circle(*pen.point(middle, y + down * 0.40), 4.4 * mm, stroke=0, fill=1)
    left, bottom = pen.point(middle - 7.8, y + down + 6)
    pen.canvas.ellipse(left, bottom, left + 15.6 * mm, bottom + 16 * mm, stroke=0, fill=1)


_TEXT_X = 26.8
_TEXT_ACROSS = 24.6
"""Of the column between photo and code."""
_CODE = (68.2, 34.9)
"""The middle of the code, whatever its version."""
_LABEL = 3.6
_NAME = ((1, 9.0, 7.0), (2, 7.2, 5.0))
_LINES = ((2, 5.2, 4.4), (3, 4.0, 3.2))
"""Lines, largest and smallest size: the first that holds the whole text is taken."""


def _person(pen: Pen, claims: CardClaims) -> None:
    sex, standing = SEX_WORDS[claims.sex], STANDING_WORDS[claims.standing]
    columns = (
        (_TEXT_X, 13.6, 18.7, "Tgl. lahir", "Birth", day(claims.birth_date), ""),
        (_TEXT_X + 14.6, 10.0, 18.7, "Kelamin", "Sex", *sex),
        (_TEXT_X, _TEXT_ACROSS, 24.7, "Status", "Standing", *standing),
    )
    for x, across, y, indonesian, english, value, translated in columns:
        y = pen.label(x, y, indonesian, english, size=_LABEL)
        y = pen.paragraph(x, y, value, across=across, lines=1, largest=5.2, smallest=4.2, font=BOLD)
        pen.paragraph(x, y, translated, across=across, lines=1, largest=3.8, smallest=3.4, colour=GREY)


def _work(pen: Pen, claims: CardClaims, titles: Mapping[str, Mapping[str, str]]) -> None:
    code, employer = claims.occupation, claims.employer_name
    y = pen.label(_TEXT_X, 30.8, "Jabatan", f"Occupation {code or ''}".rstrip(), size=_LABEL)
    y = _snug(pen, _TEXT_X, y, title(titles, code, "id") if code else "—", _LINES, across=_TEXT_ACROSS)
    english = titles.get(code or "", {}).get("en", "")
    pen.paragraph(_TEXT_X, y, english, across=_TEXT_ACROSS, lines=1, largest=3.8, smallest=3.0, colour=GREY)
    y = pen.label(_TEXT_X, 39.6, "Perusahaan", "Employer", size=_LABEL)
    y = _snug(pen, _TEXT_X, y, employer or "—", _LINES, across=_TEXT_ACROSS)
    if claims.employer_nib:
        nib = f"NIB {claims.employer_nib}"
        pen.paragraph(_TEXT_X, y, nib, across=_TEXT_ACROSS, lines=1, largest=3.8, smallest=3.4, colour=GREY)


def _validity(pen: Pen, claims: CardClaims) -> None:
    """Below the photo; the number largest, since it is read out and typed."""
    y = pen.label(4, 38.8, "Berlaku s.d.", "Valid until", size=_LABEL)
    y = pen.paragraph(4, y, day(claims.last_day), across=20.4, lines=1, largest=7, smallest=6, font=BOLD)
    pen.label(4, y, "Terbit", f"Issued {day(claims.issued_on)}", size=3.4)
    y = pen.label(4, 46.3, "Nomor kartu", "Card number", size=_LABEL)
    pen.paragraph(4, y, claims.number, across=44, lines=1, largest=8.4, smallest=6, font=BOLD, colour=NAVY)


def _snug(
    pen: Pen, x: float, y: float, text: str, choices: tuple[tuple[int, float, float], ...], *, across: float
) -> float:
    """Bold text in the first of `choices` that holds all of it, cut in the last; where it ends."""
    for lines, largest, smallest in choices:
        broken, _ = fitted(text, BOLD, across=across, lines=lines, largest=largest, smallest=smallest)
        if not broken[-1].endswith("…"):
            break
    return pen.paragraph(x, y, text, across=across, lines=lines, largest=largest, smallest=smallest, font=BOLD)


def _certificates(
    pen: Pen, claims: CardClaims, titles: Mapping[str, Mapping[str, str]], *, across: float, columns: int
) -> None:
    """As many as fit, in one or two columns; the rest is announced."""
    pen.text(0, 1.9, "SERTIFIKAT KOMPETENSI", font=BOLD, size=5, colour=NAVY)
    pen.text(width("SERTIFIKAT KOMPETENSI ", BOLD, 5), 1.9, "/ Certificates", size=4.4, colour=GREY)
    pen.line(0, 2.8, across, 2.8, colour=NAVY, thick=0.5)
    gap = 3.0
    wide = (across - gap * (columns - 1)) / columns
    y = 3.2
    for number, held in enumerate(claims.certifications[: FACE_ROWS * columns]):
        column, row = divmod(number, FACE_ROWS)
        y = _certificate(pen.at(column * (wide + gap), 0), 3.2 if row == 0 else y, held, titles, across=wide)
    more = len(claims.certifications) - FACE_ROWS * columns
    if more > 0:
        words = f"+{more} lagi dalam kode QR / more in the QR code"
        pen.paragraph(0, y, words, across=across, lines=1, largest=4.2, smallest=3.4, font=BOLD, colour=GREY)
    if not claims.certifications:
        pen.text(0, y + 2, "Tidak ada", font=BOLD, size=5.2)
        pen.text(0, y + 4.1, "None", size=4.2, colour=GREY)


_ADVICE = (
    ("Pindai kode di depan untuk memeriksa.", "Scan the code in front to verify."),
    ("Bandingkan wajah, nama, dan tanggal lahir.", "Compare face, name and birth date."),
    ("Bila ditemukan, serahkan ke dinas ketenagakerjaan.", "If found, hand in at a manpower office."),
)


def _advice(pen: Pen) -> None:
    """What to do with the card, along the bottom: scan, compare, hand in when found."""
    pen.line(0, 0, WIDTH - 8, 0, colour=NAVY, thick=0.5)
    for (x, across), (indonesian, english) in zip(((0.0, 22.0), (25.0, 26.0), (54.0, 23.6)), _ADVICE, strict=True):
        y = pen.paragraph(x, 0.9, indonesian, across=across, lines=2, largest=4.6, smallest=3.8, font=BOLD)
        pen.paragraph(x, y, english, across=across, lines=2, largest=4.2, smallest=3.6, colour=GREY)


def _advice_below(pen: Pen, *, across: float) -> None:
    """The same beside a code that takes the face's whole height: below the certificates."""
    pen.line(0, 0, across, 0, colour=NAVY, thick=0.5)
    y = 0.5
    for indonesian, english in _ADVICE:
        y = pen.paragraph(0, y, indonesian, across=across, lines=1, largest=4.2, smallest=3.4, font=BOLD)
        y = pen.paragraph(0, y, english, across=across, lines=1, largest=3.8, smallest=3.4, colour=GREY) + 0.2


def _certificate(
    pen: Pen, y: float, held: Certification, titles: Mapping[str, Mapping[str, str]], *, across: float
) -> float:
    until = f" · s.d. {day(held.expires)}" if held.expires else ""
    name = title(titles, held.code, "id")
    y = pen.paragraph(0, y, name, across=across, lines=1, largest=5.2, smallest=3.8, font=BOLD)
    detail = f"{'' if name == held.code else held.code + ' · '}{ATTESTED_WORDS[held.standing][0]}{until}"
    return pen.paragraph(0, y, detail, across=across, lines=1, largest=4.2, smallest=3.4, colour=GREY) + 0.9

"""The two faces of a CR80 card (85.6 x 54 mm, ISO/IEC 7810 ID-1), as a ministry would print them."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

from reportlab.lib.units import mm  # type: ignore[import-untyped]  # it ships no types
from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped]  # it ships no types

from card.ink import BOLD, GREY, NAVY, PLAIN, RED, RULE, SPECIMEN, TINT, WHITE, draw_qr, width

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from card.claims import CardClaims, Certification
    from card.ink import Pen

WIDTH, HEIGHT = 85.6, 54.0
QR_MOST = 31.0  # mm of the symbol: version 14 is then 5 dots a module
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
    pen: Pen, claims: CardClaims, *, titles: Mapping[str, Mapping[str, str]], photo: bytes | None, specimen: bool
) -> None:
    """Who this is: photo, name, birth date, sex, standing, occupation, employer; number and validity below."""
    _ground(pen, specimen=specimen)
    _header(pen)
    _portrait(pen, photo)
    _person(pen, claims)
    _work(pen, claims, titles)
    _foot(pen, claims)


def back(
    pen: Pen, claims: CardClaims, qr_text: str, *, titles: Mapping[str, Mapping[str, str]], specimen: bool
) -> None:
    """What proves it: the QR, the certificates, and what to do with the card."""
    _ground(pen, specimen=specimen)
    pen.box(0, 0, WIDTH, 5.2, fill=NAVY)
    pen.box(0, 5.2, WIDTH, 0.6, fill=RED)
    pen.text(4, 3.5, "KARTU TENAGA KERJA · WORKER CARD", font=BOLD, size=5, colour=WHITE)
    pen.text(WIDTH - 4, 3.5, claims.number, font=BOLD, size=5, colour=WHITE, right=True)
    side = draw_qr(pen, 2.6, 7.4, qr_text, most=QR_MOST)
    _certificates(pen.at(side + 5.2, 8.0), claims, titles, across=WIDTH - side - 5.2 - 4)
    _advice(pen.at(4, 44.2))


def _ground(pen: Pen, *, specimen: bool) -> None:
    """White with fine waves, which a photocopier smears; the word SPECIMEN under everything else."""
    pen.canvas.saveState()
    edge = pen.canvas.beginPath()
    left, bottom = pen.point(0, HEIGHT)
    edge.rect(left, bottom, WIDTH * mm, HEIGHT * mm)
    pen.canvas.clipPath(edge, stroke=0, fill=0)
    pen.box(0, 0, WIDTH, HEIGHT, fill=WHITE)
    pen.canvas.setStrokeColor(TINT)
    pen.canvas.setLineWidth(0.3)
    for number in range(26):
        _wave(pen, 11 + number * 1.8, phase=number * 0.35)
    if specimen:
        pen.canvas.translate(*pen.point(WIDTH / 2, HEIGHT / 2 + 6))
        pen.canvas.rotate(22)
        pen.canvas.setFillColor(SPECIMEN)
        pen.canvas.setFont(BOLD, 16.5)
        pen.canvas.drawCentredString(0, 0, "CONTOH · SPECIMEN")
    pen.canvas.restoreState()


def _wave(pen: Pen, y: float, *, phase: float) -> None:
    path = pen.canvas.beginPath()
    path.moveTo(*pen.point(0, y + math.sin(phase)))
    for step in range(1, 44):
        path.lineTo(*pen.point(step * 2, y + math.sin(phase + step * 0.29) * 1.6))
    pen.canvas.drawPath(path, stroke=1, fill=0)


def _header(pen: Pen) -> None:
    pen.box(0, 0, WIDTH, 10.4, fill=NAVY)
    pen.box(0, 10.4, WIDTH, 0.7, fill=RED)
    pen.text(4, 4.6, "REPUBLIK INDONESIA", font=BOLD, size=7, colour=WHITE)
    pen.text(4, 7.9, "Kementerian Ketenagakerjaan · Ministry of Manpower", size=4.8, colour=WHITE)
    pen.text(WIDTH - 4, 4.6, "KARTU TENAGA KERJA", font=BOLD, size=7, colour=WHITE, right=True)
    pen.text(WIDTH - 4, 7.9, "Worker Card", size=4.8, colour=WHITE, right=True)


def _portrait(pen: Pen, photo: bytes | None) -> None:
    """The photo, filling its frame from the middle; without one, a silhouette."""
    x, y, across, down = 4.0, 14.0, 21.6, 28.8
    pen.canvas.saveState()
    frame = pen.canvas.beginPath()
    left, bottom = pen.point(x, y + down)
    frame.roundRect(left, bottom, across * mm, down * mm, 0.8 * mm)
    pen.canvas.clipPath(frame, stroke=0, fill=0)
    pen.box(x, y, across, down, fill=TINT)
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
    pen.canvas.circle(*pen.point(middle, y + down * 0.40), 4.6 * mm, stroke=0, fill=1)
    left, bottom = pen.point(middle - 8.2, y + down + 6)
    pen.canvas.ellipse(left, bottom, left + 16.4 * mm, bottom + 17 * mm, stroke=0, fill=1)


_TEXT_X = 29.2
_TEXT_ACROSS = WIDTH - _TEXT_X - 4


def _person(pen: Pen, claims: CardClaims) -> None:
    y = pen.label(_TEXT_X, 12.6, "Nama", "Name")
    pen.paragraph(_TEXT_X, y, claims.name, across=_TEXT_ACROSS, lines=2, largest=9.5, smallest=5.5, font=BOLD)
    columns = (
        (_TEXT_X, 15.6, "Tgl. lahir", "Birth date", day(claims.birth_date), ""),
        (_TEXT_X + 16.9, 13.4, "Kelamin", "Sex", *SEX_WORDS[claims.sex]),
        (_TEXT_X + 31.4, 21.0, "Status", "Standing", *STANDING_WORDS[claims.standing]),
    )
    for x, across, indonesian, english, value, translated in columns:
        y = pen.label(x, 23.4, indonesian, english, size=3.8)
        y = pen.paragraph(x, y, value, across=across, lines=1, largest=5.8, smallest=4.2, font=BOLD)
        pen.paragraph(x, y, translated, across=across, lines=1, largest=4.4, smallest=4, colour=GREY)


def _work(pen: Pen, claims: CardClaims, titles: Mapping[str, Mapping[str, str]]) -> None:
    right = _TEXT_X + _TEXT_ACROSS
    code, employer = claims.occupation, claims.employer_name
    y = pen.label(_TEXT_X, 30.6, "Jabatan", "Occupation", size=3.8)
    name = title(titles, code, "id") if code else "—"
    y = pen.paragraph(_TEXT_X, y, name, across=_TEXT_ACROSS, lines=1, largest=6.2, smallest=4.6, font=BOLD)
    if code:
        pen.text(right, 32.0, f"KBJI 2014 {code}", size=3.8, colour=GREY, right=True)
        english = titles.get(code, {}).get("en", "")
        pen.paragraph(_TEXT_X, y, english, across=_TEXT_ACROSS, lines=1, largest=4.4, smallest=3.8, colour=GREY)
    y = pen.label(_TEXT_X, 37.9, "Perusahaan", "Employer", size=3.8)
    pen.paragraph(_TEXT_X, y, employer or "—", across=_TEXT_ACROSS, lines=2, largest=5.8, smallest=4.4, font=BOLD)
    if claims.employer_nib:
        pen.text(right, 39.3, f"NIB {claims.employer_nib}", size=3.8, colour=GREY, right=True)


def _foot(pen: Pen, claims: CardClaims) -> None:
    pen.line(4, 45.4, WIDTH - 4, 45.4, colour=NAVY, thick=0.5)
    columns = (
        (4.0, "Nomor kartu", "Card number", claims.number, 8.4),
        (43.0, "Terbit", "Issued", day(claims.issued_on), 6.8),
        (62.4, "Berlaku s.d.", "Valid until", day(claims.last_day), 6.8),
    )
    for x, indonesian, english, value, size in columns:
        pen.label(x, 46.0, indonesian, english, size=3.8)
        pen.text(x, 51.0, value, font=BOLD, size=size)


def _certificates(pen: Pen, claims: CardClaims, titles: Mapping[str, Mapping[str, str]], *, across: float) -> None:
    pen.text(0, 1.9, "SERTIFIKAT KOMPETENSI", font=BOLD, size=5, colour=NAVY)
    pen.text(width("SERTIFIKAT KOMPETENSI ", BOLD, 5), 1.9, "/ Certificates", size=4.4, colour=GREY)
    pen.line(0, 2.8, across, 2.8, colour=NAVY, thick=0.5)
    y = 3.2
    for held in claims.certifications[:FACE_ROWS]:
        y = _certificate(pen, y, held, titles, across=across)
    more = len(claims.certifications) - FACE_ROWS
    if more > 0:
        pen.text(0, y + 1.6, f"+{more} lagi dalam kode QR / more in the QR code", size=4.2, font=BOLD, colour=GREY)
    if not claims.certifications:
        pen.text(0, y + 2, "Tidak ada", font=BOLD, size=5.2)
        pen.text(0, y + 4.1, "None", size=4.2, colour=GREY)


def _advice(pen: Pen) -> None:
    """What to do with the card, along the bottom: scan, compare, hand in when found."""
    columns = (
        (0.0, 22.0, "Pindai untuk memeriksa, tanpa jaringan.", "Scan to verify; no network needed."),
        (25.0, 26.0, "Bandingkan wajah, nama, dan tanggal lahir.", "Compare face, name and birth date."),
        (54.0, 23.6, "Bila ditemukan, serahkan ke dinas ketenagakerjaan.", "If found, hand in at a manpower office."),
    )
    pen.line(0, 0, WIDTH - 8, 0, colour=NAVY, thick=0.5)
    for x, across, indonesian, english in columns:
        y = pen.paragraph(x, 0.9, indonesian, across=across, lines=2, largest=4.6, smallest=3.8, font=BOLD)
        pen.paragraph(x, y, english, across=across, lines=2, largest=4.2, smallest=3.6, colour=GREY)


def _certificate(
    pen: Pen, y: float, held: Certification, titles: Mapping[str, Mapping[str, str]], *, across: float
) -> float:
    until = f" · s.d. {day(held.expires)}" if held.expires else ""
    name = title(titles, held.code, "id")
    y = pen.paragraph(0, y, name, across=across, lines=1, largest=5.2, smallest=4.4, font=BOLD)
    detail = f"{'' if name == held.code else held.code + ' · '}{ATTESTED_WORDS[held.standing][0]}{until}"
    return pen.paragraph(0, y, detail, across=across, lines=1, largest=4.2, smallest=3.4, font=PLAIN, colour=GREY) + 0.9

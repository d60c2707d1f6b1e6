"""The card as PDF: CR80 front, CR80 back, and an A4 sheet to cut and fold. Same input, same bytes.

ReportLab and segno are imported here and in `card.face` and `card.ink` only; verifying needs neither.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Literal, TypeAlias

from reportlab.lib.units import mm  # type: ignore[import-untyped]  # it ships no types
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # it ships no types

from card import face
from card.ink import BOLD, DOT, GREY, NAVY, PLAIN, RED, Pen, draw_qr, glyphs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from card.claims import CardClaims

Page: TypeAlias = Literal["cr80", "a4", "all"]
# Pages of whole printer dots: whoever rounds the page up to pixels would else stretch the QR with it.
_CR80 = (1_011 * DOT, 638 * DOT)  # 85.6 x 54.0 mm
_A4 = (2_480 * DOT, 3_508 * DOT)  # 210 x 297 mm
_MARGIN = (_A4[0] / mm - 2 * face.WIDTH) / 2


def render(
    claims: CardClaims,
    qr_text: str,
    *,
    titles: Mapping[str, Mapping[str, str]],
    photo: bytes | None = None,
    back: str | None = None,
    page: Page = "all",
    specimen: bool = False,
) -> bytes:
    """The PDF. `titles` {code: {"id", "en"}} for occupation and certificates; `photo` JPEG or PNG, about 3:4; `back`
    the text of the code on the back.

    `page`: "cr80" front and back, "a4" the sheet, "all" the three pages in that order. `specimen` prints
    CONTOH · SPECIMEN under both faces.
    """
    glyphs(PLAIN)
    glyphs(BOLD)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=_CR80, invariant=1, lang="id")
    canvas.setTitle(f"Kartu Tenaga Kerja {claims.number}")
    canvas.setAuthor("Kementerian Ketenagakerjaan")
    if page in ("cr80", "all"):
        pen = Pen(canvas=canvas, page_height=_CR80[1])
        face.front(pen, claims, qr_text, titles=titles, photo=photo, specimen=specimen)
        canvas.showPage()
        face.back(pen, claims, back, titles=titles, specimen=specimen)
        canvas.showPage()
    if page in ("a4", "all"):
        canvas.setPageSize(_A4)
        sheet = Pen(canvas=canvas, page_height=_A4[1])
        _sheet(sheet, claims, qr_text, titles=titles, photo=photo, back=back, specimen=specimen)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _sheet(
    pen: Pen,
    claims: CardClaims,
    qr_text: str,
    *,
    titles: Mapping[str, Mapping[str, str]],
    photo: bytes | None,
    back: str | None,
    specimen: bool,
) -> None:
    """Both faces at true size side by side to cut and fold, then a larger QR and everything in words."""
    pen.text(_MARGIN, 20, "Kartu Tenaga Kerja", font=BOLD, size=18, colour=NAVY)
    pen.text(_MARGIN, 26, "Worker Card", size=11, colour=GREY)
    pen.text(_A4[0] / mm - _MARGIN, 20, claims.number, font=BOLD, size=13, right=True)
    pen.line(_MARGIN, 29.5, _A4[0] / mm - _MARGIN, 29.5, colour=RED, thick=1.2)
    top = 42.0
    face.front(pen.at(_MARGIN, top), claims, qr_text, titles=titles, photo=photo, specimen=specimen)
    face.back(pen.at(_MARGIN + face.WIDTH, top), claims, back, titles=titles, specimen=specimen)
    _crop_marks(pen.at(_MARGIN, top))
    note = "Potong menurut tanda, lipat di tengah. / Cut along the marks, fold in the middle."
    pen.text(_MARGIN, top + face.HEIGHT + 8, note, size=7, colour=GREY)
    below = top + face.HEIGHT + 16
    side = draw_qr(pen, _MARGIN - 2, below, qr_text, most=54)
    _scan_note(pen.at(_MARGIN, below + side), across=side - 4)
    _words(pen.at(_MARGIN + side + 4, below + 2), claims, titles, across=2 * face.WIDTH - side - 4)


def _crop_marks(pen: Pen) -> None:
    right, bottom = 2 * face.WIDTH, face.HEIGHT
    for x in (0.0, right):
        outward = -1 if x == 0 else 1
        for y in (0.0, bottom):
            pen.line(x + outward * 1.5, y, x + outward * 6, y, colour=GREY, thick=0.3)
            away = -1 if y == 0 else 1
            pen.line(x, y + away * 1.5, x, y + away * 6, colour=GREY, thick=0.3)
    pen.canvas.saveState()
    pen.canvas.setDash(2, 2)
    pen.line(face.WIDTH, -6, face.WIDTH, -1.5, colour=GREY, thick=0.3)
    pen.line(face.WIDTH, bottom + 1.5, face.WIDTH, bottom + 6, colour=GREY, thick=0.3)
    pen.canvas.restoreState()


def _scan_note(pen: Pen, *, across: float) -> None:
    advice = "Pindai kode ini untuk memeriksa kartu, tanpa jaringan. Bandingkan wajah, nama, dan tanggal lahir."
    y = pen.paragraph(0, 1, advice, across=across, lines=3, largest=7.5, smallest=6.5, font=BOLD)
    english = "Scan this code to verify the card, no network needed. Compare face, name and birth date."
    pen.paragraph(0, y + 0.5, english, across=across, lines=3, largest=7, smallest=6, colour=GREY)


def _words(pen: Pen, claims: CardClaims, titles: Mapping[str, Mapping[str, str]], *, across: float) -> None:
    y = 0.0
    for indonesian, english, value, translated in _rows(claims, titles):
        pen.label(0, y, indonesian, english, size=6)
        y = pen.paragraph(0, y + 2.6, value, across=across, lines=2, largest=9, smallest=7, font=BOLD)
        if translated:
            y = pen.paragraph(0, y, translated, across=across, lines=1, largest=7, smallest=6, colour=GREY)
        y += 1.6
    if claims.certifications:
        pen.label(0, y, "Sertifikat kompetensi", "Certificates", size=6)
        y += 3.0
    for held in claims.certifications:
        until = f" · s.d. / until {face.day(held.expires)}" if held.expires else ""
        name = face.title(titles, held.code, "id")
        y = pen.paragraph(0, y, name, across=across, lines=1, largest=8, smallest=6.5, font=BOLD)
        detail = (
            f"{'' if name == held.code else held.code + ' · '}{' / '.join(face.ATTESTED_WORDS[held.standing])}{until}"
        )
        y = pen.paragraph(0, y, detail, across=across, lines=1, largest=6.5, smallest=5.5, colour=GREY) + 1.1


def _rows(claims: CardClaims, titles: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str, str, str]]:
    rows = [
        ("Nama", "Name", claims.name, ""),
        ("Tanggal lahir", "Birth date", face.day(claims.birth_date), ""),
        ("Jenis kelamin", "Sex", *face.SEX_WORDS[claims.sex]),
        ("Status", "Standing", *face.STANDING_WORDS[claims.standing]),
    ]
    if claims.occupation:
        code = claims.occupation
        rows.append(("Jabatan (KBJI 2014)", "Occupation", f"{face.title(titles, code, 'id')} ({code})", ""))
        rows[-1] = (*rows[-1][:3], titles.get(code, {}).get("en", ""))
    if claims.employer_name:
        nib = f"NIB {claims.employer_nib}" if claims.employer_nib else ""
        rows.append(("Perusahaan", "Employer", claims.employer_name, nib))
    validity = f"{face.day(claims.issued_on)} – {face.day(claims.last_day)}"
    return [*rows, ("Berlaku", "Valid", validity, "")]

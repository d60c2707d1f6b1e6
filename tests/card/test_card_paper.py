"""The card on paper: what is printed can be read again, fits, and is the same each time."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zlib
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageDraw
from reportlab.pdfgen.canvas import Canvas

from card import back, cwt, face, ink, pdf, qr
from card.claims import CardClaims, Certification
from card.errors import CardError
from card.photo import prepared
from card.read import MAX_FILE, read
from card.thumbnail import thumbnail
from tests.card import faces
from tests.card.cards import TITLES, Ministry, certifications, claims, new_ministry
from tests.require import require

QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
"""Any other symbol that a reader sees is chance: modules that happen to look like one."""
LONG_NAME = "Raden Ajeng Kusumaningtyas Prameswari Wulandari Hadiningrat Sastrowidjojo Dewi I"
LONG_EMPLOYER = "Perusahaan Perseroan (Persero) PT Perusahaan Perkebunan Nusantara Holding Satu 1"
GROWERS = {"id": "Pekerja Pertanian Tanaman Pangan dan Tanaman Semusim", "en": "Field crop and vegetable growers"}
CARDS: dict[str, dict[str, Any]] = {
    "usual": {},
    "long": {"name": LONG_NAME, "employer_name": LONG_EMPLOYER, "certifications": certifications(10)},
    "least": {
        "employer_name": None,
        "employer_nib": None,
        "occupation": None,
        "certifications": (),
        "holder_key": None,
        "standing": "home-duties",
    },
    "no nib, untitled occupation, endless certificate": {
        "employer_nib": None,
        "occupation": "0110",
        "certifications": (Certification(code="bnsp/las-3g", expires=None, standing="self-declared"),),
    },
    "long occupation": {"occupation": "6111", "employer_name": "CV Panca Pangan Perkasa"},
    "long occupation, long employer": {"occupation": "6111", "employer_name": LONG_EMPLOYER},
    "one long word": {"name": "X" * 80, "employer_name": "W" * 80},
}


@pytest.fixture(scope="module")
def ministry() -> Ministry:
    return new_ministry()


PORTRAIT = prepared(faces.file(1))
FRAME = thumbnail(PORTRAIT)


def printed(card: CardClaims, ministry: Ministry, **options: Any) -> tuple[str, bytes]:
    text = qr.text(cwt.sign(card, ministry.signer()))
    return text, pdf.render(card, text, titles={**TITLES, "6111": GROWERS}, **options)


def with_portrait(card: CardClaims, ministry: Ministry, **options: Any) -> tuple[str, str, bytes]:
    """The texts of the codes in front and behind, and the PDF."""
    behind = qr.text(back.sign(card, FRAME, ministry.signer()))
    text, document = printed(card, ministry, photo=PORTRAIT, back=behind, **options)
    return text, behind, document


def picture(page: pypdfium2.PdfPage, dpi: int = 300) -> Image.Image:
    return page.render(scale=dpi / 72, grayscale=True).to_pil()


def photo() -> bytes:
    """A wide picture of one colour with a mark in its middle."""
    image = Image.new("RGB", (400, 300), "#6a8fb5")
    ImageDraw.Draw(image).rectangle((190, 140, 210, 160), fill="black")
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize("kind", CARDS)
def test_paper_reads_back(ministry: Ministry, kind: str) -> None:
    text, behind, document = with_portrait(claims(**CARDS[kind]), ministry, specimen=kind == "long")
    pages = pypdfium2.PdfDocument(document)
    assert [tuple(round(mm / 72 * 25.4, 1) for mm in page.get_size()) for page in pages] == [
        (85.6, 54.0),
        (85.6, 54.0),
        (210.0, 297.0),
    ]
    found = [sorted(each.text for each in zxingcpp.read_barcodes(picture(page), formats=QR)) for page in pages]
    assert found == [[text], [behind], sorted([text, text, behind])]


def test_without_a_portrait_there_is_one_code(ministry: Ministry) -> None:
    text, document = printed(claims(), ministry)
    found = [[each.text for each in zxingcpp.read_barcodes(picture(page), formats=QR)] for page in pages_of(document)]
    assert found == [[text], [], [text, text]]


def pages_of(document: bytes) -> list[pypdfium2.PdfPage]:
    return list(pypdfium2.PdfDocument(document))


@pytest.mark.parametrize("portrait", [True, False])
@pytest.mark.parametrize("kind", CARDS)
def test_nothing_is_printed_over_anything(ministry: Ministry, kind: str, portrait: bool) -> None:
    """The boxes of all lines of text lie on the page, apart from one another and from the QR."""
    *_, document = (with_portrait if portrait else printed)(claims(**CARDS[kind]), ministry)
    for page in pypdfium2.PdfDocument(document):
        wide, high = page.get_size()
        boxes = [*lines_of(page), *symbols_of(page)]
        for left, bottom, right, top in boxes:
            assert left >= 5
            assert right <= wide - 5
            assert bottom >= 3
            assert top <= high - 3
        for place, one in enumerate(boxes):
            for other in boxes[place + 1 :]:
                assert not overlap(one, other), (one, other)


def lines_of(page: pypdfium2.PdfPage) -> list[tuple[float, float, float, float]]:
    """The ink of each run of text, in points."""
    textpage = page.get_textpage()
    return [textpage.get_rect(index) for index in range(textpage.count_rects())]


def symbols_of(page: pypdfium2.PdfPage) -> list[tuple[float, float, float, float]]:
    """The QR codes, in points, with two modules of quiet zone."""
    points, high = 72 / 300, page.get_size()[1]
    boxes = []
    for found in zxingcpp.read_barcodes(picture(page), formats=QR):
        start, end = found.position.top_left, found.position.bottom_right
        quiet = 8 * points
        boxes.append(
            (
                start.x * points - quiet,
                high - end.y * points - quiet,
                end.x * points + quiet,
                high - start.y * points + quiet,
            )
        )
    return boxes


def overlap(one: tuple[float, ...], other: tuple[float, ...], slack: float = 0.35) -> bool:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across > slack and down > slack


def test_the_faces_say_what_the_card_says(ministry: Ministry) -> None:
    _, document = printed(claims(), ministry)
    front, behind, sheet = (
        " ".join(page.get_textpage().get_text_bounded().split()) for page in pypdfium2.PdfDocument(document)
    )
    for words in ("REPUBLIK INDONESIA", "Kementerian Ketenagakerjaan", "Worker Card", "07 Mei 1991", "Perempuan"):
        assert words in front
    for words in (claims().number, "Tukang Las dan Pemotong Logam dengan Api", "Welders", "NIB 0220104950123"):
        assert words in front
    assert "Menerapkan Keselamatan dan Kesehatan Kerja" in behind
    assert "G.461200.014.01" in behind
    assert "disahkan lembaga / authority-attested" in sheet
    assert claims().last_day == date(2028, 11, 11)
    assert "11 Nov 2028" in front


def test_what_does_not_fit_is_announced(ministry: Ministry) -> None:
    *_, document = with_portrait(claims(certifications=certifications(10)), ministry)
    pages = pypdfium2.PdfDocument(document)
    assert "+5 lagi dalam kode QR" in pages[1].get_textpage().get_text_bounded()
    assert "P.854900.021.02" in pages[2].get_textpage().get_text_bounded()


def test_a_specimen_says_so(ministry: Ministry) -> None:
    for specimen in (True, False):
        _, document = printed(claims(), ministry, specimen=specimen)
        pages = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(document)]
        assert ["SPECIMEN" in page for page in pages] == [specimen] * 3


def test_the_photo_fills_its_frame(ministry: Ministry) -> None:
    _, document = printed(claims(), ministry, photo=photo())
    front = pypdfium2.PdfDocument(document)[0].render(scale=300 / 72).to_pil().convert("RGB")
    dots = 300 / 25.4
    for x, y in ((4.5, 12), (23.9, 12), (4.5, 37), (23.9, 37)):
        red, green, blue = front.getpixel((int(x * dots), int(y * dots)))
        assert abs(red - 0x6A) + abs(green - 0x8F) + abs(blue - 0xB5) < 40
    assert sum(front.getpixel((int(14.2 * dots), int(24.6 * dots)))) < 150


@pytest.mark.parametrize(("page", "count"), [("cr80", 2), ("a4", 1), ("all", 3)])
def test_pages_can_be_chosen(ministry: Ministry, page: pdf.Page, count: int) -> None:
    assert len(pypdfium2.PdfDocument(printed(claims(), ministry, page=page)[1])) == count


def test_the_same_card_is_the_same_bytes(ministry: Ministry) -> None:
    text = ministry.text()
    one, two = (pdf.render(claims(), text, titles=TITLES, photo=photo(), specimen=True) for _ in range(2))
    assert one == two


def test_fonts_are_embedded(ministry: Ministry) -> None:
    _, document = printed(claims(), ministry)
    assert len(re.findall(rb"/FontFile2", document)) >= 2
    used = set(re.findall(rb"/BaseFont /(\S+)", document))
    assert {name.split(b"+")[-1] for name in used} <= {
        b"BitstreamVeraSans-Roman",
        b"BitstreamVeraSans-Bold",
        b"Helvetica",
    }


@pytest.mark.parametrize("count", [0, 3, 10])
def test_modules_are_whole_dots(ministry: Ministry, count: int) -> None:
    text, document = printed(claims(certifications=certifications(count)), ministry)
    assert 24 <= exact(document, 0, text, most=face.QR_MOST) <= face.QR_MOST


def test_behind_too_and_half_as_large_again(ministry: Ministry) -> None:
    _, behind, document = with_portrait(claims(), ministry)
    assert ink.qr_dots(behind, most=face.BACK_MOST, level=back.LEVEL)[1] == 6
    assert 37 <= exact(document, 1, behind, most=face.BACK_MOST, level=back.LEVEL) <= face.BACK_MOST


def exact(document: bytes, number: int, text: str, *, most: float, level: qr.Level = "m") -> float:
    """At 300 dpi every module of the QR is black or white through and through: no grey, none wider. Its side in mm."""
    modules, dots = ink.qr_dots(text, most=most, level=level)
    image = picture(pages_of(document)[number])
    (found,) = zxingcpp.read_barcodes(image, formats=QR)
    left, top = found.position.top_left.x, found.position.top_left.y
    side = modules * dots
    corner = next(
        (x, y)
        for y in range(top - 3, top + 4)
        for x in range(left - 3, left + 4)
        if all(image.getpixel((x + i, y)) < 40 for i in range(7 * dots)) and image.getpixel((x - 1, y)) > 200
    )
    symbol = image.crop((corner[0], corner[1], corner[0] + side, corner[1] + side))
    expected = Image.new("L", (modules, modules))
    expected.putdata([0 if cell else 255 for row in qr.symbol(text, level).matrix for cell in row])
    difference = sum(
        abs(a - b) > 60
        for a, b in zip(
            symbol.tobytes(), expected.resize((side, side), Image.Resampling.NEAREST).tobytes(), strict=True
        )
    )
    assert difference == 0
    return side * ink.MM_A_DOT


def test_black_and_white_is_enough(ministry: Ministry) -> None:
    """Only two shades left: the QR still reads, and white words still stand out of the band."""
    text, document = printed(claims(), ministry, specimen=True)
    front = picture(pages_of(document)[0]).point(lambda shade: 255 * (shade > 128))
    assert [each.text for each in zxingcpp.read_barcodes(front, formats=QR)] == [text]
    band = front.crop((40, 10, front.width - 40, 110)).tobytes()
    assert 0.05 < band.count(255) / len(band) < 0.5


SEEN_BY: dict[str, tuple[float, ...] | None] = {
    "everybody": None,
    "protanopia": (0.152, 1.053, -0.205, 0, 0.115, 0.786, 0.099, 0, -0.004, -0.048, 1.052, 0),
    "deuteranopia": (0.367, 0.861, -0.228, 0, 0.280, 0.673, 0.047, 0, -0.012, 0.043, 0.969, 0),
    "tritanopia": (1.256, -0.077, -0.179, 0, -0.078, 0.931, 0.148, 0, 0.005, 0.691, 0.304, 0),
    "a black-and-white printer": (0.299, 0.587, 0.114, 0) * 3,
}
"""Machado, Oliveira and Fernandes 2009, severity 1."""
READ = {
    "header": (0, (4, 1, 45, 8), 7),
    "name": (0, (26.8, 12.4, 81, 17), 7),
    "birth date": (0, (26.8, 20.3, 40, 23.4), 7),
    "labels": (0, (4, 38.8, 24, 40.6), 4.5),
    "card number": (0, (4, 47.6, 36, 51.6), 7),
    "code": (0, (58, 25, 78, 45), 15),
    "certificates": (1, (46, 11, 82, 20), 7),
    "advice in English": (1, (46, 43.2, 67, 45), 4.5),
}
"""Page, box in mm, and the least contrast by WCAG 2.2: 4.5, or 7 for what people compare."""


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_it_is_read_by_whoever_sees_no_colour(ministry: Ministry, eyes: str) -> None:
    """Measured on the rendered pixels: the darkest against the lightest twentieth of each place."""
    *_, document = with_portrait(claims(), ministry)
    matrix, dots = SEEN_BY[eyes], 300 / 25.4
    for what, (number, box, least) in READ.items():
        page = pages_of(document)[number].render(scale=300 / 72).to_pil().convert("RGB")
        place = page.crop(tuple(round(edge * dots) for edge in box))
        assert contrast(place.convert("RGB", matrix) if matrix else place) >= least, what


def contrast(image: Image.Image) -> float:
    """Ratio of relative luminances, WCAG 2.2."""
    shades = sorted(
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
        for r, g, b in zip(*[iter(image.tobytes())] * 3, strict=True)
    )
    end = max(1, len(shades) // 20)
    dark, light = sum(shades[:end]) / end, sum(shades[-end:]) / end
    return (light + 0.05) / (dark + 0.05)


def linear(value: int) -> float:
    part = value / 255
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def test_letters_the_font_lacks_are_printed_without_their_marks() -> None:
    assert ink.drawable("Siti", ink.PLAIN) == "Siti"
    assert ink.drawable("Ḥasan ﷽", ink.PLAIN) == "Hasan ?"


# Reading


def test_pictures_and_files_read_back(ministry: Ministry, tmp_path: Path) -> None:
    text, document = printed(claims(), ministry)
    jpeg = io.BytesIO()
    Image.open(io.BytesIO(qr.png(text))).convert("L").rotate(7, expand=True, fillcolor=255).save(
        jpeg, "JPEG", quality=60
    )
    files = {
        "card.png": qr.png(text, scale=3),
        "card.jpg": jpeg.getvalue(),
        "card.pdf": document,
        "card.txt": f"{text}\r\n".encode(),
        "card.jwt": ministry.jwt().encode(),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        expected = text if name != "card.jwt" else content.decode()
        assert read(tmp_path / name) == read(str(tmp_path / name)) == expected, name
    assert read(text) == text


@pytest.mark.parametrize("shade", [70, 215])
def test_a_scratch_through_a_finder_is_looked_past(ministry: Ministry, tmp_path: Path, shade: int) -> None:
    """Dark with dirt, or bright; zxing alone does not read either."""
    text = ministry.text()
    image = Image.open(io.BytesIO(qr.png(text, scale=4))).convert("L")
    ImageDraw.Draw(image).line((16, 8, 52, 52), fill=shade)
    image.save(tmp_path / "scratched.png")
    assert zxingcpp.read_barcodes(image, formats=QR) == []
    assert read(tmp_path / "scratched.png") == text


def test_a_text_may_end_with_a_space(tmp_path: Path) -> None:
    (tmp_path / "card.txt").write_bytes(b"ABC \n")
    assert read(tmp_path / "card.txt") == "ABC "


def test_the_svg_is_the_same_symbol(ministry: Ministry) -> None:
    text = ministry.text()
    drawn = qr.svg(text).decode()
    modules = qr.symbol(text).symbol_size(border=4)[0]
    assert drawn.startswith('<?xml version="1.0" encoding="utf-8"?>')
    assert f'width="{modules}" height="{modules}"' in drawn


def test_zbar_reads_it_too(ministry: Ministry, tmp_path: Path) -> None:
    zbarimg = shutil.which("zbarimg")
    require(zbarimg, "zbarimg (Debian: zbar-tools)")
    *texts, document = with_portrait(claims(), ministry)
    for page, text in zip(pages_of(document), texts, strict=False):
        picture(page).save(tmp_path / "face.png")
        done = subprocess.run(
            [str(zbarimg), "--raw", "-q", tmp_path / "face.png"], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip("\n") == text


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def huge_png() -> bytes:
    """The head of a PNG of 60,000 x 60,000 pixels."""
    head = bytearray(png(Image.new("1", (1, 1))))
    head[16:24] = (60_000).to_bytes(4, "big") * 2
    head[29:33] = zlib.crc32(head[12:29]).to_bytes(4, "big")
    return bytes(head)


def large_pdf() -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(14_000, 14_000))
    canvas.drawString(5, 5, "large")
    canvas.save()
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (png(Image.new("L", (50, 50), 255)), "no-qr-found"),
        (b"\x89PNG\r\n\x1a\n broken", "picture-unreadable"),
        (png(Image.effect_noise((200, 200), 50))[:-2_000], "picture-unreadable"),
        (huge_png(), "picture-unreadable"),
        (png(Image.new("1", (8_000, 7_000))), "file-too-large"),
        (b"%PDF-1.4 broken", "picture-unreadable"),
        (large_pdf(), "file-too-large"),
        (b"\xd2\x84\xff", "text-unreadable"),
        (b"A" * (MAX_FILE + 1), "file-too-large"),
    ],
    ids=["blank", "no png", "cut png", "60,000 square", "56 megapixels", "no pdf", "large pdf", "binary", "21 MB"],
)
def test_files_that_hold_no_card(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(CardError, match=rf"^{code}: got"):
        read(tmp_path / "file")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for source in (tmp_path / "none", str(tmp_path / "none.png"), "card.jwt", tmp_path):
        with pytest.raises(CardError, match=r"^file-not-found"):
            read(source)


@pytest.mark.parametrize("text", ["A" * 5_000, "with\x00nul", "6BF"])
def test_text_that_is_no_path_is_text(text: str) -> None:
    assert read(text) == text


def test_a_code_drawn_in_a_terminal_can_be_read() -> None:
    """A line of block letters is two rows of modules; dark is what is not lit."""
    said = "https://kets.example/card#4F7K-9QXT-2M0B-W6ZD"
    lines = qr.drawn(said).splitlines()
    rows = [[letter not in lit for letter in line] for line in lines for lit in ("█▀", "█▄")]
    symbol = Image.new("L", (max(map(len, rows)), len(rows)), 255)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            symbol.putpixel((x, y), 0 if dark else 255)
    scaled = symbol.resize((symbol.width * 6, symbol.height * 6), Image.Resampling.NEAREST)
    assert [found.text for found in zxingcpp.read_barcodes(scaled, formats=QR)] == [said]

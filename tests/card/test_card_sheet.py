"""Many cards in one PDF: each is there once, backs lie behind their own fronts, and every code is read back."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pypdfium2
import pytest
import zxingcpp

from card import back, cwt, qr, sheet
from card.number import new_number
from tests.card.cards import SHARD, TITLES, claims, new_ministry
from tests.card.test_card_paper import FRAME, PORTRAIT, QR

if TYPE_CHECKING:
    from card.claims import CardClaims

A4_MM, CR80_MM = (210, 297), (85.6, 54)


def card(n: int) -> CardClaims:
    return claims(number=new_number(n.to_bytes(16, "big")), name=f"Siti Nomor {n}")


@pytest.fixture(scope="module")
def printed() -> list[sheet.Printed]:
    signer = new_ministry().signer(SHARD)
    return [sheet.Printed(each, qr.text(cwt.sign(each, signer))) for each in map(card, range(13))]


def drawn(cards: list[sheet.Printed], layout: sheet.Layout) -> tuple[pypdfium2.PdfDocument, list[sheet.Placed]]:
    out = io.BytesIO()
    placed = list(sheet.draw(out, iter(cards), titles=TITLES, layout=layout))
    return pypdfium2.PdfDocument(out.getvalue()), placed


def numbers(page: pypdfium2.PdfPage, cell: tuple[float, float, float, float]) -> str:
    """What is written in a rectangle of a page: left, top, width and height in millimetres."""
    left, top, across, down = (value / 25.4 * 72 for value in cell)
    height = page.get_height()
    return str(page.get_textpage().get_text_bounded(left, height - top - down, left + across, height - top))


def cell(place: int, *, mirrored: bool) -> tuple[float, float, float, float]:
    """Of a place from 1: two across, five down, 6 and 3 mm between, in the middle of the page."""
    row, column = divmod(place - 1, 2)
    column = 1 - column if mirrored else column
    return ((210 - 177.2) / 2 + column * 91.6, (297 - 282) / 2 + row * 57, 85.6, 54)


def test_ten_fronts_on_a_page_and_their_backs_mirrored_behind_them(printed: list[sheet.Printed]) -> None:
    document, placed = drawn(printed, "a4")
    assert [(p.front, p.back, p.place) for p in placed] == [(1, 2, n) for n in range(1, 11)] + [
        (3, 4, n) for n in range(1, 4)
    ]
    assert [p.number for p in placed] == [each.claims.number for each in printed]
    assert len(document) == 4
    for page in document:
        size = (page.get_width() / 72 * 25.4, page.get_height() / 72 * 25.4)
        assert size == pytest.approx(A4_MM, abs=0.1)
    for each, where in zip(printed, placed, strict=True):
        front = numbers(document[where.front - 1], cell(where.place, mirrored=False))
        behind = numbers(document[where.back - 1], cell(where.place, mirrored=True))
        assert each.claims.number in front
        assert each.claims.name in front
        assert each.claims.number in behind


def test_a_card_printer_gets_a_page_a_side(printed: list[sheet.Printed]) -> None:
    document, placed = drawn(printed[:3], "cr80")
    assert [(p.front, p.back, p.place) for p in placed] == [(1, 2, 1), (3, 4, 1), (5, 6, 1)]
    for page in document:
        size = (page.get_width() / 72 * 25.4, page.get_height() / 72 * 25.4)
        assert size == pytest.approx(CR80_MM, abs=0.1)


@pytest.mark.parametrize("layout", ["a4", "cr80"])
def test_every_code_is_read_back_from_the_paper(printed: list[sheet.Printed], layout: sheet.Layout) -> None:
    document, _ = drawn(printed, layout)
    found = [
        symbol.text
        for page in document
        for symbol in zxingcpp.read_barcodes(page.render(scale=300 / 72, grayscale=True).to_pil(), formats=QR)
    ]
    assert sorted(found) == sorted(each.text for each in printed)


def test_with_portraits_each_back_has_the_code_that_holds_the_face() -> None:
    signer = new_ministry().signer(SHARD)
    texts = [
        (each, qr.text(cwt.sign(each, signer)), qr.text(back.sign(each, FRAME, signer))) for each in map(card, range(3))
    ]
    document, _ = drawn([sheet.Printed(each, text, behind, PORTRAIT) for each, text, behind in texts], "a4")
    for page, side in zip(document, (1, 2), strict=True):
        found = zxingcpp.read_barcodes(page.render(scale=300 / 72, grayscale=True).to_pil(), formats=QR)
        assert sorted(symbol.text for symbol in found) == sorted(each[side] for each in texts)


def test_no_card_makes_no_page_and_the_same_cards_the_same_bytes(printed: list[sheet.Printed]) -> None:
    one, other, none = io.BytesIO(), io.BytesIO(), io.BytesIO()
    for out in (one, other):
        list(sheet.draw(out, printed[:2], titles=TITLES, specimen=True))
    assert one.getvalue() == other.getvalue()
    assert list(sheet.draw(none, [], titles=TITLES)) == []

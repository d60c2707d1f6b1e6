"""A film of a real card held before a cheap phone: the printed PDF at 300 dpi, tilted, blurred, noisy."""

from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING

import pypdfium2
import zxingcpp
from PIL import Image, ImageChops, ImageFilter

from card import cwt, pdf, qr

if TYPE_CHECKING:
    from pathlib import Path

FRAME = (880, 660)
FRAMES = 4
ACROSS = 300  # camera pixels across the symbol
DESK = (96, 84, 72)


def film(path: Path, text: str) -> Path:
    """An mjpeg file for Chromium's camera: the card whose QR holds `text`, each frame held differently."""
    face, symbol = printed(text)
    chance = random.Random(7)  # the same film each time
    path.write_bytes(b"".join(_jpeg(_frame(face, symbol, chance)) for _ in range(FRAMES)))
    return path


def printed(text: str) -> tuple[Image.Image, tuple[float, float, float]]:
    """The face of the printed card that bears `text`, at 300 dpi; middle and width of its symbol in pixels."""
    claims = cwt.claims_of(cwt.parse(qr.cose(text)).payload)
    for page in pypdfium2.PdfDocument(pdf.render(claims, text, titles={}, page="cr80")):
        face = page.render(scale=300 / 72).to_pil().convert("RGB")
        for symbol in zxingcpp.read_barcodes(face, formats=zxingcpp.BarcodeFormat.QRCode):
            if symbol.text == text:
                return face, _middle(symbol.position)
    raise AssertionError("got a printed card without its code")


def shown_on_screen(path: Path, text: str) -> Path:
    """A film of a phone's screen with a QR that holds `text`, as of a live code."""
    side = 700
    symbol = Image.open(io.BytesIO(qr.png(text, scale=4))).convert("RGB").resize((side, side))
    screen = Image.new("RGB", (side + 80, side + 80), "white")
    screen.paste(symbol, (40, 40))
    chance = random.Random(8)
    middle = (40 + side / 2, 40 + side / 2, float(side))
    path.write_bytes(b"".join(_jpeg(_frame(screen, middle, chance, across=420)) for _ in range(FRAMES)))
    return path


def _frame(
    face: Image.Image, symbol: tuple[float, float, float], chance: random.Random, *, across: int = ACROSS
) -> Image.Image:
    """The card on a desk, its symbol near the middle of the picture."""
    scale = across / symbol[2]
    card = face.resize((round(face.width * scale), round(face.height * scale)), Image.Resampling.LANCZOS)
    desk = Image.new("RGB", (FRAME[0] * 3 // 2, FRAME[1] * 3 // 2), DESK)
    middle = (desk.width // 2 + chance.randint(-25, 25), desk.height // 2 + chance.randint(-25, 25))
    desk.paste(card, (middle[0] - round(symbol[0] * scale), middle[1] - round(symbol[1] * scale)))
    turned = desk.rotate(chance.uniform(-14, 14), Image.Resampling.BICUBIC, fillcolor=DESK)
    seen = turned.transform(FRAME, Image.Transform.QUAD, _corners(turned, chance), Image.Resampling.BICUBIC)
    return _noisy(seen.filter(ImageFilter.GaussianBlur(0.9)))


def _corners(picture: Image.Image, chance: random.Random) -> tuple[float, ...]:
    """What the camera sees of it, not quite straight: upper left, lower left, lower right, upper right."""
    left, upper = (picture.width - FRAME[0]) / 2, (picture.height - FRAME[1]) / 2
    exact = [(0, 0), (0, FRAME[1]), (FRAME[0], FRAME[1]), (FRAME[0], 0)]
    return tuple(side + chance.uniform(-22, 22) for corner in exact for side in (left + corner[0], upper + corner[1]))


def _noisy(picture: Image.Image) -> Image.Image:
    """Grain, and light that falls from one side."""
    grain = Image.effect_noise(FRAME, 34).convert("RGB")
    light = Image.linear_gradient("L").rotate(90).resize(FRAME).point(lambda level: 150 + level * 105 // 255)
    return ImageChops.multiply(Image.blend(picture, grain, 0.14), Image.merge("RGB", [light] * 3))


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=60)
    return out.getvalue()


def _middle(corners: zxingcpp.Position) -> tuple[float, float, float]:
    first, last = corners.top_left, corners.bottom_right
    return (first.x + last.x) / 2, (first.y + last.y) / 2, float(corners.top_right.x - first.x)

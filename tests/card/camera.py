"""What a cheap phone sees of a printed card: the PDF at 300 dpi, scratched, tilted, turned, small, blurred, unevenly
lit, noisy, and as a JPEG."""

from __future__ import annotations

import io
import random
from typing import NamedTuple

import pypdfium2
import zxingcpp
from PIL import Image, ImageChops, ImageDraw, ImageFilter

QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
ACROSS = (180, 200, 220, 260, 300, 360)
"""Camera pixels across the symbol."""
DESK = 105


class Printed(NamedTuple):
    """A face at 300 dpi, and where on it the symbol lies: left, top, side in dots."""

    face: Image.Image
    symbol: tuple[int, int, int]


def printed(document: bytes, page: int) -> Printed:
    """A page of the PDF as its printer would put it on plastic."""
    face = pypdfium2.PdfDocument(document)[page].render(scale=300 / 72, grayscale=True).to_pil()
    (found,) = zxingcpp.read_barcodes(face, formats=QR)
    start, end = found.position.top_left, found.position.top_right
    return Printed(face, (start.x, start.y, end.x - start.x))


class Fault(NamedTuple):
    """How bad a picture is. `angle` and `tilt` are the most of either side; `tilt` is of the symbol's side, a corner;
    `blur` a Gaussian's radius in camera pixels; `noise` its deviation of 256; `dark` the light left on the far side."""

    angle: float = 10
    tilt: float = 0.02
    blur: float = 0.5
    noise: float = 5
    dark: float = 0.85
    quality: int = 75
    scratches: int = 0


FAULTS = {
    "turned": Fault(angle=180),
    "tilted": Fault(tilt=0.10),
    "blurred": Fault(blur=0.9),
    "noisy": Fault(noise=15),
    "half in shadow": Fault(dark=0.35),
    "JPEG 40": Fault(quality=40),
    "six scratches": Fault(scratches=6),
}
"""Every picture has a little of everything, as a hand-held phone gives it, and one thing badly."""


def seen(card: Printed, across: int, fault: Fault, rng: random.Random) -> Image.Image:
    """One picture, its symbol `across` pixels wide."""
    left, top, side = card.symbol
    face = _scratched(card, fault.scratches, rng)
    scale = 2 * across / side  # twice as large while it is turned
    room = round(2 * across * 1.7)
    desk = Image.new("L", (room, room), DESK)
    half = room / 2 / scale
    around = (left + side / 2 - half, top + side / 2 - half, left + side / 2 + half, top + side / 2 + half)
    inside = face.crop(tuple(round(edge) for edge in around))  # black where the card ends
    desk.paste(inside.resize((room, room), Image.Resampling.BICUBIC))
    corners = _corners(room, fault.tilt * 2 * across, rng)
    tilted = desk.transform(desk.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)
    turned = tilted.rotate(rng.uniform(-fault.angle, fault.angle), Image.Resampling.BICUBIC, fillcolor=DESK)
    sharp = turned.resize((room // 2, room // 2), Image.Resampling.LANCZOS)
    lit = _lit(sharp.filter(ImageFilter.GaussianBlur(fault.blur)), fault.dark, rng)
    noise = Image.effect_noise(lit.size, fault.noise)  # around 128
    return _jpeg(ImageChops.add(lit, noise, 1, -128), fault.quality)


def read(picture: Image.Image, shades: zxingcpp.Binarizer = zxingcpp.Binarizer.LocalAverage) -> list[str]:
    """What zxing finds, light and dark told apart in one of its ways."""
    return [found.text for found in zxingcpp.read_barcodes(picture, formats=QR, binarizer=shades)]


def _scratched(card: Printed, count: int, rng: random.Random) -> Image.Image:
    """Scratches through the symbol, a tenth to a sixth of a millimetre wide: bright, or dark with dirt."""
    left, top, side = card.symbol
    worn = card.face.copy()
    draw = ImageDraw.Draw(worn)
    for _ in range(count):
        ends = [(left + rng.uniform(-0.1, 1.1) * side, top + rng.uniform(-0.1, 1.1) * side) for _ in range(2)]
        draw.line([*ends[0], *ends[1]], fill=rng.choice((70, 215, 235)), width=rng.choice((1, 2)))
    return worn


def _corners(room: int, most: float, rng: random.Random) -> tuple[float, ...]:
    """Upper left, lower left, lower right, upper right: each off by up to `most` pixels either way."""
    exact = ((0, 0), (0, room), (room, room), (room, 0))
    return tuple(value + rng.uniform(-most, most) for corner in exact for value in corner)


def _lit(picture: Image.Image, dark: float, rng: random.Random) -> Image.Image:
    """Light that falls off from one side to the other."""
    slope = Image.linear_gradient("L").resize((512, 512))
    slope = slope.rotate(rng.uniform(0, 360), Image.Resampling.BICUBIC).crop((75, 75, 437, 437))
    light = slope.point(lambda level: round(255 * (dark + (1 - dark) * level / 255)))
    return ImageChops.multiply(picture, light.resize(picture.size))


def _jpeg(picture: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return Image.open(out).convert("L")

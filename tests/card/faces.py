"""Drawn faces for tests, nobody's: hair, a headscarf, glasses, a beard. Always the same."""

from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Sequence

SKINS = ("#8d5a3c", "#b07a52", "#c99468", "#6e4429", "#e0b48c")
CLOTHES = ("#27446b", "#7b2d32", "#e8e4da", "#3d5b3f", "#1f1f23")
GROUNDS = ("#c8372d", "#2f5fae", "#dfe3e8", "#dfe3e8", "#2f5fae")
KINDS = ("short hair", "headscarf", "long hair", "beard and glasses", "bald")


def drawn(kind: int, size: tuple[int, int] = (600, 800)) -> Image.Image:
    """Face number `kind` (0 to 4), head and shoulders, as a passport photo frames it."""
    rng = random.Random(kind)
    skin, cloth = SKINS[kind], CLOTHES[kind]
    image = Image.new("RGB", (600, 800), GROUNDS[kind])
    draw = ImageDraw.Draw(image)
    hair = ("#15120f", "#3b5d7a", "#1d1411", "#241a14", skin)[kind]
    if KINDS[kind] == "long hair":
        draw.rounded_rectangle((140, 150, 460, 620), 150, fill=hair)
    draw.ellipse((20, 590, 580, 1100), fill=cloth)
    draw.polygon([(240, 560), (360, 560), (380, 660), (300, 710), (220, 660)], fill=_shade(skin, 0.86))
    if KINDS[kind] == "headscarf":
        draw.ellipse((120, 90, 480, 640), fill=hair)
        draw.polygon([(150, 460), (450, 460), (520, 800), (80, 800)], fill=_shade(hair, 0.92))
    draw.ellipse((165, 150, 435, 590), fill=skin)
    if KINDS[kind] in ("short hair", "long hair", "beard and glasses"):
        draw.pieslice((158, 120, 442, 520), 182, 358, fill=hair)
        draw.ellipse((185, 235, 415, 400), fill=skin)
    _features(draw, skin, kind, rng)
    if KINDS[kind] == "headscarf":
        draw.arc((150, 130, 450, 620), 150, 390, fill=hair, width=34)
    lit = _light(image)
    return lit.filter(ImageFilter.GaussianBlur(1.5)).resize(size, Image.Resampling.LANCZOS)


def _features(draw: ImageDraw.ImageDraw, skin: str, kind: int, rng: random.Random) -> None:
    wide, eye, mouth = rng.randint(52, 72), rng.randint(330, 350), rng.randint(488, 505)
    for side in (-1, 1):
        x = 300 + side * wide
        draw.ellipse((x - 30, eye - 15, x + 30, eye + 15), fill="#f4efe8")
        draw.ellipse((x - 14, eye - 14, x + 14, eye + 14), fill="#20140e")
        draw.arc((x - 42, eye - 55, x + 42, eye + 10), 200, 340, fill="#1b1410", width=rng.randint(8, 14))
        if KINDS[kind] == "beard and glasses":
            draw.ellipse((x - 46, eye - 34, x + 46, eye + 40), outline="#101010", width=7)
    draw.polygon([(300, eye + 10), (270, 436), (330, 436)], fill=_shade(skin, 0.88))
    draw.ellipse((262, 418, 338, 448), fill=_shade(skin, 0.80))
    if KINDS[kind] == "beard and glasses":
        draw.chord((190, 430, 410, 600), 0, 180, fill="#1d1612")
        draw.chord((240, 455, 360, 500), 180, 360, fill="#1d1612")
    draw.chord((300 - 52, mouth - 22, 300 + 52, mouth + 26), 10, 170, fill="#8c3b38")
    draw.line((300 - 54, mouth + 2, 300 + 54, mouth + 2), fill="#5a2322", width=4)


def _light(image: Image.Image) -> Image.Image:
    """Light from the left above, as a window gives it."""
    ramp = Image.linear_gradient("L").rotate(90).resize(image.size)
    dark = image.point(lambda value: int(value * 0.72))
    return Image.composite(dark, image, ramp)


def _shade(colour: str, factor: float) -> tuple[int, int, int]:
    parts: Sequence[int] = [int(int(colour[i : i + 2], 16) * factor) for i in (1, 3, 5)]
    return parts[0], parts[1], parts[2]


def file(kind: int, form: str = "JPEG", size: tuple[int, int] = (600, 800)) -> bytes:
    """The same as a file."""
    out = io.BytesIO()
    drawn(kind, size).save(out, form, quality=92)
    return out.getvalue()

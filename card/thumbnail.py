"""A face in some three hundred bytes: what the code on the back of a card can carry (docs/card-back.md).

It is made once, when the portrait is taken in: that takes a third of a second, a signature a ten-thousandth.
"""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFilter

from card.avif import MAX_BYTES, OPENING, SIZE, avif
from card.errors import CardError

MAX_BITS = 2_700
"""Of a frame as the code's zlib holds it: 8 a byte below 144, else 9."""

_QUALITIES = range(72, -1, -4)
_MIDDLE, _ABOVE = 0.85, 0.3
"""How much of the portrait's width and height is kept, and how much of what is cut off is cut off above."""


def thumbnail(portrait: bytes) -> bytes:
    """The frame of the best small picture of `portrait`, a JPEG of `card.photo`, that the back of a card can carry.

    CardError("photo-codec") when Pillow has another AV1 encoder than the one whose headers stand here.
    """
    face = _face(Image.open(io.BytesIO(portrait), formats=("JPEG",)).convert("RGB"))
    frames = (_encoded(face, quality) for quality in _QUALITIES)
    return next(frame for frame in frames if len(frame) <= MAX_BYTES and bits(frame) <= MAX_BITS)


def bits(data: bytes) -> int:
    """What `data` takes in a block of fixed Huffman codes (RFC 1951 section 3.2.6)."""
    return sum(8 if byte < 144 else 9 for byte in data)


def _face(portrait: Image.Image) -> Image.Image:
    """The middle, small; around the face soft, so that hair, shirt and wall take few of the bytes."""
    wide, high = portrait.size
    left, top = wide * (1 - _MIDDLE) / 2, high * (1 - _MIDDLE) * _ABOVE
    box = (left, top, left + wide * _MIDDLE, top + high * _MIDDLE)
    small = portrait.resize(SIZE, Image.Resampling.LANCZOS, box=box)
    mask = Image.new("L", (4 * SIZE[0], 4 * SIZE[1]))
    across, down = mask.size
    ImageDraw.Draw(mask).ellipse((0.14 * across, 0.08 * down, 0.86 * across, 0.80 * down), fill=255)
    soft = mask.filter(ImageFilter.GaussianBlur(0.06 * across)).resize(SIZE)
    return Image.composite(small, small.filter(ImageFilter.GaussianBlur(2)), soft)


def _encoded(face: Image.Image, quality: int) -> bytes:
    """The frame alone, out of the file that the encoder makes."""
    out = io.BytesIO()
    face.save(out, "AVIF", quality=quality, speed=3, subsampling="4:2:0", max_threads=1)
    file = out.getvalue()
    start = file.index(b"mdat") + 4 + len(OPENING) + 1
    frame = file[start + (1 if file[start] < 0x80 else 2) :]
    if avif(frame) != file:
        raise CardError("photo-codec", "got headers of another AV1 encoder, expected those of libaom in Pillow's AVIF")
    return frame

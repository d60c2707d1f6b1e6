"""A portrait as the registry keeps it: cut to 3:4, small, and with nothing in it but the picture.

What comes in is a stranger's file, so it is bounded before it is decoded; what goes out is written by us alone.
"""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps

from card.errors import CardError

SIZE = (300, 400)
"""Pixels. The frame on the card is 255 x 340 printer dots."""
MAX_BYTES = 16_384
MAX_FILE = 10 * 2**20
MAX_PIXELS = 25_000_000
LEAST = (120, 160)
"""Smaller than this, 3:4 cut out, and a face is no longer known again."""
FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITIES = (88, 82, 76, 70, 64, 58, 50, 40, 30, 20, 10, 5)
"""Down to one at which noise itself fits."""
_ABOVE_MIDDLE = (0.5, 0.4)
"""Of a picture that is too high more is cut off below: heads are in the upper part."""


def prepared(content: bytes) -> bytes:
    """`content`, a JPEG, PNG or WebP file, as a JPEG of 300 x 400 pixels, turned upright, at most 16,384 bytes.

    Metadata, colour profile and further frames are left behind; transparent places become white.
    CardError: "photo-too-large", "photo-unreadable", "photo-too-small".
    """
    if len(content) > MAX_FILE:
        raise CardError("photo-too-large", f"got {len(content)} bytes, expected at most {MAX_FILE}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
            _bounded(picture)
            picture.draft("RGB", (2 * SIZE[0], 2 * SIZE[1]))  # a JPEG is not decoded larger than it needs to be
            portrait = _portrait(picture)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise CardError("photo-unreadable", f"got a picture that cannot be read: {error}") from error
    return _encoded(portrait)


def _bounded(picture: Image.Image) -> None:
    pixels = picture.width * picture.height
    if pixels > MAX_PIXELS:
        raise CardError("photo-too-large", f"got {pixels} pixels, expected at most {MAX_PIXELS}")
    short, long = sorted(picture.size)
    if short < LEAST[0] or long < LEAST[1]:
        raise CardError("photo-too-small", f"got {picture.width} x {picture.height} pixels, expected {LEAST} or more")


def _portrait(picture: Image.Image) -> Image.Image:
    """Upright, in three colours, 3:4, at its final size."""
    upright = ImageOps.exif_transpose(picture)
    if upright.has_transparency_data:
        seen = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
    return ImageOps.fit(upright.convert("RGB"), SIZE, Image.Resampling.LANCZOS, centering=_ABOVE_MIDDLE)


def _encoded(portrait: Image.Image) -> bytes:
    """The best JPEG that fits."""
    bare = Image.frombytes("RGB", portrait.size, portrait.tobytes())  # Pillow carries comments and profiles along
    for quality in _QUALITIES:
        out = io.BytesIO()
        bare.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= MAX_BYTES:
            break
    return out.getvalue()

"""Finding the codes in a picture: zxing, first with light and dark told apart around each pixel, then by the shades of
the whole picture; and where it finds none so, a second look past scratches.

What a scratch spoils is a finder square, not the data: enlarged and with what is a pixel wide taken away, light or
dark, zxing finds it (docs/card-back.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import zxingcpp
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Iterator

_QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
_SIDE = 900
"""Pixels of the longer side at the second look, whatever the picture has: it takes a tenth of a second at most."""
_LOOKS = (ImageFilter.MinFilter(3), ImageFilter.MedianFilter(3), ImageFilter.MaxFilter(3))


def codes(picture: Image.Image) -> list[str]:
    """The texts of the QR codes in a grey picture; none where there are none to read."""
    found = _found(picture) or _found(picture, zxingcpp.Binarizer.GlobalHistogram)
    return found or next(filter(None, map(_found, _again(picture))), [])


def _found(picture: Image.Image, shades: zxingcpp.Binarizer = zxingcpp.Binarizer.LocalAverage) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(picture, formats=_QR, binarizer=shades)]


def _again(picture: Image.Image) -> Iterator[Image.Image]:
    scale = _SIDE / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    resized = picture.resize(size, Image.Resampling.BICUBIC)
    return (resized.filter(look) for look in _LOOKS)

"""An AVIF file around the frame of a small AV1 still picture, as the back of a card carries it (profile section 12).

Container and headers of such a picture are always the same 291 bytes; so they are not carried, and are put around the
frame again here. They fix the dimensions too: no frame, whatever is in it, unpacks to a larger picture.
"""

from __future__ import annotations

SIZE = (54, 72)
MAX_BYTES = 330
"""Of a frame."""

_CONTAINER = bytes.fromhex(
    "00000020667479706176696600000000617669666d6966316d6961664d413142"  # ftyp avif
    "000000eb6d65746100000000"
    "0000002168646c72000000000000000070696374000000000000000000000000000000000e7069746d000000000001"  # hdlr, pitm
    "0000001e696c6f6300000000440000010001000000010000"  # iloc, up to where the picture begins
    "0113"
)
_PROPERTIES = bytes.fromhex(
    "0000002869696e660000000000010000001a696e6665020000000001000061763031436f6c6f7200"  # iinf
    "0000006a697072700000004b6970636f"
    "0000001469737065000000000000003600000048"  # ispe: 54 x 72
    "000000107069786900000000030808080000000c6176314381000c00"  # pixi, av1C
    "00000013636f6c726e636c780001000d000680"  # colr: sRGB
    "0000001769706d61000000000000000100010401028304"  # ipma
)
OPENING = bytes.fromhex("12000a091815b58ed9010d0684")
"""An empty temporal delimiter, and the sequence header: one still picture, at most 54 x 72, 4:2:0, 8 bits."""
_FRAME = b"\x32"


def avif(frame: bytes) -> bytes:
    """The AVIF file of a frame: 54 x 72 pixels."""
    picture = OPENING + _FRAME + _leb128(len(frame)) + frame
    boxed = (len(picture) + 8).to_bytes(4, "big") + b"mdat" + picture
    return _CONTAINER + len(picture).to_bytes(4, "big") + _PROPERTIES + boxed


def _leb128(number: int) -> bytes:
    """A size below 16,384 as AV1 writes it (its section 4.10.5)."""
    return bytes([number]) if number < 0x80 else bytes([number & 0x7F | 0x80, number >> 7])

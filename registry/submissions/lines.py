"""The lines of a text file, each bounded, whatever is in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.submissions import limits
from registry.submissions.line import BadFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader

_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"%PDF")


def lines(file: BufferedReader) -> Iterator[tuple[int, str]]:
    """Number and text of each line, line end included, from the start of the file.

    Never holds more than `limits.RECORD_BYTES` of it. A line ends with LF; a byte order mark of UTF-8 is skipped.

    Raises: BadFile("utf-16", "wrong-suffix", "line-too-long", "nul-byte", "not-utf-8").
    """
    begin(file)
    number = 0
    while raw := file.readline(limits.RECORD_BYTES + 1):
        number += 1
        if b"\0" in raw:
            raise BadFile("nul-byte", line=number, byte=raw.index(b"\0") + 1)
        if len(raw) > limits.RECORD_BYTES:
            raise BadFile("line-too-long", line=number, expected=limits.RECORD_BYTES)
        try:
            yield number, raw.decode("utf-8")
        except UnicodeDecodeError as fault:
            raise BadFile("not-utf-8", line=number, byte=fault.start + 1, got=f"0x{raw[fault.start]:02x}") from None


def begin(file: BufferedReader) -> None:
    """To the start of the file, behind a byte order mark of UTF-8. Raises: BadFile("utf-16", "wrong-suffix")."""
    file.seek(len(_BOM) if _opening(file).startswith(_BOM) else 0)


def _opening(file: BufferedReader) -> bytes:
    file.seek(0)
    opening = file.read(4)
    if opening.startswith(_UTF_16):
        raise BadFile("utf-16", expected="UTF-8")
    if opening.startswith(_NOT_TEXT):
        raise BadFile("wrong-suffix", got=opening.hex(" "))
    return opening

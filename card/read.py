"""From what somebody holds to the text of a card: picture, PDF, text file, JWT file, or the text itself."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pypdfium2  # type: ignore[import-untyped]  # it ships no types
from PIL import Image

from card.back import is_back
from card.errors import CardError
from card.look import codes

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FILE = 20 * 2**20
MAX_PIXELS = 50_000_000
MAX_PAGES = 4
_DPI = 300
_SUFFIXES = {".png", ".jpg", ".jpeg", ".pdf", ".txt", ".jwt", ".sdjwt", ".svg"}


def read(source: Path | str, *, back: bool = False) -> str:
    """The text of the card in `source`: a path, or the text itself. `back`: that of the code on its back.

    A picture or PDF may show both; where it shows the other alone, that is given.

    CardError: "file-not-found", "file-too-large", "picture-unreadable", "no-qr-found", "text-unreadable".
    """
    if isinstance(source, str) and not _is_file(source):
        if Path(source).suffix.lower() in _SUFFIXES:
            raise CardError("file-not-found", f"got {source[:200]!r}, expected a file that is there")
        return source
    content = _content(Path(source))
    if content.startswith(b"%PDF"):
        return _first_text(_pages(content), back=back)
    if content.startswith((b"\x89PNG", b"\xff\xd8\xff")):
        return _first_text(_picture(content), back=back)
    try:
        return content.decode("ascii").strip("\r\n")  # not spaces: base45 may end with one
    except UnicodeDecodeError as error:
        raise CardError("text-unreadable", "got neither PNG, JPEG, PDF nor the text of a card") from error


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # too long for a path, or with NUL in it: then it is text
        return False


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
    except OSError as error:
        raise CardError("file-not-found", f"got {path}: {error.strerror}") from error
    if len(content) > MAX_FILE:
        raise CardError("file-too-large", f"got more than {MAX_FILE} bytes in {path.name}")
    return content


def _first_text(pictures: Iterator[Image.Image], *, back: bool) -> str:
    other = None
    for picture in pictures:
        for text in codes(picture):
            if is_back(text) is back:
                return text
            other = other or text
    if other is None:
        raise CardError("no-qr-found", "got a picture without a readable QR code")
    return other


def _picture(content: bytes) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content))
        _bounded(picture.width, picture.height)
        yield picture.convert("L")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise CardError("picture-unreadable", f"got a picture that cannot be read: {error}") from error


def _pages(content: bytes) -> Iterator[Image.Image]:
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise CardError("picture-unreadable", f"got a PDF that cannot be read: {error}") from error
    with document:
        for number in range(min(len(document), MAX_PAGES)):
            page = document[number]
            scale = _DPI / 72
            _bounded(page.get_width() * scale, page.get_height() * scale)
            yield page.render(scale=scale, grayscale=True).to_pil()


def _bounded(width: float, height: float) -> None:
    if width * height > MAX_PIXELS:
        raise CardError("file-too-large", f"got {width:.0f} x {height:.0f} pixels, expected at most {MAX_PIXELS}")

"""A stranger's picture file becomes our own small JPEG, or is refused."""

from __future__ import annotations

import io
import os
import zlib

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from card.errors import CardError
from card.photo import MAX_BYTES, MAX_FILE, SIZE, prepared
from tests.card import faces


def opened(jpeg: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(jpeg), formats=("JPEG",))
    image.load()
    return image


def saved(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(120, 160), (600, 800), (2_000, 1_000), (900, 3_000)])
def test_a_picture_becomes_one_of_our_own(form: str, size: tuple[int, int]) -> None:
    kept = prepared(faces.file(1, form, size))
    assert len(kept) <= MAX_BYTES
    assert (opened(kept).size, opened(kept).mode) == (SIZE, "RGB")
    assert prepared(faces.file(1, form, size)) == kept


def test_noise_fits_too() -> None:
    assert len(prepared(saved(Image.frombytes("RGB", SIZE, os.urandom(SIZE[0] * SIZE[1] * 3))))) <= MAX_BYTES


def test_nothing_comes_along_but_the_picture() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    exif.get_ifd(0x8825)[1] = "S"  # where it was taken
    told = PngInfo()
    told.add_text("Author", "taken at home")
    face = faces.drawn(0)
    for content in (
        saved(face, "JPEG", exif=exif, icc_profile=profile, comment=b"taken at home"),
        saved(face, "PNG", exif=exif, icc_profile=profile, pnginfo=told),
        saved(face, "WEBP", exif=exif.tobytes(), icc_profile=profile),
    ):
        kept = prepared(content)
        assert b"home" not in kept
        assert set(opened(kept).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_picture_that_lies_on_its_side_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to the right
    lying = faces.drawn(0).rotate(90, expand=True)
    shown, upright = opened(prepared(saved(lying, "JPEG", quality=95, exif=exif))), opened(prepared(faces.file(0)))
    assert difference(shown, upright) < 4


def test_a_wide_picture_keeps_its_middle_and_a_high_one_its_upper_part() -> None:
    wide = Image.new("RGB", (1_200, 800), "white")
    wide.paste(faces.drawn(2), (300, 0))
    assert difference(opened(prepared(saved(wide))), opened(prepared(faces.file(2)))) < 4
    high = Image.new("RGB", (600, 1_000), "black")
    high.paste(faces.drawn(2), (0, 80))
    assert difference(opened(prepared(saved(high))), opened(prepared(faces.file(2)))) < 4


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean of the absolute differences of all values, of 255."""
    pairs = zip(one.tobytes(), other.tobytes(), strict=True)
    return sum(abs(a - b) for a, b in pairs) / (SIZE[0] * SIZE[1] * 3)


def test_what_is_transparent_becomes_white() -> None:
    image = Image.new("RGBA", (300, 400), (0, 0, 0, 0))
    palette = Image.new("P", (300, 400), 0)
    palette.info["transparency"] = 0
    for content in (saved(image), saved(palette, transparency=0)):
        assert opened(prepared(content)).getpixel((150, 200)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_pictures_of_other_kinds(mode: str) -> None:
    image = faces.drawn(3).convert("L" if mode == "I;16" else "RGBA" if mode == "LA" else "RGB").convert(mode)
    assert opened(prepared(saved(image, "JPEG" if mode == "CMYK" else "PNG"))).size == SIZE


def huge_png() -> bytes:
    """The head of a PNG of 60,000 x 60,000 pixels."""
    head = bytearray(saved(Image.new("1", (1, 1))))
    head[16:24] = (60_000).to_bytes(4, "big") * 2
    head[29:33] = zlib.crc32(head[12:29]).to_bytes(4, "big")
    return bytes(head)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "photo-unreadable"),
        (b"GIF89a" + bytes(100), "photo-unreadable"),
        (saved(Image.new("RGB", (300, 400)), "GIF"), "photo-unreadable"),
        (faces.file(0)[:3_000], "photo-unreadable"),
        (saved(faces.drawn(0))[:20_000], "photo-unreadable"),
        (huge_png(), "photo-unreadable"),
        (saved(Image.new("1", (5_100, 5_000))), "photo-too-large"),
        (bytes(MAX_FILE + 1), "photo-too-large"),
        (saved(Image.new("RGB", (119, 400))), "photo-too-small"),
        (saved(Image.new("RGB", (400, 119))), "photo-too-small"),
    ],
    ids=["empty", "no gif", "gif", "cut jpeg", "cut png", "60,000 square", "25.5 megapixels", "10 MiB", "thin", "low"],
)
def test_what_is_no_portrait_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(CardError, match=rf"^{code}: got"):
        prepared(content)

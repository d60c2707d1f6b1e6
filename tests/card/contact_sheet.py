"""`make faces`: what each codec makes of a face in the bytes that the code on a card's back has room for.

A row a portrait; columns: the portrait, JPEG with its tables left out, WebP as a whole file in colour and in grey,
and what is used. FACES="one.jpg other.png" takes files instead of the drawn faces. Prints likeness (structural
similarity of the grey face, forehead to chin, at 108 x 144; 1 is the same) and bytes.
"""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from PIL import Image

from card import avif
from card.photo import prepared
from card.thumbnail import MAX_BITS, bits, thumbnail
from tests.card import faces

SHOWN = (216, 288)
PIXELS = (108, 144)
_BELL = [math.exp(-(n**2) / (2 * 1.5**2)) for n in range(-5, 6)]
_WINDOW = [value / sum(_BELL) for value in _BELL]
Box = tuple[float, float, float, float]
FACE: Box = (0.22, 0.14, 0.78, 0.72)
"""Of a portrait's width and height."""
PART: Box = (0.075, 0.045, 0.925, 0.895)
"""What `card.thumbnail` keeps of it."""
Way = Callable[[Image.Image, bytes], tuple[Image.Image | None, int]]


def jpeg(portrait: Image.Image, _: bytes) -> tuple[Image.Image | None, int]:
    """48 x 64; only the coded data counted: tables and headers would be the verifier's."""
    small = portrait.resize((48, 64), Image.Resampling.LANCZOS)
    return _best(lambda quality: _saved(small, "JPEG", quality=quality, subsampling=2), _coded)


def webp(portrait: Image.Image, _: bytes) -> tuple[Image.Image | None, int]:
    """48 x 64, a whole file."""
    small = portrait.resize((48, 64), Image.Resampling.LANCZOS)
    return _best(lambda quality: _saved(small, "WEBP", quality=quality, method=6), lambda file: file)


def grey_webp(portrait: Image.Image, _: bytes) -> tuple[Image.Image | None, int]:
    return webp(portrait.convert("L").convert("RGB"), b"")


def whole_avif(portrait: Image.Image, _: bytes) -> tuple[Image.Image | None, int]:
    """As what is used, with its container."""
    small = portrait.resize(avif.SIZE, Image.Resampling.LANCZOS)
    return _best(lambda quality: _saved(small, "AVIF", quality=quality // 4, speed=3), lambda file: file)


def used(_: Image.Image, file: bytes) -> tuple[Image.Image | None, int]:
    frame = thumbnail(file)
    return Image.open(io.BytesIO(avif.avif(frame))).convert("RGB"), len(frame)


WAYS: dict[str, Way] = {"JPEG": jpeg, "WebP": webp, "WebP grey": grey_webp, "AVIF file": whole_avif, "AV1 frame": used}


def _saved(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def _coded(file: bytes) -> bytes:
    scan = file.index(b"\xff\xda")
    return file[scan + 2 + int.from_bytes(file[scan + 2 : scan + 4], "big") : -2]


def _best(encode: Callable[[int], bytes], carried: Callable[[bytes], bytes]) -> tuple[Image.Image | None, int]:
    """The best quality whose carried bytes fit; None when even the worst is too large."""
    for quality in range(96, 0, -1):
        file = encode(quality)
        if bits(carried(file)) <= MAX_BITS:
            return Image.open(io.BytesIO(file)).convert("RGB"), len(carried(file))
    return None, len(carried(file))


def likeness(one: Image.Image, other: Image.Image) -> float:
    """Structural similarity (Wang et al. 2004), a Gaussian window of 1.5 pixels."""
    x, y = (_grey(image) for image in (one, other))
    products = ([a * b for a, b in zip(p, q, strict=True)] for p, q in ((x, x), (y, y), (x, y)))
    maps = zip(_smooth(x), _smooth(y), *map(_smooth, products), strict=True)
    return sum(_alike(*values) for values in maps) / (PIXELS[0] * PIXELS[1])


def _alike(mean_x: float, mean_y: float, xx: float, yy: float, xy: float) -> float:
    c1, c2 = 0.01**2, 0.03**2
    top = (2 * mean_x * mean_y + c1) * (2 * (xy - mean_x * mean_y) + c2)
    return top / ((mean_x**2 + mean_y**2 + c1) * (xx - mean_x**2 + yy - mean_y**2 + c2))


def _face(image: Image.Image, part: Box = (0.0, 0.0, 1.0, 1.0)) -> Image.Image:
    """Forehead to chin, of a picture that shows `part` of the portrait."""
    left, top, right, bottom = part
    scale = (image.width / (right - left), image.height / (bottom - top))
    box = [(edge - origin) * scale[n % 2] for n, (edge, origin) in enumerate(zip(FACE, (left, top) * 2, strict=True))]
    return image.resize(PIXELS, Image.Resampling.BICUBIC, box=(box[0], box[1], box[2], box[3]))


def _grey(image: Image.Image) -> list[float]:
    return [value / 255 for value in image.convert("L").tobytes()]


def _smooth(values: list[float]) -> list[float]:
    """Blurred along the rows, then along the columns."""
    wide, high = PIXELS
    rows = [_blurred(values[y * wide : (y + 1) * wide]) for y in range(high)]
    columns = [_blurred(list(column)) for column in zip(*rows, strict=True)]
    return [value for row in zip(*columns, strict=True) for value in row]


def _blurred(line: list[float]) -> list[float]:
    padded = [line[0]] * 5 + line + [line[-1]] * 5
    return [sum(w * v for w, v in zip(_WINDOW, padded[n : n + 11], strict=True)) for n in range(len(line))]


def sheet(portraits: Iterable[bytes]) -> tuple[Image.Image, list[str]]:
    """The picture, and a line a portrait."""
    rows, lines = [], []
    for number, file in enumerate(portraits):
        portrait = Image.open(io.BytesIO(file)).convert("RGB")
        row, said = [portrait], []
        for name, way in WAYS.items():
            image, size = way(portrait, file)
            row.append(image or Image.new("RGB", SHOWN, "grey"))
            part = PART if way is used else (0.0, 0.0, 1.0, 1.0)
            alike = f"{likeness(_face(portrait), _face(image, part)):.2f}" if image else "does not fit"
            said.append(f"{name} {size} bytes {alike}")
        rows.append(row)
        lines.append(f"{number}: " + ", ".join(said))
    whole = Image.new("RGB", (SHOWN[0] * (len(WAYS) + 1), SHOWN[1] * len(rows)))
    for y, row in enumerate(rows):
        for x, image in enumerate(row):
            whole.paste(image.resize(SHOWN, Image.Resampling.BICUBIC), (x * SHOWN[0], y * SHOWN[1]))
    return whole, lines


def main(out: str, *files: str) -> None:
    found = [Path(file).read_bytes() for file in files] or [faces.file(kind) for kind in range(len(faces.KINDS))]
    picture, lines = sheet(prepared(file) for file in found)
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    picture.save(out)
    print(*lines, out, sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

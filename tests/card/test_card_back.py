"""The back of a card: a face in three hundred bytes, signed, and worth nothing without the front it belongs to."""

from __future__ import annotations

import io
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from card import avif, back, cwt, deflate, pdf, photo, qr
from card.__main__ import main
from card.back import Back
from card.claims import CardClaims, StatusReference
from card.errors import CardError, VerificationError
from card.messages import OUTCOME_OF
from card.thumbnail import MAX_BITS, bits, thumbnail
from card.verify import verify
from keys.signer import Signer
from tests.card import faces
from tests.card.cards import NOW, TITLES, Ministry, claims, new_ministry

PORTRAIT = photo.prepared(faces.file(2))
FRAME = thumbnail(PORTRAIT)
NUMBER = "11S4-QGDC-09RC"


@pytest.fixture(scope="module")
def ministry() -> Ministry:
    return new_ministry()


def text(ministry: Ministry, frame: bytes = FRAME, **changes: Any) -> str:
    return qr.text(back.sign(claims(**changes), frame, ministry.signer()))


def front(ministry: Ministry) -> CardClaims:
    """As a verifier has it."""
    found = verify(ministry.text(), trust=ministry.trust(), status=lambda _: ministry.status_list(), now=NOW)
    return found.claims


def refused(ministry: Ministry, data: str, **trusted: Any) -> str:
    with pytest.raises(VerificationError) as raised:
        back.verify(data, front=front(ministry), trust=ministry.trust(**trusted))
    assert raised.value.outcome == OUTCOME_OF[raised.value.code]
    return raised.value.code


# The picture


def opened(frame: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(avif.avif(frame)), formats=("AVIF",))
    image.load()
    return image.convert("RGB")


@pytest.mark.parametrize("kind", range(5))
def test_a_face_is_known_again(kind: int) -> None:
    """Nearer to its own portrait than to any other's, by far."""
    small = opened(thumbnail(photo.prepared(faces.file(kind))))
    assert small.size == avif.SIZE
    apart = [difference(small, faces.drawn(other)) for other in range(5)]
    assert apart[kind] == min(apart)
    assert sorted(apart)[1] > 2 * apart[kind]


def difference(small: Image.Image, portrait: Image.Image) -> float:
    """Root mean square over the middle of the face."""
    wide, high = portrait.size
    middle = portrait.crop((int(0.075 * wide), int(0.045 * high), int(0.925 * wide), int(0.895 * high)))
    box = (14, 12, 40, 50)
    both = ImageChops.difference(small.crop(box), middle.resize(avif.SIZE).crop(box))
    return sum(ImageStat.Stat(both).rms)


@pytest.mark.parametrize("seed", range(3))
def test_noise_fits_too(seed: int) -> None:
    noise = Image.frombytes("RGB", (300, 400), random.Random(seed).randbytes(360_000))
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=95)
    frame = thumbnail(out.getvalue())
    assert len(frame) <= avif.MAX_BYTES
    assert bits(frame) <= MAX_BITS
    assert opened(frame).size == avif.SIZE


def test_another_encoder_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avif, "OPENING", b"\x12\x00" + avif.OPENING[2:-1] + b"\x00")
    with pytest.raises(CardError, match=r"^photo-codec: got headers"):
        thumbnail(PORTRAIT)


@settings(deadline=None, max_examples=100)
@given(st.binary(min_size=1, max_size=avif.MAX_BYTES))
def test_whatever_the_frame_holds_the_picture_is_no_larger(frame: bytes) -> None:
    """The headers are ours; a frame of garbage does not open, or opens to the same 54 x 72 pixels."""
    image = Image.open(io.BytesIO(avif.avif(frame)), formats=("AVIF",))
    assert image.size == avif.SIZE
    try:
        image.load()
    except (OSError, ValueError, SyntaxError, RuntimeError):  # the last is how its AVIF says no
        return
    assert image.size == avif.SIZE


# The code


def test_it_fits_its_code_whatever_is_signed(ministry: Ministry) -> None:
    """The most expensive of everything: the longest frame, a key id, times and a signature of nothing but 9 bits."""

    class Dear(Signer):
        kid = b"\xff" * 8

        def __init__(self) -> None: ...

        def sign(self, data: bytes) -> bytes:
            return b"\xff" * 64

    nine = MAX_BITS - 8 * avif.MAX_BYTES
    frame = b"\xff" * nine + b"\x00" * (avif.MAX_BYTES - nine)
    assert bits(frame) == MAX_BITS
    dear = claims(issued_at=0xF0F0F0F0 - 86_400, expires_at=0xF0F0F0F0)
    cose = back.sign(dear, frame, Dear())
    assert deflate.deflate(cose)[2] & 7 == 3, "one block, fixed codes"
    assert len(qr.text(cose)) <= back.MAX_TEXT
    assert qr.symbol(qr.text(cose), back.LEVEL).version <= 15


def test_it_belongs_to_its_card(ministry: Ministry) -> None:
    found = back.verify(text(ministry), front=front(ministry), trust=ministry.trust())
    assert found == Back(number=NUMBER, issued_at=claims().issued_at, expires_at=claims().expires_at, frame=FRAME)
    assert found.avif == avif.avif(FRAME)


@pytest.mark.parametrize("size", [1, 23, 24, 255, 256, 330])
def test_frames_of_every_length_of_length(ministry: Ministry, size: int) -> None:
    frame = os.urandom(size)
    assert back.verify(text(ministry, frame), front=front(ministry), trust=ministry.trust()).frame == frame


def test_alone_it_is_no_card(ministry: Ministry) -> None:
    for data in (text(ministry), back.sign(claims(), FRAME, ministry.signer())):
        with pytest.raises(VerificationError) as raised:
            verify(data, trust=ministry.trust(), status=lambda _: None, now=NOW)
        assert (raised.value.code, raised.value.outcome) == ("back-alone", "cannot-check")
    assert back.is_back(text(ministry))
    assert not back.is_back(ministry.text())
    assert not back.is_back("no code of ours")


@pytest.mark.parametrize(
    "other",
    [
        {"number": "11S4-QGDC-0901"},
        {"issued_at": claims().issued_at - 1},
        {"expires_at": claims().expires_at + 1},
    ],
)
def test_the_back_of_another_card(ministry: Ministry, other: dict[str, Any]) -> None:
    if "number" in other:
        other = {"number": "22S4-QGDC-09R" + next(c for c in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" if good(c))}
    assert refused(ministry, text(ministry, **other)) == "back-differs"


def good(last: str) -> bool:
    try:
        claims(number=f"22S4-QGDC-09R{last}")
    except CardError:
        return False
    return True


def test_a_back_by_the_signer_of_another_shard(ministry: Ministry) -> None:
    other = qr.text(back.sign(claims(), FRAME, ministry.signer(4)))
    signers = [ministry.signer(), ministry.signer(4)]
    assert refused(ministry, other, signers=signers) == "back-differs"
    assert refused(ministry, other) == "unknown-key"


def test_what_is_no_back(ministry: Ministry) -> None:
    assert refused(ministry, ministry.text()) == "not-a-back"
    assert refused(ministry, "A" * 4_297) == "too-long"
    assert refused(ministry, "HELLO") == "not-a-card"


def test_a_forged_back(ministry: Ministry) -> None:
    whole = back.sign(claims(), FRAME, ministry.signer())
    altered = whole[:100] + bytes([whole[100] ^ 1]) + whole[101:]
    assert refused(ministry, qr.text(altered)) == "bad-signature"
    mark = whole.index(b"\xa2\x01\x26")
    assert refused(ministry, qr.text(whole[: mark + 2] + b"\x27" + whole[mark + 3 :])) == "algorithm"


def test_a_revoked_signer(ministry: Ministry) -> None:
    card = front(ministry)
    with pytest.raises(VerificationError, match=r"^signer-revoked"):
        back.verify(text(ministry), front=card, trust=ministry.trust(revoked={ministry.signer().kid: NOW}))


@pytest.mark.parametrize("cut", [0, 1, 2, 3, 300])
def test_a_back_of_another_shape(ministry: Ministry, cut: int) -> None:
    payload = Back(number=NUMBER, issued_at=2**30, expires_at=2**31, frame=FRAME).payload
    for broken in (payload + b"\x00", payload[: 41 + cut], payload.replace(b"\x06\x1a", b"\x07\x1a")):
        sign1 = cwt.Sign1(protected=cwt.protected(b"k" * 8), payload=broken, signature=b"")
        with pytest.raises(ValueError, match=r"another shape|out of range|ordinal"):
            back.parse(sign1)


# The program


def test_front_and_back_together(ministry: Ministry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trust = ministry.export(tmp_path / "trust")
    document = pdf.render(claims(), ministry.text(), titles=TITLES, photo=PORTRAIT, back=text(ministry))
    (tmp_path / "card.pdf").write_bytes(document)
    (tmp_path / "back.png").write_bytes(qr.png(text(ministry), level=back.LEVEL))
    (tmp_path / "other.txt").write_text(text(ministry, status=StatusReference(shard=3, index=1), number=other_number()))

    def said(*words: object) -> tuple[int, dict[str, Any]]:
        status = main(["verify", *map(str, words), "--trust", str(trust), "--now", str(NOW), "--json"])
        return status, json.loads(capsys.readouterr().out)

    card = tmp_path / "card.pdf"
    status, answer = said(card, "--photo", tmp_path / "face.avif")
    assert (status, answer["compare"]) == (0, ["thumbnail", "face", "name", "birth-date"])
    assert (tmp_path / "face.avif").read_bytes() == avif.avif(FRAME)
    status, answer = said(card, "--photo", tmp_path / "nowhere" / "face.avif")
    assert (status, answer["code"]) == (2, "photo-unwritable")
    assert said(card, "--back", tmp_path / "back.png")[1]["compare"][0] == "thumbnail"
    assert said(card)[1]["compare"][0] == "face"
    status, answer = said(card, "--back", tmp_path / "other.txt")
    assert (status, answer["code"]) == (1, "back-differs")
    status, answer = said(tmp_path / "back.png")
    assert (status, answer["code"]) == (4, "back-alone")
    assert said(ministry.text(), "--back", ministry.text())[1]["code"] == "not-a-back"


def other_number() -> str:
    return "22S4-QGDC-09R" + next(c for c in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" if good(c))

"""A live code is worth something for a minute, from one phone, for one verifier."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import zxingcpp
from PIL import Image, ImageFilter

from card import cwt, live, qr
from card.__main__ import main
from card.errors import CardError, VerificationError
from card.projection import cbor
from card.verify import Verified, verify
from keys import es256
from keys.signer import FileSigner
from tests.card.cards import DAY, NOW, SHARD, Ministry, certifications, claims, new_ministry
from tests.card.phones import new_phone, shown

NONCE = b"K7QX2M9A"
QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])


class Gate:
    """A ministry, and a verifier with its lists of yesterday."""

    def __init__(self, **changes: Any) -> None:
        self.ministry = new_ministry(**changes)
        self.trust, self.lists = self.ministry.trust(), {SHARD: self.ministry.status_list()}

    def answer(self, data: str | bytes, *, now: int = NOW, nonce: bytes | None = None) -> Any:
        """(outcome, code), or what was verified."""
        try:
            return verify(data, trust=self.trust, status=self.lists.get, now=now, nonce=nonce)
        except VerificationError as error:
            return error.outcome, error.code


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate()


@pytest.fixture(scope="module")
def ministry(gate: Gate) -> Ministry:
    return gate.ministry


@pytest.fixture(scope="module")
def phone() -> FileSigner:
    return new_phone()


def test_a_live_code_proves_the_phone_and_says_what_the_card_says(
    gate: Gate, ministry: Ministry, phone: FileSigner
) -> None:
    text = shown(ministry, phone)
    for data in (text, qr.cose(text)):
        got = gate.answer(data)
        assert isinstance(got, Verified)
        assert (got.outcome, got.code, got.live) == ("valid", "valid", True)
        assert got.proves == ("document-genuine", "holder-phone")
        assert got.claims == claims(holder_key=live.holder_key(phone.public_jwk))


def test_a_card_that_is_not_live_is_what_it_was(gate: Gate, ministry: Ministry) -> None:
    got = gate.answer(ministry.text())
    assert (got.live, got.proves) == (False, ("document-genuine",))


@pytest.mark.parametrize("nonce", [None, NONCE])
@pytest.mark.parametrize(("off", "fresh"), [(-61, False), (-60, True), (0, True), (60, True), (61, False)])
def test_the_window_is_sixty_seconds_either_way(
    gate: Gate, ministry: Ministry, phone: FileSigner, off: int, fresh: bool, nonce: bytes | None
) -> None:
    got = gate.answer(shown(ministry, phone, nonce=nonce), now=NOW + off, nonce=nonce)
    assert got.live if fresh else got == ("cannot-check", "live-expired")


@pytest.mark.parametrize(
    ("signed", "given"), [(None, NONCE), (b"K7QX2M9B", NONCE), (NONCE + b"\0", NONCE), (NONCE, None)]
)
def test_another_nonce_than_was_given_is_refused(
    gate: Gate, ministry: Ministry, phone: FileSigner, signed: bytes | None, given: bytes | None
) -> None:
    assert gate.answer(shown(ministry, phone, nonce=NONCE), nonce=NONCE).live
    got = gate.answer(shown(ministry, phone, nonce=signed), nonce=given)
    assert got == ("cannot-check", "live-nonce")


def test_who_gave_a_nonce_takes_no_card_without_a_phone(gate: Gate, ministry: Ministry) -> None:
    for data in (ministry.text(), ministry.jwt(), ministry.cose()):
        assert gate.answer(data, nonce=NONCE) == ("cannot-check", "live-nonce")


def test_a_copied_card_is_not_made_live_by_another_phone(gate: Gate, ministry: Ministry, phone: FileSigner) -> None:
    copied = ministry.cose(holder_key=live.holder_key(phone.public_jwk))
    assert gate.answer(live.present(copied, new_phone(), now=NOW)) == ("invalid", "live-key")


def test_a_card_that_names_no_phone_is_never_live(gate: Gate, ministry: Ministry, phone: FileSigner) -> None:
    assert gate.answer(shown(ministry, phone, holder_key=None)) == ("invalid", "live-key")


def test_the_right_key_beside_the_wrong_signature(gate: Gate, ministry: Ministry, phone: FileSigner) -> None:
    cose = qr.cose(shown(ministry, phone))
    forged = qr.cose(live.present(cwt_of(cose), new_phone(), now=NOW))
    assert gate.answer(cose[:-64] + forged[-64:]) == ("invalid", "live-signature")
    s = es256.ORDER - int.from_bytes(cose[-32:], "big")
    assert gate.answer(cose[:-32] + s.to_bytes(32, "big")) == ("invalid", "live-signature")


def cwt_of(cose: bytes) -> bytes:
    presentation = live.parse(cwt.parse(cose))
    assert presentation is not None
    return presentation.card


def test_a_moment_that_was_changed_is_noticed(gate: Gate, ministry: Ministry, phone: FileSigner) -> None:
    cose = qr.cose(shown(ministry, phone, at=NOW - 600))
    moved = cose.replace((NOW - 600).to_bytes(4, "big"), NOW.to_bytes(4, "big"), 1)
    assert moved != cose
    assert gate.answer(moved) == ("invalid", "live-signature")


@pytest.mark.parametrize(
    ("status", "changes", "expected"),
    [
        (1, {}, ("invalid", "revoked")),
        (2, {}, ("invalid", "suspended")),
        (0, {"issued_at": NOW - 40 * DAY, "expires_at": NOW - DAY}, ("invalid", "expired")),
    ],
)
def test_a_live_phone_does_not_mend_its_card(
    phone: FileSigner, status: int, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    gate = Gate(statuses={912_345: status})
    assert gate.answer(shown(gate.ministry, phone, **changes)) == expected


def test_status_3_is_told_of_a_live_card_too(phone: FileSigner) -> None:
    gate = Gate(statuses={912_345: 3})
    got = gate.answer(shown(gate.ministry, phone))
    assert (got.code, got.live) == ("details-outdated", True)


def test_neither_is_taken_for_the_other(ministry: Ministry, phone: FileSigner) -> None:
    """The one names its signer and no type, the other its type and no signer."""
    outer = cwt.parse(qr.cose(shown(ministry, phone)))
    assert (outer.kid, outer.is_es256) == (b"", False)
    assert live.parse(cwt.parse(ministry.cose())) is None
    assert live.PROTECTED == b"\xa2\x01\x26\x10\x78\x19application/kets-live+cwt"


def test_a_presentation_of_a_presentation_is_no_card(gate: Gate, ministry: Ministry, phone: FileSigner) -> None:
    nested = live.present(qr.cose(shown(ministry, phone)), phone, now=NOW)
    assert gate.answer(nested) == ("cannot-check", "unknown-key")


def test_a_later_form_is_not_the_holders_fault(gate: Gate, ministry: Ministry, phone: FileSigner) -> None:
    card = ministry.cose(holder_key=live.holder_key(phone.public_jwk))
    later = cwt.sign1(cbor({1: -7, 16: "application/kets-live2+cwt"}), cbor({6: NOW, live.CARD: card}), phone)
    assert gate.answer(later) == ("cannot-check", "unknown-key")


X = bytes(31) + b"\x05"  # 5 is the x of a point of P-256
MALFORMED: dict[str, Callable[[dict[int, Any]], object]] = {
    "no moment": lambda p: p.pop(6),
    "a moment in words": lambda p: p.update({6: "now"}),
    "a moment of true": lambda p: p.update({6: True}),
    "a moment before time": lambda p: p.update({6: -1}),
    "a moment past bounds": lambda p: p.update({6: 2**40}),
    "no key": lambda p: p.pop(8),
    "a key that is a number": lambda p: p.update({8: 5}),
    "a thumbprint for a key": lambda p: p.update({8: {3: bytes(16)}}),
    "another curve": lambda p: p[8][1].update({-1: 2}),
    "x of 31 bytes": lambda p: p[8][1].update({-2: bytes(31)}),
    "x that is on no point": lambda p: p[8][1].update({-2: bytes(32)[:-1] + b"\x01"}),
    "y in full": lambda p: p[8][1].update({-3: bytes(32)}),
    "y as a number": lambda p: p[8][1].update({-3: 1}),
    "a private key too": lambda p: p[8][1].update({-4: bytes(32)}),
    "an empty nonce": lambda p: p.update({10: b""}),
    "a nonce of 7 bytes": lambda p: p.update({10: bytes(7)}),
    "a nonce of 17 bytes": lambda p: p.update({10: bytes(17)}),
    "a nonce of text": lambda p: p.update({10: "K7QX2M9A"}),
    "a nonce of nothing": lambda p: p.update({10: None}),
    "no card": lambda p: p.pop(live.CARD),
    "a card of text": lambda p: p.update({live.CARD: "card"}),
    "a card that is none": lambda p: p.update({live.CARD: b"card"}),
    "a member more": lambda p: p.update({7: b"1"}),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_presentation_is_no_card(gate: Gate, ministry: Ministry, phone: FileSigner, kind: str) -> None:
    payload: dict[int, Any] = {
        6: NOW,
        8: {1: {1: 2, -1: 1, -2: X, -3: False}},
        live.CARD: ministry.cose(holder_key=bytes(16)),
    }
    assert gate.answer(cwt.sign1(live.PROTECTED, cbor(payload), phone)) == ("invalid", "live-key")
    MALFORMED[kind](payload)
    assert gate.answer(cwt.sign1(live.PROTECTED, cbor(payload), phone)) == ("invalid", "not-a-card")


@pytest.mark.parametrize("payload", [b"", b"\xff", b"\x81" * 40, b"\xbf\x06\x01\xff", b"\xa2\x06\x01\x06\x01", b"\x80"])
def test_what_is_no_map_is_no_card(gate: Gate, phone: FileSigner, payload: bytes) -> None:
    assert gate.answer(cwt.sign1(live.PROTECTED, payload, phone)) == ("invalid", "not-a-card")


def test_the_order_of_members_is_fixed(gate: Gate, ministry: Ministry, phone: FileSigner) -> None:
    parsed = cwt.parse(qr.cose(shown(ministry, phone)))
    moment, rest = parsed.payload[1:7], parsed.payload[7:]
    swapped = parsed.payload[:1] + rest[: -len(cwt_of_payload(rest))] + moment + cwt_of_payload(rest)
    assert gate.answer(cwt.sign1(live.PROTECTED, swapped, phone)) == ("invalid", "not-a-card")


def cwt_of_payload(rest: bytes) -> bytes:
    return rest[rest.index(b"\x3a\x00\x01\x00\x01") :]


# What people type


@pytest.mark.parametrize("typed", ["K7QX2M9A", "k7qx-2m9a", " k7qx 2m9a "])
def test_a_challenge_is_typed_forgivingly(typed: str) -> None:
    assert live.challenge(typed) == NONCE


def test_letters_that_look_like_digits_are_digits() -> None:
    assert live.challenge("olIiLO00") == b"01111000"


@pytest.mark.parametrize("typed", ["", "K7QX2M9", "K7QX2M9AB", "K7QX2M9U", "K7QX2M9é", "K7QX2M9\0"])
def test_what_is_no_challenge(typed: str) -> None:
    with pytest.raises(CardError, match=r"^challenge: got"):
        live.challenge(typed)


def test_the_command_says_that_the_phone_is_there(
    ministry: Ministry, phone: FileSigner, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    trust = str(ministry.export(tmp_path))
    text = shown(ministry, phone, nonce=NONCE)
    asked = ["verify", text, "--trust", trust, "--now", str(NOW + 60)]
    assert main([*asked, "--nonce", "k7qx 2m9a"]) == 0
    assert "Proved too: the phone that is enrolled" in capsys.readouterr().out
    assert main(asked) == 4
    assert "(live-nonce" in capsys.readouterr().out
    assert main([*asked, "--nonce", "short"]) == 2
    assert "challenge: got 'short'" in capsys.readouterr().err
    assert main(["verify", text, "--trust", trust, "--now", str(NOW + 120), "--nonce", "K7QX2M9A"]) == 4
    out = capsys.readouterr().out
    assert out.startswith("TIDAK DAPAT DIPERIKSA / CANNOT CHECK\n")
    assert "may be a copy, or the clock" in out


# On the screen


@pytest.mark.parametrize(("count", "most"), [(3, 18), (10, 20)])
def test_the_size_gates(ministry: Ministry, phone: FileSigner, count: int, most: int) -> None:
    text = shown(ministry, phone, nonce=NONCE, certifications=certifications(count))
    assert qr.symbol(text).version <= most


@pytest.mark.parametrize("count", [3, 10])
def test_a_screen_is_read_from_220_pixels_on(ministry: Ministry, phone: FileSigner, count: int) -> None:
    """Photographed: turned, blurred, and 220 to 360 pixels wide."""
    text = shown(ministry, phone, nonce=NONCE, certifications=certifications(count))
    screen = Image.open(io.BytesIO(qr.png(text, scale=4))).convert("L")
    for pixels in (220, 260, 300, 360):
        for turned in (0, 8, -20):
            picture = screen.rotate(turned, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
            scale = pixels / (screen.width * 0.92)  # without the quiet zone
            small = picture.resize(
                (round(picture.width * scale), round(picture.height * scale)), Image.Resampling.BILINEAR
            ).filter(ImageFilter.GaussianBlur(0.4))
            assert [found.text for found in zxingcpp.read_barcodes(small, formats=QR)] == [text], (pixels, turned)

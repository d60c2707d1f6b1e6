"""Live codes: what a holder's phone shows, what a copy of it is worth, and what a forger makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from card import cwt, qr
from card.live import CARD, NONCE, PROTECTED, holder_key, present
from card.projection import CNF, IAT, cbor
from tests.card.cards import NOW, claims
from tests.card.phones import new_phone
from tests.vectors.vector import REVOKED, Issuer, Vector, at_index, changed

ASKED, OTHER = b"7K2M9XQ4", b"0000ZZZZ"


def all_of(issuer: Issuer) -> Iterator[tuple[str, Vector]]:
    """(name, vector), in the order of the page."""
    phone, another = new_phone(), new_phone()
    named = claims(holder_key=holder_key(phone.public_jwk))
    card = cwt.sign(named, issuer.signer)
    shown, answered = present(card, phone, now=NOW), present(card, phone, now=NOW, nonce=ASKED)
    yield "live-valid", Vector("signed by the holder's phone in this second", shown, "valid", named)
    yield "live-with-nonce", Vector("with the verifier's nonce", answered, "valid", named, nonce=ASKED)
    for name, seconds, code in (("live-a-minute-ago", -60, "valid"), ("live-in-a-minute", 60, "valid"),
                                ("live-copied", -61, "live-expired"), ("live-ahead", 61, "live-expired")):  # fmt: skip
        text = present(card, phone, now=NOW + seconds)
        yield name, Vector(f"{seconds} seconds from now", text, code, named if code == "valid" else None)
    yield "live-other-nonce", Vector("the answer to another verifier", answered, "live-nonce", nonce=OTHER)
    yield "live-without-nonce", Vector("a nonce was given, and is not there", shown, "live-nonce", nonce=ASKED)
    yield "live-nonce-not-asked", Vector("a nonce where none was given", answered, "live-nonce")
    yield "live-printed-card", Vector("a nonce was given, and a printed card is shown", card, "live-nonce", nonce=ASKED)
    yield "live-other-phone", Vector("another phone signed", present(card, another, now=NOW), "live-key")
    bare = cwt.sign(claims(holder_key=None), issuer.signer)
    yield "live-card-without-phone", Vector("the card names no phone", present(bare, phone, now=NOW), "live-key")
    cose = qr.cose(shown)
    yield "live-altered-signature", Vector("one bit", cose[:-1] + bytes([cose[-1] ^ 1]), "live-signature")
    forged = present(card.replace(b"Siti", b"Sita"), phone, now=NOW)
    yield "live-altered-card", Vector("the card inside was altered", forged, "bad-signature")
    withdrawn = cwt.sign(at_index(REVOKED), issuer.signer)
    yield "live-revoked", Vector("the card inside was revoked", present(withdrawn, phone, now=NOW), "revoked")
    yield from of_other_forms(issuer, phone, cose)


def of_other_forms(issuer: Issuer, phone: Any, cose: bytes) -> Iterator[tuple[str, Vector]]:
    """Signed by the phone; its payload is not that of a live code, or another header says what it is."""
    payload = {IAT: NOW, CNF: {1: key_of(cose)}, CARD: qr.cose(issuer.ministry.text())}
    later = PROTECTED.replace(b"live+cwt", b"live+cw2")
    text = qr.text(cwt.sign1(later, cbor(payload), phone))
    yield "live-of-another-type", Vector("a live code of a later form has no signer here", text, "unknown-key")
    off_curve = changed(payload, CNF, 1, -2, to=b"\xff" * 32)
    for name, about, body in (
        ("live-more-members", "a member more", {**payload, 1: "kets"}),
        ("live-nonce-of-7-bytes", "a nonce too short", {**payload, NONCE: bytes(7)}),
        ("live-no-moment", "no time of signing", {key: held for key, held in payload.items() if key != IAT}),
        ("live-moment-before-1970", "a negative time", {**payload, IAT: -1}),
        ("live-key-off-the-curve", "an x beyond the field", off_curve),
        ("live-card-is-no-card", "other bytes in the place of the card", {**payload, CARD: b"card"}),
        ("live-in-a-live-code", "a live code inside another", {**payload, CARD: cose}),
    ):
        code = "unknown-key" if name == "live-in-a-live-code" else "not-a-card"
        yield name, Vector(about, qr.text(cwt.sign1(PROTECTED, cbor(body), phone)), code)


def key_of(cose: bytes) -> Any:
    """The COSE_Key in a live code."""
    import cbor2

    return cbor2.loads(cwt.parse(cose).payload)[CNF][1]

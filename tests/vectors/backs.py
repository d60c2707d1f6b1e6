"""The code on a card's back: good, of another card, forged, of another form; and alone. Its frame is no picture."""

from __future__ import annotations

from collections.abc import Iterator

from card import back, qr
from card.back import FACE, Back
from card.number import new_number
from card.projection import EXP, IDENTITY, WORKER, cbor
from tests.card.cards import claims
from tests.card.forging import signed
from tests.vectors.vector import NO_LIST, Issuer, Vector, changed

FRAME = bytes(range(256))


def all_of(issuer: Issuer) -> Iterator[tuple[str, Vector]]:
    """(name, vector), in the order of the page."""
    said, signer, front = claims(), issuer.signer, issuer.ministry.text()
    cose = back.sign(said, FRAME, signer)
    good = qr.text(cose)
    short, long = (qr.text(back.sign(said, bytes(size), signer)) for size in (1, 330))
    for name, about, text in (
        ("back-valid", "a frame of 256 bytes", good),
        ("back-valid-1-byte", "the shortest frame", short),
        ("back-valid-330-bytes", "the longest frame", long),
    ):
        yield name, Vector(about, front, "valid", said, back=text)
    yield "back-alone", Vector("a back in the place of a card", good, "back-alone")
    yield "front-in-the-place-of-a-back", Vector("the front twice", front, "not-a-back", back=front)
    for name, other in (
        ("number", claims(number=new_number(b"another"))),
        ("expiry", claims(expires_at=said.expires_at - 1)),
        ("issue", claims(issued_at=said.issued_at - 1)),
    ):
        text = qr.text(back.sign(other, FRAME, signer))
        yield f"back-of-another-{name}", Vector(f"its {name} is another", front, "back-differs", back=text)
    elsewhere = qr.text(back.sign(said, FRAME, issuer.ministry.signer(NO_LIST)))
    yield "back-by-another-shard", Vector("signed by another shard's signer", front, "back-differs", back=elsewhere)
    stranger = qr.text(back.sign(said, FRAME, issuer.stranger.signer()))
    yield "back-by-a-stranger", Vector("signed by nobody who is listed", front, "unknown-key", back=stranger)
    altered = qr.text(cose.replace(FRAME[:8], FRAME[1:9]))
    yield "back-altered", Vector("another picture", front, "bad-signature", back=altered)
    yield from of_other_forms(issuer, front)


def of_other_forms(issuer: Issuer, front: str) -> Iterator[tuple[str, Vector]]:
    said = claims()
    made = Back(number=said.number, issued_at=said.issued_at, expires_at=said.expires_at, frame=FRAME)
    payload = {
        EXP: said.expires_at,
        6: said.issued_at,
        IDENTITY: {1: said.number},
        WORKER: {0: 1, FACE: FRAME},
    }
    for name, about, body, code in (
        ("back-of-331-bytes", "a frame too long", cbor(changed(payload, WORKER, FACE, to=bytes(331))), "not-a-card"),
        ("back-of-no-bytes", "no frame", cbor(changed(payload, WORKER, FACE, to=b"")), "not-a-card"),
        ("back-frame-is-a-text", "a text for a frame", cbor(changed(payload, WORKER, FACE, to="face")), "not-a-card"),
        ("back-of-version-2", "profile version 2", cbor(changed(payload, WORKER, 0, to=2)), "not-a-back"),
        ("back-with-more", "a byte after it", made.payload + b"\0", "not-a-card"),
    ):
        yield name, Vector(about, front, code, back=qr.text(signed(body, issuer.signer)))
    yield "back-is-no-code", Vector("a web address", front, "not-a-card", back="HTTPS://EXAMPLE.ORG/")
    yield "back-too-long", Vector("4,297 characters", front, "too-long", back="0" * 4_297)
    other = qr.text(signed(made.payload, issuer.signer, head=b"\xa2\x01\x27\x04\x48"))
    yield "back-other-algorithm", Vector("EdDSA in the header", front, "algorithm", back=other)

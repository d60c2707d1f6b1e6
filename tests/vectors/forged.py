"""Cards that somebody made or altered, and cards that a careless issuer signed."""

from __future__ import annotations

import hashlib
import hmac
import json
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import cbor2

from card import base45, deflate, qr
from card.projection import IDENTITY, STATUS, WORKER, cbor, to_cwt, to_jwt
from keys import es256
from tests.card.cards import DAY, NOW, claims
from tests.card.forging import b64, signed, token
from tests.vectors.vector import NO_LIST, Issuer, Vector, changed

NAME = claims().name.encode()
TWIN = "Siti Nurhаliza Kusumawardani".encode()  # its first a is Cyrillic


def all_of(issuer: Issuer) -> Iterator[tuple[str, Vector]]:
    """(name, vector), in the order of the page."""
    yield from altered(issuer)
    yield from algorithms(issuer)
    yield from tokens(issuer)
    yield from spellings(issuer)
    yield from careless(issuer)
    yield from codes(issuer)


def altered(issuer: Issuer) -> Iterator[tuple[str, Vector]]:
    cose, jwt = issuer.ministry.cose(), issuer.ministry.jwt()
    head, payload, signature = jwt.split(".")
    yield "altered-name", Vector("one letter", qr.text(cose.replace(b"Siti", b"Sita")), "bad-signature")
    swapped = json.dumps({**to_jwt(claims()), "name": TWIN.decode()}, ensure_ascii=False).encode()
    yield (
        "look-alike-letters",
        Vector("one letter, by its Cyrillic twin", f"{head}.{b64(swapped)}.{signature}", "bad-signature"),
    )
    twin = cose.replace(NAME, TWIN[: len(NAME)])
    yield "look-alike-letters-cose", Vector("the same in the COSE_Sign1", twin, "bad-signature")
    later = cose.replace((NOW + 720 * DAY).to_bytes(4, "big"), (NOW + 900 * DAY).to_bytes(4, "big"))
    yield "altered-expiry", Vector("half a year longer", qr.text(later), "bad-signature")
    yield "altered-signature", Vector("one bit", cose[:-1] + bytes([cose[-1] ^ 1]), "bad-signature")
    s = es256.ORDER - int.from_bytes(cose[-32:], "big")
    yield "high-s", Vector("the other signature that verifies", cose[:-32] + s.to_bytes(32, "big"), "bad-signature")
    yield "signature-of-zeros", Vector("r = s = 0", cose[:-64] + bytes(64), "bad-signature")
    order = es256.ORDER.to_bytes(32, "big")
    yield "signature-r-is-the-order", Vector("r = n, s = 1", cose[:-64] + order + bytes(31) + b"\1", "bad-signature")
    forged = issuer.stranger.cose().replace(issuer.stranger.signer().kid, issuer.signer.kid)
    yield "forged-by-another-key", Vector("another key under our kid", forged, "bad-signature")
    wrong = cose.replace(issuer.signer.kid, issuer.ministry.signer(NO_LIST).kid)
    yield "wrong-kid", Vector("the kid of another listed signer", wrong, "bad-signature")
    of_another = cose[:-64] + issuer.ministry.cose(name="Budi")[-64:]
    yield "signature-of-another-card", Vector("a genuine signature, of another card", of_another, "bad-signature")
    yield (
        "altered-payload-jwt",
        Vector("header and signature kept", f"{head}.{payload[:-4]}AAAA.{signature}", "bad-signature"),
    )


def algorithms(issuer: Issuer) -> Iterator[tuple[str, Vector]]:
    payload, signer = cbor(to_cwt(claims())), issuer.signer
    for name, about, head in (
        ("other-algorithm", "EdDSA in the header, signed by ES256", b"\xa2\x01\x27\x04\x48"),
        ("other-algorithm-es384", "ES384 in the header", b"\xa2\x01\x38\x22\x04\x48"),
        ("other-algorithm-hmac", "HMAC in the header", b"\xa2\x01\x05\x04\x48"),
        ("algorithm-spelled-longer", "-7 in two bytes", b"\xa2\x01\x38\x06\x04\x48"),
        ("header-with-more", "a content type besides", b"\xa3\x01\x26\x03\x00\x04\x48"),
    ):
        yield name, Vector(about, signed(payload, signer, head=head), "algorithm")
    short = b"\xd2\x84\x43\xa1\x01\x26\xa0" + cbor2.dumps(payload) + b"\x58\x40" + bytes(64)
    yield "no-kid", Vector("a header without kid", short, "unknown-key")
    cose = issuer.ministry.cose()
    moved = cose.replace(b"\xa0", b"\xa1\x04\x48" + signer.kid, 1)
    yield "kid-outside", Vector("a kid in the unprotected header too", moved, "not-a-card")


def tokens(issuer: Issuer) -> Iterator[tuple[str, Vector]]:
    signer, payload = issuer.signer, to_jwt(claims())
    public = json.dumps(signer.public_jwk).encode()
    head = {"alg": "ES256", "kid": b64(signer.kid), "typ": "kets-card+jwt"}
    jwt = issuer.ministry.jwt()

    def by_hmac(text: bytes) -> bytes:
        return hmac.digest(public, text, hashlib.sha256)

    def headed(header: Any) -> str:
        return token(header, payload, signer.sign)

    doubled = json.dumps(head)[:-1] + ', "alg": "none"}'
    yield "alg-none", Vector("no signature", token({**head, "alg": "none"}, payload, lambda _: b""), "algorithm")
    yield (
        "alg-hs256",
        Vector("HMAC under the public key", token({**head, "alg": "HS256"}, payload, by_hmac), "algorithm"),
    )
    yield "hmac-as-es256", Vector("the same, said to be ES256", token(head, payload, by_hmac), "bad-signature")
    yield "alg-in-small-letters", Vector("es256", headed({**head, "alg": "es256"}), "algorithm")
    yield "kid-unknown-jwt", Vector("a kid of nobody", headed({**head, "kid": b64(b"12345678")}), "unknown-key")
    for name, about, header in (
        ("key-in-the-header", "a jwk in the header", {**head, "jwk": signer.public_jwk}),
        ("critical-header", "crit in the header", {**head, "crit": ["exp"]}),
        ("header-twice", "a header member twice", doubled.encode()),
        ("header-in-utf-16", "a header in UTF-16", json.dumps(head).encode("utf-16-le")),
        ("header-with-a-mark", "a byte order mark", b"\xef\xbb\xbf" + json.dumps(head).encode()),
        ("kid-is-a-number", "a kid that is no text", {**head, "kid": 5}),
        ("header-is-an-array", "no object", [head]),
    ):
        yield name, Vector(about, headed(header), "not-a-card")
    for name, about, text in (
        ("jwt-padded", "padding of base64", f"{jwt}=="),
        ("jwt-stray-bits", "stray bits in the last character", stray(jwt)),
        ("jwt-four-parts", "a fourth part", f"{jwt}.e30"),
        ("jwt-two-parts", "no signature part", jwt.rpartition(".")[0]),
        ("jwt-with-a-line-feed", "a line feed at the end", f"{jwt}\n"),
    ):
        yield name, Vector(about, text, "not-a-card")
    yield (
        "typ-of-a-status-list",
        Vector("signed, of another type", headed({**head, "typ": "statuslist+jwt"}), "newer-format"),
    )
    yield "a-status-list", Vector("a status list shown as card", issuer.ministry.status_token(), "unknown-key")
    yield "a-status-list-jwt", Vector("the JWT of one shown as card", issuer.ministry.status_jwt(), "newer-format")
    yield "a-trust-list", Vector("a trust list shown as card", issuer.ministry.trust_token(), "unknown-key")


def stray(jwt: str) -> str:
    """86 characters spell 64 bytes with four bits to spare: one of them set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return jwt[:-1] + alphabet[alphabet.index(jwt[-1]) + 1]


def spellings(issuer: Issuer) -> Iterator[tuple[str, Vector]]:
    """Signed by a listed signer, in a form that the profile has not."""
    said, signer = to_cwt(claims()), issuer.signer
    payload = cbor(said)
    twice = payload.replace(b"\xa6\x04", b"\xa7\x04" + payload[2:7] + b"\x04", 1)
    backward = cbor2.dumps(dict(reversed(said.items())))
    nested = changed(said, WORKER, 5, to=[[[[[[[[[[]]]]]]]]]])
    for name, about, body in (
        ("duplicate-key", "exp twice", twice),
        (
            "non-canonical-cbor",
            "a standing in two bytes",
            payload.replace(b"\x01\x01\x02\x78", b"\x01\x18\x01\x02\x78", 1),
        ),
        ("keys-out-of-order", "a map backwards", backward),
        ("indefinite-length", "a map without its length", b"\xbf" + payload[1:] + b"\xff"),
        ("cbor-float", "exp as a float", cbor2.dumps({**said, 4: float(NOW)})),
        ("cbor-tag", "exp under a tag", cbor2.dumps({**said, 4: cbor2.CBORTag(1, NOW)})),
        ("cbor-true-for-one", "version true", cbor2.dumps(changed(said, WORKER, 0, to=True))),
        ("cbor-null", "an occupation of null", cbor(changed(said, WORKER, 4, to=None))),
        ("trailing-bytes-in-the-payload", "a byte after the claims", payload + b"\0"),
        ("nested-deeply", "ten arrays", cbor(nested)),
        ("not-utf-8", "a name that is not UTF-8", payload.replace(b"Siti", b"S\xffti")),
        ("utf-8-of-a-surrogate", "a name with half a pair", payload.replace(b"Siti", b"S\xed\xa0\x80")),
        ("claims-cut", "half of the claims", payload[:100]),
        ("no-claims", "an empty payload", b""),
        ("claims-are-an-array", "no map", cbor([said])),
    ):
        yield name, Vector(about, signed(body, signer), "newer-format")
    web = to_jwt(claims())
    head = {"alg": "ES256", "kid": b64(signer.kid), "typ": "kets-card+jwt"}
    for name, about, text in (
        ("claim-twice-jwt", "a member twice", json.dumps(web)[:-1] + ', "name": "Budi"}'),
        (
            "float-for-integer-jwt",
            "iat with a fraction of nought",
            json.dumps(web).replace(str(web["iat"]), f"{web['iat']}.0"),
        ),
        (
            "exponent-for-integer-jwt",
            "iat with an exponent",
            json.dumps(web).replace(str(web["iat"]), f"{web['iat']}e0"),
        ),
        ("true-for-one-jwt", "version true", json.dumps(changed(web, "worker", "v", to=True))),
        ("null-jwt", "an occupation of null", json.dumps(changed(web, "worker", "occupation", to=None))),
        ("unknown-claim-jwt", "a member more", json.dumps({**web, "nik": ""})),
        ("surrogate-jwt", "a name with half a pair", json.dumps({**web, "name": "S\ud800ti"})),
        ("claims-are-an-array-jwt", "no object", json.dumps([web])),
    ):
        yield name, Vector(about, token(head, text.encode(), signer.sign), "newer-format")


def careless(issuer: Issuer) -> Iterator[tuple[str, Vector]]:
    """Signed by a listed signer, beyond the profile's bounds."""
    said = to_cwt(claims())
    eleven = [[*each] for each in said[WORKER][5]] + [[f"a/{place}", None, 0] for place in range(8)]
    born = f"{claims().issued_on + timedelta(days=3):%Y%m%d}"
    alone = {key: value for key, value in said[WORKER].items() if key != 2}
    for name, about, body in (
        ("bidi-in-name", "an override of direction", changed(said, IDENTITY, 4, to="Siti \u202eabudI")),
        ("zero-width-in-name", "a space of no width", changed(said, IDENTITY, 4, to="Si\u200bti")),
        ("control-in-name", "a tab", changed(said, IDENTITY, 4, to="Siti\tNur")),
        ("not-nfc-name", "e and an acute accent", changed(said, IDENTITY, 4, to="Re\u0301mi")),
        ("two-spaces-in-name", "two spaces", changed(said, IDENTITY, 4, to="Siti  Nur")),
        ("space-before-name", "a space before it", changed(said, IDENTITY, 4, to=" Siti")),
        ("other-space-in-name", "a space of another width", changed(said, IDENTITY, 4, to="Siti\u2003Nur")),
        ("noncharacter-in-name", "U+FFFF", changed(said, IDENTITY, 4, to="Siti\uffff")),
        ("private-use-in-name", "U+E000", changed(said, IDENTITY, 4, to="Siti\ue000")),
        ("name-of-81", "81 characters", changed(said, IDENTITY, 4, to="a" * 81)),
        ("no-name", "an empty name", changed(said, IDENTITY, 4, to="")),
        ("wrong-check-character", "a number that does not check", changed(said, IDENTITY, 1, to="11S4-QGDC-09RD")),
        ("number-in-small-letters", "a number spelled otherwise", changed(said, IDENTITY, 1, to="11s4-qgdc-09rc")),
        ("no-such-day", "born on 30 February", changed(said, IDENTITY, 8, to="19910230")),
        ("born-after-issue", "born three days after issue", changed(said, IDENTITY, 8, to=born)),
        ("six-years", "a card of six years", {**said, 4: NOW + 6 * 366 * DAY}),
        ("ends-before-it-begins", "expiry before issue", {**said, 4: NOW - 11 * DAY}),
        ("eleven-certifications", "one too many", changed(said, WORKER, 5, to=eleven)),
        ("certification-twice", "one code twice", changed(said, WORKER, 5, to=[said[WORKER][5][0]] * 2)),
        ("certification-without-scheme", "a code without scheme", changed(said, WORKER, 5, to=[["welding", None, 0]])),
        ("sex-3", "a sex of 3", changed(said, IDENTITY, 9, to=3)),
        ("standing-7", "a standing of 7", changed(said, WORKER, 1, to=7)),
        ("occupation-of-5-digits", "an occupation of 5 digits", changed(said, WORKER, 4, to=72_120)),
        ("nib-without-employer", "a NIB beside no name", {**said, WORKER: alone}),
        ("holder-key-of-15-bytes", "a holder's key of 15 bytes", {**said, 8: {3: bytes(15)}}),
        ("status-index-beyond", "index 2^20", changed(said, STATUS, "status_list", "idx", to=2**20)),
        ("status-named-otherwise", "kets:status:03", changed(said, STATUS, "status_list", "uri", to="kets:status:03")),
    ):
        yield name, Vector(about, signed(cbor(body), issuer.signer), "newer-format")


def codes(issuer: Issuer) -> Iterator[tuple[str, Vector]]:
    """What a camera may read, and what is made to look like it."""
    cose, text = issuer.ministry.cose(), issuer.ministry.text()
    body = deflate.deflate(cose)
    twin = text.replace("A", "А") if "A" in text else "А" + text[1:]
    untagged, mac = cose[1:], b"\xd1" + cose[1:]
    for name, about, data in (
        ("trailing-bytes", "a byte after the zlib stream", base45.encode(body + b"\0")),
        ("trailing-bytes-in-the-cose", "a byte after the signature", qr.text(cose + b"\0")),
        ("inflate-bomb", "2 MB in 2,000 bytes", base45.encode(zlib.compress(bytes(2_000_000), 9))),
        ("inflated-16385", "one byte too many", base45.encode(zlib.compress(bytes(16_385), 9))),
        ("other-zlib-header", "the header of another level", base45.encode(b"\x78\x9c" + body[2:])),
        ("zlib-cut", "without its last byte", base45.encode(body[:-1])),
        ("zlib-checksum", "an Adler-32 that differs", base45.encode(body[:-1] + bytes([body[-1] ^ 1]))),
        ("zlib-twice", "a second stream after the first", base45.encode(body + body)),
        ("raw-deflate", "no zlib around it", base45.encode(body[2:-4])),
        ("small-letters", "base45 in small letters", text.lower()),
        ("look-alike-letters-in-the-code", "a Cyrillic A for a Latin one", twin),
        ("base45-one-too-many", "one character left over", text + "0" * ((1 - len(text)) % 3)),
        ("base45-group-too-large", "a group beyond 16 bits", ":::" + text[3:]),
        ("prefixed", "a prefix that the profile has not", f"HC1:{text}"),
        ("with-a-line-feed", "a line feed after it", f"{text}\n"),
        ("empty", "nothing", ""),
        ("a-web-address", "a code of somebody else", "HTTPS://EXAMPLE.ORG/"),
        ("no-tag", "a COSE_Sign1 without its tag", untagged),
        ("tagged-as-mac", "a COSE_Mac0", mac),
        ("signature-of-63-bytes", "a signature cut", cose.replace(b"\x58\x40", b"\x58\x3f", 1)[:-1]),
        ("length-spelled-longer", "the header's length in two bytes", cose.replace(b"\x4d\xa2", b"\x58\x0d\xa2", 1)),
        ("cose-cut", "half of it", cose[:150]),
    ):
        yield name, Vector(about, data, "not-a-card")
    yield "too-long", Vector("4,297 characters", "0" * 4_297, "too-long")
    yield "too-long-jwt", Vector("a JWT of 4,297 characters", "ey" + "A" * 4_295, "too-long")

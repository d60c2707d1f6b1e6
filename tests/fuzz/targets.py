"""What the coverage-guided fuzzer calls: one function a door of the verifier, each raising when a promise is broken.

A promise: no crash but VerificationError, CardError or ValueError as documented; no claims but those that were signed;
no input that costs more than 50 ms.
"""

from __future__ import annotations

from collections.abc import Callable

from card import back, base45, cwt, deflate, live, plain, sdjwt
from card.errors import CardError
from card.status import LIST_BYTES
from keys import jws
from keys.encoding import b64url, unb64url
from tests.abuse.scene import Scene, is_one_spelling
from tests.card.forging import listed, signed

SCENE = Scene()


def text(data: bytes) -> None:
    """What a QR may say."""
    assert SCENE.card("text", data.decode("latin-1")) in (None, *SCENE.claims)


def cose(data: bytes) -> None:
    """COSE_Sign1, of a card or of a phone."""
    assert SCENE.card("cose", data) is None or data in SCENE.coses


def inflated(data: bytes) -> None:
    """COSE_Sign1 in whatever deflates to it, and DEFLATE that is none."""
    assert SCENE.card("deflate", base45.encode(deflate.HEADER + data)) in (None, *SCENE.claims)


def payload(data: bytes) -> None:
    """A payload under a good signature, by whatever made it."""
    assert is_one_spelling(SCENE.payload("payload", data), data)


def signed_payload(data: bytes) -> None:
    """The same, through the whole verifier."""
    assert is_one_spelling(SCENE.card("signed payload", signed(data, SCENE.signer)), data)


def presentation(data: bytes) -> None:
    """The payload of a live presentation; it is read before any signature is checked."""
    sign1 = cwt.Sign1(protected=live.PROTECTED, payload=data, signature=bytes(64))
    refused(lambda: live.parse(sign1))


def reverse(data: bytes) -> None:
    """The payload of a back; it too is read before its signature is checked."""
    sign1 = cwt.Sign1(protected=cwt.protected(SCENE.signer.kid), payload=data, signature=bytes(64))
    refused(lambda: back.parse(sign1))


def cbor(data: bytes) -> None:
    """Any CBOR."""
    refused(lambda: plain.loads(data))


def jwt(data: bytes) -> None:
    """Compact JWS: of a card, and of the trust list."""
    token = data.decode("latin-1")
    assert SCENE.card("jwt", f"ey{token}") in (None, *SCENE.claims)
    assert SCENE.trust_list("trust", token) is None or token in SCENE.trust_tokens


def signed_jwt(data: bytes) -> None:
    """A JWT's payload under a good signature."""
    header = b64url(b'{"alg":"ES256","kid":"' + b64url(SCENE.signer.kid).encode() + b'","typ":"kets-card+jwt"}')
    signing = f"{header}.{b64url(data)}"
    SCENE.card("signed jwt", f"{signing}.{b64url(SCENE.signer.sign(signing.encode()))}")
    refused(lambda: jws.parse(signing))


def status(data: bytes) -> None:
    """The CWT of a status list."""
    assert SCENE.status_list("status", data) is None or data in SCENE.status_tokens


def signed_status(data: bytes) -> None:
    """The claims of a status list under a good signature."""
    found = SCENE.status_list("signed status", listed(SCENE.signer, data))
    assert found is None or len(found.entries) == LIST_BYTES


def disclosures(data: bytes) -> None:
    """SD-JWT: what a holder may show."""
    shown = data.decode("latin-1")
    issuer_jwt = SCENE.credentials[0].partition("~")[0]
    SCENE.shown("credential", f"{issuer_jwt}~{shown}")
    refused(lambda: sdjwt.parse(shown))
    refused(lambda: sdjwt.reveal({"_sd": [sdjwt.digest(b64url(data))]}, [b64url(data)]))


def spelling(data: bytes) -> None:
    """base45 and base64url have one spelling."""
    letters = data.decode("latin-1")
    for encode, decode in ((base45.encode, base45.decode), (b64url, unb64url)):
        try:
            found = decode(letters)
        except ValueError:
            continue
        assert encode(found) == letters


def refused(work: Callable[[], object]) -> object:
    """What `work` finds, or None when it says no as it should."""
    try:
        return work()
    except (ValueError, CardError):
        return None


TARGETS: dict[str, Callable[[bytes], None]] = {
    each.__name__: each
    for each in (
        text,
        cose,
        inflated,
        payload,
        signed_payload,
        presentation,
        reverse,
        cbor,
        jwt,
        signed_jwt,
        status,
        signed_status,
        disclosures,
        spelling,
    )
}


def seeds(name: str) -> list[bytes]:
    """Genuine inputs of a target, for the fuzzer to begin with."""
    payloads = [cwt.parse(each).payload for each in SCENE.coses]
    lives = [cwt.parse(deflate.inflate(base45.decode(each))).payload for each in SCENE.lives]
    texts = [each.encode() for each in (*SCENE.texts, *SCENE.lives)]
    jwts = [each.encode() for each in SCENE.jwts]
    held = [each.partition("~")[2].encode() for each in SCENE.credentials]
    return {
        "text": texts,
        "cose": SCENE.coses,
        "inflated": [deflate.deflate(each)[2:] for each in SCENE.coses],
        "payload": payloads,
        "signed_payload": payloads,
        "presentation": lives,
        "reverse": [cwt.parse(each).payload for each in SCENE.backs],
        "cbor": payloads + lives,
        "jwt": [each[2:] for each in jwts] + [each.encode() for each in SCENE.trust_tokens],
        "signed_jwt": [unb64url(each.decode().split(".")[1]) for each in jwts],
        "status": SCENE.status_tokens[:2],
        "signed_status": [cwt.parse(each).payload for each in SCENE.status_tokens[:2]],
        "disclosures": held + [unb64url(one) for one in held[0].decode().split("~")[:-1]],
        "spelling": texts + jwts,
    }[name]

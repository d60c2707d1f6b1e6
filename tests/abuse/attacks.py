"""Ways to tamper, as Hypothesis draws them: bytes, structure, algorithms, keys, wrappings, letters."""

from __future__ import annotations

import base64
import copy
import json
import string
import zlib
from collections.abc import Callable
from typing import Any

import cbor2
from hypothesis import strategies as st

from card import base45, cwt, deflate, status
from card.projection import cbor, encode_cwt
from tests.card.forging import signed

BASE64URL = string.ascii_letters + string.digits + "-_."
LOOK_ALIKES = {
    "a": "аàａ",
    "e": "еéｅ",
    "i": "іíıｉ",
    "o": "оóｏ",
    "u": "ս",
    "S": "ЅՏ",
    "N": "Ν",
    "K": "Κ",
    "n": "ո",
    " ": "\u00a0\u2009",
}
HIDDEN = "\u200b\u200d\u202e\u2066\u00ad\ufeff\u0000\u00a0\u2009"  # what a name may never hold
MARKS = "\u0301" + HIDDEN
Edit = Callable[[str], str]


def _at(share: float, text: str) -> int:
    return int(share * len(text))


def edits(alphabet: str) -> st.SearchStrategy[Edit]:
    """Replace, insert, delete, repeat or turn, at places given as shares of the length; up to six times."""
    place, letters, count = st.floats(0, 0.999), st.text(alphabet, min_size=1, max_size=3), st.integers(1, 40)
    one = st.one_of(
        st.builds(lambda p, x: lambda t: t[: _at(p, t)] + x + t[_at(p, t) + len(x) :], place, letters),
        st.builds(lambda p, x: lambda t: t[: _at(p, t)] + x + t[_at(p, t) :], place, letters),
        st.builds(lambda p, n: lambda t: t[: _at(p, t)] + t[_at(p, t) + n :], place, count),
        st.builds(lambda p, n: lambda t: t[: _at(p, t) + n] + t[_at(p, t) :], place, count),
        st.builds(lambda p: lambda t: t[_at(p, t) :] + t[: _at(p, t)], place),
    )
    return st.lists(one, min_size=1, max_size=6).map(_in_turn)


def _in_turn(changes: list[Edit]) -> Edit:
    def changed(text: str) -> str:
        for change in changes:
            text = change(text)
        return text

    return changed


byte_edits = edits("".join(map(chr, range(256)))).map(lambda e: lambda b: e(b.decode("latin-1")).encode("latin-1"))

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**65), 2**65)
    | st.sampled_from([0, 1, 2, 3, -1, 2**20, 2**20 - 1, 65_536, 912_346, 1_999_999_999, 2**63])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(
        ["kets:status:3", "kets:status:4", "kets:status:03", "ES256", "none", "HS256", "", "statuslist+jwt"]
    )
)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
TAGS = [0, 1, 2, 4, 5, 18, 25, 28, 29, 30, 35, 36, 37, 258]
cbor_values = st.recursive(
    scalars | st.binary(max_size=20) | st.builds(cbor2.CBORTag, st.sampled_from(TAGS), scalars),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.integers(-2, 10) | st.text(max_size=4), inner, max_size=4)
    ),
)


@st.composite
def changed_trees(draw: st.DrawFn, tree: Any, values: st.SearchStrategy[Any]) -> Any:
    """A tree of maps and lists with one to three nodes replaced, removed, added, renamed or swapped."""
    tree = copy.deepcopy(tree)
    for _ in range(draw(st.integers(1, 3))):
        inner, key = draw(st.sampled_from(list(_places(tree)) or [([None], 0)]))
        match draw(st.sampled_from(["replace", "remove", "add", "rename", "turn"])):
            case "replace":
                inner[key] = draw(values)
            case "remove":
                del inner[key]
            case "add" if isinstance(inner, dict):
                inner[draw(st.integers(-3, 70_000) | st.text(max_size=5))] = draw(values)
            case "rename" if isinstance(inner, dict):
                inner[draw(st.integers(-3, 12) | st.text(max_size=5))] = inner.pop(key)
            case _ if isinstance(inner, dict):
                inner[key] = inner.pop(key)  # another order
            case _:
                inner.append(draw(values))
    return tree


def _places(tree: Any) -> Any:
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in list(pairs):
        yield tree, key
        yield from _places(value)


NASTY = [
    b"\xbf\xff",
    b"\x9f\xff",
    b"\x5f\x41\x00\xff",
    b"\x81" * 5_000 + b"\x00",
    b"\xa1\x00" * 5_000 + b"\x00",
    b"\xd8\x64" * 3_000 + b"\x00",
    b"\xa2\x01\x01\x01\x02",
    b"\x5b" + b"\xff" * 8,
    b"\x9b" + b"\xff" * 8,
    b"\xbb\x00\x00\x00\xff\xff\xff\xff\xff",
    b"\xf9\x7e\x00",
    b"\xc2\x58\xff" + b"\xff" * 255,
    b"\xd8\x23\x78\x28" + b"(a+)+$" * 7,
    b"\xd8\x1c\xd8\x1d\x00",
    b"\x7f\x61\xc3\xff",
    b"\x1b\x00\x00\x00\x00\x00\x00\x00\x01",
]
"""CBOR that a careless reader chokes on: endless, deep, large, twice, recursive."""


@st.composite
def payloads(draw: st.DrawFn, genuine: bytes) -> bytes:
    """A claims set with its structure changed, in canonical CBOR or not, or with something nasty in it."""
    kind = draw(st.sampled_from(["structure", "spelling", "bytes", "nasty"]))
    if kind == "bytes":
        return draw(byte_edits)(genuine)
    if kind == "nasty":
        cut = draw(st.integers(0, len(genuine)))
        return genuine[:cut] + draw(st.sampled_from(NASTY)) + genuine[cut:] * draw(st.booleans())
    tree = cbor2.loads(genuine)
    if kind == "structure":
        tree = draw(changed_trees(tree, cbor_values))
    return cbor2.dumps(tree, canonical=False) if kind == "spelling" or draw(st.booleans()) else cbor(tree)


HEADERS = [
    b"\xa2\x01\x27\x04\x48",
    b"\xa2\x01\x38\x22\x04\x48",
    b"\xa2\x01\x38\x23\x04\x48",
    b"\xa2\x01\x05\x04\x48",
    b"\xa2\x01\x00\x04\x48",
    b"\xa2\x01\x63\x45\x53\x32\x04\x48",
    b"\xa2\x04\x48",
    b"\xa1\x04\x48",
    b"\xa3\x01\x26\x02\x81\x01\x04\x48",
    b"\xa2\x01\x26\x04\x47",
    b"",
]
"""Protected headers up to the kid: other algorithms, none, critical ones, another length."""


@st.composite
def coses(draw: st.DrawFn, genuine: bytes, signers: list[Any]) -> bytes:
    """A COSE_Sign1 with another header, key id, payload or signature; or its frame changed."""
    sign1 = cwt.parse(genuine)
    head, kid = sign1.protected[:5], sign1.kid
    payload, signature, unprotected, start = sign1.payload, sign1.signature, b"\xa0", b"\xd2\x84"
    for kind in draw(st.lists(st.sampled_from(["head", "kid", "payload", "signature", "open", "start"]), min_size=1)):
        match kind:
            case "head":
                head = draw(st.sampled_from(HEADERS))
            case "kid":
                kid = draw(st.sampled_from([each.kid for each in signers]) | st.binary(min_size=0, max_size=9))
            case "payload":
                payload = draw(payloads(sign1.payload))
            case "signature":
                signature = draw(st.sampled_from([b"", bytes(64), signature[:32], signature[32:] + signature[:32]]))
            case "open":
                unprotected = draw(st.sampled_from([b"\xa1\x01\x26", b"\xa1\x04\x48" + kid, b"\xbf\xff", b"", b"\xf6"]))
            case _:
                start = draw(st.sampled_from([b"\x84", b"\xd1\x84", b"\xd2\x85", b"\xd8\x12\x84", b"\xd2\x9f", b""]))
    parts = cbor2.dumps(head + kid), unprotected, cbor2.dumps(payload), cbor2.dumps(signature)
    return start + b"".join(parts)


@st.composite
def signed_by_others(draw: st.DrawFn, genuine: bytes, signers: list[Any]) -> bytes:
    """Signed anew by who may not: a stranger, a root, another shard's signer; with a key id of one's choice."""
    sign1, signer = cwt.parse(genuine), draw(st.sampled_from(signers))
    kid = draw(st.sampled_from([sign1.kid, signer.kid]))
    unsigned = cwt.Sign1(protected=b"\xa2\x01\x26\x04\x48" + kid, payload=draw(payloads(sign1.payload)), signature=b"")
    parts = cbor2.dumps(unsigned.protected), b"\xa0", cbor2.dumps(unsigned.payload)
    return b"\xd2\x84" + b"".join([*parts, cbor2.dumps(signer.sign(unsigned.signed_bytes))])


@st.composite
def status_lists(draw: st.DrawFn, genuine: bytes, signers: list[Any], right: Any) -> tuple[bytes, bool]:
    """A status list with header, claims, signature or bytes changed, signed anew or not; whether `right` signed it."""
    sign1 = cwt.parse(genuine, limit=status.MAX_TOKEN)
    if draw(st.booleans()):
        return draw(byte_edits)(genuine), False
    kid, payload = right.kid, sign1.payload
    signer = draw(st.sampled_from([None, right, right, *signers]))
    if signer is not None and draw(st.booleans()):
        kid = signer.kid
    head = draw(st.sampled_from([status.protected(kid), status.protected(kid), *(each + kid for each in HEADERS)]))
    if draw(st.booleans()):
        payload = draw(payloads(payload))
    if signer is not None:
        return cwt.sign1(head, payload, signer), signer is right
    signature = draw(st.sampled_from([sign1.signature, b"", bytes(64)]))
    return b"\xd2\x84" + b"".join([cbor2.dumps(head), b"\xa0", cbor2.dumps(payload), cbor2.dumps(signature)]), False


@st.composite
def look_alikes(draw: st.DrawFn, text: str) -> str:
    """The same to the eye: some letters of other alphabets, or marks that do not show."""
    places = draw(st.lists(st.integers(0, len(text) - 1), min_size=1, max_size=4))
    letters = list(text)
    for place in places:
        if letters[place] in LOOK_ALIKES:
            letters[place] = draw(st.sampled_from(LOOK_ALIKES[letters[place]]))
        else:
            letters[place] += draw(st.sampled_from(MARKS))
    return "".join(letters)


@st.composite
def wrappings(draw: st.DrawFn, cose: bytes) -> str:
    """The same bytes deflated in another way, or what inflates to far more than it should."""
    if draw(st.booleans()):
        level, memory = draw(st.integers(0, 9)), draw(st.integers(1, 9))
        stream = zlib.compressobj(level, zlib.DEFLATED, draw(st.integers(9, 15)), memory, draw(st.integers(0, 4)))
        cut = draw(st.integers(0, len(cose)))
        flush = draw(st.sampled_from([zlib.Z_NO_FLUSH, zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_BLOCK]))
        body = stream.compress(cose[:cut]) + stream.flush(flush) + stream.compress(cose[cut:]) + stream.flush()
    else:
        size = draw(st.sampled_from([deflate.MAX_INFLATED, deflate.MAX_INFLATED + 1, 200_000, 2_000_000]))
        seed = draw(st.binary(min_size=1, max_size=8)) if draw(st.booleans()) else cose
        body = zlib.compress((seed * (size // len(seed) + 1))[:size], 9)
    header = draw(st.sampled_from([deflate.HEADER, body[:2], b"\x78\x9c", b"\x78\xbb\x00\x00\x00\x00"]))
    tail = draw(st.sampled_from([b"", b"\x00", body]))
    return base45.encode(header + body[2:] + tail)[: draw(st.sampled_from([4_296, 4_297, 2**20]))]


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@st.composite
def tokens(draw: st.DrawFn, genuine: str, signers: list[Any], right: Any) -> tuple[str, bool]:
    """A compact JWS with header or payload changed, signed anew or not; and whether `right` signed it."""
    head, body, signature = genuine.split(".")
    header, payload = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in (head, body))
    what = draw(st.sampled_from(["header", "payload", "both", "letters"]))
    if what == "letters":
        return draw(edits(BASE64URL + "=\n é"))(genuine), False
    if what != "payload":
        header = draw(changed_trees(header, json_values))
    if what != "header":
        payload = draw(changed_trees(payload, json_values))
    signer = draw(st.sampled_from([None, right, right, *signers]))
    if signer is not None and isinstance(header, dict) and draw(st.booleans()):
        header["kid"] = b64url(signer.kid)
    signing = ".".join(b64url(json.dumps(part).encode()) for part in (header, payload))
    if signer is None:
        return f"{signing}.{draw(st.sampled_from([signature, '', b64url(bytes(64))]))}", False
    return f"{signing}.{b64url(signer.sign(signing.encode()))}", signer is right


def renamed(cose: bytes, card: Any, name: str, signer: Any | None) -> bytes:
    """The card with another name, under the old signature or a new one."""
    tree = cbor2.loads(encode_cwt(card))
    tree[169][4] = name
    if signer is not None:
        return signed(cbor(tree), signer)
    sign1 = cwt.parse(cose)
    parts = cbor2.dumps(sign1.protected), b"\xa0", cbor2.dumps(cbor(tree)), cbor2.dumps(sign1.signature)
    return b"\xd2\x84" + b"".join(parts)

"""Cards and lists with something changed. What is changed is seeded; keys and signatures are new in every run.

A mutant is made where a forger may put a hand (text, DEFLATE, COSE, JWT, lists) and where only a signer could (claims
of any kind and any spelling, under a good signature): what is signed is still the ministry's word, and both verifiers
must read it alike or not at all.
"""

from __future__ import annotations

import json
import string
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import cbor2

from card import base45, cwt, deflate, qr
from card import status as status_lists
from card.avif import avif
from card.back import FACE, Back
from card.back import sign as sign_back
from card.live import PROTECTED, holder_key, present
from card.projection import WORKER, cbor, to_cwt, to_jwt
from keys.encoding import unb64url
from tests.card.both import Question
from tests.card.cards import DAY, NOW, SHARD, Ministry, certifications, claims
from tests.card.forging import b64, list_claims, listed, signed, token
from tests.card.phones import new_phone

BASE64URL = string.ascii_letters + string.digits + "-_."
LETTERS = (
    "aZé\u0430\u0435\u03bf\u0301\u200b\u200d\u202e\u2066\u00a0\u2003ſßﬁİ李𝒜\ue000\uffff\U0010ffff\u0378\t\0 -'"
    + string.ascii_letters
)
WHOLE = (0, 1, 2, 3, 7, 23, 24, 255, 256, 65_535, 65_536, 2**20, 2**31, 2**32, 2**53 - 1, 2**53, 2**63, 2**64 - 1)
TEXTS = ("", "a", "1", "kets:status:3", "7212", "M", "male", "19910507", "1991-05-07", "F.431000.001.02", "skkni/a")
FRAME = bytes(range(200))
STATUS = f"status/{SHARD}.cwt"
FILES = ("root.json", "titles.json", "trust-list.jwt", STATUS)
EMPTY = [zlib.compress(bytes(status_lists.LIST_BYTES), level) for level in range(10)]
ODD = (*WHOLE, *TEXTS, -1, -25, -65_537, NOW, NOW + DAY, 0.0, 1.0, 1.5, -0.0, 1e300, True, False, None, [], {}, [[]])


@dataclass(frozen=True)
class Mutant:
    """What is shown to a verifier, and what an accepted card may say: `fits` of its claims in the form of the JWT.

    `thumbnail`: the picture that the code on its back may give, hexadecimal.
    """

    question: Question
    fits: Callable[[dict[str, Any]], bool]
    kind: str
    thumbnail: str | None = None


class Mutants:
    """An endless supply from one ministry; `folder` for the lists of its verifiers."""

    def __init__(self, ministry: Ministry, folder: Path, seed: int) -> None:
        self.ministry, self.folder, self.rng = ministry, folder, Random(seed)
        ministry.statuses = {1_000: 1}
        self.trust = ministry.export(folder / "fresh")
        self.listed = {name: (self.trust / name).read_bytes() for name in FILES}
        self.signer = ministry.signer()
        self.said = claims()
        self.cose, self.text, self.jwt = ministry.cose(), ministry.text(), ministry.jwt()
        self.phone = new_phone()
        self.named = ministry.cose(holder_key=holder_key(self.phone.public_jwk))
        self.back = sign_back(self.said, FRAME, self.signer)
        self.number = 0
        self.kinds: list[Callable[[], tuple[str | bytes, Callable[[dict[str, Any]], bool]]]] = [
            self.of_text, self.of_deflate, self.of_cose, self.of_jwt, self.of_header, self.of_claims, self.of_members,
            self.of_payload_bytes, self.of_json, self.of_names, self.of_noise, self.of_live,
        ]  # fmt: skip

    def __iter__(self) -> Iterator[Mutant]:
        while True:
            yield from (self._mutant(kind) for kind in self.kinds)
            yield self.of_lists()
            yield self.of_back()

    def _mutant(self, make: Callable[[], tuple[str | bytes, Callable[[dict[str, Any]], bool]]]) -> Mutant:
        data, fits = make()
        return Mutant(Question(data=data, trust=self.trust, now=NOW), fits, make.__name__)

    def unaltered(self, accepted: dict[str, Any]) -> bool:
        return accepted == to_jwt(self.said)

    # By whoever holds a card

    def of_text(self) -> Any:
        return edited(self.text, base45.ALPHABET + "aé\u0410\n", self.rng), self.unaltered

    def of_deflate(self) -> Any:
        level, strategy = self.rng.randrange(10), self.rng.randrange(5)
        stream = zlib.compressobj(level, zlib.DEFLATED, 15, self.rng.randint(1, 9), strategy)
        parts = [self.cose[:100], self.cose[100:200], self.cose[200:]]
        flush = [zlib.Z_NO_FLUSH, zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_PARTIAL_FLUSH]
        body = b"".join(stream.compress(part) + stream.flush(self.rng.choice(flush)) for part in parts)
        body = deflate.HEADER + (body + stream.flush())[2:]
        return base45.encode(scratched(body, self.rng) if self.rng.random() < 0.7 else body), self.unaltered

    def of_cose(self) -> Any:
        cose = scratched(self.cose, self.rng)
        return (qr.text(cose) if self.rng.random() < 0.5 else cose), self.unaltered

    def of_jwt(self) -> Any:
        return edited(self.jwt, f"{BASE64URL}=+/\n é", self.rng), self.unaltered

    def of_header(self) -> Any:
        """Another header over the same claims, signed in one way or another."""
        head: dict[str, Any] = {"alg": "ES256", "kid": b64(self.signer.kid), "typ": "kets-card+jwt"}
        name = self.rng.choice(["alg", "kid", "typ", "crit", "jwk", "x5c", "b64"])
        values = ["ES256", "none", "HS256", "ES384", "es256", "statuslist+jwt", b64(self.ministry.signer(4).kid), *ODD]
        header: Any = {**head, name: self.rng.choice(values)}
        if self.rng.random() < 0.2:
            del header[self.rng.choice(list(head))]
        if self.rng.random() < 0.2:
            header = edited(json.dumps(header), string.printable, self.rng).encode()
        sign = self.rng.choice([self.signer.sign, self.signer.sign, lambda _: b"", lambda _: self.rng.randbytes(64)])
        return token(header, to_jwt(self.said), sign), self.unaltered

    def of_live(self) -> Any:
        """A live code altered, or another that the phone signed."""
        shown = qr.cose(present(self.named, self.phone, now=NOW))
        if self.rng.random() < 0.5:
            return scratched(shown, self.rng), self.by_the_phone
        payload = cbor_or_nothing(changed(cbor2.loads(cwt.parse(shown).payload), self.rng))
        if self.rng.random() < 0.3 and payload:
            payload = scratched(payload, self.rng)
        return cwt.sign1(PROTECTED, payload, self.phone), self.by_the_phone

    def by_the_phone(self, accepted: dict[str, Any]) -> bool:
        return accepted == {**to_jwt(self.said), "cnf": {"kid": b64(holder_key(self.phone.public_jwk))}}

    def of_noise(self) -> Any:
        size = self.rng.choice([0, 1, 10, 300, 4_296, 4_297, 16_384, 16_385])
        kind = self.rng.randrange(4)
        if kind == 0:
            return self.rng.randbytes(size), self.unaltered
        if kind == 1:
            return "".join(self.rng.choices(base45.ALPHABET, k=size)), self.unaltered
        if kind == 2:
            return "ey" + "".join(self.rng.choices(BASE64URL, k=size)), self.unaltered
        bomb = zlib.compress(bytes([self.rng.randrange(256)]) * (size * self.rng.randint(1, 200)), 9)
        return base45.encode(bomb), self.unaltered

    # By a signer that is careless, or newer than the verifier

    def of_claims(self) -> Any:
        return self._cwt(cbor_or_nothing(changed(to_cwt(self.person()), self.rng)))

    def of_payload_bytes(self) -> Any:
        return self._cwt(scratched(cbor(to_cwt(self.person())), self.rng))

    def of_members(self) -> Any:
        return self._web(json.dumps(changed(to_jwt(self.person()), self.rng)))

    def of_json(self) -> Any:
        return self._web(edited(json.dumps(to_jwt(self.person())), string.printable + "é\u0430", self.rng))

    def of_names(self) -> Any:
        name = "".join(self.rng.choices(LETTERS, k=self.rng.randint(0, 82)))
        if self.rng.random() < 0.3:
            name = "".join(chr(self.rng.randrange(0x110000)) for _ in range(self.rng.randint(1, 3)))
        if self.rng.random() < 0.5:
            said = to_cwt(self.said)
            return self._cwt(cbor_or_nothing({**said, 169: {**said[169], 4: name}}))
        return self._web(json.dumps({**to_jwt(self.said), "name": name}))

    def person(self) -> Any:
        few = certifications(self.rng.randint(0, 3))
        return claims(certifications=few, holder_key=self.rng.choice([None, bytes(16)]))

    def _cwt(self, payload: bytes) -> Any:
        def fits(accepted: dict[str, Any]) -> bool:
            from card.projection import encode_cwt, from_jwt

            return encode_cwt(from_jwt(accepted)) == payload

        return signed(payload, self.signer), fits

    def _web(self, payload: str) -> Any:
        head = {"alg": "ES256", "kid": b64(self.signer.kid), "typ": "kets-card+jwt"}
        made = token(head, payload.encode(errors="surrogatepass"), self.signer.sign)
        return made, lambda accepted: accepted == json.loads(payload)

    def of_back(self) -> Mutant:
        """A good card, and a back that was altered, or made by a careless signer."""
        said = Back(number=self.said.number, issued_at=NOW - 10 * DAY, expires_at=NOW + 720 * DAY, frame=FRAME)
        if self.rng.random() < 0.5:
            cose, frame = scratched(self.back, self.rng), FRAME
        else:
            made = changed(cbor2.loads(said.payload), self.rng)
            cose, frame = signed(cbor_or_nothing(made), self.signer), frame_of(made)
        asked = Question(data=self.text, trust=self.trust, now=NOW, back=qr.text(cose))
        return Mutant(asked, self.unaltered, "of_back", avif(frame).hex())

    # By whoever brings the lists, or signs them carelessly

    def of_lists(self) -> Mutant:
        """A good card at a verifier whose trust list or status list is another."""
        self.number += 1
        root, trust, status = self.ministry.keyring.root, self.listed["trust-list.jwt"].decode(), self.listed[STATUS]
        chain, kind = "[]", self.rng.randrange(7)
        if kind == 5:
            step = root.jwt({"iat": NOW, "next_root": self.signer.public_jwk}, {"typ": "kets-root+jwt"})
            chain = edited(json.dumps([step]), string.printable, self.rng)
        elif kind == 0:
            trust = edited(trust, BASE64URL, self.rng)
        elif kind == 1:
            status = scratched(status, self.rng)
        elif kind == 2:
            body = changed(json.loads(unb64url(trust.split(".")[1])), self.rng)
            trust = root.jwt(jsonable(body), {"typ": "kets-trust+jwt"})
        elif kind == 3:
            status = listed(self.signer, cbor_or_nothing(changed(list_claims(SHARD, NOW - DAY), self.rng)))
        elif kind == 4:
            status = listed(self.signer, scratched(cbor(list_claims(SHARD, NOW - DAY)), self.rng))
        else:
            lst = scratched(self.rng.choice(EMPTY), self.rng)
            status = listed(self.signer, list_claims(SHARD, NOW - DAY, lst=lst))
        folder = self.folder / str(self.number)
        (folder / "status").mkdir(parents=True)
        mine = {"roots.json": chain.encode(), "trust-list.jwt": trust.encode(), STATUS: status}
        for name, content in {**self.listed, **mine}.items():
            (folder / name).write_bytes(content)
        return Mutant(Question(data=self.text, trust=folder, now=NOW), self.unaltered, "of_lists")


def edited(text: str, alphabet: str, rng: Random) -> str:
    """One to four pieces replaced, inserted, taken out, doubled or moved."""
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        place, size = rng.randint(0, len(text)), rng.choice([1, 1, 2, 3, 40])
        new = "".join(rng.choices(alphabet, k=min(size, 3)))
        text = rng.choice([
            text[:place] + new + text[place + len(new):],
            text[:place] + new + text[place:],
            text[:place] + text[place + size:],
            text[:place] + text[place:place + size] + text[place:],
            text[place:] + text[:place],
        ])  # fmt: skip
    return text


def scratched(data: bytes, rng: Random) -> bytes:
    """A bit turned, or pieces changed as of a text."""
    if rng.random() < 0.5:
        place = rng.randrange(len(data))
        return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]
    return edited(data.decode("latin-1"), "".join(map(chr, range(256))), rng).encode("latin-1")


def changed(value: Any, rng: Random) -> Any:
    """`value` with something odd at one place of its structure: another value, one more, one fewer."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(list(value))
        choice = rng.randrange(8)
        if choice == 0:
            return {name: held for name, held in value.items() if name != key}
        if choice == 1:
            return {
                **value,
                (rng.choice(["x", "nik", "exp"]) if isinstance(key, str) else rng.randint(-3, 12)): odd(rng),
            }
        return {**value, key: changed(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.9:
        place = rng.randrange(len(value))
        choice = rng.randrange(6)
        if choice == 0:
            return value[:place] + value[place + 1 :]
        if choice == 1:
            return value[: place + 1] + value[place:]
        return [*value[:place], changed(value[place], rng), *value[place + 1 :]]
    if isinstance(value, int) and rng.random() < 0.5:
        return value + rng.choice([-1, 1, 256, -(2**32), 2**32, 0.0])
    if isinstance(value, str) and rng.random() < 0.5:
        return edited(value, LETTERS, rng)
    return odd(rng)


def odd(rng: Random) -> Any:
    return rng.choice(ODD)


def cbor_or_nothing(value: Any) -> bytes:
    try:
        return cbor(value)
    except (cbor2.CBOREncodeError, ValueError):  # a surrogate, which CBOR cannot say
        return b""


def jsonable(value: Any) -> Any:
    return {str(key): held for key, held in value.items()} if isinstance(value, dict) else {}


def frame_of(made: Any) -> bytes:
    worker = made.get(WORKER) if isinstance(made, dict) else None
    frame = worker.get(FACE) if isinstance(worker, dict) else None
    return frame if isinstance(frame, bytes) else b""

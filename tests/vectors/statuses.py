"""Status lists of another form: folders in which the list of the card's shard is not as the profile has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from card import cwt, status, trustdir
from card.projection import cbor
from tests.card.cards import DAY, NOW, SHARD, claims
from tests.card.forging import EMPTY_LIST, b64, list_claims, listed
from tests.vectors.folders import STATUSES, Builder, fresh, with_status_list
from tests.vectors.vector import Issuer, Vector


def payload(change: Callable[[bytes], bytes]) -> Builder:
    """The good claims in another spelling, signed."""

    def build(issuer: Issuer, folder: Path) -> None:
        said = change(cbor(list_claims(SHARD, NOW - DAY)))
        fresh(issuer, folder, status_token=listed(issuer.signer, said))

    return build


def header(change: Callable[[bytes], bytes]) -> Builder:
    """The good claims under another protected header, signed; `change` of the right one."""

    def build(issuer: Issuer, folder: Path) -> None:
        head = change(status.protected(issuer.signer.kid))
        fresh(issuer, folder, status_token=listed(issuer.signer, list_claims(SHARD, NOW - DAY), head=head))

    return build


def token(change: Callable[[bytes], bytes]) -> Builder:
    """The bytes of a good list changed."""

    def build(issuer: Issuer, folder: Path) -> None:
        issuer.ministry.statuses = STATUSES
        fresh(issuer, folder, status_token=change(issuer.ministry.status_token(issued_at=NOW - DAY)))

    return build


def kid_unprotected(good: bytes) -> bytes:
    """The key id where the draft's example has it, which is not where ours is."""
    kid, typ = good[9:17], good[17:46]
    return b"\xd2\x84" + cbor(b"\xa2\x01\x26" + typ) + b"\xa1\x04" + cbor(kid) + good[47:]


def as_jwt(issuer: Issuer, folder: Path) -> None:
    fresh(issuer, folder, status_token=issuer.ministry.status_jwt(issued_at=NOW - DAY).encode())


def of_an_earlier_version(issuer: Issuer, folder: Path) -> None:
    fresh(issuer, folder)
    (folder / trustdir.status_file(SHARD)).unlink()
    (folder / trustdir.former_file(SHARD)).write_text(issuer.ministry.status_jwt(issued_at=NOW - DAY))


FORMS: dict[str, tuple[str, Builder]] = {
    "status-malformed": ("a byte after it", token(lambda good: good + b"\x00")),
    "status-cut": ("without its last byte", token(lambda good: good[:-1])),
    "status-without-tag": ("not tagged as COSE_Sign1", token(lambda good: good[1:])),
    "status-kid-unprotected": ("the key id outside what is signed", token(kid_unprotected)),
    "status-as-jwt": ("the JWT of the same list", as_jwt),
    "status-of-an-earlier-version": ("a folder of before lists were CWT", of_an_earlier_version),
    "status-typ-of-another": ("of a type like it", header(lambda head: head.replace(b"statuslist", b"statuslost"))),
    "status-without-typ": ("under the header of a card", header(lambda head: cwt.protected(head[5:13]))),
    "status-other-algorithm": ("says ES384", header(lambda head: head.replace(b"\x01\x26", b"\x01\x38\x22", 1))),
    "status-longer-kid": (
        "a key id of 9 bytes",
        header(lambda head: head[:4] + b"\x49" + head[5:13] + b"\x00" + head[13:]),
    ),
    "status-keys-out-of-order": (
        "exp before sub",
        payload(lambda said: said[:1] + said[16:22] + said[1:16] + said[22:]),
    ),
    "status-key-twice": ("two sub", payload(lambda said: b"\xa6" + said[1:16] + said[1:])),
    "status-non-canonical": ("a head longer than it need be", payload(lambda said: b"\xb8\x05" + said[1:])),
    "status-bytes-after": ("a byte after the claims", payload(lambda said: said + b"\x00")),
    "status-tagged-time": ("exp tagged as a time", payload(lambda said: said.replace(b"\x04\x1a", b"\x04\xc1\x1a", 1))),
    "status-of-indefinite-length": (
        "claims of indefinite length",
        payload(lambda said: b"\xbf" + said[1:] + b"\xff"),
    ),
    "status-without-expiry": ("no exp", with_status_list(exp=None)),
    "status-without-ttl": ("no ttl", with_status_list(ttl=None)),
    "status-one-claim-more": ("a claim beside those of the profile", with_status_list(iss="https://kets.example")),
    "status-expiry-is-a-text": ("exp is a text", with_status_list(exp=str(NOW + DAY))),
    "status-expiry-of-2-to-the-53": ("exp is 2^53", with_status_list(exp=2**53)),
    "status-list-is-a-text": ("lst in base64url, as in JSON", with_status_list(lst=b64(EMPTY_LIST))),
    "status-list-is-no-zlib": ("lst is no zlib", with_status_list(lst=bytes(99))),
    "status-four-bits": ("4 bits an entry", with_status_list(bits=4, lst=status.compressed(bytes(2**19)))),
    "status-short": ("4,000 entries", with_status_list(lst=status.compressed(bytes(1_000)))),
    "status-bomb": ("20 million entries", with_status_list(lst=status.compressed(bytes(5_000_000)))),
}
"""By name of folder and vector; every one is status-malformed."""
FOLDERS: dict[str, Builder] = {name: build for name, (_, build) in FORMS.items()}


def all_of(issuer: Issuer) -> Iterator[tuple[str, Vector]]:
    """(name, vector): the usual card, under each."""
    usual = Vector("", issuer.ministry.text(), "status-malformed")
    for name, (about, _) in FORMS.items():
        yield name, replace(usual, about=about, trust=name)
    ages = Vector("exp is 2^53 - 1, and held to seven days", issuer.ministry.text(), "status-old", claims())
    yield "status-for-ever-and-ever", replace(ages, trust="status-for-ever-and-ever")

"""Selective disclosure (RFC 9901): claims behind salted digests, and what a presentation reveals of them.

Nothing here knows what a card is. `conceal` is the issuer's side, `Presented` and `reveal` the verifier's: bounded,
and rejecting all that section 7.1 says to reject, which libraries in use do not (a disclosure that was tampered with,
or that no digest names, is dropped by them without a word).
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keys.encoding import b64url, unb64url
from keys.strict import strict_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_TEXT = 32_768
MAX_DISCLOSURES = 64
MAX_DEPTH = 8
HASH = "sha-256"
SALT_BYTES = 16
DIGESTS, ELEMENT, HASH_NAME = "_sd", "...", "_sd_alg"
RESERVED = frozenset({DIGESTS, ELEMENT, HASH_NAME})


@dataclass(frozen=True)
class Hidden:
    """A claim, or an element of an array, that the holder may withhold."""

    value: Any


DECOY = Hidden(None)
"""In the place of a claim that is not there: a digest of nothing, so that its absence does not show (4.2.5)."""


def new_salt() -> str:
    """128 random bits as base64url (section 9.3)."""
    return b64url(os.urandom(SALT_BYTES))


def digest(text: str) -> str:
    """Of a disclosure, or of a whole SD-JWT for `sd_hash`: SHA-256 over the ASCII text, base64url (section 4.2.3)."""
    return b64url(hashlib.sha256(text.encode("ascii")).digest())


def conceal(value: Any, salt: Callable[[], str] = new_salt) -> tuple[Any, list[str]]:
    """`value` with each `Hidden` in it replaced by a digest (section 4.2), and the disclosures, outermost last."""
    disclosures: list[str] = []
    return _concealed(value, disclosures, salt), disclosures


def _concealed(value: Any, disclosures: list[str], salt: Callable[[], str]) -> Any:
    def hidden(*content: Any) -> str:
        text = json.dumps([salt(), *content], separators=(",", ":"), ensure_ascii=False)
        disclosures.append(b64url(text.encode()))
        return digest(disclosures[-1])

    def within(inner: Any) -> Any:
        return _concealed(inner, disclosures, salt)

    if isinstance(value, list):
        return [{ELEMENT: hidden(within(one.value))} if isinstance(one, Hidden) else within(one) for one in value]
    if not isinstance(value, dict):
        return value
    shown = {name: within(one) for name, one in value.items() if not isinstance(one, Hidden)}
    digests = [
        digest(salt()) if one is DECOY else hidden(name, within(one.value))
        for name, one in value.items()
        if isinstance(one, Hidden)
    ]
    return {**shown, DIGESTS: sorted(digests)} if digests else shown  # sorted: the order of the claims does not show


@dataclass(frozen=True, kw_only=True)
class Presented:
    """An SD-JWT taken apart, not believed. `bound` is what a key-binding JWT's `sd_hash` is taken over (4.3.1)."""

    issuer_jwt: str
    disclosures: tuple[str, ...]
    key_binding: str
    bound: str


def parse(text: str) -> Presented:
    """Take the compact form `JWT~disclosure~...~[KB-JWT]` apart (section 4); ValueError when it is not of that form."""
    if len(text) > MAX_TEXT or not text.isascii():
        raise ValueError(f"got {len(text)} characters, expected at most {MAX_TEXT}, ASCII")
    issuer_jwt, *disclosures = text.split("~")
    key_binding = disclosures.pop() if disclosures else ""
    if "~" not in text or not issuer_jwt or not all(disclosures) or len(disclosures) > MAX_DISCLOSURES:
        raise ValueError(f"got no JWT and at most {MAX_DISCLOSURES} disclosures, each followed by a tilde")
    bound = text[: len(text) - len(key_binding)]
    return Presented(issuer_jwt=issuer_jwt, disclosures=tuple(disclosures), key_binding=key_binding, bound=bound)


def reveal(payload: dict[str, Any], disclosures: Sequence[str]) -> dict[str, Any]:
    """The processed payload: steps 3 to 5 of section 7.1.

    ValueError for a disclosure that is given twice, is not of its form or is referred to by no digest; a digest that
    is met twice; a claim named `_sd`, `...` or `_sd_alg`, or one that is there already; another hash than SHA-256.
    """
    if payload.get(HASH_NAME, HASH) != HASH:
        raise ValueError(f"got hash {payload[HASH_NAME]!r}, expected {HASH}")
    revealing = _Revealing(disclosures)
    revealed: dict[str, Any] = revealing.value({k: v for k, v in payload.items() if k != HASH_NAME}, 0)
    revealing.check_all_used()
    return revealed


class _Revealing:
    """One walk through a payload; what it has met so far."""

    def __init__(self, disclosures: Sequence[str]) -> None:
        self._of = {digest(text): text for text in disclosures}
        self._met: set[str] = set()
        if len(self._of) != len(disclosures):
            raise ValueError("got a disclosure twice")

    def check_all_used(self) -> None:
        if unused := self._of.keys() - self._met:
            raise ValueError(f"got {len(unused)} disclosure(s) that no digest refers to")

    def value(self, value: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise ValueError(f"got claims nested deeper than {MAX_DEPTH}")
        if isinstance(value, dict):
            return self._object(value, depth + 1)
        if isinstance(value, list):
            return [found for element in value for found in self._element(element, depth + 1)]
        return value

    def _object(self, value: dict[str, Any], depth: int) -> dict[str, Any]:
        digests = value.get(DIGESTS, [])
        if not isinstance(digests, list) or (RESERVED - {DIGESTS}) & value.keys():
            raise ValueError("got a claim with a name that is kept for digests")
        shown = {name: self.value(one, depth) for name, one in value.items() if name != DIGESTS}
        for one in digests:
            if (content := self._content(one, 3)) is None:
                continue
            _, name, hidden = content
            if not isinstance(name, str) or name in RESERVED or name in shown:
                raise ValueError(f"got a disclosure of {name!r}, which is no name or is there already")
            shown[name] = self.value(hidden, depth)
        return shown

    def _element(self, element: Any, depth: int) -> list[Any]:
        """None or one: an element whose disclosure was withheld is removed."""
        if not (isinstance(element, dict) and element.keys() == {ELEMENT}):
            return [self.value(element, depth)]
        content = self._content(element[ELEMENT], 2)
        return [] if content is None else [self.value(content[1], depth)]

    def _content(self, found: Any, size: int) -> list[Any] | None:
        """The disclosure behind a digest: [salt, value] or [salt, name, value]; None when it was withheld."""
        if not isinstance(found, str) or found in self._met:
            raise ValueError("got a digest twice, or one that is no text")
        self._met.add(found)
        if found not in self._of:
            return None
        content = strict_json(unb64url(self._of[found]))
        if not isinstance(content, list) or len(content) != size or not isinstance(content[0], str):
            raise ValueError(f"got a disclosure that is not a salt and {size - 1} more")
        return content

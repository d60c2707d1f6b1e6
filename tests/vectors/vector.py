"""One vector, and what the generators have at hand: a ministry whose keys nobody keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from card.claims import CardClaims, StatusReference
from keys.signer import Signer
from tests.card.cards import NOW, SHARD, Ministry, claims, new_ministry

NO_LIST = SHARD + 1  # a shard that has a signer and no status list
REVOKED, SUSPENDED, OUTDATED = 1_000, 1_001, 1_002


@dataclass(frozen=True)
class Vector:
    """A card, the trust folder and the time of a verifier, and what it must answer; `claims` when it accepts.

    `nonce`: what the holder's phone was given, for a live code. `back`: the text of the code on the card's back.
    """

    about: str
    data: str | bytes
    code: str
    claims: CardClaims | None = None
    trust: str = "fresh"
    now: int = NOW
    nonce: bytes | None = None
    back: str | None = None


@dataclass
class Issuer:
    """The ministry of the vectors, and another one."""

    ministry: Ministry = field(default_factory=new_ministry)
    stranger: Ministry = field(default_factory=new_ministry)

    @property
    def signer(self) -> Signer:
        return self.ministry.signer()

    @property
    def signers(self) -> list[Signer]:
        return [self.ministry.signer(), self.ministry.signer(NO_LIST)]


def at_index(index: int, shard: int = SHARD) -> CardClaims:
    """The usual card, at another place of the status lists."""
    return claims(status=StatusReference(shard=shard, index=index))


def changed(payload: dict[Any, Any], *path: Any, to: Any) -> dict[Any, Any]:
    """`payload` with the member at `path` replaced."""
    first, *rest = path
    return {**payload, first: changed(payload[first], *rest, to=to) if rest else to}

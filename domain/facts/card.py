"""Facts about a worker's card. They stand in the worker's own stream: one live card a worker."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from domain.event import Erased, Fact
from domain.facts.bounds import Key, Version


class SignedCard(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="signed-card", gc=False):
    """The very bytes that were released. ES256 is randomised: a later download returns these, not new ones.

    With a portrait, `photo` is the version of the fact that holds it, and `back` what the code on the back carries.
    """

    cwt: bytes
    jwt: str
    back: bytes | None = None
    photo: Version | None = None


class CardIssued(Fact, frozen=True, kw_only=True, tag="worker.card-issued"):
    """The claims are the projection of the facts up to `of_version`, as of the day of issue in Jakarta."""

    amendable = False

    card: Key
    of_version: Version
    issued_at: datetime
    expires_at: datetime
    kid: Key
    shard: Annotated[int, msgspec.Meta(ge=0, lt=2**20)]
    index: Annotated[int, msgspec.Meta(ge=0, lt=2**20)]
    personal: SignedCard | Erased | None = None


class CardSuspended(Fact, frozen=True, kw_only=True, tag="worker.card-suspended"):
    amendable = False

    card: Key
    cause: Literal["lost", "investigation", "permit-lapsed"]


class CardReinstated(Fact, frozen=True, kw_only=True, tag="worker.card-reinstated"):
    amendable = False

    card: Key


class CardRevoked(Fact, frozen=True, kw_only=True, tag="worker.card-revoked"):
    amendable = False

    card: Key
    cause: Literal["lost", "stolen", "identity-error", "key-compromised", "deceased", "replaced", "erased"]


class CardSuperseded(Fact, frozen=True, kw_only=True, tag="worker.card-superseded"):
    """Identity genuine, employment details out of date: status 3. A job lost never kills a card."""

    amendable = False

    card: Key
    cause: Literal["record-changed", "reissued"]

"""Facts about the worker's phone: its key may show the card live. One key a worker, and none twice."""

from __future__ import annotations

from typing import Literal

import msgspec

from domain.event import Erased, Fact
from domain.facts.bounds import Key


class PhoneKey(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="phone-key", gc=False):
    """A public key on P-256: the members of its JWK (RFC 7518 section 6.2.1). It names a person's phone, so sealed."""

    x: Key
    y: Key


class PhoneKeyEnrolled(Fact, frozen=True, kw_only=True, tag="worker.phone-key-enrolled"):
    """The phone proved, with the worker at the desk, that it holds the key. It takes the place of one before."""

    amendable = False

    personal: PhoneKey | Erased | None = None


class PhoneKeyWithdrawn(Fact, frozen=True, kw_only=True, tag="worker.phone-key-withdrawn"):
    """The phone no longer speaks for the worker; its key is never enrolled again."""

    amendable = False

    cause: Literal["lost", "stolen", "replaced", "at-request"]

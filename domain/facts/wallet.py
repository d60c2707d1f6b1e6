"""A fact about the card in a worker's wallet."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from domain.event import Erased, Fact
from domain.facts.bounds import Key


class WalletKey(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="wallet-key", gc=False):
    """The key of a wallet, by its RFC 7638 SHA-256 thumbprint: it can be recognised, and nothing else."""

    thumbprint: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]


class WalletCredentialIssued(Fact, frozen=True, kw_only=True, tag="worker.wallet-credential-issued"):
    """A wallet was given a credential of the card. It has the card's status and ends with it, or sooner."""

    amendable = False

    card: Key
    expires_at: datetime
    personal: WalletKey | Erased | None = None

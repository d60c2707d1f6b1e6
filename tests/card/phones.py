"""A worker's phone: a key, and what it shows."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from card import live
from keys.signer import FileSigner
from tests.card.cards import NOW, Ministry


def new_phone() -> FileSigner:
    return FileSigner(key=ec.generate_private_key(ec.SECP256R1()), shard=None, not_before=0)


def shown(ministry: Ministry, phone: FileSigner, *, at: int = NOW, nonce: bytes | None = None, **changes: Any) -> str:
    """The live code of a card that names this phone."""
    named = {"holder_key": live.holder_key(phone.public_jwk), **changes}
    return live.present(ministry.cose(**named), phone, now=at, nonce=nonce)

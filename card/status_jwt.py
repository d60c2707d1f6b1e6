"""The status list of a shard as JWT, for other people's wallets and verifiers: they know its media type best.

Signed by the same signer over the same bits as `card.status`; nothing of ours reads it. Base64url within base64url,
it has 1.78 times the bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from card.projection import status_name
from card.status import BITS, MAX_LIFETIME, TIME_TO_LIVE, belongs, compressed
from keys.encoding import b64url

if TYPE_CHECKING:
    from keys.signer import Signer

TYP = "statuslist+jwt"


def encode(
    entries: bytes | bytearray, *, shard: int, issued_at: int, signer: Signer, subject: str | None = None
) -> str:
    """The signed list of a shard, valid for 7 days. `entries` as of `card.status.packed`.

    `subject`: another name of the list than `kets:status:N`, as a wallet's credential gives it.
    Raises: CardError("status-list") for another length, or another shard's signer.
    """
    belongs(entries, shard, signer)
    payload = {
        "sub": subject or status_name(shard),
        "iat": issued_at,
        "exp": issued_at + MAX_LIFETIME,
        "ttl": TIME_TO_LIVE,
        "status_list": {"bits": BITS, "lst": b64url(compressed(entries))},
    }
    return signer.jwt(payload, {"typ": TYP})

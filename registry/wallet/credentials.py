"""The card as a credential of its own, signed by the document signer that signed the card."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from card import credential

if TYPE_CHECKING:
    from card.claims import CardClaims
    from keys.es256 import PublicJwk
    from registry.app import Registry


def signed(
    registry: Registry, claims: CardClaims, *, issuer: str, days: int, holder: PublicJwk | None = None
) -> tuple[str, int, int]:
    """The SD-JWT VC with all its disclosures for the key `holder`, when it was issued and when it ends (Unix seconds).

    Without a key it is bound to nobody. It lives `days` days, or as long as the card where that ends sooner.
    """
    issued_at = int(registry.now().timestamp())
    expires_at = min(issued_at + int(timedelta(days=days).total_seconds()), claims.expires_at)
    signer = registry.keyring.signer(claims.status.shard)
    text = credential.sign(
        claims, signer=signer, issuer=issuer, issued_at=issued_at, expires_at=expires_at, holder=holder
    )
    return text, issued_at, expires_at

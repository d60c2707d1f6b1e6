"""The card in a wallet: OpenID4VCI 1.0 with a pre-authorized code (docs/how-to/wallet.md).

metadata and status are what anybody may read; offers is for a desk; token, nonce and credential are for wallets.
"""

from fastapi import APIRouter

from api.wallet import credential, metadata, nonce, offers, status, token

router = APIRouter(tags=["wallet"])
for part in (metadata, offers, token, nonce, credential, status):
    router.include_router(part.router)

__all__ = ["router"]

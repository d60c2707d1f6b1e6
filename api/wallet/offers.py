"""`/v1/workers/{id}/wallet-offer`: a desk offers a worker's card to the wallet on their phone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.desk import AtDesk
from api.problems import responses
from api.workers import PROBLEMS, WorkerId, find
from registry.wallet import offers

router = APIRouter()


class WalletOffer(BaseModel):
    """`uri` goes to the wallet, by a QR code or a link; `tx_code` to the person, by another way."""

    uri: str = Field(examples=["openid-credential-offer://?credential_offer=%7B..."])
    offer: dict[str, Any] = Field(description="The credential offer that is in the address")
    tx_code: str = Field(description="Six digits that the wallet asks for; kept nowhere", examples=["042137"])
    expires_at: datetime


@router.post(
    "/v1/workers/{id}/wallet-offer",
    status_code=201,
    responses=responses(*PROBLEMS, "card-none", "card-state", "worker-erased"),
    summary="Offer the card to a wallet",
)
def offer(desk: AtDesk, given: WorkerId) -> WalletOffer:
    """Good once, for ten minutes and five tries of the digits. An offer that was open ends. Needs a card in force."""
    opened = offers.open_offer(desk.registry, find(desk, given))
    document = offers.document(desk.settings.issuer, opened.code)
    return WalletOffer(uri=offers.uri(document), offer=document, tx_code=opened.tx_code, expires_at=opened.ends_at)

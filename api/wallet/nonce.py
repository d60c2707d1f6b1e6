"""The nonce endpoint (OpenID4VCI 1.0 section 7)."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.desk import AtDesk
from api.wallet.bodies import Paced
from api.wallet.denials import answers
from api.wallet.metadata import PATHS
from registry.wallet import nonces

router = APIRouter()


class Nonce(BaseModel):
    c_nonce: str = Field(description="To be signed in a key proof, within five minutes, once")


@router.post(PATHS["nonce"], responses=answers("temporarily_unavailable"), summary="A nonce for a key proof")
def nonce(desk: AtDesk, _pace: Paced) -> Nonce:
    """For wallets. Needs no token, and leaves nothing behind here."""
    return Nonce(c_nonce=nonces.new(desk.registry))

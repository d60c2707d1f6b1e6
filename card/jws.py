"""The card as JWT: the same claims for APIs, files and links (docs/card-profile.md section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from card.errors import CardError
from card.projection import PROFILE_VERSION, from_jwt, to_jwt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from card.claims import CardClaims
    from keys.signer import Signer

TYP = "kets-card+jwt"


def encode(claims: CardClaims, signer: Signer) -> str:
    """The card as a compact JWS, signed."""
    return signer.jwt(to_jwt(claims), {"typ": TYP})


def claims_of(payload: Mapping[str, Any]) -> CardClaims:
    """The claims of a payload whose signature was verified. CardError: "newer-format" or "claims-malformed"."""
    worker = payload.get("worker")
    version = worker.get("v") if isinstance(worker, dict) else None
    if version != PROFILE_VERSION:
        raise CardError("newer-format", f"got profile version {version!r}, expected {PROFILE_VERSION}")
    return from_jwt(payload)

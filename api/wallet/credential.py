"""The credential endpoint (OpenID4VCI 1.0 section 8): proofs of keys for a credential each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Header

from api.desk import AtDesk
from api.wallet import bodies
from api.wallet.bodies import Json, Paced
from api.wallet.denials import answers
from api.wallet.metadata import BATCH, PATHS
from card.holder import check_proof
from domain.errors import Refused
from registry.wallet import credentials, nonces, offers
from registry.wallet.denied import Denied

if TYPE_CHECKING:
    from card.holder import KeyProof

router = APIRouter()

Authorization = Annotated[str | None, Header(max_length=200, description="Bearer and the access token")]
_PROOF = {"type": "string", "description": "A JWT of type openid4vci-proof+jwt, ES256"}
_BODY = {
    "type": "object",
    "required": ["credential_configuration_id", "proofs"],
    "properties": {
        "credential_configuration_id": {"type": "string", "const": offers.CONFIGURATION},
        "proofs": {
            "type": "object",
            "required": ["jwt"],
            "properties": {"jwt": {"type": "array", "minItems": 1, "maxItems": BATCH, "items": _PROOF}},
        },
    },
}
ERRORS = (
    "invalid_token",
    "invalid_credential_request",
    "unknown_credential_configuration",
    "unknown_credential_identifier",
    "invalid_proof",
    "invalid_nonce",
    "invalid_encryption_parameters",
    "credential_request_denied",
    "temporarily_unavailable",
)


@router.post(
    PATHS["credential"],
    responses=answers(*ERRORS),
    openapi_extra=bodies.described(bodies.JSON, _BODY),
    summary="Fetch the card as a credential",
)
def credential(desk: AtDesk, body: Json, _pace: Paced, authorization: Authorization = None) -> dict[str, Any]:
    """For wallets. One credential for each key that is proved, while the card is in force; each is put on record."""
    registry, issuer = desk.registry, desk.settings.issuer
    token = _bearer(authorization)
    worker = offers.holder(registry, token)
    _check_request(body)
    proofs = _proofs(body.get("proofs"), issuer, int(registry.now().timestamp()))
    nonce = nonces.check(registry, proofs[0].nonce)
    offers.spend(registry, token, len(proofs), nonce.random, nonce.ends_at)
    try:
        keys = [proof.jwk for proof in proofs]
        made = credentials.issue(registry, worker, keys, issuer=issuer, days=desk.settings.wallet_days)
    except Refused as error:
        if error.code == "busy":
            raise
        raise Denied("credential_request_denied", f"no card is in force: {error.code}") from error
    return {"credentials": [{"credential": text} for text in made]}


def _bearer(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Denied("invalid_token", "the request has no access token")
    return token


def _check_request(body: dict[str, Any]) -> None:
    """It asks for the one credential there is, in the clear (section 8.2); what we do not know is passed over."""
    configuration = body.get("credential_configuration_id")
    if "credential_identifier" in body and "credential_configuration_id" not in body:
        raise Denied("unknown_credential_identifier", "no credential identifiers were given out")
    if "credential_identifier" in body or not isinstance(configuration, str):
        raise Denied("invalid_credential_request", "expected credential_configuration_id and no credential_identifier")
    if configuration != offers.CONFIGURATION:
        raise Denied("unknown_credential_configuration", f"the only configuration is {offers.CONFIGURATION}")
    if "credential_response_encryption" in body:
        raise Denied("invalid_encryption_parameters", "responses are not encrypted")


def _proofs(given: Any, issuer: str, now: int) -> list[KeyProof]:
    """One to five proofs of keys that differ, with one nonce (section 8.2, appendix F.1)."""
    jwts = given.get("jwt") if isinstance(given, dict) and given.keys() == {"jwt"} else None
    if not isinstance(jwts, list) or not jwts or not all(isinstance(one, str) for one in jwts):
        raise Denied("invalid_proof", "expected proofs with the one member jwt, an array of texts")
    if len(jwts) > BATCH:
        raise Denied("invalid_credential_request", f"got {len(jwts)} proofs, expected at most {BATCH}")
    try:
        proofs = [check_proof(one, audience=issuer, now=now) for one in jwts]
    except ValueError as error:
        raise Denied("invalid_proof", str(error)) from error
    if len({(proof.jwk["x"], proof.jwk["y"]) for proof in proofs}) != len(proofs):
        raise Denied("invalid_proof", "a key is there twice")
    if len({proof.nonce for proof in proofs}) != 1:
        raise Denied("invalid_nonce", "the proofs of one request carry one c_nonce")
    return proofs

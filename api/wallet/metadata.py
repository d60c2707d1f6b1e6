"""What a wallet and its verifiers read first: who issues what, where, and under which keys.

OpenID4VCI 1.0 section 12.2, RFC 8414, SD-JWT VC (JWT VC Issuer Metadata, Type Metadata). The issuer is the setting
KETS_ISSUER, an https address without a path.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from api.desk import AtDesk
from api.problems import responses
from card import credential_type
from card.credential import TYP
from card.credential_type import CLAIMS, TYPE_PATH, type_of
from keys.encoding import b64url
from registry.wallet.offers import CONFIGURATION, GRANT

router = APIRouter()

BATCH = 5
"""Keys in one request, each of which gets a credential of its own."""
PATHS = {name: f"/v1/wallet/{name}" for name in ("token", "nonce", "credential")}
PUBLIC = {"Cache-Control": "public, max-age=300", "Cross-Origin-Resource-Policy": "cross-origin"}
Document = dict[str, Any]


@router.get("/.well-known/openid-credential-issuer", responses=responses(), summary="What wallets may be issued here")
def credential_issuer(desk: AtDesk, response: Response) -> Document:
    """Credential issuer metadata (OpenID4VCI 1.0 section 12.2): one credential, `dc+sd-jwt`, bound to an ES256 key."""
    issuer = desk.settings.issuer
    response.headers.update(PUBLIC)
    return {
        "credential_issuer": issuer,
        "credential_endpoint": issuer + PATHS["credential"],
        "nonce_endpoint": issuer + PATHS["nonce"],
        "batch_credential_issuance": {"batch_size": BATCH},
        "display": _named({"id": "Registri tenaga kerja KETS", "en": "KETS workforce registry"}),
        "credential_configurations_supported": {CONFIGURATION: _configuration(issuer)},
    }


@router.get("/.well-known/oauth-authorization-server", responses=responses(), summary="How wallets get a token")
def authorization_server(desk: AtDesk, response: Response) -> Document:
    """Authorization server metadata (RFC 8414): pre-authorized codes, wallets without a name."""
    issuer = desk.settings.issuer
    response.headers.update(PUBLIC)
    return {
        "issuer": issuer,
        "token_endpoint": issuer + PATHS["token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "grant_types_supported": [GRANT],
        "scopes_supported": [CONFIGURATION],
        "pre-authorized_grant_anonymous_access_supported": True,
    }


@router.get("/.well-known/jwt-vc-issuer", responses=responses(), summary="Under which keys credentials are signed")
def jwt_vc_issuer(desk: AtDesk, response: Response) -> Document:
    """JWT VC issuer metadata: the document signers that count, by the `kid` in a credential's header."""
    signers = [life for life in desk.registry.keyring.signers() if life.revoked_at is None]
    response.headers.update(PUBLIC)
    return {
        "issuer": desk.settings.issuer,
        "jwks": {"keys": [{**s.public_jwk, "kid": b64url(s.kid), "alg": "ES256", "use": "sig"} for s in signers]},
    }


@router.get(
    TYPE_PATH,
    responses={
        **responses(),
        200: {"description": "Type metadata", "content": {"application/json": {"schema": {"type": "object"}}}},
    },
    response_class=Response,
    summary="What the credential's claims mean",
)
def type_metadata(desk: AtDesk) -> Response:
    """Type metadata of the credential, whose `vct` is this address; the bytes that its `vct#integrity` is of."""
    content = credential_type.type_metadata(desk.settings.issuer)
    return Response(content, headers=PUBLIC, media_type="application/json")


def _configuration(issuer: str) -> Document:
    return {
        "format": TYP,
        "scope": CONFIGURATION,
        "vct": type_of(issuer),
        "credential_signing_alg_values_supported": ["ES256"],
        "cryptographic_binding_methods_supported": ["jwk"],
        "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
        "credential_metadata": {
            "display": _named(credential_type.NAME),
            "claims": [
                {"path": list(c.path), "mandatory": c.always, "display": _named({"id": c.id, "en": c.en})}
                for c in CLAIMS
            ],
        },
    }


def _named(names: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "locale": locale} for locale, name in names.items()]

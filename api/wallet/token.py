"""The token endpoint (OpenID4VCI 1.0 section 6): a pre-authorized code and the digits for an access token."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from api.desk import AtDesk
from api.wallet import bodies
from api.wallet.bodies import Form, Paced
from api.wallet.denials import answers
from api.wallet.metadata import PATHS
from registry.wallet import offers
from registry.wallet.denied import Denied

router = APIRouter()

_BODY = {
    "type": "object",
    "required": ["grant_type", "pre-authorized_code", "tx_code"],
    "properties": {
        "grant_type": {"type": "string", "const": offers.GRANT},
        "pre-authorized_code": {"type": "string"},
        "tx_code": {"type": "string", "pattern": f"^[0-9]{{{offers.TX_DIGITS}}}$"},
    },
}


@router.post(
    PATHS["token"],
    responses=answers("invalid_request", "invalid_grant", "unsupported_grant_type", "temporarily_unavailable"),
    openapi_extra=bodies.described(bodies.FORM, _BODY),
    summary="A code and its digits for an access token",
)
def token(desk: AtDesk, form: Form, _pace: Paced, response: Response) -> dict[str, Any]:
    """For wallets, which need no name. A code is good once; each wrong guess of the digits costs it a try."""
    kind, code, tx_code = (form.get(name) for name in ("grant_type", "pre-authorized_code", "tx_code"))
    if kind is None:
        raise Denied("invalid_request", "grant_type is missing")
    if kind != offers.GRANT:
        raise Denied("unsupported_grant_type", f"the only grant type is {offers.GRANT}")
    if code is None or tx_code is None:
        raise Denied("invalid_request", "pre-authorized_code or tx_code is missing")
    access = offers.redeem(desk.registry, code, tx_code)
    response.headers["Pragma"] = "no-cache"  # RFC 6749 section 5.1, beside no-store
    seconds = int((access.ends_at - desk.registry.now()).total_seconds())
    return {"access_token": access.token, "token_type": "Bearer", "expires_in": seconds, "scope": offers.CONFIGURATION}

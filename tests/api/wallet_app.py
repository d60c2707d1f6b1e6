"""A wallet and a verifier that speak OpenID4VCI 1.0 over HTTP; they know the specifications and nothing of ours."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from tests.card.wallets import Wallet, header_of, payload_of

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"


def offer_of(uri: str) -> dict[str, Any]:
    """The credential offer in an address (section 4.1.2)."""
    assert uri.startswith("openid-credential-offer://?")
    [offer] = parse_qs(urlsplit(uri).query, strict_parsing=True)["credential_offer"]
    found: dict[str, Any] = json.loads(offer)
    return found


def well_known(client: httpx.Client, issuer: str, name: str) -> dict[str, Any]:
    """Metadata at `/.well-known/{name}` of an identifier without a path."""
    parts = urlsplit(issuer)
    assert parts.scheme == "https"
    assert parts.path == ""
    answer = client.get(f"{parts.scheme}://{parts.netloc}/.well-known/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    assert found.get("issuer", found.get("credential_issuer")) == issuer
    return found


class App:
    """A wallet that was shown an offer."""

    def __init__(self, client: httpx.Client, uri: str, *, now: int) -> None:
        self.client, self.now, self.offer = client, now, offer_of(uri)
        self.issuer: str = self.offer["credential_issuer"]
        self.metadata = well_known(client, self.issuer, "openid-credential-issuer")
        self.server = well_known(client, self.issuer, "oauth-authorization-server")
        [self.configuration] = self.offer["credential_configuration_ids"]
        self.token = ""

    def redeem(self, tx_code: str) -> httpx.Response:
        """The token request (section 6.1)."""
        code = self.offer["grants"][GRANT]["pre-authorized_code"]
        form = {"grant_type": GRANT, "pre-authorized_code": code, "tx_code": tx_code}
        answer = self.client.post(self.server["token_endpoint"], data=form)
        if answer.status_code == 200:
            assert answer.json()["token_type"] == "Bearer"
            assert answer.headers["cache-control"] == "no-store"
            self.token = answer.json()["access_token"]
        return answer

    def nonce(self) -> str:
        answer = self.client.post(self.metadata["nonce_endpoint"])
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        found: str = answer.json()["c_nonce"]
        return found

    def proof(self, wallet: Wallet, nonce: str, **changes: Any) -> str:
        usual: dict[str, Any] = {"audience": self.issuer, "nonce": nonce, "now": self.now}
        return wallet.proof(**{**usual, **changes})

    def fetch(self, *wallets: Wallet) -> httpx.Response:
        """The credential request (section 8.2) for the keys of these wallets."""
        nonce = self.nonce()
        return self.ask({"proofs": {"jwt": [self.proof(wallet, nonce) for wallet in wallets]}})

    def ask(self, body: Any, **parts: Any) -> httpx.Response:
        request = {"credential_configuration_id": self.configuration, **body} if isinstance(body, dict) else body
        sent: dict[str, Any] = {"json": request, "headers": {"Authorization": f"Bearer {self.token}"}, **parts}
        return self.client.post(self.metadata["credential_endpoint"], **sent)


class Verifier:
    """Somebody who was shown a credential, and trusts its issuer by name."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def key(self, token: str, issuer: str) -> JWK:
        """By the JWT VC issuer metadata."""
        keys = well_known(self.client, issuer, "jwt-vc-issuer")["jwks"]["keys"]
        [found] = [key for key in keys if key["kid"] == header_of(token)["kid"]]
        assert "d" not in found
        return JWK(**found)

    def status(self, credential: str) -> int:
        """The credential's status by the Token Status List that it names."""
        claims = payload_of(credential)
        entry = claims["status"]["status_list"]
        answer = self.client.get(entry["uri"])
        assert answer.headers["content-type"] == "application/statuslist+jwt"
        token = JWS()
        token.deserialize(answer.text, self.key(answer.text, claims["iss"]), alg="ES256")
        listed = json.loads(token.payload)
        assert (
            json.loads(token.jose_header if isinstance(token.jose_header, str) else json.dumps(token.jose_header))[
                "typ"
            ]
            == "statuslist+jwt"
        )
        assert listed["sub"] == entry["uri"]
        bits, lst = listed["status_list"]["bits"], listed["status_list"]["lst"]
        entries = zlib.decompress(base64.urlsafe_b64decode(lst + "=" * (-len(lst) % 4)))
        place = entry["idx"] * bits
        return entries[place // 8] >> place % 8 & (1 << bits) - 1

    def type(self, credential: str) -> dict[str, Any]:
        """The type metadata, of the integrity that the credential says."""
        claims = payload_of(credential)
        content = self.client.get(claims["vct"]).content
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        assert claims["vct#integrity"] == f"sha256-{digest}"
        found: dict[str, Any] = json.loads(content)
        assert found["vct"] == claims["vct"]
        return found

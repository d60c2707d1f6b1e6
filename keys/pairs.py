"""ES256 pairs of a keyring: a private JWK in a file, or a file that says which pair of the PKCS#11 token it is.

{kty, crv, x, y, kid, kets_use, shard, created, not_before}   and
d         the private half, or
pkcs11    the id of the pair in the token, in hex
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec

from keys import es256
from keys.encoding import b64url, unb64url
from keys.errors import KeysError
from keys.signer import FileSigner, TokenSigner

if TYPE_CHECKING:
    from keys.signer import Signer
    from keys.token import Token


def given(token: Token | None) -> Token:
    """The token that the settings name. Raises: KeysError("token-missing")."""
    if token is None:
        raise KeysError("token-missing", "got no PKCS#11 token in the settings; set KETS_PKCS11_MODULE")
    return token


def new_pair(
    use: str, *, shard: int | None, created: int, not_before: int | None = None, token: Token | None = None
) -> dict[str, Any]:
    """The content of the file of a pair made now: in the token if there is one given, else in this file."""
    label = f"kets-{use}" if shard is None else f"kets-{use}-{shard:05}"
    jwk, private = _in_token(token, label) if token else _in_file()
    kid = b64url(es256.key_id(jwk))
    begins = created if not_before is None else not_before
    return {**jwk, **private, "kid": kid, "kets_use": use, "shard": shard, "created": created, "not_before": begins}


def signer_of(content: dict[str, Any], token: Token | None) -> Signer:
    """What signs with the pair of this file; the token is asked when it first signs."""
    shard, begins = content["shard"], content.get("not_before", content["created"])
    if "pkcs11" in content:
        return TokenSigner(
            token=given(token),
            identifier=content["pkcs11"],
            public_jwk=public_of(content),
            shard=shard,
            not_before=begins,
        )
    key = ec.derive_private_key(int.from_bytes(unb64url(content["d"]), "big"), ec.SECP256R1())
    return FileSigner(key=key, shard=shard, not_before=begins)


def public_of(content: dict[str, Any]) -> es256.PublicJwk:
    """The public half of a pair's file."""
    return {name: content[name] for name in ("kty", "crv", "x", "y")}


def _in_file() -> tuple[es256.PublicJwk, dict[str, str]]:
    key = ec.generate_private_key(ec.SECP256R1())
    return es256.public_jwk(key.public_key()), {"d": b64url(key.private_numbers().private_value.to_bytes(32, "big"))}


def _in_token(token: Token, label: str) -> tuple[es256.PublicJwk, dict[str, str]]:
    identifier, public = token.make_pair(label)
    return es256.public_jwk(public), {"pkcs11": identifier}

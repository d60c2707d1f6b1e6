"""What signs by ES256: a key read from a file, or one in a PKCS#11 token. Whoever uses one cannot tell which."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from keys import es256, jws

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from keys.token import Token


class Signer(Protocol):
    """An ES256 key that can be asked to sign. `shard` is None for a root; `not_before` in Unix seconds."""

    @property
    def kid(self) -> bytes: ...
    @property
    def public_jwk(self) -> es256.PublicJwk: ...
    @property
    def shard(self) -> int | None: ...
    @property
    def not_before(self) -> int: ...
    def sign(self, message: bytes) -> bytes: ...
    def jwt(self, payload: Mapping[str, Any], headers: Mapping[str, str]) -> str: ...


@dataclass(frozen=True, kw_only=True)
class FileSigner:
    """A signer whose private key is in memory, read from a file."""

    key: EllipticCurvePrivateKey = field(repr=False)
    shard: int | None
    not_before: int

    @cached_property
    def public_jwk(self) -> es256.PublicJwk:
        return es256.public_jwk(self.key.public_key())

    @cached_property
    def kid(self) -> bytes:
        return es256.key_id(self.public_jwk)

    def sign(self, message: bytes) -> bytes:
        """64 bytes r || s, low-S."""
        return es256.sign(self.key, message)

    def jwt(self, payload: Mapping[str, Any], headers: Mapping[str, str]) -> str:
        """A compact JWS; `headers` gives `typ`, this key gives alg and kid."""
        return jws.encode(payload, kid=self.kid, typ=headers["typ"], signer=self)


@dataclass(frozen=True, kw_only=True)
class TokenSigner:
    """A signer whose private key is in a PKCS#11 token and never leaves it."""

    token: Token
    identifier: str
    public_jwk: es256.PublicJwk
    shard: int | None
    not_before: int

    @cached_property
    def kid(self) -> bytes:
        return es256.key_id(self.public_jwk)

    @cached_property
    def _pair(self) -> Any:
        return self.token.private_key(self.identifier)

    def sign(self, message: bytes) -> bytes:
        """64 bytes r || s, low-S, made in the token. Raises: KeysError("token-unavailable", "signer-missing")."""
        return self.token.sign(self._pair, message)

    def jwt(self, payload: Mapping[str, Any], headers: Mapping[str, str]) -> str:
        """A compact JWS; `headers` gives `typ`, this key gives alg and kid."""
        return jws.encode(payload, kid=self.kid, typ=headers["typ"], signer=self)

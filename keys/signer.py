"""What signs: a shape that a file key has today and a PKCS#11 token may have later."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from keys import es256, jws

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey


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

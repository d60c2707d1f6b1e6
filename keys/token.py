"""A PKCS#11 token: key-encryption keys and signing pairs that are made in it, used in it, and never leave it.

One session a process, whoever asks: the login of PKCS#11 belongs to the process. A process that forks must open its
token after the fork. Wrapping is CKM_AES_GCM with a nonce of ours: nonce || ciphertext || tag, as from a file.
Signing is CKM_ECDSA over a SHA-256 made here; a token answers r || s with either s, so the low one is taken here.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec

from keys.errors import KeysError
from keys.es256 import ORDER
from keys.kek import NONCE

if TYPE_CHECKING:
    from pathlib import Path

    from pkcs11 import Session

TAG_BITS = 128
_sessions: dict[tuple[str, str], Session] = {}
_opening = Lock()


@dataclass(frozen=True, kw_only=True)
class Token:
    """Where the token is: the library that speaks for it, the token's label, the user's PIN."""

    module: Path
    label: str
    pin: str = field(repr=False)

    def make_key(self, name: str) -> str:
        """Make a key in the token that cannot be read out; its id, in hex."""
        import pkcs11

        hidden = {pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False}
        identifier = os.urandom(16)
        use = pkcs11.MechanismFlag.ENCRYPT | pkcs11.MechanismFlag.DECRYPT
        try:
            self.session().generate_key(
                pkcs11.KeyType.AES, 256, id=identifier, label=name, store=True, capabilities=use, template=hidden
            )
        except pkcs11.PKCS11Error as error:
            raise KeysError("token-unavailable", f"the token made no key: {type(error).__name__}") from error
        return identifier.hex()

    def make_pair(self, name: str) -> tuple[str, ec.EllipticCurvePublicKey]:
        """Make a P-256 pair whose private half cannot be read out; its id, in hex, and the public half."""
        import pkcs11
        from pkcs11.util.ec import encode_named_curve_parameters

        hidden = {pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False}
        identifier = os.urandom(16)
        use = pkcs11.MechanismFlag.SIGN | pkcs11.MechanismFlag.VERIFY
        curve = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
        try:
            parameters = self.session().create_domain_parameters(pkcs11.KeyType.EC, curve, local=True)
            public, _ = parameters.generate_keypair(
                id=identifier, label=name, store=True, capabilities=use, private_template=hidden
            )
            point = public[pkcs11.Attribute.EC_POINT]
        except pkcs11.PKCS11Error as error:
            raise KeysError("token-unavailable", f"the token made no pair: {type(error).__name__}") from error
        return identifier.hex(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point[-65:])

    def private_key(self, identifier: str) -> Any:
        """The private half of the pair of this id. Raises: KeysError("signer-missing")."""
        import pkcs11

        try:
            return self.session().get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=bytes.fromhex(identifier))
        except pkcs11.PKCS11Error as error:
            raise KeysError("signer-missing", f"the token {self.label} holds no pair {identifier}") from error

    def sign(self, private: Any, message: bytes) -> bytes:
        """ES256 of `message`: 64 bytes r || s, s low. Raises: KeysError("token-unavailable")."""
        import pkcs11

        try:
            raw: bytes = private.sign(hashlib.sha256(message).digest(), mechanism=pkcs11.Mechanism.ECDSA)
        except pkcs11.PKCS11Error as error:
            raise KeysError("token-unavailable", f"the token signed nothing: {type(error).__name__}") from error
        s = int.from_bytes(raw[32:], "big")
        return raw[:32] + min(s, ORDER - s).to_bytes(32, "big")

    def kek(self, kid: str, identifier: str) -> TokenKek:
        """The key of this id, not looked for yet."""
        return TokenKek(kid, self, identifier)

    def destroy(self, identifier: str) -> None:
        """Destroy the key, or both halves of a pair; of one that is gone already, nothing."""
        import pkcs11

        try:
            for key in list(self.session().get_objects({pkcs11.Attribute.ID: bytes.fromhex(identifier)})):
                key.destroy()
        except pkcs11.PKCS11Error as error:
            raise KeysError("token-unavailable", f"the token destroyed no key: {type(error).__name__}") from error

    def session(self) -> Session:
        """This process's session, logged in. Raises: KeysError("token-missing", "token-refused")."""
        place = (str(self.module), self.label)
        with _opening:
            if place not in _sessions:
                _sessions[place] = self._opened()
            return _sessions[place]

    def _opened(self) -> Session:
        try:
            import pkcs11
        except ImportError as error:
            raise KeysError("token-missing", "got no library python-pkcs11, which the extra `pkcs11` brings") from error
        try:
            library = pkcs11.lib(str(self.module))
            return library.get_token(token_label=self.label).open(rw=True, user_pin=self.pin)
        except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange, pkcs11.PinLocked) as error:
            raise KeysError("token-refused", f"{self.label}: {type(error).__name__}") from error
        except (pkcs11.PKCS11Error, RuntimeError) as error:
            raise KeysError("token-missing", f"got no token {self.label} from {self.module}: {error!r}") from error


@dataclass(frozen=True)
class TokenKek:
    """A key-encryption key inside a token."""

    kid: str
    token: Token
    identifier: str

    @cached_property
    def _key(self) -> Any:
        import pkcs11

        try:
            return self.token.session().get_key(
                object_class=pkcs11.ObjectClass.SECRET_KEY, id=bytes.fromhex(self.identifier)
            )
        except pkcs11.PKCS11Error as error:
            raise KeysError("kek-missing", f"the token {self.token.label} holds no {self.kid}") from error

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """`plain` sealed in the token and bound to `context`: 28 bytes more than it has."""
        import pkcs11

        nonce = os.urandom(NONCE)
        how = pkcs11.GCMParams(nonce, context, TAG_BITS)
        try:
            sealed: bytes = self._key.encrypt(plain, mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=how)
        except pkcs11.PKCS11Error as error:
            raise KeysError("token-unavailable", f"the token wrapped nothing: {type(error).__name__}") from error
        return nonce + sealed

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """What was sealed. Tokens have no one answer for a tag that is wrong.

        Raises: KeysError("data-key-refused"): another key, another context, or altered; ("token-unavailable").
        """
        import pkcs11

        how = pkcs11.GCMParams(sealed[:NONCE], context, TAG_BITS)
        wrong = (pkcs11.GeneralError, pkcs11.EncryptedDataInvalid, pkcs11.EncryptedDataLenRange, pkcs11.FunctionFailed)
        try:
            plain: bytes = self._key.decrypt(sealed[NONCE:], mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=how)
        except wrong as error:
            raise KeysError("data-key-refused", "wrapped by another key, for another stream, or altered") from error
        except pkcs11.PKCS11Error as error:
            raise KeysError("token-unavailable", f"the token opened nothing: {type(error).__name__}") from error
        return plain

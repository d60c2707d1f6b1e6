"""A PKCS#11 token: key-encryption keys that are made in it, used in it, and never leave it.

One session a process, whoever asks: the login of PKCS#11 belongs to the process. A process that forks must open its
token after the fork. Wrapping is CKM_AES_GCM with a nonce of ours: nonce || ciphertext || tag, as from a file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from keys.errors import KeysError
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

    def kek(self, kid: str, identifier: str) -> TokenKek:
        """The key of this id, not looked for yet."""
        return TokenKek(kid, self, identifier)

    def destroy(self, identifier: str) -> None:
        """Destroy the key; of one that is gone already, nothing."""
        import pkcs11

        try:
            self.session().get_key(id=bytes.fromhex(identifier)).destroy()
        except pkcs11.NoSuchKey:
            return
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
            raise KeysError("token-missing", "PKCS#11 needs the extra `pkcs11`: pip install 'kets[pkcs11]'") from error
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

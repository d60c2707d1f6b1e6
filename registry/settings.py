"""Settings, all from the environment; read when asked, never at import."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from keys import files
from keys.errors import KeysError
from keys.keyring import Keyring
from keys.token import Token


class Settings(BaseSettings):
    """`KETS_*`, and `DATABASE_URL` as everybody calls it.

    Without `DATABASE_URL` an embedded PostgreSQL below `home` is used, which `env` = production refuses.
    """

    model_config = SettingsConfigDict(env_prefix="KETS_", extra="ignore")

    env: str = "development"
    home: Path = Path("var")
    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    vault_url: str | None = None
    keys: Path | None = None
    kek: Literal["file", "pkcs11"] = "file"
    signers: Literal["file", "pkcs11"] = "file"
    roots: Literal["file", "pkcs11"] = "file"
    pkcs11_module: Path | None = None
    pkcs11_token: str = "kets"  # noqa: S105 - its label
    pkcs11_pin: SecretStr | None = None
    pkcs11_pin_file: Path | None = None
    erasures: Path | None = None
    intake: Path | None = None
    intake_days: int = Field(default=30, ge=1)
    access_days: int = Field(default=365, ge=1)
    publications: Path | None = None
    witnesses: Path | None = None
    auditors: Path | None = None
    backup_days: int = Field(default=400, ge=1)
    vault_backup_days: int = Field(default=30, ge=1)
    host: str = "127.0.0.1"
    port: int = 8169
    issuer: str = "https://kets.example"
    wallet_days: int = Field(default=14, ge=7, le=30)

    @field_validator("database_url", "vault_url")
    @classmethod
    def _address(cls, url: str | None) -> str | None:
        try:
            conninfo_to_dict(url or "")
        except ProgrammingError as error:
            raise ValueError("expected the address of a PostgreSQL database") from error
        return url

    @property
    def key_folder(self) -> Path:
        return self.keys or self.home / "keys"

    def create_keys(self) -> Keyring:
        """The keys of a new registry, each made where the settings say. Raises: KeysError."""
        return Keyring.create(
            self.key_folder,
            token=self.token,
            in_token=self.kek == "pkcs11",
            roots_in_token=self.roots == "pkcs11",
            signers_in_token=self.signers == "pkcs11",
        )

    def open_keys(self) -> Keyring:
        """The keys that are there. Raises: KeysError("keys-missing"), ("keys-exposed")."""
        return Keyring.open(self.key_folder, token=self.token, signers_in_token=self.signers == "pkcs11")

    @property
    def intake_folder(self) -> Path:
        return self.intake or self.home / "intake"

    @property
    def publication_folder(self) -> Path:
        return self.publications or self.home / "publications"

    @property
    def token(self) -> Token | None:
        """The PKCS#11 token, when a module is named. Raises: KeysError("token-refused") without a PIN."""
        if self.pkcs11_module is None:
            return None
        return Token(module=self.pkcs11_module, label=self.pkcs11_token, pin=self._pin())

    def _pin(self) -> str:
        if self.pkcs11_pin_file is not None:
            return files.secret(self.pkcs11_pin_file)
        if self.pkcs11_pin is not None:
            return self.pkcs11_pin.get_secret_value()
        raise KeysError("token-refused", "got no PIN, expected KETS_PKCS11_PIN_FILE or KETS_PKCS11_PIN")

    @property
    def auditor_list(self) -> Path:
        return self.auditors or self.home / "auditors"

    @property
    def erasure_list(self) -> Path:
        return self.erasures or self.home / "erasures.log"

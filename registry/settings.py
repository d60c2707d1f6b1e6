"""Settings, all from the environment; read when asked, never at import."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    erasures: Path | None = None
    witnesses: Path | None = None
    backup_days: int = Field(default=400, ge=1)
    vault_backup_days: int = Field(default=30, ge=1)
    host: str = "127.0.0.1"
    port: int = 8169
    issuer: str = "https://kets.example"

    @property
    def key_folder(self) -> Path:
        return self.keys or self.home / "keys"

    @property
    def erasure_list(self) -> Path:
        return self.erasures or self.home / "erasures.log"

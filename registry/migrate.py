"""Bring both databases to this version's tables. Safe to run by several processes at once."""

from __future__ import annotations

from importlib.resources import files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

_LOCK = 0x4B455453  # "KETS": one migrator at a time


def migrate(database_url: str, vault_url: str) -> dict[str, str]:
    """Apply what is missing; `{database: revision}` afterwards. The databases themselves must be there."""
    return {"events": _upgrade(database_url, "events"), "vault": _upgrade(vault_url, "vault")}


def _upgrade(url: str, branch: str) -> str:
    config = Config()
    config.set_main_option("script_location", str(files("registry.migrations") / branch))
    engine = sa.create_engine(
        sa.make_url("postgresql+psycopg://"), creator=lambda: _connect(url), poolclass=sa.NullPool
    )
    with engine.begin() as connection:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return str(connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one())


def _connect(url: str):  # type: ignore[no-untyped-def]  # the driver's own connection type is SQLAlchemy's business
    import psycopg

    return psycopg.connect(url)

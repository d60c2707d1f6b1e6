"""Bring both databases to this version's tables. Safe to run by several starters at once."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import psycopg

from registry.roles import ensure

HEADS = {"events": "0007", "vault": "0006"}
"""The newest revision of each database; a test holds it against the scripts."""

_LOCK = 0x4B455453  # "KETS": one migrator at a time


def migrate(database_url: str, vault_url: str) -> dict[str, str]:
    """Apply what is missing; `{database: revision}` afterwards. The databases themselves must be there.

    Raises: PostgresError("roles-missing").
    """
    return {branch: _migrated(url, branch) for branch, url in (("events", database_url), ("vault", vault_url))}


def _migrated(url: str, branch: str) -> str:
    """The usual case, nothing to do, costs a few queries and does not import Alembic."""
    with psycopg.connect(url, autocommit=True) as connection:
        ensure(connection)
        there = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if there and there[0] else None
    return HEADS[branch] if row and row[0] == HEADS[branch] else _upgrade(url, branch)


def _upgrade(url: str, branch: str) -> str:
    import sqlalchemy as sa
    from alembic import command
    from alembic.config import Config

    def connect() -> Any:
        return psycopg.connect(url)

    config = Config()
    config.set_main_option("script_location", str(files("registry.migrations") / branch))
    engine = sa.create_engine(sa.make_url("postgresql+psycopg://"), creator=connect, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return str(connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one())

"""The tables, in SQL, forward only. Alembic keeps account of what was applied."""

from __future__ import annotations

from alembic import context


def run() -> None:
    """Apply the pending scripts on the connection that `registry.migrate` opened, in its transaction."""
    context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()

"""Alembic's entry; the connection is handed over by `registry.migrate`."""

from registry.migrations import run

run()

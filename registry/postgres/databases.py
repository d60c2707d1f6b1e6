"""Databases on a server."""

import psycopg
from psycopg import errors, sql

from registry.postgres.errors import PostgresError


def create_database(url: str, name: str) -> bool:
    """Make database `name` on the server of `url` unless it is there; True when this call made it.

    Safe when several processes do it at once. Raises: PostgresError("database-missing") when the role may not make it.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
            return False
        try:
            # template0, because template1 cannot be copied while anybody is connected to it
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        except (errors.DuplicateDatabase, errors.UniqueViolation):  # somebody was faster; it is committed by now
            return False
        except errors.InsufficientPrivilege as refused:
            raise PostgresError(
                "database-missing",
                f"there is no database {name}, and the role {connection.info.user} may not create it:"
                " have it created, or ALTER ROLE ... CREATEDB",
            ) from refused
    return True

"""The roles of the databases: what each part of the program may do there, and nothing else.

A connection takes its role when it is made (`options=-c role=...`), so that a slip in one part cannot do another's
work: no part but erasure can change a stored event, and that one can only empty its sealed part. The login stays the
one of the URL. What each role is granted stands in the migrations; the table is in docs/how-to/database.md.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from registry.postgres.errors import PostgresError

if TYPE_CHECKING:
    from psycopg import Connection

LOOKS, PAUSE = 12, 0.1
"""How often, and seconds between, `ensure` looks whether the roles are there."""


class DatabaseRole(StrEnum):
    """Group roles without a login, of the whole server."""

    READ = "kets_read"
    WRITE = "kets_write"
    PROJECT = "kets_project"
    LEDGER = "kets_ledger"
    KEYS = "kets_keys"
    ERASE = "kets_erase"


def as_role(url: str, role: DatabaseRole, **settings: str) -> str:
    """The URL of a connection that has `role` from its first statement on, and gets it back by RESET ROLE.

    `settings` of the server are the connection's too.
    """
    options = conninfo_to_dict(url).get("options") or os.environ.get("PGOPTIONS", "")
    ours = " ".join(f"-c {name}={value}" for name, value in {"role": role, **settings}.items())
    return make_conninfo(url, options=f"{options} {ours}".strip())


def connect(url: str, role: DatabaseRole, **options: Any) -> Connection[tuple[Any, ...]]:
    """`psycopg.connect` as `role`."""
    return psycopg.connect(as_role(url, role), **options)


def ensure(conn: Connection[Any]) -> None:
    """Make the roles that the server lacks, and the login a member of those it may not take yet.

    One query when nothing lacks. `conn` commits by itself, so that several databases of a server may do it at once.
    Raises: PostgresError("roles-missing").
    """
    for attempt in range(LOOKS):  # what was missing and is made may still have to be granted
        lacking = _lacking(conn)
        if not lacking:
            return
        if attempt > 1:  # somebody was faster: the server may tell of his commit, and what it allows, a moment after it
            time.sleep(PAUSE)
        for statement in lacking:
            with suppress(errors.DuplicateObject, errors.UniqueViolation, errors.InsufficientPrivilege):
                conn.execute(statement)
    raise PostgresError(
        "roles-missing",
        f"the login {conn.info.user} lacks roles that it may not make or take; have an administrator run: "
        + " ".join(f"{statement.as_string(conn)};" for statement in _lacking(conn, all_at_once=True)),
    )


def _lacking(conn: Connection[Any], *, all_at_once: bool = False) -> list[sql.Composed]:
    """What must be run: first the roles that are not there, then the memberships that are not."""
    how = "SET" if conn.info.server_version >= 160_000 else "MEMBER"
    query = (
        "SELECT wanted, rolname IS NOT NULL, coalesce(pg_has_role(oid, %s), false)"
        " FROM unnest(%s::text[]) wanted LEFT JOIN pg_roles ON rolname = wanted"
    )
    found = [(sql.Identifier(name), *rest) for name, *rest in conn.execute(query, (how, list(DatabaseRole)))]
    made = [sql.SQL("CREATE ROLE {} NOLOGIN").format(name) for name, there, _ in found if not there]
    login = sql.Identifier(conn.info.user)
    granted = [sql.SQL("GRANT {} TO {}").format(name, login) for name, _, may_take in found if not may_take]
    return made + granted if all_at_once else made or granted

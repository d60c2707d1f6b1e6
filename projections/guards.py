"""Who may see what of a table: grants, policies and row security, carried to the table that takes its place.

What an administrator gave or withheld outlives a rebuild. It is tried on the new table while that is empty, and proved
equal before the swap: a table that would show more, or less, never serves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import tuple_row

from domain.errors import Refused
from registry.roles import DatabaseRole

if TYPE_CHECKING:
    from psycopg import Connection

_GRANTS = """
SELECT part, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END, privilege_type, is_grantable FROM (
    SELECT relowner, '' AS part, a.* FROM pg_class, aclexplode(relacl) a WHERE oid = to_regclass(%(table)s)
    UNION ALL SELECT relowner, format(' (%%I)', attname), a.* FROM pg_class c
    JOIN pg_attribute ON attrelid = c.oid AND NOT attisdropped, aclexplode(attacl) a
    WHERE c.oid = to_regclass(%(table)s)
) granted WHERE grantee <> relowner
"""
_POLICIES = """
SELECT quote_ident(polname), CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
    CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
        ELSE 'ALL' END,
    (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE role::regrole::text END, ', ' ORDER BY role)
        FROM unnest(polroles) role),
    coalesce(pg_get_expr(polqual, polrelid), ''), coalesce(pg_get_expr(polwithcheck, polrelid), '')
FROM pg_policy WHERE polrelid = to_regclass(%(table)s)
"""
_SECURITY = "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = to_regclass(%(table)s)"
_READERS = """
SELECT DISTINCT ev_class::regclass::text FROM pg_depend JOIN pg_rewrite ON pg_rewrite.oid = objid
WHERE refobjid = to_regclass(%(table)s) AND classid = 'pg_rewrite'::regclass AND ev_class <> refobjid ORDER BY 1
"""


def carry(conn: Connection[Any], old: str, new: str) -> None:
    """Guard table `new` as `old` is guarded, and prove it. Takes away what `new` was given by the way.

    Where there is no `old`, whoever reads may read it.

    Raises: Refused("guards-differ") for what cannot be carried, as a policy on a column that is no more;
    ("read-model-used") when a view reads `old`, which a swap would break.
    """
    if not _rows(conn, _SECURITY, old):
        conn.execute(f"GRANT SELECT ON {new} TO {DatabaseRole.READ}")
        return
    if views := _rows(conn, _READERS, old):
        raise Refused("read-model-used", table=old, by=", ".join(view for (view,) in views))
    for statement in _statements(conn, old, new):
        try:
            with conn.transaction():
                conn.execute(statement)
        except psycopg.errors.UndefinedColumn as error:
            raise Refused("guards-differ", table=old, what=statement) from error
    if missing := guards(conn, old) ^ guards(conn, new):
        raise Refused("guards-differ", table=old, what="; ".join(sorted(missing)))


def guards(conn: Connection[Any], table: str) -> set[str]:
    """Every grant and policy of a table, and whether row security is on and forced, in words that can be compared."""
    found = {f"grant {row}" for row in _rows(conn, _GRANTS, table)}
    found |= {f"policy {row}" for row in _rows(conn, _POLICIES, table)}
    return found | {f"row security {row}" for row in _rows(conn, _SECURITY, table)}


def _statements(conn: Connection[Any], old: str, new: str) -> list[str]:
    """What makes the guards of `new` those of `old`."""
    had, has = _rows(conn, _GRANTS, old), _rows(conn, _GRANTS, new)
    found = [
        f"REVOKE {what}{part} ON {new} FROM {who}" for part, who, what, _ in has if (part, who, what, _) not in had
    ]
    for part, who, what, may_grant in had:
        found.append(f"GRANT {what}{part} ON {new} TO {who}{' WITH GRANT OPTION' if may_grant else ''}")
    found += [f"DROP POLICY {name} ON {new}" for name, *_ in _rows(conn, _POLICIES, new)]
    for name, kind, command, roles, using, check in _rows(conn, _POLICIES, old):
        policy = f"CREATE POLICY {name} ON {new} AS {kind} FOR {command} TO {roles}"
        found.append(policy + (f" USING ({using})" if using else "") + (f" WITH CHECK ({check})" if check else ""))
    for on, forced in _rows(conn, _SECURITY, old):
        found.append(f"ALTER TABLE {new} {'ENABLE' if on else 'DISABLE'} ROW LEVEL SECURITY")
        found.append(f"ALTER TABLE {new} {'FORCE' if forced else 'NO FORCE'} ROW LEVEL SECURITY")
    return found


def _rows(conn: Connection[Any], query: str, table: str) -> list[tuple[Any, ...]]:
    cur = conn.cursor(row_factory=tuple_row)
    return cur.execute(query, {"table": table}).fetchall()

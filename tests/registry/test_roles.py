"""The roles of the databases: what each may not do fails, what it needs works, and nobody changes what is recorded."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors, sql
from psycopg.conninfo import make_conninfo

from api import create_app
from projections.runner import PROJECTIONS
from registry import erasure_list
from registry.app import Registry
from registry.erasure import replay
from registry.roles import DatabaseRole, as_role, connect
from registry.settings import Settings
from registry.store import SHARDS, shard_of
from tests.api.client import TestClient
from tests.api.story import HERE
from tests.docs.pages import ROOT, code, page, rows, sections
from tests.registry.people import education, founded, hired, load, record, register, stream_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Server, Site

READ, WRITE, PROJECT, LEDGER, KEYS, ERASE = DatabaseRole


def refused(conn: psycopg.Connection[Any], statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege), conn.transaction():
        conn.execute(statement)


# -- what nobody may ------------------------------------------------------------------------------------------------
RECORDED = ("event", "event_03", "submission_row", "submission", "ledger_segment")
COLUMN = {"submission": "digest", "ledger_segment": "first"}
CHANGES = [
    f"{statement} {rest}"
    for table in RECORDED
    for statement, rest in (
        (f"UPDATE {table}", f"SET {COLUMN.get(table, 'stream')} = {COLUMN.get(table, 'stream')}"),
        ("DELETE FROM", table),
        ("TRUNCATE", f"{table} CASCADE"),
        ("DROP TABLE", table),
        (f"ALTER TABLE {table}", "DISABLE TRIGGER ALL"),
    )
] + ["DELETE FROM event_head", "DELETE FROM ledger_head", "CREATE TABLE mine ()", "CREATE SCHEMA mine"]
VAULT = [
    "DROP TABLE data_key",
    "TRUNCATE data_key",
    "TRUNCATE identity",
    "UPDATE data_key SET stream = stream",
    "UPDATE identity SET stream = stream",
    "DELETE FROM claim_batch",
]


def test_what_no_role_may(site: Site) -> None:
    load(site, *founded(), hired(1))
    for url, statements in ((site.database_url, CHANGES), (site.vault_url, VAULT)):
        for role in DatabaseRole:
            with connect(url, role, autocommit=True) as conn:
                for statement in statements:
                    refused(conn, statement)


def test_the_owner_and_a_superuser_do_not_change_what_is_recorded(site: Site) -> None:
    load(site, *founded(), hired(1))
    with psycopg.connect(site.database_url, autocommit=True) as conn:
        for table in ("event", f"event_{shard_of(stream_of(site, 1)):02d}", "submission_row"):
            for statement in ("UPDATE {} SET sealed = NULL", "DELETE FROM {}", "TRUNCATE {}"):
                refused(conn, statement.format(table))
        assert conn.execute("SELECT count(*) FROM event").fetchone() == (4,)


# -- what each alone may --------------------------------------------------------------------------------------------
EVENT = "INSERT INTO event_03 SELECT * FROM event_03 LIMIT 0"
ONLY: dict[str, set[DatabaseRole]] = {
    EVENT: {WRITE},
    "INSERT INTO submission SELECT * FROM submission LIMIT 0": {WRITE},
    "INSERT INTO submission_row SELECT * FROM submission_row LIMIT 0": {WRITE},
    "UPDATE event_head SET position = position": {WRITE},
    "UPDATE event_head SET shard = shard": set(),
    "UPDATE card_index SET next = next": {WRITE},
    "UPDATE phone_enrolment SET tries = tries": {WRITE},
    "UPDATE phone_enrolment SET stream = stream": set(),
    "SELECT * FROM phone_enrolment": {WRITE},
    "UPDATE event SET sealed = NULL": {ERASE},
    "UPDATE submission_row SET sealed = NULL": {ERASE},
    "SELECT sealed FROM event": {READ, WRITE, ERASE},
    "SELECT sealed FROM event_03": {READ, WRITE, ERASE},
    "SELECT salt, sealed_hash FROM event": {READ, WRITE, LEDGER, ERASE},
    "SELECT stream, clear FROM event": {READ, WRITE, PROJECT, LEDGER, ERASE},
    "SELECT sealed FROM submission_row": {READ, WRITE, ERASE},
    "SELECT digest FROM submission": {READ, WRITE, LEDGER},
    "SELECT position FROM event_head": {READ, WRITE, PROJECT, LEDGER},
    "INSERT INTO access (at, worker, reader, role, what) SELECT now(), gen_random_uuid(), 'x', 'x', 'x'": {WRITE},
    "SELECT * FROM access": {READ, WRITE, ERASE},
    "DELETE FROM access": {ERASE},
    "UPDATE access SET role = role": set(),
    "UPDATE ledger_head SET size = size": {LEDGER},
    "INSERT INTO ledger_segment SELECT * FROM ledger_segment": {LEDGER},
    "SELECT * FROM read.record": {READ, PROJECT},
    "SELECT * FROM read.projection_position": {READ, PROJECT},
    "UPDATE read.projection_position SET position = position": {PROJECT},
    "SELECT * FROM read.projection_definition": {READ, PROJECT},
    "UPDATE read.projection_definition SET definition = definition": {PROJECT},
    "SELECT * FROM read.projection_rebuild": {READ, PROJECT},
    "DELETE FROM read.projection_rebuild": {PROJECT},
    "DELETE FROM read.record": {PROJECT},
    "DROP TABLE read.record": {PROJECT},
    "CREATE TABLE building.anything ()": {PROJECT},
    "DELETE FROM projection_tracking": {PROJECT},
}
IN_VAULT: dict[str, set[DatabaseRole]] = {
    "SELECT wrapped FROM data_key": {READ, WRITE, KEYS, ERASE},
    "SELECT tag FROM identity": {READ, WRITE, KEYS, ERASE},
    "INSERT INTO identity SELECT * FROM identity LIMIT 0": {WRITE, KEYS},
    "INSERT INTO data_key SELECT * FROM data_key LIMIT 0": {WRITE},
    "UPDATE data_key SET wrapped = wrapped": {KEYS},
    "UPDATE data_key SET batch = batch": {WRITE},
    "DELETE FROM data_key": {ERASE},
    "DELETE FROM identity": {KEYS, ERASE},
    "DELETE FROM live_key": {KEYS},
    "INSERT INTO live_key SELECT * FROM live_key LIMIT 0": {KEYS},
    "SELECT * FROM live_key": {READ, WRITE, KEYS, ERASE},
    "DELETE FROM legal_hold": {ERASE},
    "INSERT INTO legal_hold SELECT * FROM legal_hold": {ERASE},
    "SELECT * FROM legal_hold": {WRITE, ERASE},
    "SELECT * FROM wallet_offer": {WRITE},
    "UPDATE wallet_offer SET tries = tries": {WRITE},
    "UPDATE wallet_offer SET tx_code = tx_code": set(),
    "UPDATE wallet_token SET ends_at = ends_at": set(),
    "SELECT * FROM wallet_token": {WRITE},
    "DELETE FROM wallet_nonce": {WRITE},
}


def may(conn: psycopg.Connection[Any], statement: str) -> bool:
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(statement)
    except errors.InsufficientPrivilege:
        return False
    return True


def test_what_each_role_may(site: Site) -> None:
    load(site, *founded(), hired(1))
    for url, expected in ((site.database_url, ONLY), (site.vault_url, IN_VAULT)):
        found: dict[str, set[DatabaseRole]] = {statement: set() for statement in expected}
        for role in DatabaseRole:
            with connect(url, role, autocommit=True) as conn:
                for statement in expected:
                    found[statement] |= {role} if may(conn, statement) else set()
        assert found == expected


def test_erasing_empties_and_does_not_rewrite(site: Site) -> None:
    register(site.registry)
    with connect(site.database_url, ERASE, autocommit=True) as conn:
        refused(conn, "UPDATE event SET sealed = 'else'")
        refused(conn, "UPDATE event SET sealed = ''")
        refused(conn, "UPDATE event SET sealed = NULL, clear = ''")
        assert conn.execute("UPDATE event SET sealed = NULL").rowcount == 1


GRANTED = """
SELECT grantee::regrole::text, relname || coalesce('.' || attname, ''), privilege_type FROM (
    SELECT relname, NULL AS attname, a.* FROM pg_class c, aclexplode(relacl) a
    WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT relname, attname, a.* FROM pg_class c JOIN pg_attribute ON attrelid = c.oid, aclexplode(attacl) a
    WHERE relnamespace = 'public'::regnamespace
) granted
WHERE grantee <> 0 AND grantee::regrole::text LIKE 'kets\\_%' AND privilege_type NOT IN ('SELECT', 'INSERT')
"""
SHARD_NAMES = [f"event_{shard:02d}" for shard in range(SHARDS)]


def test_no_right_to_change_was_given_by_the_way(site: Site) -> None:
    """Whoever makes a table whose rows may change or go says so here too."""
    every = ("UPDATE", "DELETE")
    assert set(site.reading().execute(GRANTED).fetchall()) == {
        ("kets_write", "event_head.position", "UPDATE"),
        ("kets_write", "card_index.next", "UPDATE"),
        ("kets_write", "phone_enrolment", "DELETE"),
        ("kets_write", "phone_enrolment.tries", "UPDATE"),
        ("kets_write", "phone_enrolment.phone", "UPDATE"),
        ("kets_ledger", "ledger_head", "UPDATE"),
        *(("kets_project", "projection_tracking", how) for how in every),
        ("kets_erase", "access", "DELETE"),
        *(("kets_erase", f"{table}.sealed", "UPDATE") for table in ("event", "submission_row", *SHARD_NAMES)),
    }
    assert set(site.vault().execute(GRANTED).fetchall()) == {
        ("kets_write", "claim_batch", "UPDATE"),
        ("kets_write", "identity.batch", "UPDATE"),
        ("kets_write", "data_key.batch", "UPDATE"),
        ("kets_write", "wallet_offer.tries", "UPDATE"),
        ("kets_write", "wallet_token.issued", "UPDATE"),
        *(("kets_write", f"wallet_{what}", "DELETE") for what in ("offer", "token", "nonce")),
        ("kets_keys", "data_key.kek", "UPDATE"),
        ("kets_keys", "data_key.wrapped", "UPDATE"),
        ("kets_keys", "intake.kek", "UPDATE"),
        ("kets_keys", "intake.wrapped", "UPDATE"),
        ("kets_erase", "intake", "DELETE"),
        ("kets_erase", "intake_mark", "DELETE"),
        ("kets_keys", "identity", "DELETE"),
        ("kets_keys", "live_key", "DELETE"),
        ("kets_erase", "claim_batch.confirmed", "UPDATE"),
        ("kets_erase", "identity", "DELETE"),
        ("kets_erase", "data_key", "DELETE"),
        *(("kets_erase", "legal_hold", how) for how in every),
    }


# -- how a connection gets its role ---------------------------------------------------------------------------------
def test_a_role_is_there_from_the_start_and_comes_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=1MB")
    with connect(site.database_url, READ) as conn:
        assert conn.execute("SHOW work_mem").fetchone() == ("1MB",)
    own = make_conninfo(site.database_url, options="-c work_mem=2MB")
    with connect(own, WRITE, autocommit=True) as conn:
        for reset in ("SELECT 1", "RESET ROLE", "DISCARD ALL"):
            conn.execute(reset)
            assert conn.execute("SELECT current_user, current_setting('work_mem')").fetchone() == ("kets_write", "2MB")


OPENERS = {"connect", "ConnectionPool", "create_engine"}
WITHOUT = {
    "registry/roles.py": "here roles are taken and made",
    "registry/migrate.py": "the owner of the tables",
    "registry/postgres/databases.py": "makes databases",
    "registry/postgres/pair.py": "asks which databases are there",
    "registry/backup/passes.py": "empties the space of deleted rows, as their owner",
    "registry/backup/recover.py": "makes a restored server's account",
    "registry/backup/source.py": "asks a server about itself",
    "registry/backup/take.py": "works with the server: slots and marks of its log",
    "registry/cli/backup.py": "the same",
    "registry/cli/ledger.py": "opening a new ledger after a loss takes the owner; no role may",
}


def opened(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls that open a connection, unless the first thing they are given is a URL with a role."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in OPENERS:
            given = ast.unparse(node.args[0]) if node.args else ""
            by_role = len(node.args) > 1 and ast.unparse(node.func) == "connect"
            if not (given.startswith("as_role(") or by_role):
                yield node


def test_every_connection_of_the_product_takes_a_role() -> None:
    found = {}
    for package in ("api", "projections", "registry"):
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            text = path.read_text(encoding="utf-8")
            if name not in WITHOUT and ("psycopg" in text or "sqlalchemy" in text):
                found[name] = [ast.unparse(call) for call in opened(ast.parse(text))]
    assert len(found) > 5
    assert {name: calls for name, calls in found.items() if calls} == {}


@pytest.mark.parametrize("line", ["psycopg.connect(url)", "ConnectionPool(url, min_size=1)", "connect(url)"])
def test_a_connection_without_a_role_is_noticed(line: str) -> None:
    assert list(opened(ast.parse(line)))


def test_the_roles_are_told() -> None:
    told = {code(row[0]) for row in rows(sections(page("how-to/database.md"))["Roles"])}
    assert told == {role.value for role in DatabaseRole}


# -- read models are swapped, grants stay ---------------------------------------------------------------------------
@pytest.fixture
def stranger(server: Server) -> Iterator[str]:
    """Somebody else's role, with a name that has to be quoted."""
    name = f"Report {uuid4().hex[:12]}"
    with psycopg.connect(server.url(), autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))
        yield name
        conn.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


GRANTS_OF = """
SELECT grantee, privilege_type, is_grantable FROM pg_class, aclexplode(relacl) WHERE oid = %(table)s::regclass
UNION ALL SELECT grantee, attname || ' ' || privilege_type, is_grantable FROM pg_attribute, aclexplode(attacl)
WHERE attrelid = %(table)s::regclass ORDER BY 1, 2
"""


def test_grants_outlive_a_rebuild(site: Site, stranger: str) -> None:
    load(site, *founded(), hired(1))
    site.runner.catch_up()
    conn, who = site.reading(), sql.Identifier(stranger)
    for grant in (
        "GRANT USAGE ON SCHEMA read TO {}",
        "GRANT SELECT, REFERENCES ON read.record TO {} WITH GRANT OPTION",
        "GRANT SELECT (worker, since) ON read.roster TO {}",
    ):
        conn.execute(sql.SQL(grant).format(who))
    conn.execute("GRANT SELECT ON read.placements TO PUBLIC")

    def state() -> dict[str, Any]:
        tables = [f"read.{projection.table.name}" for projection in PROJECTIONS.values()]
        return {table: conn.execute(GRANTS_OF, {"table": table}).fetchall() for table in tables}

    def numbers() -> set[Any]:
        return set(conn.execute("SELECT oid FROM pg_class WHERE relnamespace = 'read'::regnamespace").fetchall())

    before, tables = state(), numbers()
    for name in PROJECTIONS:
        site.runner.rebuild(name)
    assert state() == before
    assert len(numbers() - tables) > len(PROJECTIONS), "the tables are others now"
    with psycopg.connect(site.database_url, options=f"-c role={stranger.replace(' ', chr(92) + ' ')}") as theirs:
        for query in ("* FROM read.record", "worker, since FROM read.roster", "sum(n) FROM read.placements"):
            assert theirs.execute(f"SELECT {query}").rowcount == 1
        with pytest.raises(errors.InsufficientPrivilege):
            theirs.execute("SELECT employer FROM read.roster")
    with connect(site.database_url, READ) as reader:
        assert reader.execute("SELECT count(*) FROM read.record").fetchone() == (1,)
    conn.execute(sql.SQL("DROP OWNED BY {}").format(who))


# -- a login that has two roles -------------------------------------------------------------------------------------
@pytest.fixture
def door(site: Site, server: Server) -> Iterator[tuple[Settings, Registry]]:
    """The API's settings with a login that may read and write only, and a registry of that login."""
    name, password = f"door_{uuid4().hex[:12]}", uuid4().hex

    def by(url: str) -> str:
        return make_conninfo(url, user=name, password=password)

    with psycopg.connect(server.url(), autocommit=True) as conn:
        conn.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}' IN ROLE kets_read, kets_write")
        events, vault = by(site.database_url), by(site.vault_url)
        home, keys = site.settings.home, site.settings.key_folder
        settings = Settings(DATABASE_URL=events, vault_url=vault, home=home, keys=keys)
        registry = Registry(events, vault, site.keyring, now=lambda: site.now)
        yield settings, registry
        registry.close()
        conn.execute(f"DROP ROLE {name}")


def test_the_api_needs_two_roles(site: Site, door: tuple[Settings, Registry]) -> None:
    settings, registry = door
    load(site, *founded(), hired(1))
    site.runner.catch_up()
    gone = register(site.registry, 2)
    erasure_list.append(settings.erasure_list, site.keyring, gone, site.now)
    with pytest.raises(psycopg.OperationalError, match='permission denied to set role "kets_erase"'):
        replay(registry, settings.erasure_list)
    assert replay(site.registry, settings.erasure_list) == 1
    assert replay(registry, settings.erasure_list) == 0
    with TestClient(create_app(settings), base_url=HERE) as client:
        assert client.get("/healthz").json()["ok"]
        assert client.get(f"/v1/workers/{stream_of(site, 1)}").status_code == 200
    record(registry, stream_of(site, 1), education(9))
    with psycopg.connect(str(settings.database_url)) as conn, pytest.raises(errors.InsufficientPrivilege):
        conn.execute("UPDATE event SET sealed = NULL")
    with pytest.raises(psycopg.OperationalError, match="permission denied to set role"):
        psycopg.connect(as_role(str(settings.database_url), ERASE))

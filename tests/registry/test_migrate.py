"""Tables come from migrations, and several starters may bring them at once."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg

from projections.runner import PROJECTIONS, Runner
from registry.migrate import HEADS, migrate
from registry.postgres import create_database

if TYPE_CHECKING:
    from tests.conftest import Server, Site


def test_a_place_has_the_tables_of_both_databases(site: Site) -> None:
    query = "SELECT tablename FROM pg_tables WHERE schemaname IN ('public', 'read') ORDER BY 1"
    events = {name for (name,) in site.reading().execute(query)}
    vault = {name for (name,) in site.vault().execute(query)}
    shards = {f"event_{shard:02d}" for shard in range(16)}
    read_models = {projection.table.name for projection in PROJECTIONS.values()}
    assert events == shards | read_models | {
        "access",
        "alembic_version",
        "card_index",
        "event",
        "event_head",
        "ledger_head",
        "ledger_incident",
        "ledger_segment",
        "phone_enrolment",
        "projection_definition",
        "projection_position",
        "projection_rebuild",
        "projection_tracking",
        "submission",
        "submission_row",
    }
    tables = {"claim_batch", "data_key", "identity", "intake", "intake_mark", "legal_hold", "live_key"}
    tables |= {"wallet_nonce", "wallet_offer", "wallet_token"}
    assert vault == {"alembic_version", *tables}


def start(pair: list[str]) -> dict[str, str]:
    revisions = migrate(*pair)
    runner = Runner(pair[0])
    try:
        runner.install()
    finally:
        runner.close()
    return revisions


def test_three_starters_migrate_and_install_at_once(server: Server) -> None:
    name = f"t{uuid4().hex[:12]}"
    pair = [server.url(f"{name}_{kind}") for kind in ("events", "vault")]
    for kind in ("events", "vault"):
        create_database(server.url(), f"{name}_{kind}")

    try:
        with ProcessPoolExecutor(3, multiprocessing.get_context("spawn")) as pool:
            assert list(pool.map(start, [pair] * 3)) == [HEADS] * 3
    finally:
        with psycopg.connect(server.url(), autocommit=True) as conn:
            for kind in ("events", "vault"):
                conn.execute(f"DROP DATABASE {name}_{kind} WITH (FORCE)")

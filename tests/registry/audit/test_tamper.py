"""Every stored bit is evidence, or its column is listed here as none: turned over, it is found and named."""

from __future__ import annotations

import os
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from registry.ledger import checkpoint
from registry.ledger.merkle import tiles_of
from registry.ledger.tiles import tile_path
from tests.registry.audit.bits import NotStorableError, cell, count, described, spoilt, turned

if TYPE_CHECKING:
    from pathlib import Path

    from psycopg import Connection

    from registry.audit.report import Finding
    from tests.registry.audit.conftest import Audits

TIMES = int(os.environ.get("KETS_TAMPER", "100"))
SEED = int(os.environ.get("KETS_TAMPER_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)

EVIDENCE = {
    "events": {
        "event": "shard position stream version topic recorded_at submission salt clear sealed_hash sealed",
        "event_head": "shard position",
        "submission": "id digest",
        "ledger_head": "size root checkpoint",
        "ledger_segment": "start shard first count",
    },
    "vault": {"data_key": "stream kek wrapped batch", "claim_batch": "batch"},
}
NOT_EVIDENCE = {
    "events": {
        # who brought it stands in the clear part of each fact; the content, which the digest is of, is not kept
        "submission": "organisation door received_at salt signed",
        # receipts to give again, and the row as it came
        "submission_row": "organisation ref digest submission line stream first_version events sealed",
        "ledger_head": "one",
        # none until a restart; then salt and clear part are those of the first leaf
        "ledger_incident": "number origin opened_at salt clear note",
        # a counter: what was issued is in the log
        "card_index": "shard next",
        # codes of ten minutes: what came of one is in the log
        "phone_enrolment": "handle stream code_hash ends_at tries phone",
        "projection_tracking": "application_name notification_id",
        # who read whose record: kept for a time, and no fact of anybody's work
        "access": "number at worker reader role what",
        "alembic_version": "version_num",
    },
    "vault": {
        # until when a claim may be settled
        "claim_batch": "claimed_at confirmed",
        # an index: the numbers themselves are in the sealed parts
        "identity": "tag index_version stream batch",
        "legal_hold": "stream reason until",
        # which versions are in use: what each key is wrapped by stands beside it
        "live_key": "use number",
        # keys of kept files, which are no facts
        "intake": "id submission kind organisation kept_at ends_on kek wrapped",
        "intake_mark": "mark intake",
        # offers of ten minutes: what came of one is in the log
        "wallet_offer": "code tx_code worker tries ends_at",
        "wallet_token": "token worker issued ends_at",
        "wallet_nonce": "nonce ends_at",
        "alembic_version": "version_num",
    },
}
COLUMNS = """SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name NOT SIMILAR TO 'event_[0-9]{2}'"""


STREAM = "ARRAY[t.stream::text]"
NAMES = {
    "event": "ARRAY[t.stream::text, t.stream || ':' || t.version, 'shard ' || t.shard || ', position ' || t.position]",
    "event_head": "ARRAY['shard ' || t.shard, 'shard ' || t.shard || ',']",
    "submission": "(SELECT array_agg(e.stream || ':' || e.version) FROM event e WHERE e.submission = t.id)",
    "ledger_head": "ARRAY['ledger head', 'committed checkpoint']",
    "ledger_segment": "ARRAY['segment ' || t.start, 'leaves ' || t.start || ' to']",
    "data_key": STREAM,
    "claim_batch": "(SELECT array_agg(k.stream::text) FROM data_key k WHERE k.batch = t.batch)",
}
"""What a finding about a row must be about, by table; of the row before or after it was altered."""


@pytest.fixture
def loosened(audits: Audits) -> Audits:
    """What in the database would itself refuse an alteration is taken away first."""
    constraints = (
        "SELECT format('ALTER TABLE %%s DROP CONSTRAINT IF EXISTS %%I CASCADE', conrelid::regclass, conname)"
        " FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype = ANY(%s) AND conislocal"
    )
    indexes = "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE indisunique"
    for conn in (audits.conn, audits.vault):
        for (drop,) in conn.execute(constraints, (list("fpuc"),)).fetchall():
            conn.execute(drop)
        for name, made in conn.execute(f"{indexes} AND indrelid::regclass::text LIKE 'event%'").fetchall():
            conn.execute(f"DROP INDEX {name}")  # type: ignore[arg-type]  # the database's own name
            conn.execute(made.replace("UNIQUE ", ""))
    return audits


def connection(audits: Audits, database: str) -> Connection[Any]:
    return audits.conn if database == "events" else audits.vault


def columns(listed: dict[str, dict[str, str]]) -> list[tuple[str, str, str]]:
    """Database, table, column."""
    return [
        (d, table, name) for d, tables in listed.items() for table, names in tables.items() for name in names.split()
    ]


@pytest.mark.parametrize("database", EVIDENCE)
def test_every_column_is_evidence_or_listed(audits: Audits, database: str) -> None:
    listed = [(table, name) for d, table, name in columns(EVIDENCE) + columns(NOT_EVIDENCE) if d == database]
    assert sorted(connection(audits, database).execute(COLUMNS).fetchall()) == sorted(listed)


def one_bit(
    audits: Audits, chance: random.Random, database: str, table: str, column: str
) -> tuple[str, list[Finding], set[str]]:
    """Turn a bit of a random row and audit: what was turned, what was found, what names the row."""
    conn = connection(audits, database)
    there = count(conn, table, column)
    while there:
        chosen = cell(conn, table, column, chance.randrange(there))
        bit = chance.randrange(8 * len(chosen.data))
        names = described(conn, chosen, NAMES.get(table, "ARRAY['']"))
        try:
            with turned(conn, chosen, bit) as now:
                names |= described(conn, now, NAMES.get(table, "ARRAY['']"))
                return f"{table}.{column} {names} bit {bit}", audits.audited(audits.new).findings.kept, names
        except NotStorableError:
            continue
    return "", [], set()


def tiles(audits: Audits) -> tuple[list[Path], list[Path]]:
    """The tiles of the trees of the checkpoints that are known; and narrower ones, which nobody refers to."""
    sizes = [checkpoint.opened(note, audits.signer.verifier).size for note in (audits.old, audits.new)]
    whole = {audits.path / tile_path(tile) for size in sizes for tile in tiles_of(size)}
    there = {path for path in audits.path.glob("tile/**/*") if path.is_file()}
    return sorted(whole & there), sorted(there - whole)


def test_what_is_no_evidence_changes_nothing(loosened: Audits) -> None:
    chance = random.Random(SEED)
    for path in tiles(loosened)[1]:
        with spoilt(path, chance.randrange(8 * path.stat().st_size)):
            assert loosened.found(loosened.old, loosened.new) == [], path
    for place in columns(NOT_EVIDENCE):
        what, found, _ = one_bit(loosened, chance, *place)
        assert found == [], what


def test_every_bit_turned_is_found_and_named(loosened: Audits) -> None:
    print(f"KETS_TAMPER_SEED={SEED} KETS_TAMPER={TIMES}")
    chance, seen = random.Random(SEED), Counter[str]()
    kinds = ["event"] * 4 + ["key", "segment", "tile", "other"]
    of = {"event": ["event"], "key": ["data_key", "claim_batch"], "segment": ["ledger_segment"]}
    assert loosened.found(loosened.new) == []
    for turn in range(TIMES):
        kind = chance.choice(kinds)
        if kind == "tile":
            path = chance.choice(tiles(loosened)[0])
            bit = chance.randrange(8 * path.stat().st_size)
            with spoilt(path, bit):
                found, name = loosened.found(loosened.old, loosened.new), str(path.relative_to(loosened.path))
            assert found == [("tile-differs", name)], f"{name} bit {bit}"
        else:
            rest = ["event_head", "submission", "ledger_head"]
            place = chance.choice([each for each in columns(EVIDENCE) if each[1] in of.get(kind, rest)])
            what, differences, names = one_bit(loosened, chance, *place)
            assert differences, what
            strangers = [each for each in differences if not any(n in each.about or n in each.what for n in names)]
            assert not strangers, what
        seen[kind] += 1
        if turn % 500 == 499:
            for conn in (loosened.conn, loosened.vault):
                conn.execute("VACUUM")
    assert loosened.found(loosened.new) == []
    assert set(seen) == set(kinds)
    print(dict(seen))

"""One worker's whole history told to an auditor, each fact with its proof checked; against its rows hashed alone."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

import msgspec

from registry import layout
from registry.ledger import log
from registry.ledger.leaf import Entry, leaf_hash
from registry.ledger.place import folder_of, signer_of
from registry.ledger.sequencer import Sequencer
from registry.replay.proofs import ledger_of, proofs
from registry.replay.sources import sources
from registry.replay.timeline import shown, timeline
from registry.roles import DatabaseRole, connect
from registry.settings import Settings
from registry.store import shard_of
from tests.benchmarks import bench_bulk
from tests.benchmarks.measure import RUNS, Result, in_turns, scaled
from tests.benchmarks.newcomers import numbers

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from tests.benchmarks.ground import Ground

EVENTS = 200
PEOPLE = scaled(256)
"""As many as a tile has leaves: of each person every fact is in a tile of its own, as if recorded over years."""
REPLAYS = scaled(40)
_ROWS = (
    "SELECT e.stream, e.version, e.topic, e.recorded_at, e.salt, e.clear, e.sealed_hash, s.digest"
    " FROM event_{:02d} e LEFT JOIN submission s ON s.id = e.submission WHERE e.stream = %s ORDER BY e.version"
)


def test_replay_200(ground: Ground, tmp_path: Path) -> None:
    settings = Settings(DATABASE_URL=ground.database_url, vault_url=ground.vault_url, home=tmp_path, keys=ground.keys)
    people = cycle(lived(ground, settings))
    size = log.head(ground.conn).size
    ground.conn.execute("VACUUM ANALYZE")
    ground.checkpoint()
    with connect(ground.database_url, DatabaseRole.READ, autocommit=True) as conn:

        def ours(times: int) -> None:
            for _ in range(times):
                stream = next(people)
                told = ground.registry.history(stream)
                came, proved = sources(conn, stream), proofs(conn, ledger_of(settings), stream)
                facts = timeline(told)
                assert [proved[fact.version].state for fact in facts] == ["proved"] * EVENTS
                assert msgspec.json.encode([facts, came, proved, shown(told.state(), None)])

        def limit(times: int) -> None:
            for _ in range(times):
                stream = next(people)
                rows = conn.cursor(binary=True).execute(_ROWS.format(shard_of(stream)), (stream,), prepare=True)
                assert len([leaf_hash(Entry(*row)) for row in rows]) == EVENTS

        rate, bare = in_turns(ours, limit, times=REPLAYS)
    result = Result(
        "replay_200",
        f"ms a replay of a worker of {EVENTS} events, each in a tile of its own in a ledger of {size:,} leaves: read,"
        " opened, told with what stands beside each fact, the row it came in, its inclusion proof followed to the root"
        " of the checkpoint whose signature is checked, and the record, as JSON; limit: its rows read and hashed to"
        " leaves, nothing opened and nothing proved",
    )
    result.add("one process", value=1000 / rate, unit="ms", limit=1000 / bare, runs=RUNS)


def lived(ground: Ground, settings: Settings) -> list[UUID]:
    """People whose facts came in turns: one of each person, sequenced, then the next of each."""
    registry, folder, signer = ground.registry, folder_of(settings), signer_of(settings)
    names = numbers()
    claims = registry.vault.claim_all([("nik", next(names)[0]) for _ in range(PEOPLE)])
    lives: list[Any] = [
        [layout.event(row) for row in registry.sealed(claim.stream, bench_bulk.history(claim, EVENTS))]
        for claim in claims.values()
    ]
    for batch in {claim.batch for claim in claims.values() if claim.batch}:
        registry.vault.confirm_all(batch, ())
    with Sequencer(ground.database_url, folder, signer) as sequencer:
        for turn in zip(*lives, strict=True):
            shards: dict[int, list[bytes]] = {}
            for claim, event in zip(claims.values(), turn, strict=True):
                shards.setdefault(shard_of(claim.stream), []).append(event)
            for shard, events in shards.items():
                registry.recorder.append(shard, events, ())
            sequencer.catch_up()
    return [claim.stream for claim in claims.values()]

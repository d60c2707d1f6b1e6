"""The ledger: how fast what is stored becomes provable, and how long a fact waits for the checkpoint that covers it."""

from __future__ import annotations

import os
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

from psycopg.rows import tuple_row

from domain.errors import Refused
from keys.keyring import Keyring
from registry.ledger import log
from registry.ledger.leaf import leaf_hash
from registry.ledger.merkle import Tree, extended
from registry.ledger.sequencer import BATCH, POLL, Sequencer
from registry.ledger.tiles import Folder
from registry.store import heads, shard_of
from registry.submissions.load import Loader
from tests.benchmarks.bare import Bare
from tests.benchmarks.crew import Crew
from tests.benchmarks.measure import Result, in_turns, p99, scaled
from tests.benchmarks.stock import prepare
from tests.benchmarks.writer import Filer, Writer
from tests.registry.people import founded
from tests.registry.submissions.employer_files import csv_file

if TYPE_CHECKING:
    from pathlib import Path

    from registry.ledger.merkle import Tile
    from tests.benchmarks.ground import Ground

EVENTS, RUNS = scaled(60_000), 3
NAME = "kets.example/ledger"
ROWS = scaled(20_000)
PAUSE = 0.02


def test_ledger_fsync(lived: Ground, tmp_path: Path) -> None:
    lived.multiply(EVENTS)
    events, signer, folders = lived.events, Keyring.open(lived.keys).ledger(NAME), []

    def ours(_: int) -> None:
        lived.conn.execute("TRUNCATE ledger_segment")
        lived.conn.execute("UPDATE ledger_head SET size = 0, root = sha256(''), checkpoint = NULL")
        folders.append(Folder(tmp_path / f"ledger-{len(folders)}"))
        with Sequencer(lived.database_url, folders[-1], signer) as sequencer:
            assert sequencer.catch_up() == events

    def in_memory(_: int) -> None:
        tiles: dict[Tile, bytes] = {}
        size = 0
        with lived.conn.transaction():
            for shard, top in heads(lived.conn):
                for first in range(1, top + 1, BATCH):
                    found = log.entries(lived.conn, shard, first, min(BATCH, top + 1 - first))
                    tiles |= extended(tiles.__getitem__, size, [leaf_hash(entry) for entry in found.values()])
                    size += len(found)
        assert Tree(tiles.__getitem__, size).root()

    rate, limit = in_turns(ours, in_memory, times=1, runs=RUNS, between=lived.checkpoint)
    result = Result(
        "ledger_fsync",
        f"events/s of {events:,} that wait, to tiles, committed root and signed checkpoint, each batch of at most"
        f" {BATCH:,} synced; limit: the same rows read and hashed into tiles in memory, nothing written or signed",
    )
    result.add("one sequencer", value=rate * events, unit="events/s", limit=limit * events, runs=RUNS)


class Keeper:
    """The sequencer in a process of its own."""

    def __init__(self, _: int, database_url: str, keys: Path, folder: Path) -> None:
        signer = Keyring.open(keys).ledger(NAME)
        self.sequencer = Sequencer(database_url, Folder(folder), signer)

    def keep(self, until: Path) -> None:
        """Sequence what comes until there is a file `until`."""
        with self.sequencer:
            self.sequencer.follow(until.exists)


def test_checkpoint_lag(ground: Ground, tmp_path: Path) -> None:
    prepare(ground)
    Bare(ground.database_url).close()
    Loader(ground.registry).load(csv_file(tmp_path / "employer.csv", *founded()))
    at, enough = (ground.database_url, ground.vault_url, ground.keys), tmp_path / "enough"
    watch = Watch(ground, Folder(tmp_path / "ledger"), tmp_path / "floor")
    with (
        closing(Writer(9, *at)) as writer,
        Crew(1, Keeper, ground.database_url, ground.keys, tmp_path / "ledger") as keeper,
        Crew(2, Filer, *at, tmp_path) as loaders,
    ):
        loaders.do("ready", ROWS)
        keeper.start("keep", enough)
        loaders.start("load")
        thread = threading.Thread(target=watch.run)
        thread.start()
        while loaders.at_work:
            event, row = writer.next()
            (recording,) = writer.registry.save(event, rows=[row])
            watch.committed(shard_of(event.originator_id), recording.notification.id)
            time.sleep(PAUSE)
        loaders.wait()
        watch.finish(within=60)
        thread.join()
        enough.touch()
        keeper.wait()
    result = Result(
        "checkpoint_lag",
        f"s that one in a hundred facts waits from its commit to a published checkpoint that covers it, while two"
        f" processes load {ROWS:,} rows each; limit: s to be seen by who asks for the heads as often, {POLL} s, and"
        " syncs a small file",
    )
    result.add("p99", value=p99(watch.lags), unit="s", limit=p99(watch.floors), runs=1, facts=len(watch.lags))


class Watch:
    """Looks for the checkpoint that covers each of the facts it is told of; and, as a floor, for their heads."""

    def __init__(self, ground: Ground, folder: Folder, floor: Path) -> None:
        self.ground, self.folder, self.floor = ground, folder, floor
        self.lags: list[float] = []
        self.floors: list[float] = []
        self._waiting: list[tuple[int, int, float]] = []
        self._unseen: list[tuple[int, int, float]] = []
        self._last, self._until, self._lock = 0.0, float("inf"), threading.Lock()

    def committed(self, shard: int, position: int) -> None:
        with self._lock:
            for facts in (self._waiting, self._unseen):
                facts.append((shard, position, time.monotonic()))

    def finish(self, within: float) -> None:
        self._until = time.monotonic() + within

    def run(self) -> None:
        size = 0
        while self._until == float("inf") or ((self._waiting or self._unseen) and time.monotonic() < self._until):
            note = self.folder.checkpoint()
            covered = int(note.split("\n")[1]) if note else 0
            if covered > size:
                size = covered
                self._cover(size, time.monotonic())
            if time.monotonic() > self._last + POLL:
                self._see()
            time.sleep(0.005)
        assert not self._waiting, f"{len(self._waiting)} facts had no checkpoint in time"

    def _cover(self, size: int, now: float) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for shard, position, since in waiting:
            if self._index(shard, position) < size:
                self.lags.append(now - since)
            else:
                with self._lock:
                    self._waiting.append((shard, position, since))

    def _index(self, shard: int, position: int) -> float:
        try:
            return log.index_of(self.ground.conn, shard, position)
        except Refused:
            return float("inf")

    def _see(self) -> None:
        self._last = time.monotonic()
        found: dict[int, int] = dict(self._cursor().execute("SELECT shard, position FROM event_head").fetchall())
        with self.floor.open("wb") as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
        now = time.monotonic()
        with self._lock:
            self.floors += [now - since for shard, position, since in self._unseen if position <= found[shard]]
            self._unseen = [fact for fact in self._unseen if fact[1] > found[fact[0]]]

    def _cursor(self) -> Any:
        return self.ground.conn.cursor(row_factory=tuple_row)

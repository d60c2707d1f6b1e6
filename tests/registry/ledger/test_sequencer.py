"""One log of 16 shards: every event once, whoever else writes, whenever it is killed, and no second history."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from domain.errors import Refused
from keys.errors import KeysError
from registry.ledger import checkpoint, log
from registry.ledger.merkle import Tree, consistent, extended, tiles_of
from registry.ledger.rebuild import rebuild
from registry.ledger.sequencer import Sequencer
from registry.ledger.tiles import Folder, tile_path
from registry.submissions.pressure import BackPressure
from tests.registry.ledger.conftest import signer
from tests.registry.people import education, founded, hired, load, record, register

if TYPE_CHECKING:
    from pathlib import Path

    from registry.ledger.checkpoint import Checkpoint
    from tests.registry.ledger.conftest import Ledger


def refused(code: str) -> pytest.RaisesExc[Refused]:
    return pytest.raises(Refused, match=f"^{code}\\b")


def test_an_empty_log_has_an_empty_ledger(ledger: Ledger) -> None:
    assert ledger.sequence() == 0
    assert ledger.folder.checkpoint() is None
    assert ledger.audited() == []


@pytest.mark.parametrize("batch", [1, 7, 256, 1000])
def test_batches_of_any_size_give_a_whole_ledger(ledger: Ledger, batch: int) -> None:
    added = 0
    for count in (1, 30, 270):
        ledger.add(count)
        added += count
        assert ledger.sequence(min(batch, count)) == count
        ledger.check_whole()
    assert ledger.sequence() == 0
    biggest = max(segment.length for segment in log.segments(ledger.conn))
    assert biggest <= batch


def test_real_facts_with_their_submissions_are_in_it(ledger: Ledger) -> None:
    load(ledger.site, *founded(), hired(1), hired(2))
    record(ledger.site.registry, register(ledger.site.registry, 3), education())
    with_submission = "SELECT count(*) FROM event JOIN submission s ON s.id = submission"
    assert ledger.conn.execute(with_submission).fetchone() != (0,)
    assert ledger.sequence() > 5
    ledger.check_whole()


def test_partial_tiles_of_full_ones_go_and_are_still_read(ledger: Ledger) -> None:
    for _ in range(10):
        ledger.add(30)
        ledger.sequence()
    assert not (ledger.path / "tile/0/000.p").exists()
    assert (ledger.path / "tile/0/001.p/44").exists()
    small = Tree(ledger.folder.read, 200)
    assert small.root() == Tree(ledger.folder.read, 300).root(200)


def test_nothing_is_missed_of_writers_that_interleave(ledger: Ledger) -> None:
    done = threading.Event()

    def follow() -> None:
        with ledger.sequencer(batch=50) as sequencer:
            sequencer.follow(done.is_set)
            sequencer.catch_up()

    with ThreadPoolExecutor(5) as pool:
        following = pool.submit(follow)
        try:
            list(pool.map(lambda n: [ledger.add(n % 7 + 1) for _ in range(12)], range(6)))
        finally:
            done.set()
        following.result(30)
    ledger.check_whole()


# -- killed ---------------------------------------------------------------------------------------------------------
def sequencing(url: str, path: Path, ready: Any) -> None:
    """A sequencer as a process of its own, in small batches."""
    with Sequencer(url, Folder(path), signer(), batch=12) as sequencer:
        ready.set()
        sequencer.follow(lambda: False)


def written_ahead(ledger: Ledger, size: int, since: float) -> bool:
    """Whether the folder holds what was written `since` and is not committed, or does not yet hold what is."""
    if list((ledger.path / ".new").iterdir()):
        return True
    committed = {tile_path(tile) for tile in tiles_of(size)}
    level = f"tile/0/{size // 256:03}"
    beyond = [
        str(path.relative_to(ledger.path))
        for path in (ledger.path / f"{level}.p").glob("*")
        if path.stat().st_mtime >= since
    ]
    widest = max((int(name.rpartition("/")[2]) for name in beyond), default=0)
    full = ledger.path / level
    full_beyond = full.exists() and full.stat().st_mtime >= since and level not in committed
    note = ledger.folder.checkpoint()
    return widest > size % 256 or full_beyond or (ledger.published().size if note else 0) < size


def test_a_ledger_that_was_killed_many_times_is_the_one_that_never_was(ledger: Ledger) -> None:
    """24 SIGKILLs; at least a third of them in the midst of a write. Every checkpoint seen is of the same log."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    moments, midst, seen = random.Random(11), 0, list[Any]()
    ledger.folder.path.mkdir()
    for _ in range(24):
        ledger.add(150)
        ready, since = context.Event(), time.time()
        process = context.Process(target=sequencing, args=(ledger.site.database_url, ledger.path, ready))
        process.start()
        assert ready.wait(20)
        time.sleep(moments.uniform(0.005, 0.06))
        process.kill()
        process.join()
        assert process.exitcode == -9
        midst += written_ahead(ledger, log.head(ledger.conn).size, since)
        if ledger.folder.checkpoint():
            seen.append(ledger.published())
    assert midst >= 8, f"{midst} of 24 kills came in the midst of a write"
    assert ledger.sequence() > 0, "it was done before it could be killed"
    ledger.check_whole()
    assert len({point.size for point in seen}) > 8
    assert [point for point in seen if not extends(ledger, point)] == []


def extends(ledger: Ledger, old: Checkpoint) -> bool:
    new = ledger.published()
    proof = Tree(ledger.folder.read, new.size).consistency(old.size)
    return consistent(old=old.size, old_root=old.root, size=new.size, root=new.root, proof=proof)


def test_tiles_written_and_not_committed_are_written_over(ledger: Ledger) -> None:
    """As a crash leaves them before the commit; other events have come by the time of the next start."""
    ledger.add(300)
    ledger.sequence()
    ledger.add(280)
    other = Folder(ledger.path.parent / "crashed")
    shutil.copytree(ledger.path, other.path)
    with ledger.sequencer(other) as crashing:
        segments, leaves = crashing._batch()
        assert (len(leaves), len(segments)) == (280, 16)
        other.write(extended(other.read, 300, leaves[::-1]))
    ledger.folder = other
    ledger.add(20)
    assert ledger.sequence() == 300
    ledger.check_whole()


def test_a_checkpoint_that_was_committed_is_published_at_the_next_start(ledger: Ledger) -> None:
    ledger.add(30)
    ledger.sequence()
    old = str(ledger.folder.checkpoint())
    ledger.add(30)
    ledger.sequence()
    for left in (old, None):
        (ledger.path / "checkpoint").unlink()
        if left:
            (ledger.path / "checkpoint").write_text(left)
        assert ledger.sequence() == 0
        ledger.check_whole()


# -- two of them ----------------------------------------------------------------------------------------------------
def test_a_second_sequencer_in_the_folder_waits_outside(ledger: Ledger) -> None:
    with ledger.sequencer(), refused("ledger-in-use"), ledger.sequencer():
        pass
    assert ledger.sequence() == 0


def test_of_two_folders_one_wins_and_the_other_is_out_for_good(ledger: Ledger) -> None:
    ledger.add(40)
    ledger.sequence()
    copy = Folder(ledger.path.parent / "copy")
    shutil.copytree(ledger.path, copy.path)
    ledger.add(400)
    with ledger.sequencer(batch=10) as one, ledger.sequencer(copy, batch=10) as two, ThreadPoolExecutor(2) as pool:
        racing = {folder: pool.submit(each.catch_up) for folder, each in ((ledger.folder, one), (copy, two))}
        errors = {folder: each.exception() for folder, each in racing.items()}
    assert [str(error).split(",")[0] for error in errors.values() if error] == ["ledger-moved"]
    assert log.head(ledger.conn).size > 40
    whole = [folder for folder in (ledger.folder, copy) if opens(ledger, folder)]
    assert len(whole) == 1
    ledger.folder = whole[0]
    ledger.sequence()
    ledger.check_whole()


def opens(ledger: Ledger, folder: Folder) -> bool:
    codes = []
    try:
        with ledger.sequencer(folder):
            pass
    except Refused as refusal:
        codes.append(refusal.code)
    assert codes in ([], ["tile-missing"], ["tiles-differ"])
    return not codes


# -- what it refuses to go on from -----------------------------------------------------------------------------------
def test_a_database_older_than_the_published_checkpoint_is_refused(ledger: Ledger) -> None:
    ledger.add(30)
    ledger.sequence()
    before = log.head(ledger.conn)
    ledger.add(30)
    ledger.sequence()
    ledger.conn.execute("DELETE FROM ledger_segment WHERE start >= 30")
    ledger.conn.execute("UPDATE ledger_head SET size = 30, root = %s, checkpoint = %s", before[1:])
    with refused("database-older-than-checkpoint, got=30, expected=60"):
        ledger.sequence()


@pytest.mark.parametrize("wrong", ["tile", "gone", "short", "root", "checkpoint", "key"])
def test_a_ledger_that_does_not_agree_with_itself_is_refused(ledger: Ledger, wrong: str) -> None:
    ledger.add(30)
    ledger.sequence()
    tile = ledger.path / "tile/0/000.p/30"
    expected: tuple[type[Exception], str] = (Refused, "tiles-differ")
    match wrong:
        case "tile":
            tile.write_bytes(bytes([tile.read_bytes()[0] ^ 1]) + tile.read_bytes()[1:])
        case "gone":
            tile.unlink()
            expected = Refused, "tile-missing"
        case "short":
            tile.write_bytes(tile.read_bytes()[:-32])
            expected = Refused, "tile-missing"
        case "root":
            ledger.conn.execute("UPDATE ledger_head SET root = sha256('x')")
        case "checkpoint":
            ledger.folder.publish(checkpoint.signed(ledger.signer, 20, bytes(32)))
        case _:
            note = str(ledger.folder.checkpoint())
            (ledger.path / "checkpoint").write_text(note.replace("\n30\n", "\n29\n"))
            expected = KeysError, "note-signature"
    with pytest.raises(expected[0], match=expected[1]):
        ledger.sequence()


def test_a_missing_position_is_told_and_nothing_goes_on(ledger: Ledger) -> None:
    ledger.add(30)
    ledger.conn.execute("DELETE FROM event WHERE (shard, position) = (SELECT shard, position FROM event LIMIT 1)")
    with refused("position-missing"):
        ledger.sequence()
    assert log.head(ledger.conn).size == 0


# -- tiles made again -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("lost", ["all", "altered", "one"])
def test_lost_tiles_are_made_again_from_the_rows(ledger: Ledger, lost: str) -> None:
    ledger.add(300)
    ledger.sequence()
    tile = ledger.path / "tile/0/000"
    match lost:
        case "all":
            shutil.rmtree(ledger.path)
        case "altered":
            tile.write_bytes(bytes(256 * 32))
        case _:
            (ledger.path / "tile/1/000.p/1").unlink()
    assert rebuild(ledger.conn, ledger.folder) == {"all": 3, "altered": 1, "one": 1}[lost]
    assert rebuild(ledger.conn, ledger.folder) == 0
    ledger.add(30)
    assert ledger.sequence() == 30
    ledger.check_whole()


@pytest.mark.parametrize("wrong", ["UPDATE event SET topic = 'x'", "DELETE FROM event", "DELETE FROM ledger_segment"])
def test_nothing_is_replaced_when_the_rows_give_another_root(ledger: Ledger, wrong: str) -> None:
    ledger.add(30)
    ledger.sequence()
    ledger.conn.execute(wrong)
    (ledger.path / "tile/0/000.p/30").unlink()
    with refused("rows-differ"):
        rebuild(ledger.conn, ledger.folder)
    assert not (ledger.path / "tile/0/000.p/30").exists()


def test_tiles_are_not_made_again_under_a_sequencer(ledger: Ledger) -> None:
    with ledger.sequencer(), refused("ledger-in-use"):
        rebuild(ledger.conn, ledger.folder)


# -- loaders wait for it --------------------------------------------------------------------------------------------
def test_a_loader_waits_while_more_waits_than_may_and_a_sequencer_is_at_work(ledger: Ledger) -> None:
    ledger.add(250)
    pressure = BackPressure(ledger.site.registry.recorder, most=100, patience=60)
    waiting = threading.Thread(target=pressure.wait)
    with ledger.sequencer(batch=50) as sequencer:
        waiting.start()
        for _ in range(2):
            sequencer.step()
            waiting.join(0.2)
            assert waiting.is_alive()
        sequencer.step()
        waiting.join(10)
        assert not waiting.is_alive()


def test_a_ledger_that_stands_still_stops_no_loader(ledger: Ledger) -> None:
    ledger.add(250)
    pressure = BackPressure(ledger.site.registry.recorder, most=100, patience=0.5)
    began = time.monotonic()
    pressure.wait()
    assert time.monotonic() - began < 0.5, "nobody is at work"
    with ledger.sequencer():
        began = time.monotonic()
        pressure.wait()
        assert time.monotonic() - began >= 0.5
        pressure.wait()
        assert time.monotonic() - began < 1

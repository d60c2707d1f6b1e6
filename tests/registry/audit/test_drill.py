"""The drill: an auditor holds one checkpoint, the administrator alters; seven of seven are found, and named.

"old" alters what the older checkpoint covers, "new" what only the newer one does. The administrator is the
database's superuser; in the rewrites he has the ledger's key as well.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from keys import datakeys
from registry.audit.rows import placed
from registry.audit.vault import unwrapping
from registry.ledger import checkpoint, log, proof
from registry.ledger.merkle import Tile, Tree, extended
from registry.ledger.tiles import Folder
from tests.registry.audit.conftest import Audits

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID


WHEN = pytest.mark.parametrize("when", ["old", "new"])
AT = "FROM event WHERE (shard, position) = (%s, %s)"


def size_of(audits: Audits, note: str) -> int:
    return checkpoint.opened(note, audits.signer.verifier).size


def kept(audits: Audits, when: str) -> str:
    return audits.old if when == "old" else audits.new


def covered(audits: Audits, when: str) -> list[tuple[int, int]]:
    """Shard and position of the facts that the checkpoint covers; for "new" those that the older does not."""
    old = size_of(audits, audits.old)
    places = [(s.shard, s.first + n) for s in log.segments(audits.conn) for n in range(s.length)]
    return places[:old] if when == "old" else places[old:]


def target(audits: Audits, when: str, version: int) -> tuple[int, int, UUID]:
    """Shard, position and stream of a covered fact of somebody who was hired, in the middle of their shard."""
    for shard, position in covered(audits, when):
        stream, found = audits.one(f"SELECT stream, version {AT}", shard, position)
        (last,) = audits.one("SELECT max(version) FROM event WHERE stream = %s", stream)
        if (found, last) == (version, 2) and position > 3:
            return shard, position, stream
    raise AssertionError(when)


# -- 1 ---------------------------------------------------------------------------------------------------------------
CHANGED = {
    "clear": "clear = convert_to(replace(convert_from(clear, 'UTF8'), '2026-02-02', '2026-01-02'), 'UTF8')",
    "salt": "salt = substr(sha256(salt), 1, 16)",
    "time": "recorded_at = recorded_at + interval '1 us'",
    "topic": "topic = 'worker.employment-ended'",
    "submission": "submission = NULL",
}
UPDATE = "UPDATE event SET {change} WHERE (shard, position) = (%s, %s)"


@WHEN
def test_an_update(audits: Audits, when: str) -> None:
    shard, position, stream = target(audits, when, 2)
    for what, change in CHANGED.items():
        audits.alter(f"CREATE TEMP TABLE before AS SELECT * {AT}", shard, position)
        audits.alter(UPDATE, shard, position, change=change)
        found = audits.found(kept(audits, when))
        assert found[0] == ("event-differs", f"{stream}:2"), what
        # what is sealed is bound to its topic and no longer opens under another
        assert found[1:] == ([("sealed-unreadable", f"{stream}:2")] if what == "topic" else [])
        audits.alter("DELETE FROM event WHERE (shard, position) = (%s, %s)", shard, position)
        audits.alter("INSERT INTO event TABLE before")
        audits.alter("DROP TABLE before")
    assert audits.found(kept(audits, when)) == []


def test_an_update_of_the_submission(audits: Audits) -> None:
    """It stands in the leaf of every fact it brought."""
    (submission,) = audits.one("SELECT submission FROM event GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")
    audits.alter("UPDATE submission SET digest = sha256('x') WHERE id = %s", submission)
    names = audits.alter("SELECT stream || ':' || version FROM event WHERE submission = %s", submission)
    assert len(names) > 50
    assert sorted(audits.found(audits.new)) == sorted(("event-differs", name) for (name,) in names)
    audits.alter("DELETE FROM submission WHERE id = %s", submission)
    assert {code for code, _ in audits.found(audits.new)} == {"event-differs", "submission-missing"}


# -- 2 ---------------------------------------------------------------------------------------------------------------
@WHEN
@pytest.mark.parametrize("version", [1, 2])
def test_a_deletion(audits: Audits, when: str, version: int) -> None:
    shard, position, stream = target(audits, when, version)
    audits.alter("DELETE FROM event WHERE (shard, position) = (%s, %s)", shard, position)
    gap = [("version-missing", f"{stream}:1")] if version == 1 else []
    assert audits.found(kept(audits, when)) == [("event-missing", f"shard {shard}, position {position}"), *gap]


@WHEN
def test_a_deletion_that_closes_the_gap(audits: Audits, when: str) -> None:
    """All later rows of the shard move down, and its counter: each is named, and the place that is left over."""
    shard, position, _ = target(audits, when, 2)
    table, last = f"event_{shard:02d}", log.waiting(audits.conn)[shard][1]
    audits.alter("DROP INDEX {table}_position", table=table)
    audits.alter("DELETE FROM {table} WHERE position = %s", position, table=table)
    move = "UPDATE {table} SET position = position - 1 WHERE position > %s RETURNING stream || ':' || version"
    moved = {("event-moved", name) for (name,) in audits.alter(move, position, table=table)}
    audits.alter("UPDATE event_head SET position = position - 1 WHERE shard = %s", shard)
    left = {("event-missing", f"shard {shard}, position {last}"), ("head-differs", f"shard {shard}")}
    assert set(audits.found(kept(audits, when))) == moved | left


# -- 3 ---------------------------------------------------------------------------------------------------------------
INSERT = """INSERT INTO {table}
SELECT shard, %s, stream, 3, topic, recorded_at, submission, salt, clear, NULL, NULL
FROM {table} WHERE stream = %s AND version = 2"""


@WHEN
def test_an_insertion_in_the_past(audits: Audits, when: str) -> None:
    """Room is made in the middle: what comes after moves up."""
    shard, position, stream = target(audits, when, 2)
    table, last = f"event_{shard:02d}", log.waiting(audits.conn)[shard][1]
    audits.alter("DROP INDEX {table}_position", table=table)
    audits.alter("UPDATE {table} SET position = position + 1 WHERE position >= %s", position, table=table)
    audits.alter("UPDATE event_head SET position = position + 1 WHERE shard = %s", shard)
    audits.alter(INSERT, position, stream, table=table)
    after = "SELECT stream || ':' || version FROM {table} WHERE position > %s AND position <= %s"
    moved = {("event-moved", name) for (name,) in audits.alter(after, position, last, table=table)}
    audited = audits.audited(kept(audits, when))
    assert {each[:2] for each in audited.findings.kept} == moved | {("event-differs", f"{stream}:3")}
    assert audited.uncovered == 1


@WHEN
def test_an_insertion_beside_another(audits: Audits, when: str) -> None:
    shard, position, stream = target(audits, when, 2)
    table = f"event_{shard:02d}"
    audits.alter("DROP INDEX {table}_position", table=table)
    audits.alter(INSERT, position - 2, stream, table=table)
    assert audits.found(kept(audits, when)) == [("event-surplus", f"{stream}:3")]


# -- 4 ---------------------------------------------------------------------------------------------------------------
@WHEN
def test_a_swap_of_two_facts(audits: Audits, when: str) -> None:
    shard, position, _ = target(audits, when, 2)
    table, both = f"event_{shard:02d}", 2 * position - 1
    audits.alter("DROP INDEX {table}_position", table=table)
    swap = "UPDATE {table} SET position = %s - position WHERE position IN (%s, %s) RETURNING stream || ':' || version"
    names = audits.alter(swap, both, position, position - 1, table=table)
    assert len(names) == 2
    assert sorted(audits.found(kept(audits, when))) == sorted(("event-moved", name) for (name,) in names)


def test_a_swap_of_two_contents(audits: Audits) -> None:
    places = [target(audits, when, 2) for when in ("old", "new")]
    rows = [audits.one(f"SELECT salt, clear, recorded_at {AT}", *place[:2]) for place in places]
    for (shard, position, _), values in zip(places, reversed(rows), strict=True):
        audits.alter(UPDATE, *values, shard, position, change="salt = %s, clear = %s, recorded_at = %s")
    named = {("event-differs", f"{stream}:2") for _, _, stream in places}
    assert {each for each in audits.found(audits.new) if each[0] != "time-differs"} == named


def test_a_row_in_another_shard(audits: Audits) -> None:
    """The first of the whole log, put beside the first of another shard: not one of the others is accused."""
    first = log.segments(audits.conn)[0].shard
    (name,) = audits.one(f"SELECT stream || ':' || version {AT}", first, 1)
    for other in {0, 4, 15} - {first}:
        audits.alter("DROP INDEX event_{other:02d}_position", other=other)
        audits.alter("UPDATE event SET shard = %s WHERE (shard, position) = (%s, 1)", other, first)
        codes = {code for code, about in audits.found(audits.new) if about == name}
        assert {"event-missing", "event-surplus"} <= codes
        assert {about for _, about in audits.found(audits.new)} == {name}
        back = "UPDATE event SET shard = %s WHERE shard = %s AND stream || ':' || version = %s"
        audits.alter(back, first, other, name)
    assert audits.found(audits.new) == []


# -- 5 ---------------------------------------------------------------------------------------------------------------
WRAPPED = "SELECT stream, wrapped FROM data_key WHERE stream IN (%s, %s)"


def two(audits: Audits, when: str) -> tuple[UUID, UUID]:
    """The streams of two persons who were hired."""
    (_, _, one), (_, _, other) = target(audits, when, 2), target(audits, "new" if when == "old" else "old", 2)
    return one, other


@WHEN
def test_a_swap_of_two_wrapped_keys(audits: Audits, when: str) -> None:
    one, other = two(audits, when)
    held = dict(audits.vault.execute(WRAPPED, (one, other)).fetchall())
    for stream, wrapped in ((one, held[other]), (other, held[one])):
        audits.vault.execute("UPDATE data_key SET wrapped = %s WHERE stream = %s", (wrapped, stream))
    found = [tuple(each) for each in audits.audited(kept(audits, when)).findings.kept]
    assert sorted(found) == sorted(
        [("key-swapped", str(one), f"the key of {other}"), ("key-swapped", str(other), f"the key of {one}")]
    )


def test_a_swap_by_who_has_the_key_encryption_key(audits: Audits) -> None:
    one, other = two(audits, "old")
    unwrap = unwrapping(audits.keyring)
    held = dict(audits.vault.execute(WRAPPED, (one, other)).fetchall())
    kek_id, kek = audits.keyring.wrapping()
    for stream, whose in ((one, other), (other, one)):
        wrapped = datakeys.wrap(kek, stream.bytes, unwrap(whose, kek_id, held[whose]))
        audits.vault.execute("UPDATE data_key SET wrapped = %s WHERE stream = %s", (wrapped, stream))
    assert set(audits.found(audits.new)) == {
        (code, str(stream)) for code in ("commitment-differs", "key-swapped") for stream in (one, other)
    }


# -- 6 ---------------------------------------------------------------------------------------------------------------
def cut(audits: Audits, note: str) -> list[UUID]:
    """Make the log what it was under a checkpoint: rows, segments, counters, head. The streams that are gone."""
    streams = set(audits.alter("SELECT DISTINCT stream FROM event"))
    size, root = checkpoint.opened(note, audits.signer.verifier)[1:]
    for segment in log.segments(audits.conn):
        if segment.start >= size:
            audits.alter("DELETE FROM event WHERE shard = %s AND position >= %s", segment.shard, segment.first)
            audits.alter("DELETE FROM ledger_segment WHERE start = %s", segment.start)
    top = "SELECT coalesce(max(position), 0) FROM event e WHERE e.shard = h.shard"
    audits.alter("UPDATE event_head h SET position = ({top})", top=top)
    audits.alter("UPDATE ledger_head SET size = %s, root = %s, checkpoint = %s", size, root, note)
    (audits.path / "checkpoint").write_text(note)
    return sorted(stream for (stream,) in streams - set(audits.alter("SELECT DISTINCT stream FROM event")))


@pytest.mark.parametrize("tiles", ["left", "gone"])
def test_a_truncation(audits: Audits, tiles: str) -> None:
    """What is left is a whole and older log. The checkpoint tells, and the vault tells whom it hides."""
    gone = cut(audits, audits.old)
    if tiles == "gone":
        shutil.rmtree(audits.path / "tile")
        audits.folder.export(tiles_of(audits).__getitem__, size_of(audits, audits.old), audits.old)
    streams = [("key-unbegun", str(stream)) for stream in gone]
    assert len(streams) > 50
    erased = audits.erased  # whose facts are covered, and whose erasure is cut off
    streams += [("key-missing", str(erased)), ("sealed-missing", f"{erased}:1"), ("sealed-missing", f"{erased}:2")]
    assert sorted(audits.found(audits.old)) == sorted(streams)
    covers = ("checkpoint-ahead", "checkpoint 1 from outside")
    assert sorted(audits.found(audits.new)) == sorted([covers, *streams])
    assert {code for code, _ in audits.found(audits.new, with_vault=False)} == {"checkpoint-ahead", "sealed-missing"}


def test_a_truncation_of_all(audits: Audits) -> None:
    """Under the older checkpoint too: nothing is left that it covers."""
    for table in ("event", "ledger_segment"):
        audits.alter("DELETE FROM {table}", table=table)
    audits.alter("UPDATE event_head SET position = 0")
    audits.alter("UPDATE ledger_head SET size = 0, root = sha256(''), checkpoint = NULL")
    (audits.path / "checkpoint").unlink()
    assert audits.found(audits.old, with_vault=False) == [("checkpoint-ahead", "checkpoint 1 from outside")]


# -- 7 ---------------------------------------------------------------------------------------------------------------
def tiles_of(audits: Audits) -> dict[Tile, bytes]:
    """The tiles of the rows as they are now."""
    rows = {}
    with audits.conn.transaction():
        for shard in range(16):
            rows |= {(shard, row.position): row.leaf or b"" for row in placed(audits.conn, shard)}
    places = [(s.shard, s.first + n) for s in log.segments(audits.conn) for n in range(s.length)]
    return extended(dict[Tile, bytes]().__getitem__, 0, [rows[place] for place in places])


def replaced(audits: Audits) -> None:
    """Tiles, head and checkpoint made anew from the rows as they are now, signed with the ledger's own key."""
    tiles, size = tiles_of(audits), log.head(audits.conn).size
    root = Tree(tiles.__getitem__, size).root()
    note = checkpoint.signed(audits.signer, size, root)
    shutil.rmtree(audits.path / "tile")
    audits.folder.export(tiles.__getitem__, size, note)
    audits.alter("UPDATE ledger_head SET size = %s, root = %s, checkpoint = %s", size, root, note)


@WHEN
def test_a_rewrite_with_the_ledgers_key(audits: Audits, when: str, tmp_path: Path) -> None:
    """By itself it looks whole. A checkpoint kept outside tells, kept proofs or tiles also tell which fact it was."""
    shard, position, stream = target(audits, when, 2)
    name, size = f"{stream}:2", size_of(audits, audits.new)
    proved = proof.prove(audits.conn, audits.folder, stream, 2)
    Folder(tmp_path / "export").export(audits.folder.read, size, audits.new)

    audits.alter(UPDATE, shard, position, change=CHANGED["clear"])
    replaced(audits)
    assert audits.found() == []
    assert "no checkpoint kept outside was given" in audits.audited().unchecked[-1]

    assert audits.found(kept(audits, when)) == [("checkpoint-differs", "checkpoint 1 from outside")]
    if when == "new":
        (only,) = audits.audited(audits.old, audits.new).findings.kept
        assert only.what == f"of {size} facts: rewritten after the first {size_of(audits, audits.old)}"
        assert audits.found(audits.old) == [], "the older checkpoint does not cover it"
        assert "no checkpoint from outside covers them" in audits.audited(audits.old).unchecked[-1]

    by_proof = audits.audited(proofs=[proved]).findings.kept
    assert [each.about for each in by_proof if each.code == "proof-differs"] == [name]
    assert by_proof[0].what.startswith("other clear (")
    by_tiles = audits.found(tiles=tmp_path / "export")
    assert [about for code, about in by_tiles if code == "event-differs"] == [name]
    assert {code for code, _ in by_tiles} == {
        "event-differs",
        "tile-differs",
        "checkpoint-differs",
        "ledger-head-differs",
    }


def test_other_files_in_the_folder_change_nothing(audits: Audits) -> None:
    (audits.path / "tile/0/x").write_bytes(bytes(32))
    (audits.path / "tile/9").mkdir()
    assert audits.found(audits.new) == []

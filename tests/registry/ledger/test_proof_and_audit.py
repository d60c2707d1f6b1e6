"""A fact is proved to whoever holds the key; whatever an administrator changes is named."""

from __future__ import annotations

import base64
import copy
import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from domain.errors import Refused
from keys.errors import KeysError
from keys.notes import NoteSigner
from registry.ledger import checkpoint, log, proof
from registry.ledger.merkle import Tree, extended
from tests.registry.people import founded, hired, load, stream_of

if TYPE_CHECKING:
    from tests.registry.ledger.conftest import Ledger


def proved(ledger: Ledger, event: Any) -> dict[str, Any]:
    made = proof.prove(ledger.conn, ledger.folder, event.originator_id, event.originator_version)
    found: dict[str, Any] = json.loads(json.dumps(made))
    return found


# -- proofs ---------------------------------------------------------------------------------------------------------
def test_every_fact_can_be_proved_to_somebody_who_has_the_key_alone(ledger: Ledger) -> None:
    events = ledger.add(70)
    ledger.sequence()
    indexes = set()
    for event in events:
        found = proof.check(proved(ledger, event), ledger.signer.verifier)
        assert found.entry.clear == event.state
        assert found.entry.recorded_at == event.recorded_at
        assert found.entry.id == f"{event.originator_id}:1"
        assert found.checkpoint == ledger.published()
        indexes.add(found.place)
    assert indexes == set(range(70))


def test_an_erased_fact_is_still_proved(ledger: Ledger) -> None:
    load(ledger.site, *founded(), hired(1))
    stream = stream_of(ledger.site, 1)
    ledger.sequence()
    before = proof.prove(ledger.conn, ledger.folder, stream, 1)
    ledger.conn.execute("UPDATE event SET sealed = NULL WHERE stream = %s", (stream,))
    assert proof.prove(ledger.conn, ledger.folder, stream, 1) == before
    assert ledger.audited() == []
    assert before["leaf"]["submission_digest"] is not None
    assert "Siti" not in json.dumps(before)


def test_what_is_not_there_or_not_yet_there_has_no_proof(ledger: Ledger) -> None:
    (event,) = ledger.add(1)
    with pytest.raises(Refused, match=r"^not-sequenced"):
        proved(ledger, event)
    with pytest.raises(Refused, match=r"^event-unknown"):
        proof.prove(ledger.conn, ledger.folder, uuid4(), 1)
    ledger.sequence()
    ledger.conn.execute("UPDATE event SET topic = 'worker.registered'")
    with pytest.raises(Refused, match=r"^proof-differs"):
        proved(ledger, event)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where the plain values of a JSON object stand."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    return [at] if items is None else [path for key, inner in items for path in paths(inner, (*at, key))]


def test_no_altered_proof_is_accepted(ledger: Ledger) -> None:
    events = ledger.add(70)
    ledger.sequence()
    good = proved(ledger, next(event for event in events if event.sealed))
    one = base64.b64encode(sha256(b"one").digest()).decode()
    tried = 0
    for path in paths(good):
        for other in (None, 0, -1, 1.5, True, "", "x", one, [], {}, str(uuid4()), "2026-01-01T00:00:00+00:00"):
            bad = copy.deepcopy(good)
            place = bad
            for key in path[:-1]:
                place = place[key]
            if place[path[-1]] == other and type(place[path[-1]]) is type(other):
                continue
            place[path[-1]] = other
            with pytest.raises((Refused, KeysError)):
                proof.check(bad, ledger.signer.verifier)
            tried += 1
    assert tried > 100
    later = {**good["leaf"], "recorded_at": good["leaf"]["recorded_at"].replace("+00:00", "Z")}
    with pytest.raises(Refused, match="proof-malformed"):
        proof.check({**good, "leaf": later}, ledger.signer.verifier)
    for key in good:
        with pytest.raises(Refused, match="proof-malformed"):
            proof.check({name: value for name, value in good.items() if name != key}, ledger.signer.verifier)
    for nothing in (None, [], "", 1):
        with pytest.raises(Refused, match="proof-malformed"):
            proof.check(nothing, ledger.signer.verifier)


def test_a_proof_is_of_one_ledger(ledger: Ledger) -> None:
    (event,) = ledger.add(1)
    ledger.sequence()
    stranger = NoteSigner("other.example/ledger", ledger.signer.secret)
    with pytest.raises(KeysError, match=r"^note-unsigned"):
        proof.check(proved(ledger, event), stranger.verifier)


@pytest.mark.parametrize(
    "text", ["o\n", "o\n1\nx\n", "o\n01\n{root}\n", "o\n-1\n{root}\n", "p\n1\n{root}\n", "o\n1\nAAAA\n"]
)
def test_a_signed_text_that_is_no_checkpoint(ledger: Ledger, text: str) -> None:
    signer = NoteSigner("o", ledger.signer.secret)
    note = signer.sign(text.replace("{root}", base64.b64encode(bytes(32)).decode()))
    with pytest.raises(Refused, match=r"^checkpoint-malformed"):
        checkpoint.opened(note, signer.verifier)


def test_an_origin_is_an_address_without_its_scheme() -> None:
    assert checkpoint.origin_of("https://kets.example") == "kets.example/ledger"
    assert checkpoint.origin_of("https://kets.example/jabar/") == "kets.example/jabar/ledger"
    assert checkpoint.origin_of("kets.example") == "kets.example/ledger"


# -- the audit ------------------------------------------------------------------------------------------------------
ALTERATIONS = {
    "clear": "UPDATE event SET clear = clear || ' ' WHERE (shard, position) = (%s, %s)",
    "salt": "UPDATE event SET salt = substr(sha256(salt), 1, 16) WHERE (shard, position) = (%s, %s)",
    "time": "UPDATE event SET recorded_at = recorded_at - interval '1 us' WHERE (shard, position) = (%s, %s)",
    "topic": "UPDATE event SET topic = 'worker.registered' WHERE (shard, position) = (%s, %s)",
    "version": "UPDATE event SET version = version + 1 WHERE (shard, position) = (%s, %s)",
    "sealed": "UPDATE event SET sealed_hash = sha256('x') WHERE (shard, position) = (%s, %s)",
    "removed": "DELETE FROM event WHERE (shard, position) = (%s, %s)",
}


@pytest.mark.parametrize("what", ALTERATIONS)
def test_an_altered_event_is_named(ledger: Ledger, what: str) -> None:
    ledger.add(300)
    ledger.sequence()
    kept = str(ledger.folder.checkpoint())
    shard, position = ledger.random.choice(ledger.conn.execute("SELECT shard, position FROM event").fetchall())
    ledger.conn.execute(ALTERATIONS[what], (shard, position))
    found = ledger.audited(kept)
    assert [kind for kind, _ in found] == ["event", "checkpoint", "checkpoint", "checkpoint"]
    assert f"(shard {shard}, position {position})" in found[0][1]


def test_two_swapped_events_are_both_named(ledger: Ledger) -> None:
    ledger.add(300)
    ledger.sequence()
    ledger.conn.execute("DROP INDEX event_03_position")
    ledger.conn.execute("UPDATE event_03 SET position = 3 - position WHERE position IN (1, 2)")
    events = [what for kind, what in ledger.audited() if kind == "event"]
    assert [what.partition("(")[2] for what in events] == ["shard 3, position 1)", "shard 3, position 2)"]


def test_an_altered_submission_names_its_events(ledger: Ledger) -> None:
    load(ledger.site, *founded(), hired(1))
    ledger.sequence()
    ledger.conn.execute("UPDATE submission SET digest = sha256('x')")
    with_one = ledger.conn.execute("SELECT count(*) FROM event WHERE submission IS NOT NULL").fetchone()
    assert sum(kind == "event" for kind, _ in ledger.audited()) == with_one[0] > 0  # type: ignore[index]


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE ledger_segment SET first = first + 1 WHERE shard = 3", "segment"),
        ("UPDATE ledger_segment SET count = count - 1 WHERE shard = 3", "segment"),
        ("DELETE FROM ledger_segment WHERE start = 0", "segment"),
        ("UPDATE event_head SET position = position - 1 WHERE shard = 3", "segment"),
        ("UPDATE ledger_head SET root = sha256('x')", "head"),
    ],
)
def test_an_altered_segment_or_head_is_named(ledger: Ledger, statement: str, kind: str) -> None:
    ledger.add(300)
    ledger.sequence()
    ledger.conn.execute(statement)
    assert ledger.audited()[0][0] == kind


@pytest.mark.parametrize("name", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"])
@pytest.mark.parametrize("how", ["bit", "gone"])
def test_an_altered_tile_is_named(ledger: Ledger, name: str, how: str) -> None:
    ledger.add(300)
    ledger.sequence()
    path = ledger.path / name
    data = bytearray(path.read_bytes())
    data[ledger.random.randrange(len(data))] ^= 1 << ledger.random.randrange(8)
    path.write_bytes(data)
    if how == "gone":
        path.unlink()
    assert ledger.audited() == [("tile", name + (" is missing" if how == "gone" else ""))]


def test_a_rewritten_log_is_betrayed_by_a_checkpoint_kept_outside(ledger: Ledger) -> None:
    """Row, tiles, head and checkpoint all made anew by somebody who has the key as well."""
    ledger.add(300)
    ledger.sequence()
    kept = str(ledger.folder.checkpoint())
    ledger.conn.execute("UPDATE event SET clear = '{}' WHERE position = 1 AND shard = 3")
    leaves = ledger.leaves()
    tiles = extended({}.__getitem__, 0, leaves)
    ledger.folder.path.joinpath(".new").mkdir(exist_ok=True)
    ledger.folder.write(tiles)
    root = Tree(tiles.__getitem__, 300).root()
    note = checkpoint.signed(ledger.signer, 300, root)
    ledger.folder.publish(note)
    ledger.conn.execute("UPDATE ledger_head SET root = %s, checkpoint = %s", (root, note))
    assert ledger.audited() == [], "by itself it looks whole"
    assert ledger.audited(kept) == [("checkpoint", "of 300 events: other root")]


def test_a_truncated_log_is_betrayed_by_its_checkpoint(ledger: Ledger) -> None:
    ledger.add(300)
    ledger.sequence()
    kept = str(ledger.folder.checkpoint())
    for table in ("event", "ledger_segment"):
        ledger.conn.execute(f"DELETE FROM {table}")  # noqa: S608 - two names
    ledger.conn.execute("UPDATE event_head SET position = 0")
    ledger.conn.execute("UPDATE ledger_head SET size = 0, root = sha256(''), checkpoint = NULL")
    (ledger.path / "checkpoint").unlink()
    assert ledger.audited(kept) == [("checkpoint", "covers 300 events, the database holds 0 of them")]


def test_at_most_so_many_are_named(ledger: Ledger) -> None:
    ledger.add(50)
    ledger.sequence()
    ledger.conn.execute("UPDATE event SET topic = 'x'")
    assert sum(kind == "event" for kind, _ in ledger.audited()) == 20
    assert log.head(ledger.conn).size == 50

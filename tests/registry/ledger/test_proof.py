"""A fact is proved to whoever holds the key."""

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
from registry.ledger import checkpoint, proof
from tests.registry.people import founded, hired, load, stream_of

if TYPE_CHECKING:
    from tests.registry.ledger.conftest import Ledger


def proved(ledger: Ledger, event: Any) -> dict[str, Any]:
    made = proof.prove(ledger.conn, ledger.folder, event.originator_id, event.originator_version)
    found: dict[str, Any] = json.loads(json.dumps(made))
    return found


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
    "text",
    [
        *("o\n", "o\n1\nx\n", "o\n01\n{root}\n", "o\n-1\n{root}\n", "p\n1\n{root}\n", "o\n1\nAAAA\n"),
        *(f"o\n{1 << 63}\n{{root}}\n", f"o\n{1 << 64}1\n{{root}}\n"),
    ],
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

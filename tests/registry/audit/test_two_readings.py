"""A sealed part that reads HIRED under one key, TERMINATED under another: the commitment tells which is meant."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys import datakeys
from registry.sealing import NONCE, associated
from registry.store import shard_of
from tests.registry.audit.two_readings import two_readings

if TYPE_CHECKING:
    from uuid import UUID

    from tests.registry.audit.conftest import Audits

HIRED, TERMINATED = b"HIRED 2026-02-02", b"TERMINATED 02-02"
TOPIC = "worker.statement-made"


def appended(audits: Audits, stream: UUID, version: int, topic: str, clear: Any, sealed: bytes | None) -> None:
    """A row as the program would have written it."""
    shard = shard_of(stream)
    (position,) = audits.one("UPDATE event_head SET position = position + 1 WHERE shard = %s RETURNING position", shard)
    values = (shard, position, stream, version, topic, bytes(16), json.dumps(clear).encode(), sealed)
    audits.alter(
        "INSERT INTO event (shard, position, stream, version, topic, recorded_at, salt, clear, sealed, sealed_hash)"
        " VALUES (%s, %s, %s, %s, %s, now(), %s, %s, %s, %s)",
        *values,
        sealed and sha256(sealed).digest(),
    )


def put(audits: Audits, stream: UUID, key: bytes) -> None:
    """The stream's key in the vault, wrapped as it should be."""
    kek_id, kek = audits.keyring.wrapping()
    batch = uuid4()
    audits.vault.execute("DELETE FROM data_key WHERE stream = %s", (stream,))
    audits.vault.execute("INSERT INTO claim_batch (batch, confirmed) VALUES (%s, true)", (batch,))
    wrapped = datakeys.wrap(kek, stream.bytes, key)
    audits.vault.execute("INSERT INTO data_key VALUES (%s, %s, %s, %s)", (stream, kek_id, wrapped, batch))


def test_the_audit_tells_the_two_readings_apart(audits: Audits) -> None:
    stream, keys = uuid4(), (datakeys.new_key(), datakeys.new_key())
    place = associated(stream, 2, TOPIC)
    sealed = two_readings(keys, bytes(range(NONCE)), place, HIRED, TERMINATED)
    read = [AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], place) for key in keys]
    assert read[0][:16] == HIRED
    assert read[1][16:32] == TERMINATED
    assert read[0] != read[1]

    committed = {"fact": {"type": "worker.registered", "key_commitment": datakeys.commitment(keys[0])}}
    appended(audits, stream, 1, "worker.registered", committed, None)
    appended(audits, stream, 2, TOPIC, {"fact": {"type": TOPIC}}, sealed)
    put(audits, stream, keys[0])
    note = audits.sequence()
    assert audits.found(note) == []

    put(audits, stream, keys[1])  # row, leaf, hash of what is sealed: all as they were, and it opens
    assert audits.found(note) == [("commitment-differs", str(stream))]


def test_another_tag_or_key_does_not_open_it() -> None:
    """That it opens is this construction, not a cipher that opens anything."""
    keys = (bytes(32), bytes([1]) * 32)
    sealed = two_readings(keys, bytes(NONCE), b"place", HIRED, TERMINATED)
    for key, changed in ((bytes([2]) * 32, sealed), (keys[0], sealed[:-1] + bytes([sealed[-1] ^ 1]))):
        with pytest.raises(InvalidTag):
            AESGCM(key).decrypt(changed[:NONCE], changed[NONCE:], b"place")

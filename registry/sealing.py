"""The mapper: events to rows and back, the personal part sealed under the stream's own key.

Columns of a row and the leaf that the ledger hashes are the same things in the same order; see docs/architecture.md.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from eventsourcing.persistence import Mapper, StoredEvent

from domain import codec
from domain.errors import Refused
from domain.event import ERASED, Erased, Event, topic_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from registry.vault import Vault

NONCE, SALT = 12, 16


class Sealed(NamedTuple):
    """A row of `event` but for its place. `clear` and `sealed` as in `SealedEvent`."""

    stream: UUID
    version: int
    topic: str
    recorded_at: datetime
    submission: UUID | None
    salt: bytes
    clear: bytes
    sealed_hash: bytes | None
    sealed: bytes | None


Held = tuple[int, str, datetime, UUID | None, bytes, bytes | None]
"""What is read of a row of `event` to know what it says: version, topic, recorded_at, submission, clear part, sealed
part. That is empty once erased, and None where there was none or it was left behind."""


@dataclass(frozen=True)
class SealedEvent(StoredEvent):
    """A row of `event`. `state` is the clear part; `sealed` is nonce || ciphertext, None once erased or never there."""

    recorded_at: datetime
    submission: UUID | None
    salt: bytes
    sealed_hash: bytes | None
    sealed: bytes | None


def associated(stream: UUID, version: int, topic: str) -> bytes:
    """What a sealed part is bound to: its own place in its own stream."""
    return stream.bytes + version.to_bytes(8, "big") + topic.encode()


class SealingMapper(Mapper[UUID]):
    """Plugged into the application; needs the vault for the keys."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault

    def to_stored_event(self, domain_event: Any) -> SealedEvent:
        (row,) = self.sealed_all(domain_event.originator_id, [domain_event])
        return SealedEvent(
            originator_id=row.stream,
            originator_version=row.version,
            topic=row.topic,
            state=row.clear,
            recorded_at=row.recorded_at,
            submission=row.submission,
            salt=row.salt,
            sealed_hash=row.sealed_hash,
            sealed=row.sealed,
        )

    def sealed_all(self, stream: UUID, events: Sequence[Event]) -> list[Sealed]:
        """Events of one stream as rows. Raises: Refused("key-destroyed") when one has a part to seal."""
        return [self._sealed(stream, event) for event in events]

    def _sealed(self, stream: UUID, event: Event) -> Sealed:
        clear, secret = codec.encode(event)
        topic, noise = topic_of(type(event.fact)), os.urandom(SALT + NONCE)  # asking once is cheaper than twice
        sealed = None
        if secret is not None:
            key = self.vault.key(stream)
            if key is None:
                raise Refused("key-destroyed", stream=stream)
            sealed = _seal(key, secret, associated(stream, event.originator_version, topic), noise[SALT:])
        return Sealed(
            stream,
            event.originator_version,
            topic,
            event.recorded_at,
            event.submission,
            noise[:SALT],
            clear,
            None if sealed is None else hashlib.sha256(sealed).digest(),
            sealed,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        assert isinstance(stored_event, SealedEvent)  # noqa: S101 - the recorder plugged in beside this yields no other
        row, stream = stored_event, UUID(str(stored_event.originator_id))
        sealed = None if row.sealed_hash is None else row.sealed or b""
        held = (row.originator_version, row.topic, row.recorded_at, row.submission, row.state, sealed)
        return self.opened_all(stream, [held])[0]

    def opened_all(self, stream: UUID, rows: Sequence[Held]) -> list[Event]:
        """Rows of one stream as events. Raises: Refused("sealed-part-unreadable")."""
        key = self.vault.key(stream) if any(row[5] for row in rows) else None
        return codec.decode_all(stream, rows, _opened(stream, rows, key))

    def seal(self, stream: UUID, plain: bytes, place: bytes) -> bytes | None:
        """Other bytes about a stream, such as the row it came in; None when the key is destroyed."""
        key = self.vault.key(stream)
        return None if key is None else _seal(key, plain, place, os.urandom(NONCE))

    def opened(self, stream: UUID, sealed: bytes, place: bytes) -> bytes | None:
        """What `seal` made, again; None when the key is destroyed. Raises: cryptography's InvalidTag."""
        key = self.vault.key(stream)
        return None if key is None else key.decrypt(sealed[:NONCE], sealed[NONCE:], place)


def _seal(key: AESGCM, plain: bytes, place: bytes, nonce: bytes) -> bytes:
    return nonce + key.encrypt(nonce, plain, place)


def _opened(stream: UUID, rows: Sequence[Held], key: AESGCM | None) -> list[bytes | Erased | None]:
    """Raises: Refused("sealed-part-unreadable") when the key is there and does not open what is there."""
    opened: list[bytes | Erased | None] = []
    for version, topic, _, _, _, sealed in rows:
        if sealed is None:
            opened.append(None)
        elif key is None or not sealed:
            opened.append(ERASED)
        else:
            try:
                opened.append(key.decrypt(sealed[:NONCE], sealed[NONCE:], associated(stream, version, topic)))
            except InvalidTag as error:
                raise Refused("sealed-part-unreadable", stream=stream, version=version) from error
    return opened

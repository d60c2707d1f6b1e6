"""The vault beside the log: each stream's wrapped key, in the order of streams, so that both are read once.

Needs a transaction, later than that of the log: a key is claimed before its stream begins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from keys import datakeys
from keys.errors import KeysError
from registry.audit.rows import stream_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

    from keys.keyring import Keyring
    from registry.audit.report import Findings

Unwrap = Callable[[UUID, str, bytes], bytes]
"""The data key of a stream, from the id of the key it is wrapped by, and the wrapped bytes. Raises: KeysError."""
AWAY = frozenset({"token-missing", "token-refused", "token-unavailable"})
"""Says nothing of a wrapped key: the token could not be asked."""
SUSPECTS = 1_000
SWAPS = 64
_KEYS = (
    "SELECT k.stream, k.kek, k.wrapped, b.confirmed FROM data_key k LEFT JOIN claim_batch b USING (batch)"
    " ORDER BY k.stream"
)


def unwrapping(keyring: Keyring) -> Unwrap:
    """What opens the wrapped keys of this registry."""

    def unwrap(stream: UUID, kek: str, wrapped: bytes) -> bytes:
        opener = keyring.kek_of(kek)
        if opener.kid != kek:  # an id that is only read as a known one
            raise KeysError("kek-missing", f"got {kek!r}, expected {opener.kid!r}")
        return datakeys.unwrap(opener, stream.bytes, wrapped)

    return unwrap


def key_of(conn: Connection[Any], unwrap: Unwrap, stream: UUID) -> bytes | None:
    """The data key of one stream; None when there is none."""
    row = conn.execute("SELECT kek, wrapped FROM data_key WHERE stream = %s", (stream,)).fetchone()
    return unwrap(stream, *row) if row else None


class Held(NamedTuple):
    """A row of the vault. `confirmed` is None when it belongs to no claim."""

    stream: UUID
    kek: str
    wrapped: bytes
    confirmed: bool | None


class Keys:
    """Keys handed out in the order of streams. `suspects`: (code, stream) to be looked at again when all is read, for
    the two databases were not read at one moment."""

    def __init__(self, conn: Connection[Any], unwrap: Unwrap, findings: Findings) -> None:
        self.suspects: list[tuple[str, UUID]] = []
        self._rows: Iterator[Held] = (Held(*row) for row in stream_rows(conn, "keys", _KEYS))
        self._unwrap, self._findings = unwrap, findings
        self._next = next(self._rows, None)
        self._refused: list[Held] = []
        self._others: dict[str, UUID] = {}
        self._mistaken: list[tuple[UUID, str]] = []

    def of(self, stream: UUID) -> tuple[bool, bytes | None]:
        """Whether a key of this stream is there, and the key when it opens. Streams are asked for in order."""
        while self._next is not None and self._next.stream < stream:
            self._unbegun(self._next)
            self._next = next(self._rows, None)
        if self._next is None or self._next.stream != stream:
            return False, None
        held, self._next = self._next, next(self._rows, None)
        return True, self._opened(held)

    def finish(self) -> None:
        """Look at the keys after the last stream, and whose key those were that did not fit."""
        while self._next is not None:
            self._unbegun(self._next)
            self._next = next(self._rows, None)
        for held in self._refused:
            owner = next(
                (other.stream for other in self._refused if other is not held and self._is_of(held, other)), None
            )
            if owner:
                self._findings.add("key-swapped", str(held.stream), f"the key of {owner}")
            else:
                self._findings.add("key-refused", str(held.stream))
        for stream, commitment in self._mistaken:
            if owner := self._others.get(commitment):
                self._findings.add("key-swapped", str(stream), f"the key of {owner}")

    def suspect(self, code: str, stream: UUID) -> None:
        if len(self.suspects) < SUSPECTS:
            self.suspects.append((code, stream))
        else:
            self._findings.add(code, str(stream))

    def mistaken(self, stream: UUID, *, expected: str, key: bytes) -> None:
        """The key of `stream` is not the one it commits to."""
        self._findings.add("commitment-differs", str(stream))
        if len(self._mistaken) < SWAPS:
            self._others[expected] = stream
            self._mistaken.append((stream, datakeys.commitment(key)))

    def _unbegun(self, held: Held) -> None:
        """A key whose stream has no facts: a claim is pending, or somebody's facts are gone."""
        self._opened(held)
        if held.confirmed:
            self.suspect("key-unbegun", held.stream)

    def _opened(self, held: Held) -> bytes | None:
        if held.confirmed is None:
            self._findings.add("key-batch", str(held.stream))
        try:
            return self._unwrap(held.stream, held.kek, held.wrapped)
        except KeysError as error:
            if error.code in AWAY:
                raise
            if len(self._refused) < SWAPS:
                self._refused.append(held)
            else:
                self._findings.add("key-refused", str(held.stream), str(error))
            return None

    def _is_of(self, held: Held, other: Held) -> bool:
        """Whether what `held` holds is the wrapped key of the other's stream."""
        try:
            self._unwrap(other.stream, held.kek, held.wrapped)
        except KeysError:
            return False
        return True

"""Token Status List of a shard: 2 bits a card, 2^20 cards (draft-ietf-oauth-status-list; profile section 7)."""

from __future__ import annotations

import hashlib
import hmac
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from card.claims import SHARD_SIZE
from card.errors import CardError, VerificationError
from card.projection import status_name
from card.trust import CLOCK_SKEW, DAY, whole
from keys import jws
from keys.encoding import b64url, unb64url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from card.trust import TrustedKey, TrustList
    from keys.signer import Signer

VALID, REVOKED, SUSPENDED, DETAILS_OUTDATED = range(4)
TYP = "statuslist+jwt"
BITS = 2
LIST_BYTES = SHARD_SIZE * BITS // 8
MAX_LIFETIME = 7 * DAY
MAX_TOKEN = 2**20
_ROUNDS = 8
_HALF = 10  # bits of each half of an index


def index_of(counter: int, key: bytes) -> int:
    """Where the `counter`-th card of a shard stands: a keyed permutation of 0 to 2^20 - 1.

    Feistel network over two halves of 10 bits, 8 rounds, round function HMAC-SHA-256(key, round || half) cut to
    10 bits. 20 bits split evenly, so no cycle walking. Without the key the order of issue is not guessable.
    """
    if not 0 <= counter < SHARD_SIZE:
        raise CardError("status-counter", f"got counter {counter}, expected 0 to {SHARD_SIZE - 1}")
    left, right = divmod(counter, 1 << _HALF)
    for round_number in range(_ROUNDS):
        mixed = hmac.digest(key, bytes((round_number, right >> 8, right & 255)), hashlib.sha256)
        left, right = right, left ^ int.from_bytes(mixed[:2], "big") >> 16 - _HALF
    return left << _HALF | right


def packed(changed: Iterable[tuple[int, int]], *, size: int = SHARD_SIZE, bits: int = BITS) -> bytearray:
    """A list of `size` entries, all 0 but the given (index, status) pairs, first entry in the lowest bits."""
    entries = bytearray(size * bits // 8)
    for index, status in changed:
        if not (0 <= index < size and 0 <= status < 1 << bits):
            raise CardError("status-entry", f"got status {status} at {index}, expected {bits} bits below {size}")
        place = index * bits
        entries[place >> 3] &= ~((1 << bits) - 1 << place % 8)
        entries[place >> 3] |= status << place % 8
    return entries


def entry(entries: bytes | bytearray, index: int, *, bits: int = BITS) -> int:
    """The status at `index` of a packed list."""
    place = index * bits
    return entries[place >> 3] >> place % 8 & (1 << bits) - 1


def compressed(entries: bytes | bytearray) -> str:
    """`lst` of a packed list: base64url of zlib at its best."""
    return b64url(zlib.compress(entries, 9))


def inflated(lst: str, *, length: int) -> bytes:
    """The packed list of `length` bytes in `lst`; ValueError when it is another length or no zlib stream."""
    stream = zlib.decompressobj()
    try:
        entries = stream.decompress(unb64url(lst), length + 1)
    except zlib.error as error:
        raise ValueError(f"got no zlib stream: {error}") from error
    if len(entries) != length or not stream.eof or stream.unused_data:
        raise ValueError(f"got a status list that does not inflate to {length} bytes")
    return entries


def encode(
    entries: bytes | bytearray,
    *,
    shard: int,
    issued_at: int,
    signer: Signer,
    ttl: int = DAY // 2,
    lifetime: int = MAX_LIFETIME,
    subject: str | None = None,
) -> str:
    """The signed list of a shard. `entries` as of `packed`; `ttl` how long to cache; `lifetime` at most 7 days.

    `subject`: another name of the list than `kets:status:N`, as a wallet's credential gives it.
    """
    if len(entries) != LIST_BYTES or signer.shard != shard:
        got = f"{len(entries)} bytes signed by shard {signer.shard}"
        raise CardError("status-list", f"got {got}, expected {LIST_BYTES} bytes signed by shard {shard}")
    payload = {
        "sub": subject or status_name(shard),
        "iat": issued_at,
        "exp": issued_at + min(lifetime, MAX_LIFETIME),
        "ttl": ttl,
        "status_list": {"bits": BITS, "lst": compressed(entries)},
    }
    return signer.jwt(payload, {"typ": TYP})


@dataclass(frozen=True, kw_only=True)
class StatusList:
    """A status list that was verified: made by `StatusList.verify` alone."""

    shard: int
    issued_at: int
    expires_at: int
    entries: bytes

    @classmethod
    def verify(cls, token: str, *, shard: int, trust: TrustList, now: int, oldest: int = 0) -> StatusList:
        """Read the signed list of `shard`, offline.

        1. It is a compact JWS of type statuslist+jwt within bounds, else "status-malformed".
        2. It is signed, ES256, by a listed signer of that very shard, not revoked, and not after another signer took
           over from it, else "status-signature".
        3. It is named for the shard, has iat and exp, 2 bits and 2^20 entries, else "status-malformed".
        4. It is not older than `oldest`, the youngest seen, else "status-rollback".
        5. It was not issued in the future, else "clock-behind" (5 minutes granted).
        """
        try:
            unverified = jws.parse(token[: MAX_TOKEN + 1])
        except ValueError as error:
            raise VerificationError("status-malformed", str(error)) from error
        if len(token) > MAX_TOKEN or unverified.typ != TYP:
            raise VerificationError("status-malformed", f"got type {unverified.typ!r}, expected {TYP!r}")
        read = _list_of(unverified, trust.keys.get(unverified.kid), shard)
        if read.issued_at < oldest:
            raise VerificationError("status-rollback", f"got a list of {read.issued_at}, expected {oldest} or later")
        if read.issued_at > now + CLOCK_SKEW:
            raise VerificationError("clock-behind", f"got a list of {read.issued_at}, now is {now}")
        return read

    def __getitem__(self, index: int) -> int:
        return entry(self.entries, index)


def _list_of(unverified: jws.Unverified, key: TrustedKey | None, shard: int) -> StatusList:
    try:
        payload = unverified.verified(key.public_key) if key and key.shard == shard else None
        if key is None or payload is None or not key.may_list(whole(payload["iat"])):
            raise VerificationError("status-signature", f"got a list that no signer of shard {shard} signed")
        _expect(payload["sub"], status_name(shard))
        _expect(whole(payload["status_list"]["bits"]), BITS)
        issued_at = whole(payload["iat"])
        return StatusList(
            shard=shard,
            issued_at=issued_at,
            expires_at=min(whole(payload["exp"]), issued_at + MAX_LIFETIME),
            entries=inflated(payload["status_list"]["lst"], length=LIST_BYTES),
        )
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise VerificationError("status-malformed", f"got a list of another form: {error!r}") from error


def _expect(got: object, expected: object) -> None:
    if got != expected:
        raise ValueError(f"got {got!r}, expected {expected!r}")

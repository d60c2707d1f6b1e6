"""Token Status List of a shard: 2 bits a card, 2^20 cards (draft-ietf-oauth-status-list; profile section 7).

A CWT in the COSE_Sign1 of a card, whose header says what it is, so that neither passes for the other:

A3 01 26 04 48 kid 10 78 1A "application/statuslist+cwt"   {1: -7 (ES256), 4: kid, 16 (typ): 26 characters}
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from card import cwt, plain
from card.claims import SHARD_SIZE
from card.errors import CardError, VerificationError
from card.projection import EXP, IAT, cbor, status_name
from card.trust import CLOCK_SKEW, DAY, whole
from keys import es256

if TYPE_CHECKING:
    from collections.abc import Iterable

    from card.cwt import Sign1
    from card.trust import TrustedKey, TrustList
    from keys.signer import Signer

VALID, REVOKED, SUSPENDED, DETAILS_OUTDATED = range(4)
TYP = "application/statuslist+cwt"
SUB, STATUS_LIST, TTL = 2, 65_533, 65_534
BITS = 2
LIST_BYTES = SHARD_SIZE * BITS // 8
MAX_LIFETIME = 7 * DAY
TIME_TO_LIVE = DAY // 2
MAX_TOKEN = 2 * LIST_BYTES
"""Bytes of a token: of entries that do not compress at all it has half."""
_BEFORE_KID, _AFTER_KID = b"\xa3\x01\x26\x04\x48", b"\x10" + cbor(TYP)


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


def compressed(entries: bytes | bytearray) -> bytes:
    """`lst` of a packed list: zlib at its best."""
    return zlib.compress(entries, 9)


def inflated(lst: bytes, *, length: int) -> bytes:
    """The packed list of `length` bytes in `lst`; ValueError when it is another length or no zlib stream."""
    stream = zlib.decompressobj()
    try:
        entries = stream.decompress(lst, length + 1)
    except zlib.error as error:
        raise ValueError(f"got no zlib stream: {error}") from error
    if len(entries) != length or not stream.eof or stream.unused_data:
        raise ValueError(f"got a status list that does not inflate to {length} bytes")
    return entries


def protected(kid: bytes) -> bytes:
    """The protected header of a status list."""
    return _BEFORE_KID + kid + _AFTER_KID


def encode(
    entries: bytes | bytearray,
    *,
    shard: int,
    issued_at: int,
    signer: Signer,
    ttl: int = TIME_TO_LIVE,
    lifetime: int = MAX_LIFETIME,
) -> bytes:
    """The signed list of a shard. `entries` as of `packed`; `ttl` how long to cache; `lifetime` at most 7 days.

    Raises: CardError("status-list") for another length, or another shard's signer.
    """
    belongs(entries, shard, signer)
    expires_at = issued_at + min(lifetime, MAX_LIFETIME)
    return cwt.sign1(protected(signer.kid), _payload(shard, issued_at, expires_at, ttl, compressed(entries)), signer)


def belongs(entries: bytes | bytearray, shard: int, signer: Signer) -> None:
    """CardError("status-list") unless `entries` are a whole list and `signer` is one of that shard."""
    if len(entries) != LIST_BYTES or signer.shard != shard:
        got = f"{len(entries)} bytes signed by shard {signer.shard}"
        raise CardError("status-list", f"got {got}, expected {LIST_BYTES} bytes signed by shard {shard}")


def _payload(shard: int, issued_at: int, expires_at: int, ttl: int, lst: bytes) -> bytes:
    """The claims set, of which this is the one spelling."""
    listed = {"bits": BITS, "lst": lst}
    return cbor({SUB: status_name(shard), EXP: expires_at, IAT: issued_at, STATUS_LIST: listed, TTL: ttl})


@dataclass(frozen=True, kw_only=True)
class StatusList:
    """A status list that was verified: made by `StatusList.verify` alone."""

    shard: int
    issued_at: int
    expires_at: int
    entries: bytes

    @classmethod
    def verify(cls, token: bytes, *, shard: int, trust: TrustList, now: int, oldest: int = 0) -> StatusList:
        """Read the signed list of `shard`, offline.

        1. It is a COSE_Sign1 within bounds whose protected header has alg ES256, kid and typ statuslist+cwt, each in
           its one spelling, else "status-malformed".
        2. It is signed, ES256, by a listed signer of that very shard, else "status-signature".
        3. Its claims are sub, the name of the shard, exp, iat, ttl, and status_list of 2 bits and 2^20 entries, in
           deterministic CBOR, and nothing else, else "status-malformed".
        4. That signer is not revoked, and no other had taken over from it then, else "status-signature".
        5. It is not older than `oldest`, the youngest seen, else "status-rollback".
        6. It was not issued in the future, else "clock-behind" (5 minutes granted).
        """
        try:
            sign1 = cwt.parse(token, limit=MAX_TOKEN)
            kid = sign1.protected[len(_BEFORE_KID) :][:8]
            _expect(sign1.protected, protected(kid))
        except ValueError as error:
            raise VerificationError("status-malformed", str(error)) from error
        read = _list_of(sign1, trust.keys.get(kid), shard)
        if read.issued_at < oldest:
            raise VerificationError("status-rollback", f"got a list of {read.issued_at}, expected {oldest} or later")
        if read.issued_at > now + CLOCK_SKEW:
            raise VerificationError("clock-behind", f"got a list of {read.issued_at}, now is {now}")
        return read

    def __getitem__(self, index: int) -> int:
        return entry(self.entries, index)


def _list_of(sign1: Sign1, key: TrustedKey | None, shard: int) -> StatusList:
    is_own = key is not None and key.shard == shard
    if key is None or not (is_own and es256.verify(key.public_key, sign1.signed_bytes, sign1.signature)):
        raise VerificationError("status-signature", f"got a list that no signer of shard {shard} signed")
    try:
        claims = plain.loads(sign1.payload)
        issued_at, expires_at, ttl = (whole(claims[name]) for name in (IAT, EXP, TTL))
        lst = claims[STATUS_LIST]["lst"]
        _expect(sign1.payload, _payload(shard, issued_at, expires_at, ttl, lst))
        read = StatusList(
            shard=shard,
            issued_at=issued_at,
            expires_at=min(expires_at, issued_at + MAX_LIFETIME),
            entries=inflated(lst, length=LIST_BYTES),
        )
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise VerificationError("status-malformed", f"got a list of another form: {error!r}") from error
    if not key.may_list(issued_at):
        raise VerificationError("status-signature", f"got a list of {issued_at}, when its signer signed none")
    return read


def _expect(got: bytes, expected: bytes) -> None:
    if got != expected:
        raise ValueError(f"got {got[:80].hex()}, expected {expected[:80].hex()}")

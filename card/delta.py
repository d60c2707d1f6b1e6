"""What changed in a shard's status list since a day began: a fraction of the list (docs/card-profile.md section 7).

A delta names the entries that changed and what they are now, and the SHA-256 of the whole list as it then is. So it
fits every verified list of that day or later, and nobody can be given half of the truth.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING

from card.claims import SHARD_SIZE
from card.errors import CardError, VerificationError
from card.projection import status_name
from card.status import BITS, LIST_BYTES, MAX_LIFETIME, StatusList
from card.trust import CLOCK_SKEW, whole
from keys import jws
from keys.encoding import b64url, unb64url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from card.trust import TrustedKey, TrustList
    from keys.signer import Signer

TYP = "kets-status-delta+jwt"
MAX_CHANGES = SHARD_SIZE // 8
MAX_CODED = MAX_CHANGES * 4
MAX_TOKEN = 2**20
_VARINT_BYTES = 4


def encode(
    changes: Iterable[tuple[int, int]],
    entries: bytes | bytearray,
    *,
    shard: int,
    base: int,
    issued_at: int,
    signer: Signer,
    lifetime: int = MAX_LIFETIME,
) -> str:
    """The signed delta. `changes`: (index, status now) of every entry that changed after `base`, and of others too if
    you like; `entries`: the whole list now, as of `card.status.packed`. Times in Unix seconds.

    CardError("status-list") for another shard's signer, ("status-delta") for more changes than a delta may name.
    """
    if len(entries) != LIST_BYTES or signer.shard != shard:
        raise CardError("status-list", f"got {len(entries)} bytes signed by shard {signer.shard}, expected {shard}")
    ordered = sorted(dict(changes).items())
    if len(ordered) > MAX_CHANGES:
        raise CardError("status-delta", f"got {len(ordered)} changes, expected at most {MAX_CHANGES}")
    payload = {
        "sub": status_name(shard),
        "base": base,
        "iat": issued_at,
        "exp": issued_at + min(lifetime, MAX_LIFETIME),
        "bits": BITS,
        "changes": b64url(zlib.compress(_coded(ordered), 9)),
        "sha256": b64url(hashlib.sha256(entries).digest()),
    }
    return signer.jwt(payload, {"typ": TYP})


def applied(token: str, *, to: StatusList, trust: TrustList, now: int) -> StatusList:
    """The list `to`, brought up to the time of a signed delta, offline.

    1. It is a compact JWS of type kets-status-delta+jwt within bounds, else "status-malformed".
    2. It is signed, ES256, by a listed signer of that very shard, not revoked, and not after another signer took over
       from it, else "status-signature".
    3. It is named for the shard, has base, iat, exp, 2 bits and entries in order below 2^20, else "status-malformed".
    4. It is not older than the list, else "status-rollback".
    5. It was not issued in the future, else "clock-behind" (5 minutes granted).
    6. Its base is not after the list, and with its changes the list has the SHA-256 it names, else "status-gap".
    """
    try:
        unverified = jws.parse(token[: MAX_TOKEN + 1])
    except ValueError as error:
        raise VerificationError("status-malformed", str(error)) from error
    if len(token) > MAX_TOKEN or unverified.typ != TYP:
        raise VerificationError("status-malformed", f"got type {unverified.typ!r}, expected {TYP!r}")
    base, digest, changed = _delta_of(unverified, trust.keys.get(unverified.kid), to)
    if changed.issued_at < to.issued_at:
        raise VerificationError("status-rollback", f"got a delta of {changed.issued_at}, the list is {to.issued_at}")
    if changed.issued_at > now + CLOCK_SKEW:
        raise VerificationError("clock-behind", f"got a delta of {changed.issued_at}, now is {now}")
    if base > to.issued_at or hashlib.sha256(changed.entries).digest() != digest:
        raise VerificationError(
            "status-gap", f"got a delta since {base}, which the list of {to.issued_at} does not fit"
        )
    return changed


def _delta_of(unverified: jws.Unverified, key: TrustedKey | None, to: StatusList) -> tuple[int, bytes, StatusList]:
    """Base, digest, and the list with the changes made."""
    try:
        payload = unverified.verified(key.public_key) if key and key.shard == to.shard else None
        if key is None or payload is None or not key.may_list(whole(payload["iat"])):
            raise VerificationError("status-signature", f"got a delta that no signer of shard {to.shard} signed")
        if payload["sub"] != status_name(to.shard) or whole(payload["bits"]) != BITS:
            raise VerificationError("status-malformed", f"got a delta of {payload['sub']!r}")
        issued_at, coded = whole(payload["iat"]), _inflated(payload["changes"])
        changed = StatusList(
            shard=to.shard,
            issued_at=issued_at,
            expires_at=min(whole(payload["exp"]), issued_at + MAX_LIFETIME),
            entries=_with(to.entries, _decoded(coded)),
        )
        return whole(payload["base"]), unb64url(payload["sha256"]), changed
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise VerificationError("status-malformed", f"got a delta of another form: {error!r}") from error


def _with(entries: bytes, changes: Iterable[tuple[int, int]]) -> bytes:
    changed = bytearray(entries)
    for index, status in changes:
        place = index * BITS
        changed[place >> 3] = changed[place >> 3] & ~(3 << place % 8) | status << place % 8
    return bytes(changed)


def _coded(ordered: Iterable[tuple[int, int]]) -> bytes:
    """One LEB128 number a change: four times the entries skipped since the last one, plus the status."""
    coded, following = bytearray(), 0
    for index, status in ordered:
        number, following = (index - following) << BITS | status, index + 1
        while number > 127:
            coded.append(number & 127 | 128)
            number >>= 7
        coded.append(number)
    return bytes(coded)


def _decoded(coded: bytes) -> Iterator[tuple[int, int]]:
    """(index, status), indexes rising. ValueError when a number does not end, is too long, or leads out of the list."""
    number, shift, following = 0, 0, 0
    for byte in coded:
        number |= (byte & 127) << shift
        shift += 7
        if byte > 127:
            if shift == 7 * _VARINT_BYTES:
                raise ValueError(f"got a number of more than {_VARINT_BYTES} bytes")
            continue
        index = following + (number >> BITS)
        if index >= SHARD_SIZE:
            raise ValueError(f"got entry {index}, expected one below {SHARD_SIZE}")
        yield index, number & 3
        number, shift, following = 0, 0, index + 1
    if shift:
        raise ValueError("got a number that does not end")


def _inflated(changes: str) -> bytes:
    stream = zlib.decompressobj()
    try:
        coded = stream.decompress(unb64url(changes), MAX_CODED + 1)
    except zlib.error as error:
        raise ValueError(f"got no zlib stream: {error}") from error
    if len(coded) > MAX_CODED or not stream.eof or stream.unused_data:
        raise ValueError(f"got changes that do not inflate to at most {MAX_CODED} bytes")
    return coded

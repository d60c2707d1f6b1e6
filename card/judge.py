"""What every wrapping of a card is judged by, once it is opened: its signer, its status, its dates; pure, offline."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar

import msgspec

from card.errors import CardError, VerificationError
from card.messages import OUTCOME_OF
from card.status import DETAILS_OUTDATED, REVOKED, SUSPENDED, StatusList
from card.trust import CLOCK_SKEW, DAY

if TYPE_CHECKING:
    from card.claims import StatusReference
    from card.messages import Outcome
    from card.trust import TrustedKey, TrustList

StatusLookup: TypeAlias = Callable[[int], StatusList | None]
MAX_STATUS_AGE = 30 * DAY


class Claims(Protocol):
    """What is judged of any wrapping's claims. Times in Unix seconds."""

    @property
    def issued_at(self) -> int: ...
    @property
    def expires_at(self) -> int: ...
    @property
    def status(self) -> StatusReference: ...


C = TypeVar("C", bound=Claims)


class Signed(msgspec.Struct, Generic[C], frozen=True, kw_only=True):
    """A wrapping that is opened but not believed."""

    kid: bytes
    is_es256: bool
    claims: Callable[[TrustedKey], C | None]  # None: the signature is not this key's


class Judged(msgspec.Struct, Generic[C], frozen=True, kw_only=True):
    """One that is accepted: `outcome` "valid" or "status-old", `status` 0 or 3 and how old our knowledge of it is."""

    outcome: Outcome
    code: str
    claims: C
    status: int
    status_age_days: int


def judge(signed: Signed[C], *, trust: TrustList, status: StatusLookup, now: int) -> Judged[C]:
    """Steps 2 to 10 of `card.verify.verify`, which says what each refuses. Raises: VerificationError."""
    key = trust.keys.get(signed.kid)
    if key is None or now > key.expires_at:  # 2
        raise VerificationError("unknown-key", f"got kid {signed.kid.hex()}")
    if not signed.is_es256:  # 3
        raise VerificationError("algorithm")
    claims = _claims(signed, key)  # 4, 5, 6
    shard_list = status(claims.status.shard)
    known = shard_list[claims.status.index] if shard_list else 0
    if known == REVOKED:  # 7
        raise VerificationError("revoked")
    if now > trust.expires_at:  # 8
        raise VerificationError("trust-stale", f"got a list that ended {trust.expires_at}, now is {now}")
    if claims.issued_at > now + CLOCK_SKEW:  # 9
        raise VerificationError("not-yet-valid", f"got issue {claims.issued_at}, now is {now}")
    if now > claims.expires_at + CLOCK_SKEW:
        raise VerificationError("expired", f"got expiry {claims.expires_at}, now is {now}")
    return _weighed(claims, shard_list, known, now)  # 10


def _claims(signed: Signed[C], key: TrustedKey) -> C:
    try:
        claims = signed.claims(key)
    except (CardError, ValueError) as error:
        problem = VerificationError("newer-format", str(error))
        raise (VerificationError("signer-revoked") if key.revoked_at is not None else problem) from error
    if claims is None:
        raise VerificationError("bad-signature")
    if key.revoked_at is not None:
        raise VerificationError("signer-revoked", f"got a signer revoked at {key.revoked_at}")
    if claims.status.shard != key.shard:  # else a leaked key could lean on another shard's list
        raise VerificationError("newer-format", f"got shard {claims.status.shard}, expected {key.shard}")
    return claims


def _weighed(claims: C, shard_list: StatusList | None, known: int, now: int) -> Judged[C]:
    listed_at = shard_list.issued_at if shard_list else 0
    age = max(0, now - max(listed_at, claims.issued_at))
    fresh = shard_list is not None and now <= shard_list.expires_at
    if known == SUSPENDED:
        raise VerificationError("suspended" if fresh else "suspension-old")
    if not fresh and age > MAX_STATUS_AGE:
        raise VerificationError("status-too-old" if shard_list else "status-missing", f"got {age // DAY} days")
    valid = "details-outdated" if known == DETAILS_OUTDATED else "valid"
    code = valid if fresh else "status-old"
    return Judged(outcome=OUTCOME_OF[code], code=code, claims=claims, status=known, status_age_days=age // DAY)

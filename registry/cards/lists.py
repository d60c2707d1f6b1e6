"""What those who verify offline fetch: the trust list, the status lists, the titles of occupations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from card import status as status_list
from card import status_jwt, trust
from domain import codes
from domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keys.signer import Signer
    from registry.app import Registry


def titles() -> dict[str, dict[str, str]]:
    """Titles of the occupations that cards name, for the verifier: {KBJI unit: {"id", "en"}}."""
    indonesian = dict(codes.codes(codes.KBJI, "unit", "id"))
    english = dict(codes.codes(codes.KBJI, "unit", "en"))
    return {code.rpartition("/")[2]: {"id": title, "en": english[code]} for code, title in indonesian.items()}


def moment(registry: Registry) -> datetime:
    """As of when lists are made: the beginning of this minute, or later in it when a key has changed since.

    So all processes give their lists of one time the same version, and what `kets keys` did is out at once.
    """
    now = registry.now()
    minute = now.replace(second=0, microsecond=0)
    changed = registry.keyring.changed_at(int(now.timestamp()))
    return max(minute, datetime.fromtimestamp(changed, UTC))


def trust_list(registry: Registry, *, issuer: str, now: datetime) -> str:
    """The signed list of every signer, for `card.trust`. Its version is its time in seconds."""
    seconds = int(now.timestamp())
    signers = registry.keyring.signers()
    return trust.build_trust_list(
        root=registry.keyring.root,
        next_root=registry.keyring.next_root.public_jwk,
        signers=signers,
        revoked={life.kid: life.revoked_at for life in signers if life.revoked_at is not None},
        ended={life.kid: life.signs_until for life in signers if life.signs_until is not None},
        issued_at=seconds,
        version=seconds,
        status_uri=f"{issuer}/v1/status/{{shard}}",
        titles_digest=trust.titles_digest(titles()),
    )


def status_token(registry: Registry, shard: int, statuses: Iterable[tuple[int, int]], *, now: datetime) -> bytes:
    """The signed status list of a shard, as CWT, from the (index, status) pairs that are not 0.

    Raises: Refused("status-shard-unknown") for a shard that has no signer.
    """
    signer, seconds = _signer(registry, shard, now), int(now.timestamp())
    return status_list.encode(status_list.packed(statuses), shard=shard, issued_at=seconds, signer=signer)


def status_jwt_token(
    registry: Registry, shard: int, statuses: Iterable[tuple[int, int]], *, now: datetime, subject: str | None = None
) -> str:
    """The same as JWT; `subject`: under another name. Raises: as `status_token`."""
    signer, seconds = _signer(registry, shard, now), int(now.timestamp())
    entries = status_list.packed(statuses)
    return status_jwt.encode(entries, shard=shard, issued_at=seconds, signer=signer, subject=subject)


def _signer(registry: Registry, shard: int, now: datetime) -> Signer:
    if shard not in {signer.shard for signer in registry.keyring.signers()}:
        raise Refused("status-shard-unknown", shard=shard)
    return registry.keyring.signer(shard, now=int(now.timestamp()))

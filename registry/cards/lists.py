"""What those who verify offline fetch: the trust list, the status lists, the titles of occupations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from card import status as status_list
from card import trust
from domain import codes
from domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from registry.app import Registry


def titles() -> dict[str, dict[str, str]]:
    """Titles of the occupations that cards name, for the verifier: {KBJI unit: {"id", "en"}}."""
    indonesian = dict(codes.codes(codes.KBJI, "unit", "id"))
    english = dict(codes.codes(codes.KBJI, "unit", "en"))
    return {code.rpartition("/")[2]: {"id": title, "en": english[code]} for code, title in indonesian.items()}


def trust_list(registry: Registry, *, issuer: str, now: datetime) -> str:
    """The signed list of every signer, for `card.trust`. Its version is the second it was made in."""
    seconds = int(now.timestamp())
    return trust.build_trust_list(
        root=registry.keyring.root,
        next_root=registry.keyring.next_root.public_jwk,
        signers=registry.keyring.signers(),
        issued_at=seconds,
        version=seconds,
        status_uri=f"{issuer}/v1/status/{{shard}}",
        titles_digest=trust.titles_digest(titles()),
    )


def status_token(registry: Registry, shard: int, statuses: Iterable[tuple[int, int]], *, now: datetime) -> str:
    """The signed status list of a shard, from the (index, status) pairs that are not 0.

    Raises: Refused("status-shard-unknown") for a shard that has no signer.
    """
    if shard not in {signer.shard for signer in registry.keyring.signers()}:
        raise Refused("status-shard-unknown", shard=shard)
    signer = registry.keyring.signer(shard)
    return status_list.encode(status_list.packed(statuses), shard=shard, issued_at=int(now.timestamp()), signer=signer)

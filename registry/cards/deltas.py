"""What changed in a status list since a day began, UTC: for a phone that has a list of that day or later."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from card import delta
from card import status as status_list
from card.errors import CardError
from domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.app import Registry

DAYS = 7
"""So far back: as long as a status list is in date."""
MARGIN = timedelta(hours=1)
"""Changes before the base that are named too: recorded then, and in the read model only afterwards."""


def delta_days(now: datetime) -> list[date]:
    """The days for which there are deltas, the latest first."""
    today = now.astimezone(UTC).date()
    return [today - timedelta(days=ago) for ago in range(DAYS + 1)]


def status_delta(
    registry: Registry, shard: int, entries: Sequence[tuple[int, int, datetime]], *, since: date, now: datetime
) -> str:
    """The signed delta of a shard's list since the beginning of a day. `entries` as of `statuses_since`.

    Raises: Refused("status-shard-unknown"), ("status-delta-unknown") of a day too long ago, or with too many changes.
    """
    if shard not in registry.keyring.document_signers.shards():
        raise Refused("status-shard-unknown", shard=shard)
    if since not in delta_days(now):
        raise Refused("status-delta-unknown", shard=shard, day=since)
    base, seconds = datetime.combine(since, time(), UTC), int(now.timestamp())
    try:
        return delta.encode(
            ((index, status) for index, status, changed_at in entries if changed_at >= base - MARGIN),
            status_list.packed((index, status) for index, status, _ in entries),
            shard=shard,
            base=int(base.timestamp()),
            issued_at=seconds,
            signer=registry.keyring.signer(shard, now=seconds),
        )
    except CardError as error:
        raise Refused("status-delta-unknown", shard=shard, day=since) from error

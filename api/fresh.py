"""`KETS-After`: a read that must include what was just written waits until the read models do, two seconds at most."""

from __future__ import annotations

import threading
import time
from typing import Annotated

from fastapi import Header

from api.desk import AtDesk
from api.positions import positions
from domain.errors import Refused
from registry.store import SHARDS

WAIT = 2.0
POLL = 0.05
WAITING = 8
"""Reads that wait at once; more would leave no thread for those that do not."""
HEADER = "KETS-Positions"
PATTERN = r"^[0-9]{1,2}=[0-9]{1,18}(,[0-9]{1,2}=[0-9]{1,18}){0,15}$"

_waiting = threading.BoundedSemaphore(WAITING)


def fresh(
    desk: AtDesk,
    after: Annotated[
        str | None,
        Header(
            alias="KETS-After",
            max_length=400,
            pattern=PATTERN,
            description="Wait until the read models include these positions, as KETS-Positions of a write's answer",
            examples=["7=42,12=8"],
        ),
    ] = None,
) -> None:
    """Raises: Refused: "request-invalid", "not-fresh" after two seconds."""
    if after is None:
        return
    wanted = read_positions(after)
    until = time.monotonic() + WAIT
    if not _waiting.acquire(blocking=False):
        raise Refused("not-fresh")
    try:
        while not _included(desk, wanted):
            if time.monotonic() >= until:
                raise Refused("not-fresh")
            time.sleep(POLL)
    finally:
        _waiting.release()


def read_positions(text: str) -> dict[int, int]:
    """Shard -> position. Raises: Refused("request-invalid") for a shard that is not, or stands twice."""
    pairs = [(int(shard), int(position)) for shard, _, position in (each.partition("=") for each in text.split(","))]
    found = dict(pairs)
    if len(found) < len(pairs) or not found.keys() <= set(range(SHARDS)):
        raise Refused("request-invalid", why="KETS-After: expected each of the shards 0 to 15 once at most")
    return found


def write_positions(found: dict[int, int]) -> str:
    """The header's value."""
    return ",".join(f"{shard}={position}" for shard, position in sorted(found.items()))


def _included(desk: AtDesk, wanted: dict[int, int]) -> bool:
    with desk.reading() as conn:
        included = positions(conn).included
    return all(at.get(shard, 0) >= position for at in included.values() for shard, position in wanted.items())

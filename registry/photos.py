"""A worker's portrait: taken in, cut and encoded again, recorded, sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.rows import tuple_row

from card import photo
from card.errors import CardError
from card.thumbnail import thumbnail
from domain import facts as f
from domain.decide import today
from domain.errors import Refused
from domain.event import Actor, Role, topic_of
from registry.store import shard_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from domain.decide import History
    from registry.app import Receipt, Registry

DESK = Actor(organisation="kemnaker", role=Role.OFFICER)
"""The desk at which somebody is photographed."""


_SEALED = "SELECT sealed FROM event WHERE shard = %s AND stream = %s AND version = %s AND topic = %s"


def kept(registry: Registry, worker: UUID, version: int | None) -> f.Photo | None:
    """The portrait in the fact `version`, as `Worker.photo` names it; None where there is none, or no more."""
    if version is None:
        return None
    topic = topic_of(f.PhotoTaken)
    with registry.recorder.datastore.get_connection() as conn, conn.cursor(row_factory=tuple_row) as cur:
        row = cur.execute(_SEALED, (shard_of(worker), worker, version, topic)).fetchone()
    part = registry.opened_part(worker, version, topic, row[0]) if row and row[0] else None
    return part if isinstance(part, f.Photo) else None


def image(registry: Registry, worker: UUID, version: int | None) -> bytes | None:
    """The JPEG of `kept`."""
    portrait = kept(registry, worker, version)
    return portrait.image if portrait else None


def take(registry: Registry, worker: UUID, content: bytes, *, by: Actor) -> Receipt:
    """Record the portrait in `content`, a JPEG, PNG or WebP file. The next card shows it.

    Raises: Refused("photo-too-large"), ("photo-unreadable"), ("photo-too-small"), ("not-registered"),
    ("worker-erased"), ("no-mandate").
    """
    try:
        image = photo.prepared(content)
        small = thumbnail(image)
    except CardError as error:
        raise Refused(error.code) from error

    def plan(_history: History) -> Iterator[f.PhotoTaken]:
        yield f.PhotoTaken(effective_on=today(registry.now()), personal=f.Photo(image=image, thumbnail=small))

    return registry.record(worker, plan, by=by)

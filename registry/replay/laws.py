"""The record under each law: what the law of its own day finds, and what another profile would.

Labour law that is yet to come is a profile in `domain.rules`; from then on it has its column here.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from domain.rules.findings import findings
from domain.rules.profiles import PROFILES, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.rules.findings import Finding
    from domain.worker import Worker

IN_FORCE = "in-force"


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What one law says: `got` is beyond `limit`. `law` is the profile that was applied, by name."""

    law: str
    article: str
    got: date | int
    limit: date | int


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One matter of one employment, and what each law says of it; nothing where it finds nothing."""

    employment: UUID
    since: date
    code: str
    under: dict[str, list[Judged]]


def side_by_side(worker: Worker, *, on: date, laws: Sequence[str] = ()) -> list[Row]:
    """The findings of the law in force on each day, and of `laws` or else of every profile; oldest first.

    Raises: Refused("profile-unknown").
    """
    columns: dict[str, str | None] = {IN_FORCE: None}
    columns |= {name: named(name).name for name in laws or PROFILES}
    rows: dict[tuple[date, int, str], dict[str, list[Judged]]] = {}
    for column, profile in columns.items():
        for finding in findings(worker, on=on, profile=profile):
            key = (finding.since, finding.employment.int, finding.code)
            rows.setdefault(key, {name: [] for name in columns})[column].append(_judged(finding))
    return [
        Row(
            employment=UUID(int=employment),
            since=since,
            code=code,
            under=found,
        )
        for (since, employment, code), found in sorted(rows.items())
    ]


def _judged(finding: Finding) -> Judged:
    return Judged(law=finding.law, article=finding.article, got=finding.got, limit=finding.limit)

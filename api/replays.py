"""`/v1/workers/{id}/...`: the history told to whoever must trust it: facts, differences, laws, picture."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from api.desk import AtDesk, Desk
from api.history import Differing, Laws, Replay, differing, facts, laws
from api.problems import responses
from api.record import record
from api.workers import PROBLEMS, WorkerId, find
from domain.errors import Refused
from domain.rules.profiles import PROFILES
from registry.replay import differences, picture
from registry.replay.laws import IN_FORCE, side_by_side
from registry.replay.proofs import Proof, ledger_of, proofs
from registry.replay.sources import Source, sources
from registry.replay.timeline import timeline

if TYPE_CHECKING:
    from uuid import UUID

router = APIRouter(prefix="/v1/workers", tags=["workers"])

SVG = "image/svg+xml"
_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"description": "A picture", "content": {SVG: {"schema": {"type": "string"}}}}
}
KnownAt = Annotated[
    AwareDatetime | None,
    Query(
        description="What the registry knew at this moment; with an offset, its + as %2B. Now when left out",
        examples=["2026-03-01T00:00:00+07:00"],
    ),
]
AsOf = Annotated[
    date | None,
    Query(description="What was true on this date; all that is known when left out", examples=["2026-02-01"]),
]


def beside(desk: Desk, stream: UUID) -> tuple[dict[int, Source], dict[int, Proof]]:
    """Of each version the row that it came in and the state of its proof."""
    with desk.reading() as conn:
        return sources(conn, stream), proofs(conn, ledger_of(desk.settings), stream)


@router.get("/{id}/history", responses=responses(*PROBLEMS), summary="A worker's history, on both time axes")
def history(desk: AtDesk, given: WorkerId, known_at: KnownAt = None, as_of: AsOf = None) -> Replay:
    """Every fact: who said it, when it was true, when it was known, in which row it came, how it is proved, which
    amendment decides it, what is disputed.

    `known_at` cuts by what had been recorded, `as_of` by what had happened. The record is the fold of what remains.
    """
    told, _ = desk.registry.worker(find(desk, given))
    known = [e for e in told.events if known_at is None or e.recorded_at <= known_at]
    state = told.state(known_at=known_at, on=as_of)
    return Replay(
        worker=told.stream,
        known_at=known_at,
        as_of=as_of,
        facts=facts(told, *beside(desk, told.stream), known_at=known_at, as_of=as_of),
        record=record(desk.registry, state, known[-1].originator_version) if known else None,
    )


@router.get(
    "/{id}/differences/known",
    responses=responses(*PROBLEMS, "span-backwards", "span-too-long"),
    summary="What was learned of a worker between two moments",
)
def learned(
    desk: AtDesk,
    given: WorkerId,
    since: Annotated[
        AwareDatetime,
        Query(alias="from", description="After this moment", examples=["2026-03-01T00:00:00+07:00"]),
    ],
    until: Annotated[AwareDatetime | None, Query(alias="to", description="Until this one; now when left out")] = None,
    as_of: AsOf = None,
) -> Differing:
    """The facts recorded between, and each field of the record that they changed: before, after, because of which."""
    told, _ = desk.registry.worker(find(desk, given))
    last = until or max(since, told.events[-1].recorded_at)
    found = differences.learned(told, _first(since, last), last, on=as_of)
    return differing(told, found, *beside(desk, told.stream))


@router.get(
    "/{id}/differences/effective",
    responses=responses(*PROBLEMS, "span-backwards", "span-too-long"),
    summary="What became of a worker between two dates",
)
def happened(
    desk: AtDesk,
    given: WorkerId,
    since: Annotated[date, Query(alias="from", description="After this date", examples=["2026-02-01"])],
    until: Annotated[date | None, Query(alias="to", description="Until this one; all known when left out")] = None,
    known_at: KnownAt = None,
) -> Differing:
    """The facts that took effect between, and each field of the record that they changed: before, after, because of
    which. As known at one moment."""
    told, _ = desk.registry.worker(find(desk, given))
    last = until or date.max
    found = differences.happened(told, _first(since, last), last, known_at=known_at)
    return differing(told, found, *beside(desk, told.stream))


@router.get(
    "/{id}/laws", responses=responses(*PROBLEMS, "profile-unknown"), summary="A worker's record under each labour law"
)
def judged(
    desk: AtDesk,
    given: WorkerId,
    profile: Annotated[
        str | None,
        Query(max_length=40, description=f"This profile alone beside the law in force: {', '.join(PROFILES)}"),
    ] = None,
    known_at: KnownAt = None,
    as_of: AsOf = None,
) -> Laws:
    """What is beyond the law: by the law in force on each day and, side by side, by each profile."""
    told, _ = desk.registry.worker(find(desk, given))
    chosen = [profile] if profile else list(PROFILES)
    state = told.state(known_at=known_at, on=as_of)
    return laws(told.stream, [IN_FORCE, *chosen], side_by_side(state, on=as_of or date.max, laws=chosen))


@router.get(
    "/{id}/history.svg",
    responses={**responses(*PROBLEMS), **_PICTURE},
    response_class=Response,
    summary="A worker's history drawn on both time axes",
)
def drawn(
    desk: AtDesk,
    given: WorkerId,
    lang: Annotated[Literal["en", "id"], Query(description="en or id", json_schema_extra={"maxLength": 2})] = "en",
    known_at: KnownAt = None,
    as_of: AsOf = None,
) -> Response:
    """When each fact became known against when it was true. Kinds of facts and dates, nothing else of the person."""
    told, _ = desk.registry.worker(find(desk, given))
    return Response(picture.drawn(timeline(told, known_at=known_at, on=as_of), lang), media_type=SVG)


def _first(since: Any, until: Any) -> Any:
    """Raises: Refused("span-backwards")."""
    if since > until:
        raise Refused("span-backwards", got=since, expected=until)
    return since

"""Facts of new workers that are decided already: claimed, sealed, stored, confirmed; against a COPY of the events."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from domain import facts as f
from domain.event import Actor, Event, Role
from registry import layout
from registry.store import SHARDS, shard_of
from registry.submissions.windows import uncollected
from registry.vault import KEY_CACHE
from tests.benchmarks.bare import Bare
from tests.benchmarks.measure import RUNS, Result, in_turns, scaled
from tests.benchmarks.newcomers import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from domain.event import Fact
    from registry.app import Registry
    from registry.vault import Claim
    from tests.benchmarks.ground import Ground

MOST = 900
"""Events of a transaction, as of a file's."""
EVENTS = scaled(SHARDS * MOST)
BY = Actor(organisation="kemnaker", role=Role.OFFICER, person="officer-1")


def test_bulk_sealed(ground: Ground) -> None:
    result = Result(
        "bulk_sealed",
        "events/s of decided facts of new workers, one process: numbers claimed and keys made in the vault, encoded,"
        f" sealed, stored in transactions of at most {MOST}, claims confirmed; limit: one binary COPY of the same"
        " events as bytes, laid out before, into a table with the same indexes, without a vault",
    )
    people = numbers()
    for each in (1, 20):
        rate, limit = compared(ground, people, each)
        case = f"{each} event{'s' * (each > 1)} a worker"
        result.add(case, value=rate * EVENTS, unit="events/s", limit=limit * EVENTS, runs=RUNS)


def compared(ground: Ground, people: Iterator[tuple[str, date]], each: int) -> list[float]:
    """How often a second ours, and the limit, stores `EVENTS` events, so many of each worker."""
    workers, bare = EVENTS // each, Bare(ground.database_url, with_rows=False)
    waiting = [[next(people)[0] for _ in range(workers)] for _ in range(RUNS + 2)]

    def ours(_: int) -> None:
        niks = waiting.pop()
        with uncollected():
            for start in range(0, workers, KEY_CACHE):  # as many as the vault has the keys of at hand
                stored(ground.registry, niks[start : start + KEY_CACHE], each)

    def ready() -> None:
        ground.checkpoint()
        if not bare.blocks:
            bare.ready(streams=workers, events=each)

    ours(1)
    bare.learn()
    ready()
    with closing(bare):
        return in_turns(ours, lambda _: bare.copy(), times=1, between=ready)


def stored(registry: Registry, niks: Sequence[str], each: int) -> None:
    claims = registry.vault.claim_all([("nik", nik) for nik in niks])
    shards: dict[int, list[bytes]] = {}
    for claim in claims.values():
        rows = map(layout.event, registry.sealed(claim.stream, history(claim, each)))
        shards.setdefault(shard_of(claim.stream), []).extend(rows)
    for shard, events in shards.items():
        for start in range(0, len(events), MOST):
            registry.recorder.append(shard, events[start : start + MOST], ())
    for batch in {claim.batch for claim in claims.values() if claim.batch}:
        registry.vault.confirm_all(batch, ())


def history(claim: Claim, each: int) -> list[Event]:
    """So many facts of one worker, in order: registered, hired, then paid more and moved."""
    now = datetime.now(UTC)
    told = [registered(claim.commitment), *(later(n) for n in range(each - 1))][:each]
    return [
        Event(originator_id=claim.stream, originator_version=version, recorded_at=now, actor=BY, fact=fact)
        for version, fact in enumerate(told, start=1)
    ]


def registered(commitment: str) -> Fact:
    return f.WorkerRegistered(
        effective_on=date(2020, 1, 1),
        birth_year=1990,
        sex="F",
        key_commitment=commitment,
        education="sakernas:2024/5",
        residence="kemendagri:2025/32.75",
        personal=f.PersonDetails(name="Siti Rahmawati", birth_date=date(1990, 1, 1), nik="3275014101900001"),
    )


JOB = UUID(int=0x4B_45_54_53)
HIRED = f.Hired(
    effective_on=date(2020, 1, 2),
    employment=JOB,
    employer=UUID(int=0xE1),
    establishment="BEKASI-1",
    industry="kbli:2020/10710",
    regency="kemendagri:2025/32.75",
    occupation="kbji:2014/7212",
    channel="public-service",
    contract=f.Contract(kind="permanent"),
    wage_band=5,
    personal=f.Wage(monthly=5_600_000),
)


def later(n: int) -> Fact:
    """The n-th fact after the registration."""
    on = date(2020, 1, 2) + timedelta(days=5 * n)
    if n == 0:
        return HIRED
    if n % 3 == 0:
        return f.LocationChanged(
            effective_on=on, employment=JOB, establishment=f"BEKASI-{n}", regency="kemendagri:2025/32.75"
        )
    if n % 3 == 1:
        return f.WageChanged(effective_on=on, employment=JOB, wage_band=6, personal=f.Wage(monthly=6_000_000 + n))
    return f.PositionChanged(effective_on=on, employment=JOB, occupation="kbji:2014/7212")

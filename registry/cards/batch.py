"""Cards for many workers from a list: who has none gets one. Broken off, the same list goes on where it was.

The list is a file of worker ids, a line each; an empty line names nobody. Each process takes the workers of some shards
of the log. A row of the report is written after the card is committed; a card committed without its row is found in
force when its worker is taken again, so that nobody gets two.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from domain import facts as f
from domain.decide import JAKARTA
from domain.errors import Refused
from registry.app import SYSTEM
from registry.cards.issuing import worker_of
from registry.cards.together import WINDOW, Together
from registry.processes import run
from registry.store import shard_of
from registry.submissions import journal
from registry.submissions.pressure import BackPressure
from registry.submissions.processes import join
from registry.submissions.results import WholeFile, sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.synchronize import Barrier
    from pathlib import Path

    from domain.decide import History
    from registry.app import Registry
    from registry.cards.issuing import Issuer
    from registry.cards.together import Outcome
    from registry.processes import Place

HEADINGS = ("line", "worker", "outcome", "code", "message_id", "message_en", "card", "last_day")
"""`outcome`: issued, in-force (the card is one from before) or refused."""


class Summary(NamedTuple):
    """How many rows there are, how many cards were issued, how many workers had one, and the refusals by code."""

    rows: int
    issued: int
    in_force: int
    refused: Counter[str]


class Row(NamedTuple):
    line: int
    worker: UUID | None


@dataclass(frozen=True)
class Task:
    place: Place
    workers: Path
    parts: Sequence[Path]
    index: int


def issue_many(
    place: Place,
    workers: Path,
    *,
    report: Path,
    processes: int = 1,
    progress: Callable[[int], None] = lambda _rows: None,
) -> Summary:
    """Issue a card to each worker of the list that has none in force; the report appears once it is whole.

    Raises: Refused("loader-stopped") when a process ended: the same call goes on where they were.
    """
    journal.begin(report, workers, None, processes)
    parts = journal.shares(report, processes)
    tasks = [Task(place, workers, parts, index) for index in range(processes)]
    if processes == 1:
        _share(tasks[0], None, progress)
    else:
        run(_share, tasks, progress)
        join(parts, report)
    summary = told(report)
    journal.end(report)
    return summary


def told(report: Path) -> Summary:
    """What a report says in all."""
    done = journal.done(report)
    return Summary(done.outcomes.total(), done.outcomes["issued"], done.outcomes["in-force"], done.refused)


def _share(task: Task, _meeting: Barrier | None, progress: Callable[[int], None]) -> None:
    registry = task.place.opened()
    try:
        take(registry, task.workers, task.parts[task.index], index=task.index, of=len(task.parts), progress=progress)
    finally:
        registry.close()


def take(
    registry: Registry,
    workers: Path,
    report: Path,
    *,
    index: int = 0,
    of: int = 1,
    progress: Callable[[int], None] = lambda _rows: None,
) -> None:
    """The share of one process, but for the rows that the journal beside `report` says are done."""
    before = journal.done(report)
    together, pressure = Together(registry), BackPressure(registry.recorder)
    rows = (row for row in rows_of(workers, index, of) if row.line > before.last)
    done = before.outcomes.total()
    with WholeFile(report, HEADINGS, resume=True) as writer:
        while window := list(islice(rows, WINDOW)):
            pressure.wait()
            found = together.take([row.worker for row in window if row.worker], first_card, by=SYSTEM)
            for row in window:
                outcome = found.pop(row.worker, None) if row.worker else NOBODY
                if outcome is None and row.worker:  # named twice
                    outcome = together.take([row.worker], first_card, by=SYSTEM)[row.worker]
                writer.write(row.line, *cells(row.worker, outcome or NOBODY))
            writer.flush()
            done += len(window)
            progress(done)


def first_card(issuer: Issuer, history: History) -> Iterator[f.CardSuperseded | f.CardIssued]:
    """A card for who has none, or one that has ended.

    Raises: Refused("card-live"), ("card-state") when it is suspended; as `Issuer.card`.
    """
    live = worker_of(history).live_card
    if live is not None and live.state != "valid":
        raise Refused("card-state", got=live.state, expected="valid")
    if live is not None and issuer.registry.now() < live.expires_at:
        raise Refused("card-live", card=live.number)
    yield from issuer.in_place_of_the_live_one(history)


NOBODY = Refused("worker-unknown")


def cells(worker: UUID | None, outcome: Outcome) -> tuple[str, ...]:
    """A row of the report, but for its line."""
    who = str(worker or "")
    if isinstance(outcome, Refused):
        if outcome.code == "card-live":
            return (who, "in-force", "", "", "", str(outcome.details["card"]), "")
        return (who, "refused", outcome.code, *sentences(outcome), "", "")
    card = next(event.fact for event in outcome if isinstance(event.fact, f.CardIssued))
    last = (card.expires_at - timedelta(seconds=1)).astimezone(JAKARTA).date()
    return (who, "issued", "", "", "", card.card, last.isoformat())


def rows_of(workers: Path, index: int = 0, of: int = 1) -> Iterator[Row]:
    """The rows of one of `of` shares: by the worker's shard of the log, so that no two processes wait at one."""
    with workers.open(encoding="ascii") as lines:
        for number, text in enumerate(lines, 1):
            worker = UUID(text.strip()) if text.strip() else None
            if (shard_of(worker) if worker else 0) % of == index:
                yield Row(number, worker)

"""Print jobs: the cards of a list as PDFs of at most a thousand each, and a manifest that says where each one is.

What is printed is what was released: the bytes that were committed. The manifest appears once it is whole; a job that
was killed is begun again, and overwrites what it had made.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from card import sheet
from domain.errors import Refused
from registry.cards.batch import rows_of
from registry.cards.issuing import Issued, current, in_force
from registry.cards.lists import titles
from registry.submissions.results import WholeFile, sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from uuid import UUID

    from card.sheet import Layout, Printed
    from registry.app import Registry
    from registry.cards.batch import Row

IN_ONE = 1_000
"""Cards of one PDF: bounds the memory, and what is printed again when a printer jams."""
HEADINGS = (
    "line", "worker", "outcome", "code", "message_id", "message_en", "card", "file", "front", "back", "place",
)  # fmt: skip
"""`front` and `back`: pages of the file, from 1; `place`: on both of them, row by row on the front."""


class Job(NamedTuple):
    """How many cards were drawn, into which files, and who was refused, by code."""

    printed: int
    files: list[str]
    refused: Counter[str]


class _Ready(NamedTuple):
    row: Row
    issued: Issued


def print_cards(
    registry: Registry,
    workers: Path,
    out: Path,
    *,
    layout: Layout = "a4",
    specimen: bool = False,
    progress: Callable[[int], None] = lambda _rows: None,
) -> Job:
    """Draw the card in force of each worker of the list (a worker id a line) into files of the folder `out`."""
    refused: Counter[str] = Counter()
    files: list[str] = []
    done = 0
    out.mkdir(parents=True, exist_ok=True)
    with WholeFile(out / "manifest.csv", HEADINGS, resume=False) as manifest:

        def ready() -> Iterator[_Ready]:
            for row in rows_of(workers):
                try:
                    issued = _in_force(registry, row.worker)
                except Refused as refusal:
                    refused[refusal.code] += 1
                    cells = ("refused", refusal.code, *sentences(refusal), *[""] * 5)
                    manifest.write(row.line, str(row.worker or ""), *cells)
                else:
                    yield _Ready(row, issued)

        cards = ready()
        while first := next(cards, None):
            name = f"cards-{len(files) + 1:04}.pdf"
            for one, placed in _drawn(out / name, first, cards, layout=layout, specimen=specimen):
                where = (placed.number, name, placed.front, placed.back, placed.place)
                manifest.write(one.row.line, str(one.row.worker), "printed", "", "", "", *where)
                done += 1
                progress(done + refused.total())
            files.append(name)
    return Job(done, files, refused)


def _drawn(
    path: Path, first: _Ready, rest: Iterator[_Ready], *, layout: Layout, specimen: bool
) -> Iterator[tuple[_Ready, sheet.Placed]]:
    """Draw up to `IN_ONE` cards into a file, which has its name once it is whole."""
    taken: list[_Ready] = []

    def printed() -> Iterable[Printed]:
        for one in chain([first], islice(rest, IN_ONE - 1)):
            taken.append(one)
            yield sheet.Printed(one.issued.claims, one.issued.text, one.issued.back, one.issued.portrait)

    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as out:
        for placed in sheet.draw(out, printed(), titles=titles(), layout=layout, specimen=specimen):
            yield taken.pop(0), placed
    part.replace(path)


def _in_force(registry: Registry, worker: UUID | None) -> Issued:
    """Raises: Refused("worker-unknown"), ("card-none"), ("card-state"), ("worker-erased")."""
    if worker is None:
        raise Refused("worker-unknown")
    in_force(registry.worker(worker)[1], registry.now())
    return current(registry, worker)

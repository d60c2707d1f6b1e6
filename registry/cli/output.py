"""What a command prints: words and tables for people, one JSON object as the last line for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]


class Language(StrEnum):
    EN = "en"
    ID = "id"


console = Console(soft_wrap=True, markup=False, emoji=False)
"""What comes from files and people may hold brackets and colons: nothing printed is read as markup."""
errors = Console(stderr=True, soft_wrap=True, markup=False, emoji=False)


def marked(style: str, word: str, rest: str) -> Text:
    """A line that begins with a word in a style."""
    return Text.assemble((word, style), rest)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table for people. Numbers and dates in it are copied, so no word is broken: where it would have to be, the
    cells of a row stand below one another instead."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = _widths([list(column) for column in zip(columns, *cells, strict=True)], console.width)
    if widths is None:
        _listed(title, columns, cells)
        return
    shown = Table(title=title, title_justify="left", title_style="bold")
    for column, width in zip(columns, widths, strict=True):
        shown.add_column(column, overflow="fold", width=width)
    for row in cells:
        shown.add_row(*row)
    console.print(shown)


def _widths(columns: list[list[str]], across: int) -> list[int] | None:
    """Of each column: as wide as its widest cell, or less, down to its longest word; None where that is too wide."""
    widths = [max(map(cell_len, column)) for column in columns]
    least = [max((cell_len(word) for cell in column for word in cell.split()), default=0) for column in columns]
    room = across - 3 * len(columns) - 1  # what the lines between take
    if sum(least) > room:
        return None
    while sum(widths) > room:
        widest = max((at for at, width in enumerate(widths) if width > least[at]), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _listed(title: str, columns: Sequence[str], rows: list[list[str]]) -> None:
    console.print(title, style="bold")
    longest = max(map(cell_len, columns))
    for row in rows:
        told = (f"{name:{longest}}  {cell}" for name, cell in zip(columns, row, strict=True) if cell)
        console.print("\n".join(told) + "\n", highlight=False)


def answer(value: dict[str, Any], *, as_json: bool) -> None:
    """The last line of a command that was asked for JSON."""
    if as_json:
        sys.stdout.write(json.dumps(value, default=_plain, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"got {type(value).__name__}, which has no JSON form here")


@contextmanager
def progress(title: str, total: int | None) -> Iterator[Callable[..., None]]:
    """A bar on the terminal for long work: call it with how much is done, and of how much once that is known.

    Silent when nobody watches.
    """
    named = TextColumn("{task.description}", markup=False)
    columns = (named, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done, total=None: bar.update(task, completed=done, total=total)

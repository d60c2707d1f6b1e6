"""An employer's file, whatever its format, as a stream of lines."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from registry.submissions import limits
from registry.submissions.line import BadFile, Line
from registry.submissions.read_csv import read_csv
from registry.submissions.read_ndjson import read_ndjson
from registry.submissions.read_xlsx import read_xlsx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import BufferedReader
    from pathlib import Path

_TEXT_READERS: dict[str, Callable[[BufferedReader], Iterator[Line]]] = {
    ".csv": read_csv,
    ".ndjson": read_ndjson,
    ".jsonl": read_ndjson,
}
SUFFIXES = (*_TEXT_READERS, ".xlsx")


def read(path: Path) -> Iterator[Line]:
    """The lines of the file, one at a time; memory does not grow with the file's length.

    A row that cannot be read is a `Line` with `refused` set. A fault of the whole file is raised here, before the
    first line is handed out, so that a refused file has recorded nothing.

    Raises: BadFile, with the codes that docs/employer-file.md lists under "Files"; OSError.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise BadFile("wrong-suffix", got=path.suffix, expected=" ".join(SUFFIXES))
    found = read_xlsx(path) if suffix == ".xlsx" else _read_text(path, _TEXT_READERS[suffix])
    first = next(found, None)
    if first is None:
        raise BadFile("no-rows")
    return chain([first], found)


def _read_text(path: Path, reader: Callable[[BufferedReader], Iterator[Line]]) -> Iterator[Line]:
    size = path.stat().st_size
    if size > limits.TEXT_FILE_BYTES:
        raise BadFile("file-too-large", got=size, expected=limits.TEXT_FILE_BYTES)
    file = path.open("rb")
    try:
        found = reader(file)
    except BaseException:
        file.close()
        raise
    return _closing(file, found)


def _closing(file: BufferedReader, found: Iterator[Line]) -> Iterator[Line]:
    with file:
        yield from found

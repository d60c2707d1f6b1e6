"""A request's body as a file: in memory, written as it comes, counted, and never larger than it may be."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

MOST_BYTES = 10 * 1024**2
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SUFFIX = {
    "text/csv": ".csv",
    "application/x-ndjson": ".ndjson",
    "application/ndjson": ".ndjson",
    "application/jsonl": ".ndjson",
    XLSX: ".xlsx",
}


async def _uploaded(request: Request) -> AsyncIterator[Path]:
    """The body in a file that is gone after the request.

    Raises: Refused("media-type"), Refused("file-too-large").
    """
    suffix = _suffix(request)
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > MOST_BYTES:
        raise Refused("file-too-large", got=declared, expected=MOST_BYTES)
    with tempfile.TemporaryDirectory(prefix="kets-submission-") as folder, _memory() as held:
        path = Path(folder, f"body{suffix}")  # the folder, 0700, holds a link into memory, and no bytes
        if held is not None:
            path.symlink_to(f"/proc/self/fd/{held}")
        size = 0
        with path.open("wb") as file:
            async for chunk in request.stream():
                size += len(chunk)
                if size > MOST_BYTES:
                    raise Refused("file-too-large", got=f"more than {MOST_BYTES}", expected=MOST_BYTES)
                file.write(chunk)
        yield path


@contextmanager
def _memory() -> Iterator[int | None]:
    """A file in memory; None where the system has no such thing, and the body is then on disk during the request."""
    if not hasattr(os, "memfd_create"):
        yield None
        return
    held = os.memfd_create("kets-submission")
    try:
        yield held
    finally:
        os.close(held)


def _suffix(request: Request) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if kind not in SUFFIX:
        raise Refused("media-type", got=kind[:80], expected=", ".join(SUFFIX))
    if encoding != "identity":
        raise Refused("media-type", got=f"{kind}, {encoding[:40]}", expected="no Content-Encoding")
    return SUFFIX[kind]


Uploaded = Annotated[Path, Depends(_uploaded)]

"""`POST /v1/submissions`: an employer's file through the door, each row with its receipt or its refusal."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.desk import AtDesk
from api.fresh import HEADER, write_positions
from api.problems import Message, responses, said
from api.upload import MOST_BYTES, SUFFIX, Uploaded
from domain.errors import Refused
from registry.submissions.load import Loader
from registry.submissions.read import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.desk import Desk
    from registry.submissions.load import RowResult

router = APIRouter(prefix="/v1", tags=["submissions"])

MOST_ROWS = 5_000
"""As many as are recorded in some fifteen seconds: nobody waits longer for an answer. Larger files: `kets load`."""
EXAMPLE = """ref,submitter,action,nik,name,birth_date,sex,education,residence,phone
2026-0001,kemnaker,register,3275014101900001,Siti Rahmawati,1990-01-01,P,5,32.75,
"""


class Receipt(BaseModel):
    """Which facts the row became, and where they stand: shard -> positions."""

    stream: UUID
    submission: UUID | None = Field(description="The one that first brought the row")
    events: list[str] = Field(examples=[["0b9d8f1e-54f3-4f0e-8a3d-2f5f2c1d9e07:1"]])
    positions: dict[int, list[int]] = Field(examples=[{7: [41]}])


class Result(BaseModel):
    """`again`: the row was recorded before, and this is the first receipt."""

    line: int = Field(description="As an editor or a spreadsheet numbers it: the heading is 1")
    ref: str | None
    outcome: Literal["recorded", "again", "refused"]
    code: str | None = Field(examples=["already-employed"])
    message: Message | None
    receipt: Receipt | None


class Submitted(BaseModel):
    """`recorded` counts facts, all else rows; `accepted` are those recorded now and those recorded before (`again`)."""

    submission: UUID
    rows: int
    accepted: int
    again: int
    recorded: int
    refused: dict[str, int] = Field(examples=[{"already-employed": 1}])
    results: list[Result]


BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"The file itself, at most {MOST_BYTES} bytes; docs/employer-file.md has its columns",
        "content": {
            kind: {"schema": {"type": "string"} if "csv" in kind else {"type": "string", "format": "binary"}}
            for kind in SUFFIX
        },
    }
}
BODY["requestBody"]["content"]["text/csv"]["example"] = EXAMPLE


@router.post(
    "/submissions",
    openapi_extra=BODY,
    responses=responses("file-too-large", "too-many-rows", "media-type", "wrong-suffix", "empty-file", "busy"),
    summary="Submit a file",
)
def submit(
    desk: AtDesk,
    response: Response,
    path: Uploaded,
    submitter: Annotated[
        str | None,
        Query(
            alias="as",
            pattern="^([0-9]{13}|dukcapil|bnsp|kemnaker)$",
            description="NIB of the employer, or the authority, whose rows these are; else each row names it",
            examples=["9120001234567"],
        ),
    ] = None,
) -> Submitted:
    """Each row is accepted or refused by itself; the file as a whole only when it cannot be read.

    Sending the same file again records nothing twice and gives the first receipts, so it is safe after a lost answer.
    A row's key is its `ref`, or its content when it has none. A refused row may be mended and sent under the same ref.
    """
    with _turn(desk):
        _check_rows(path)
        results: list[Result] = []
        loader = Loader(desk.registry, submitter=submitter, door="api")
        summary = loader.load(path, on_row=lambda row: results.append(_result(row)))
    newest: dict[int, int] = {}
    for result in results:
        desk.measures.rows.labels(result.outcome).inc()
        for shard, at in result.receipt.positions.items() if result.receipt else ():
            newest[shard] = max(newest.get(shard, 0), *at)
    if newest:
        response.headers[HEADER] = write_positions(newest)
    return Submitted(
        submission=loader.submission,
        rows=summary.rows,
        accepted=summary.accepted,
        again=summary.again,
        recorded=summary.recorded,
        refused=dict(summary.refused),
        results=results,
    )


@contextmanager
def _turn(desk: Desk) -> Iterator[None]:
    """Raises: Refused("busy") when as many as may are loading already."""
    if not desk.loading.acquire(blocking=False):
        raise Refused("busy")
    try:
        yield
    finally:
        desk.loading.release()


def _check_rows(path: Uploaded) -> None:
    """Raises: Refused("too-many-rows") before any is recorded; BadFile."""
    if sum(1 for _ in islice(read(path), MOST_ROWS + 1)) > MOST_ROWS:
        raise Refused("too-many-rows", got=f"more than {MOST_ROWS}", expected=MOST_ROWS)


def _result(row: RowResult) -> Result:
    if isinstance(row.outcome, Refused):
        code = row.outcome.code
        message = said(code, row.outcome.details)
        return Result(line=row.line, ref=row.ref, outcome="refused", code=code, message=message, receipt=None)
    first = row.outcome
    return Result(
        line=row.line,
        ref=row.ref,
        outcome="again" if first.again else "recorded",
        code=None,
        message=None,
        receipt=Receipt(
            stream=first.stream, submission=first.submission, events=first.events, positions=first.positions
        ),
    )

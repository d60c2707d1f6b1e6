"""`POST /v1/submissions`: an employer's file through the door, each row with its receipt or its refusal."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from io import BytesIO, StringIO
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi import Path as FromPath
from pydantic import BaseModel, Field

from api.desk import AtDesk
from api.fresh import HEADER, write_positions
from api.problems import Message, responses, said
from api.upload import MOST_BYTES, SUFFIX, Uploaded
from domain.decide import today
from domain.errors import Refused
from registry.submissions.load import Loader
from registry.submissions.read import read
from registry.submissions.results import HEADINGS, result_row

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
    kept_until: date = Field(description="Last day on which the result file can be fetched again")
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
        numbers = _numbers(path)
        results: list[Result] = []
        loader = Loader(desk.registry, submitter=submitter, door="api")
        now = desk.registry.now()
        ends_on = today(now) + timedelta(days=desk.settings.intake_days)
        keep = partial(
            desk.intake.keep,
            submission=loader.submission,
            organisation=submitter or "-",
            numbers=numbers,
            kept_at=now,
            ends_on=ends_on,
        )
        with path.open("rb") as body:
            keep(body, kind="upload")
        summary = loader.load(path, on_row=lambda row: results.append(_result(row)))
        keep(BytesIO(_result_file(results)), kind="results")
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
        kept_until=ends_on,
        results=results,
    )


@router.get(
    "/submissions/{submission}/results",
    response_class=Response,
    responses={**responses("intake-unknown"), 200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    summary="The result file of a submission",
)
def results(
    desk: AtDesk,
    submission: Annotated[UUID, FromPath(description="As the answer to the submission named it")],
) -> Response:
    """Row by row as it was answered, as CSV, until `kept_until`, or until a person in it is erased."""
    body = b"".join(desk.intake.read(submission, "results", today(desk.registry.now())))
    name = f'attachment; filename="{submission}.results.csv"'
    return Response(body, media_type="text/csv", headers={"Content-Disposition": name})


def _result_file(found: list[Result]) -> bytes:
    """As `kets load --results` writes it."""
    file = StringIO(newline="")
    rows = csv.writer(file)
    rows.writerow(HEADINGS)
    for row in found:
        said_id, said_en = (row.message.id, row.message.en) if row.message else ("", "")
        receipt = " ".join(row.receipt.events) if row.receipt else ""
        rows.writerow(result_row(row.line, row.ref, row.outcome, row.code or "", said_id, said_en, receipt))
    return file.getvalue().encode("utf-8-sig")


@contextmanager
def _turn(desk: Desk) -> Iterator[None]:
    """Raises: Refused("busy") when as many as may are loading already."""
    if not desk.loading.acquire(blocking=False):
        raise Refused("busy")
    try:
        yield
    finally:
        desk.loading.release()


def _numbers(path: Uploaded) -> set[str]:
    """The numbers of persons that the rows name, right or wrong, read or not.

    Raises: Refused("too-many-rows") before any is recorded; BadFile.
    """
    lines = list(islice(read(path), MOST_ROWS + 1))
    if len(lines) > MOST_ROWS:
        raise Refused("too-many-rows", got=f"more than {MOST_ROWS}", expected=MOST_ROWS)
    return set[str]().union(*(line.numbers() for line in lines))


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

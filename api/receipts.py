"""`/v1/receipts`: what became of a receipt: its facts are in the ledger, with proof, or wait."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from api.desk import AtDesk
from api.problems import responses
from domain.errors import Refused
from registry.ledger import log, proof
from registry.ledger.place import folder_of

router = APIRouter(prefix="/v1/receipts", tags=["ledger"])

State = Literal["pending", "sequenced"]
WITHIN = "2s"
"""How long the rows of a submission are looked for."""


class Fact(BaseModel):
    """A fact of a submission. `line` as an editor or a spreadsheet numbers it."""

    line: int
    event: str = Field(examples=["0b9d8f1e-54f3-4f0e-8a3d-2f5f2c1d9e07:1"])
    state: State


class Receipt(BaseModel):
    """Of one fact `event`, `index` and the proof; of a submission `submission`, its `facts` and `next`.

    `pending`: recorded and not yet in the ledger, or not all of these facts are; ask again in a moment.
    """

    state: State
    event: str | None = None
    index: int | None = Field(default=None, description="The leaf's place in the ledger, from 0")
    proof: dict[str, Any] | None = Field(
        default=None, description="Leaf, index, path and checkpoint, as `kets ledger check` reads them"
    )
    tlog_proof: str | None = Field(
        default=None, description="The same as C2SP tlog-proof has it; its extra data are the leaf's bytes"
    )
    submission: UUID | None = None
    facts: list[Fact] | None = None
    next: int | None = Field(default=None, description="Ask with `after` this line for those that follow; null: none")


@router.get(
    "/{id}",
    responses={**responses("event-unknown", "submission-unknown"), 202: {"model": Receipt, "description": "Pending"}},
    summary="The receipt of a fact or a submission",
)
def receipt(
    desk: AtDesk,
    response: Response,
    given: Annotated[
        str,
        Path(
            alias="id",
            pattern="^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(:[1-9][0-9]{0,8})?$",
            description="A fact as receipts name it, STREAM:VERSION, or a submission's number",
            examples=["0b9d8f1e-54f3-4f0e-8a3d-2f5f2c1d9e07:1"],
        ),
    ],
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Of a submission: facts of lines after this")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="Of a submission: so many lines")] = 100,
) -> Receipt:
    """200 with the proof once the fact is in the ledger, which takes a moment; until then 202.

    The proof shows the fact's clear part. It holds for ever, with or without this registry. Under a checkpoint that
    witnesses have cosigned when there is one that covers the fact.
    """
    name, _, version = given.partition(":")
    found = _fact(desk, UUID(name), int(version)) if version else _submission(desk, UUID(name), after, limit)
    if found.state == "pending":
        response.status_code = 202
        response.headers["Retry-After"] = "1"
    return found


def _fact(desk: AtDesk, stream: UUID, version: int) -> Receipt:
    event = f"{stream}:{version}"
    with desk.reading() as conn:
        try:
            made = proof.prove(conn, folder_of(desk.settings), stream, version)
        except Refused as refusal:
            if refusal.code != "not-sequenced":
                raise
            return Receipt(state="pending", event=event)
        entry, _ = log.entry(conn, stream, version)
    text = proof.as_text(made, entry)
    return Receipt(state="sequenced", event=event, index=made["index"], proof=made, tlog_proof=text)


def _submission(desk: AtDesk, submission: UUID, after: int, limit: int) -> Receipt:
    with desk.reading() as conn:
        conn.execute(f"SET LOCAL statement_timeout = '{WITHIN}'")
        rows = log.submitted(conn, submission, after, limit + 1)
        sequenced = {shard: last for shard, (last, _) in log.waiting(conn).items()}
    facts = [
        Fact(line=row.line, event=row.event, state="sequenced" if row.position <= sequenced[row.shard] else "pending")
        for row in rows
    ]
    lines = sorted({fact.line for fact in facts})
    following = lines[limit - 1] if len(lines) > limit else None
    shown = [fact for fact in facts if following is None or fact.line <= following]
    state: State = "pending" if any(fact.state == "pending" for fact in shown) else "sequenced"
    return Receipt(state=state, submission=submission, facts=shown, next=following)

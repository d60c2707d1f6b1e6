"""`/healthz` and `/metrics`: for whoever runs the registry."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import psycopg
from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from psycopg_pool import PoolTimeout
from pydantic import BaseModel, Field

from api.desk import AtDesk
from api.positions import positions
from api.problems import responses
from domain.decide import today
from projections.renewals import backlog
from registry.ledger.log import waiting
from registry.ledger.place import base_of
from registry.ledger.refusal import told
from registry.roles import DatabaseRole, connect

if TYPE_CHECKING:
    from api.desk import Desk
    from api.positions import Positions
    from projections.renewals import Backlog

router = APIRouter(tags=["running"])

CONNECT_SECONDS = 2


class Stopped(BaseModel):
    """Why the ledger stands still; facts are recorded all the same, and it is tried again."""

    code: str = Field(examples=["database-older-than-checkpoint"])
    message: str
    since: datetime
    tries: int


class LedgerHealth(BaseModel):
    behind: int | None = Field(description="Facts recorded and not yet in the ledger")
    refused: Stopped | None


class RenewalHealth(BaseModel):
    """Cards that are due and wait for the renewal run: out of date, about to end, overtaken by the calendar."""

    due: int
    since: date | None = Field(description="The day on which the longest waiting fell due")


class Health(BaseModel):
    """`ok` when both databases answer. Read models that lag are told, and are no reason to take the door down."""

    ok: bool
    database: bool
    vault: bool
    events: int | None = Field(description="Facts in the log")
    lag: dict[str, int] | None = Field(description="Facts that each read model lacks", examples=[{"record": 0}])
    ledger: LedgerHealth
    renewal: RenewalHealth | None


@router.get(
    "/healthz",
    summary="Does it work?",
    responses={**responses(), 503: {"model": Health, "description": "A database does not answer"}},
)
def healthz(desk: AtDesk, response: Response) -> Health:
    """200 when both databases answer, else 503."""
    log, vault = _log(desk), _answers(desk.settings.vault_url or "")
    ok = log is not None and vault
    response.status_code = 200 if ok else 503
    return Health(
        ok=ok,
        database=log is not None,
        vault=vault,
        events=log.events if log else None,
        lag={name: log.lag(name) for name in log.included} if log else None,
        ledger=_ledger(desk),
        renewal=_renewal(desk) if log else None,
    )


@router.get(
    "/metrics",
    summary="Measures, as Prometheus reads them",
    response_class=Response,
    responses={**responses(), 200: {"description": "Text", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(desk: AtDesk) -> Response:
    """Requests by route and status, facts, lag of read models, cards issued. Names nobody."""
    log = _log(desk)
    return Response(desk.measures.page(log, _backlog(desk) if log else None), media_type=CONTENT_TYPE_LATEST)


def _ledger(desk: Desk) -> LedgerHealth:
    refused = told(base_of(desk.settings))
    try:
        with desk.reading() as conn:
            behind = sum(top - last for last, top in waiting(conn).values())
    except (psycopg.Error, PoolTimeout):
        behind = None
    return LedgerHealth(behind=behind, refused=Stopped(**refused._asdict()) if refused else None)


def _renewal(desk: Desk) -> RenewalHealth | None:
    waiting_cards = _backlog(desk)
    return RenewalHealth(due=waiting_cards.due, since=waiting_cards.since) if waiting_cards else None


def _backlog(desk: Desk) -> Backlog | None:
    try:
        with desk.reading() as conn:
            return backlog(conn, today(desk.registry.now()))
    except (psycopg.Error, PoolTimeout):
        return None


def _log(desk: Desk) -> Positions | None:
    try:
        with desk.reading() as conn:
            return positions(conn)
    except (psycopg.Error, PoolTimeout):
        return None


def _answers(url: str) -> bool:
    """A connection of its own: one from a pool says only that the database did answer once."""
    try:
        with connect(url, DatabaseRole.READ, connect_timeout=CONNECT_SECONDS) as conn:
            return conn.execute("SELECT 1").fetchone() == (1,)
    except psycopg.Error:
        return False

"""From an exception to a problem: refusals, invalid requests, unknown addresses, a database that does not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from eventsourcing.persistence import PersistenceError
from fastapi.exceptions import RequestValidationError
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException

from api.problems import answer
from api.wallet import denials
from domain.errors import Refused

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse

MOST_SHOWN = 5
OTHER_TABLE = (psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedTable)
NO_ANSWER = (psycopg.OperationalError, PoolTimeout, PersistenceError)


def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)  # noqa: S101 - registered for this type alone
    return answer(error.code, error.details, request.state.number)


def _invalid(request: Request, error: Exception) -> JSONResponse:
    """Which parameter and why, never what was sent: it may be a person's number."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type alone
    wrong = [f"{'.'.join(str(part) for part in fault['loc'][1:])}: {fault['msg']}" for fault in error.errors()]
    return answer("request-invalid", {"why": "; ".join(wrong[:MOST_SHOWN])}, request.state.number)


def _http(request: Request, error: Exception) -> JSONResponse:
    """What routing says by itself."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type alone
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        return answer("method-not-allowed", {"got": request.method, "expected": allowed}, request.state.number)
    if error.status_code == 404:
        return answer("not-found", {}, request.state.number)
    return answer("request-invalid", {"why": error.detail}, request.state.number)


def _unavailable(request: Request, _error: Exception) -> JSONResponse:
    return answer("unavailable", {}, request.state.number)


def _building(request: Request, _error: Exception) -> JSONResponse:
    """A table is of another version of the software still."""
    return answer("read-model-building", {}, request.state.number)


def add_to(app: FastAPI) -> None:
    app.add_exception_handler(Refused, _refused)
    denials.add_to(app)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for table in OTHER_TABLE:
        app.add_exception_handler(table, _building)
    for kind in NO_ANSWER:
        app.add_exception_handler(kind, _unavailable)

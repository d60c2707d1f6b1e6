"""`kets card renew`: the scheduled job that keeps cards up with the record and the calendar."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Annotated

import psycopg
import typer
from eventsourcing.persistence import PersistenceError

from domain.decide import today
from domain.errors import Refused
from keys.errors import KeysError
from projections.renewals import backlog, due_workers
from registry.cards.renewal import NOTHING, Renewal, Renewed
from registry.cards.together import WINDOW
from registry.cli.output import Json, answer, console, errors, table
from registry.cli.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable

TROUBLE = (psycopg.Error, PersistenceError, KeysError, Refused, OSError)
"""What a pass may meet that the next may not."""


def renew(
    most: Annotated[int, typer.Option(min=1, help="Cards in one pass, about; the rest waits for the next.")] = 100_000,
    every: Annotated[float | None, typer.Option(min=1, help="Go on, a pass every so many seconds.")] = None,
    as_json: Json = False,
) -> None:
    """Renew what is due: cards out of date, about to end, or overtaken by a certificate's or permit's last day."""
    stopped = threading.Event()
    with Site() as site:
        if every is None:
            done = one_pass(site, most)
            _tell(site, done, as_json)
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        while not stopped.is_set():
            _try(site, most, stopped.is_set)
            stopped.wait(every)


def one_pass(site: Site, most: int, stopped: Callable[[], bool] = lambda: False) -> Renewed:
    """What is due now, longest due first, until about `most` cards are issued or `stopped()`."""
    site.runner.catch_up()
    day, done, after, renewal = today(site.registry.now()), NOTHING, None, Renewal(site.registry)
    while not stopped() and done.issued + done.suspended < most:
        with site.reading() as conn:
            due = due_workers(conn, day, after=after, most=WINDOW)
        if not due:
            break
        after = due[-1]
        done = done.plus(renewal.take({worker: None for _, worker in due}))
    return done


def _try(site: Site, most: int, stopped: Callable[[], bool]) -> None:
    """A pass that says what it did, and what it met: the next is made all the same."""
    try:
        done = one_pass(site, most, stopped)
    except TROUBLE as trouble:
        errors.print(f"renewal: {getattr(trouble, 'code', type(trouble).__name__)}: tried again", highlight=False)
    else:
        if any(done):
            console.print(f"renewal: {_said(done)}")


def _tell(site: Site, done: Renewed, as_json: bool) -> None:
    site.runner.catch_up()
    with site.reading() as conn:
        left = backlog(conn, today(site.registry.now()))
    console.print(_said(done))
    if done.refused:
        table("Refused", ("code", "workers"), done.refused.most_common())
    if left.due:
        console.print(f"{left.due:,} still due, the oldest since {left.since}")
    answer({"ok": True, **done._asdict(), "due": left.due, "since": left.since}, as_json=as_json)


def _said(done: Renewed) -> str:
    refused = f", {done.refused.total():,} refused" if done.refused else ""
    return f"{done.issued:,} cards issued, {done.suspended:,} suspended as a permit lapsed{refused}"


def add_to(card: typer.Typer) -> None:
    card.command()(renew)

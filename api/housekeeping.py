"""What the API does beside answering: once an hour, what is past its end is destroyed, of the intake, of wallets and of
the access log."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import structlog

from domain.decide import today
from registry import access
from registry.wallet import offers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.app import Registry
    from registry.intake import Intake

EVERY = 3600.0


@contextmanager
def purging(intake: Intake, registry: Registry, access_days: int) -> Iterator[None]:
    """Purge at once and then every hour. When the database does not answer, the next hour does it."""
    ended = threading.Event()

    def run() -> None:
        while True:
            try:
                intake.purge(today(registry.now()))
                offers.sweep(registry.vault, registry.now())
                access.purge(registry, access_days)
            except (psycopg.Error, OSError) as error:
                structlog.get_logger().warning("intake-not-purged", error=type(error).__name__)
            if ended.wait(EVERY):
                return

    thread = threading.Thread(target=run, name="purging")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()

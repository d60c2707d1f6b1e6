"""The application: what is opened, what stands around the routes, and the routes."""

from __future__ import annotations

from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import Depends, FastAPI

from api import (
    access,
    card_life,
    cards,
    employers,
    errors,
    health,
    holder,
    ledger,
    lists,
    live,
    phone,
    phone_keys,
    photos,
    published,
    receipts,
    reference,
    replays,
    statistics,
    submissions,
    workers,
)
from api.access import noted
from api.around import Around, make_log
from api.bounded import Bounded
from api.desk import Desk, read_pool
from api.fresh import fresh
from api.guard import Guard
from api.housekeeping import purging
from api.measures import Measures
from api.wallet import router as wallet
from registry.app import Registry
from registry.erasure import replay
from registry.intake import Intake
from registry.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROUTES = (submissions, receipts, ledger, health, phone, phone_keys, holder, published, reference)
READS = (workers, access, replays, cards, card_life, photos, lists, statistics, live, employers)
"""Those that may be asked to include what was just written."""

NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""FastAPI's own would take paths and error messages along, and both may name a person."""


class SettingsError(RuntimeError):
    """The API was started without what it needs; says what."""


def create_app(settings: Settings | None = None, *, registry: Registry | None = None) -> FastAPI:
    """The REST door, on databases that are there and migrated; a `registry` that is given is used and left open.

    Raises: SettingsError without DATABASE_URL and KETS_VAULT_URL.
    """
    settings = settings or Settings()
    if settings.database_url is None or settings.vault_url is None:
        raise SettingsError(
            "got no DATABASE_URL or no KETS_VAULT_URL; the API starts no database of its own."
            " `kets up` starts one and sets both, see docs/how-to/database.md"
        )
    measures = Measures()
    app = FastAPI(
        title="KETS",
        version="1",
        summary="Workforce registry with a verifiable worker card",
        description=reference.DESCRIPTION,
        docs_url=None,  # both would run scripts of another site beside personal data
        redoc_url=None,
        telemetry=NO_TELEMETRY,
        lifespan=lambda app: _opened(app, settings, measures, registry),
    )
    errors.add_to(app)
    for module in ROUTES:
        app.include_router(module.router)
    app.include_router(wallet)
    for module in READS:
        app.include_router(module.router, dependencies=[Depends(fresh), Depends(noted)])
    reference.complete(app)
    app.add_middleware(Bounded)
    app.add_middleware(Guard)
    app.add_middleware(Around, measures=measures, log=make_log())
    return app


@asynccontextmanager
async def _opened(
    app: FastAPI, settings: Settings, measures: Measures, registry: Registry | None
) -> AsyncIterator[None]:
    with ExitStack() as closing:
        if registry is None:
            registry = Registry(settings.database_url or "", settings.vault_url or "", settings.open_keys())
            closing.callback(registry.close)
            replay(registry, settings.erasure_list)
        pool = closing.enter_context(read_pool(settings.database_url or ""))
        intake = Intake(settings.intake_folder, registry.vault)
        closing.enter_context(purging(intake, registry, settings.access_days))
        app.state.desk = Desk(settings, registry, pool, measures, intake)
        yield

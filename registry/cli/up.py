"""`kets up` and `kets migrate`: the whole registry as children of one process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import Refused
from registry.cli.output import Json, answer, console, errors, marked
from registry.cli.site import Databases, Site
from registry.ledger.place import base_of
from registry.ledger.refusal import told
from registry.postgres.launch import launch
from registry.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from registry.ledger.refusal import Refusal

READY_WITHIN = 30.0
STOP_WITHIN = 10.0
WITNESS_EVERY = 60.0
RENEW_EVERY = 3600.0


def up(
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Port of the API on the loopback interface.")
    ] = None,
) -> None:
    """Run the registry here until Ctrl-C: PostgreSQL (embedded unless DATABASE_URL), API, projections, ledger,
    the renewal of cards."""
    settings = Settings()
    with Site(settings, make_keys=True) as site:
        serve(site, port or settings.port)


def migrate(as_json: Json = False) -> None:
    """Bring both databases to this version's tables, and make the tables of new read models."""
    with Databases() as databases:
        revisions = databases.revisions
    console.print(f"Event log at revision {revisions['events']}, vault at {revisions['vault']}")
    answer({"ok": True, "revisions": revisions}, as_json=as_json)


def serve(site: Site, port: int) -> None:
    """Children until one ends or we are told to stop; then all of them stop. A ledger that is refused does not end.

    Each child is told by the kernel when this process dies, kill -9 included.
    """
    host = site.settings.host
    environment = _environment(site)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    children = {name: _start(site, name, command, environment) for name, command in _commands(site.settings, port)}
    try:
        if not _ready(host, port, children, stopped):
            raise Refused("not-started", see=str(site.settings.home.resolve() / "log"))
        where = f"http://{host}:{port}"
        console.print(f"KETS is up, for this machine only: {where}/docs (API), {where}/verify (cards). Ctrl-C ends it.")
        shown = None
        while not stopped.wait(0.5):
            shown = _show(site, shown)
            if ended := next((name for name, child in children.items() if child.poll() is not None), None):
                raise Refused("child-ended", child=ended, see=str(site.settings.home.resolve() / "log"))
    finally:
        _stop(children.values())


def _show(site: Site, shown: Refusal | None) -> Refusal | None:
    """Say on standard error that the ledger stands still, once a refusal: all else goes on, and it is tried again."""
    now = told(base_of(site.settings))
    if now and (shown is None or shown.code != now.code):
        errors.print(marked("bold red", f"The ledger stands still, {now.code}", f": {now.message}"))
    elif shown and not now:
        errors.print("The ledger goes on", highlight=False)
    return now


def _commands(settings: Settings, port: int) -> Iterator[tuple[str, list[str]]]:
    server = [sys.executable, "-m", "uvicorn", "api:create_app", "--factory"]
    server += ["--host", settings.host, "--port", str(port)]
    yield "api", [*server, "--no-access-log"]
    yield "projections", [sys.executable, "-m", "registry", "project", "run"]
    yield "ledger", [sys.executable, "-m", "registry", "ledger", "run"]
    yield "renewal", [sys.executable, "-m", "registry", "card", "renew", "--every", str(RENEW_EVERY)]
    if settings.witnesses:
        yield "witnesses", [sys.executable, "-m", "registry", "ledger", "cosign", "--every", str(WITNESS_EVERY)]


def _start(site: Site, name: str, command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    log = site.settings.home.resolve() / "log" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    return launch(command, account=None, environment=environment, log=log, parting=signal.SIGTERM)


def _environment(site: Site) -> dict[str, str]:
    return dict(os.environ) | {
        "DATABASE_URL": site.database_url,
        "KETS_VAULT_URL": site.vault_url,
        "KETS_HOME": str(site.settings.home.resolve()),
        "KETS_KEYS": str(site.settings.key_folder.resolve()),
        "PYTHONUNBUFFERED": "1",
    }


def _ready(host: str, port: int, children: Mapping[str, subprocess.Popen[bytes]], stopped: threading.Event) -> bool:
    """Wait until the API answers; False when it never does, or a child ends."""
    import http.client

    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until and not stopped.is_set():
        if any(child.poll() is not None for child in children.values()):
            return False
        try:
            connection = http.client.HTTPConnection(host, port, timeout=2)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return True
        except OSError:
            pass
        time.sleep(0.2)
    return stopped.is_set()


def _stop(children: object) -> None:
    running = [child for child in children if child.poll() is None]  # type: ignore[attr-defined]
    for child in running:
        child.terminate()
    for child in running:
        try:
            child.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            child.kill()


def add_to(app: typer.Typer) -> None:
    for command in (up, migrate):
        app.command()(command)

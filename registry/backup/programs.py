"""PostgreSQL's own programs for backups, of the version of the server they work for."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.errors import Refused
from registry.postgres.binaries import ENVIRONMENT, candidates, major
from registry.postgres.errors import PostgresError

if TYPE_CHECKING:
    from pathlib import Path

NEEDED = ("postgres", "pg_basebackup", "pg_receivewal", "pg_verifybackup", "pg_waldump")


def programs_of(version: int) -> Path:
    """The folder with the programs of PostgreSQL `version`, such as 18. Raises: Refused("backup-programs-missing")."""
    for folder in candidates():
        if all((folder / name).is_file() for name in NEEDED) and _is(folder, version):
            return folder
    raise Refused("backup-programs-missing", expected=version)


def run(program: Path, *arguments: str | Path, url: str | None = None) -> None:
    """Run a program to its end, connected to `url` if given. Raises: Refused("backup-failed") with what it said."""
    environment, connection = _connection(url) if url else ({}, [])
    done = subprocess.run(  # noqa: S603 - a program we looked up
        [program, *connection, *arguments],
        env=ENVIRONMENT | environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Refused("backup-failed", program=program.name, said=done.stderr.strip()[-600:])


def _connection(url: str) -> tuple[dict[str, str], list[str]]:
    """What libpq needs of our environment, and the URL as an argument; the password goes by the environment, since
    arguments are there for all to read."""
    parts = conninfo_to_dict(url)
    kept = {name: value for name, value in os.environ.items() if name.startswith("PG") or name == "HOME"}
    if password := parts.pop("password", None):
        kept["PGPASSWORD"] = str(password)
    return kept, [f"--dbname={make_conninfo('', **parts)}", "--no-password"]


def _is(folder: Path, version: int) -> bool:
    try:
        return major(folder) == version
    except PostgresError:
        return False

"""One pass over one server: the write-ahead log since the last one, a new base when it is time, old sets deleted.

The order, and what a kill after each step leaves:

    1. what a killed pass left is removed                  -
    2. log received into the newest set                    a set that reaches further than its set.json says
    3. a new base, where one is due, in a `.new-` folder   swept with its slot by the next pass
    4. log received into the set before once more          between its end and the new base no moment is lost
    5. the new set renamed, the old slot dropped           a slot that keeps log on the server: dropped by the next pass
    6. expired sets deleted                                `.gone-` folders, swept by the next pass
"""

from __future__ import annotations

import secrets
from datetime import UTC
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg

from keys.files import sync_folder
from registry.backup.programs import programs_of, run
from registry.backup.sets import NEW, About, BackupSet, sets_in, slot_of, sweep
from registry.backup.source import describe, drop_slot, mark, slot_holds

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from psycopg import Connection

    from registry.backup.source import Server, Source


def back_up(
    source: Source, root: Path, *, now: datetime, before_base: Callable[[datetime | None], None] | None = None
) -> BackupSet:
    """Bring the newest set of `source` below `root` up to the server's present; the set.

    `before_base` is called when a base is about to be taken, with the beginning of the one before.
    Raises: Refused: "backup-of-standby", "backup-not-allowed", "backup-programs-missing", "backup-failed".
    """
    folder = root / source.name
    folder.mkdir(parents=True, exist_ok=True)
    with psycopg.connect(source.url, autocommit=True) as conn:
        server = describe(conn)
        binaries = programs_of(server.major)
        for slot in sweep(folder):
            drop_slot(conn, slot)
        held = sets_in(folder)
        newest = held[-1] if held and _goes_on(held[-1], server, conn) else None
        if newest:
            _receive(newest, source.url, binaries, conn)
        if newest is None or now - newest.about.began >= source.renewed:
            if before_base:
                before_base(held[-1].about.began if held else None)
            newest = _renewed(newest, source.url, folder, server, binaries, conn)
        for one in held:
            if one.path != newest.path:
                drop_slot(conn, one.slot)
    for one in sets_in(folder):
        if one.path != newest.path and _expired(one, source, now):
            one.remove()
    return newest


def _goes_on(newest: BackupSet, server: Server, conn: Connection[Any]) -> bool:
    """Whether the log of this server can be added to the set: not after a restore, a promotion, or log thrown away."""
    same = (newest.about.system, newest.about.timeline) == (server.system, server.timeline)
    return same and slot_holds(conn, newest.slot)


def _renewed(
    before: BackupSet | None, url: str, folder: Path, server: Server, binaries: Path, conn: Connection[Any]
) -> BackupSet:
    began = describe(conn).now.astimezone(UTC)
    name = f"{began:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    new = folder / f"{NEW}{name}"
    (new / "wal").mkdir(parents=True)
    run(
        binaries / "pg_basebackup", f"--pgdata={new / 'base'}", "--wal-method=stream", "--checkpoint=fast",
        "--manifest-checksums=SHA256", "--create-slot", f"--slot={slot_of(new)}", url=url,
    )  # fmt: skip
    run(binaries / "pg_verifybackup", "--quiet", new / "base")
    ended = describe(conn).now.astimezone(UTC)
    about = About(server.system, server.timeline, server.major, server.owner, began, ended, ended)
    BackupSet(new, about).write(about)
    _receive(BackupSet(new, about), url, binaries, conn)
    if before:
        _receive(before, url, binaries, conn)
    path = folder / name
    new.rename(path)
    sync_folder(folder)
    return sets_in(folder)[-1]


def _receive(into: BackupSet, url: str, binaries: Path, conn: Connection[Any]) -> None:
    moment, position = mark(conn)
    run(
        binaries / "pg_receivewal", f"--directory={into.wal}", f"--slot={into.slot}", f"--endpos={position}",
        "--no-loop", url=url,
    )  # fmt: skip
    into.write(msgspec.structs.replace(into.about, until=moment.astimezone(UTC)))


def _expired(one: BackupSet, source: Source, now: datetime) -> bool:
    return now - (one.about.began if source.forgets else one.about.until) > source.kept

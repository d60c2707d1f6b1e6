"""Erasing a person (UU 27/2022 art 43-44): on record, for good, and so that it can be shown.

The order of the writes is the design. After a crash anywhere, the same call again completes what was begun:

    1. record  every card revoked and KeyDestroyed, in one save    crash before: nothing happened; after: nothing more
                                                                   can be recorded of the person, all is still there
       intake  every upload and result file that names the person destroyed   after: they cannot be read by anybody
    2. list    the stream, on the list outside both databases      after: whoever opens the registry next destroys
                                                                   the key (`replay`), as after restoring a backup
    3. key     and identity entries deleted from the vault         after: nobody can read what is sealed
    4. bytes   sealed parts of events and submitted rows removed   after: erased; hashes and clear facts remain
       access  who read the person's data is forgotten             after: the same
    5. certificate, made from what is on record, as often as it is asked for
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from domain import facts as f
from domain.decide import today
from domain.errors import Refused
from domain.worker import Worker
from registry import access, erasure_list, intake
from registry.roles import DatabaseRole, connect
from registry.rotation import identifiers_of
from registry.store import shard_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from pathlib import Path
    from uuid import UUID

    from domain.decide import History
    from domain.event import Actor, Event
    from domain.facts.people import ErasureGround
    from registry.app import Registry

TYP = "kets-erasure+jwt"


class Certificate(NamedTuple):
    """What was erased and by whom. `events` had a sealed part; `keys_until` is when the last backup of the key dies."""

    worker: str
    ground: str
    officers: tuple[str, str]
    erased_at: str
    events: int
    key_commitment: str
    keys_until: str
    jws: str = ""


def erase(
    registry: Registry,
    worker: UUID,
    *,
    ground: ErasureGround,
    by: Actor,
    second: str,
    erasures: Path,
    backup_days: int,
) -> Certificate:
    """Erase a person; of one who is erased already, complete it and certify what stands on record.

    `erasures` is the erasure list, `backup_days` how long a backup of the vault is kept.
    Raises: Refused("worker-unknown"), ("legal-hold"), ("second-officer"), ("no-mandate"), ("value-out-of-bounds").
    """
    _, state = registry.worker(worker)
    if not state.erased:
        _refuse_held(registry, worker)
        day = today(registry.now())
        destroyed = f.KeyDestroyed(effective_on=day, ground=ground, second=second)
        registry.record(worker, lambda history: _facts(history, destroyed), by=by)
    intake.forget(registry.vault, [value for _, value in identifiers_of(registry, [worker]).values()])
    erasure_list.append(erasures, registry.keyring, worker, registry.now())
    registry.vault.destroy(worker)
    events = _remove_sealed(registry, worker)
    access.forget(registry, worker)
    return _certificate(registry, worker, events, backup_days)


def replay(registry: Registry, erasures: Path) -> int:
    """Destroy again the keys of everybody on the list, before anything is read; how many had come back.

    One query when there is a list, none when there is not. Raises: Refused("erasure-list-altered").
    """
    streams = erasure_list.read(erasures, registry.keyring)
    back = registry.vault.destroy_all(streams) if streams else 0
    if back:
        intake.forget_all(registry.vault)  # a restored vault brought back keys of files that may name them
    return back


def _refuse_held(registry: Registry, worker: UUID) -> None:
    hold = registry.vault.hold_on(worker, today(registry.now()))
    if hold is not None:
        raise Refused("legal-hold", reason=hold.reason, until=hold.until or "-")


def _facts(history: History, destroyed: f.KeyDestroyed) -> Iterator[f.CardRevoked | f.KeyDestroyed]:
    """Superseded cards too: they say that the identity on them is genuine."""
    state = history.state()
    if isinstance(state, Worker):
        for card in state.cards.values():
            if card.state != "revoked":
                yield f.CardRevoked(effective_on=destroyed.effective_on, card=card.number, cause="erased")
    yield destroyed


def _remove_sealed(registry: Registry, worker: UUID) -> int:
    """Remove what was sealed; how many of the stream's events ever had a sealed part. The hashes stay."""
    log = f"event_{shard_of(worker):02d}"
    with connect(registry.database_url, DatabaseRole.ERASE) as conn:
        conn.execute(f"UPDATE {log} SET sealed = NULL WHERE stream = %s AND sealed IS NOT NULL", (worker,))  # noqa: S608 - a shard's number
        conn.execute("UPDATE submission_row SET sealed = NULL WHERE stream = %s AND sealed IS NOT NULL", (worker,))
        count = f"SELECT count(*) FROM {log} WHERE stream = %s AND sealed_hash IS NOT NULL"  # noqa: S608 - the same
        ((events,),) = conn.execute(count, (worker,)).fetchall()
    return int(events)


def _certificate(registry: Registry, worker: UUID, events: int, backup_days: int) -> Certificate:
    history, state = registry.worker(worker)
    event = _destroyed(history)
    fact = event.fact
    assert isinstance(fact, f.KeyDestroyed)  # noqa: S101 - `_destroyed` found it by its type
    certificate = Certificate(
        worker=str(worker),
        ground=fact.ground,
        officers=(event.actor.person, fact.second),
        erased_at=event.recorded_at.isoformat(),
        events=events,
        key_commitment=state.key_commitment,
        keys_until=_last_backup(registry.now(), backup_days).isoformat(),
    )
    said = {name: value for name, value in certificate._asdict().items() if name != "jws"}
    return certificate._replace(jws=registry.keyring.root.jwt(said, {"typ": TYP}))


def _destroyed(history: History) -> Event:
    return next(event for event in history.events if isinstance(event.fact, f.KeyDestroyed))


def _last_backup(now: datetime, days: int) -> date:
    """Counted from today, the latest that the key can have gone: at a second asking it errs on the late side."""
    return today(now) + timedelta(days=days)

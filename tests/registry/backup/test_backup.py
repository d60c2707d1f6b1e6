"""Backups bring back what they promise, and no more: any moment of the events, no key that must be gone."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg

from registry.backup.passes import Place, take_backup
from registry.backup.sets import sets_in
from registry.backup.source import sources
from registry.cli.site import Site
from registry.ledger import checkpoint
from registry.ledger.place import folder_of, signer_of
from registry.settings import Settings
from tests.registry.people import founded, hired, nik

if TYPE_CHECKING:
    from tests.conftest import Site as House
    from tests.registry.backup.conftest import Operator


def now() -> str:
    return datetime.now(UTC).isoformat()


def holds(folder: Path, secret: bytes) -> bool:
    return any(secret in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def wrapped(site: Site, stream: UUID) -> bytes:
    with psycopg.connect(site.vault_url) as conn:
        ((found,),) = conn.execute("SELECT wrapped FROM data_key WHERE stream = %s", (stream,)).fetchall()
    return bytes(found)


def test_the_runbook(operator: Operator) -> None:
    """The commands of docs/how-to/recovery.md, in the order in which misfortunes come here."""
    with Site():  # the operator's servers run all the while
        operator.load(*founded(), hired(1))
        operator.done("backup", operator.root)
        first, moment = operator.size(), now()
        operator.load(hired(2))
        last = operator.size()
        assert operator.kets("restore", operator.root)[1]["code"] == "restore-running"

    mistyped = operator.folder / "backup"
    assert operator.kets("restore", mistyped)[1]["code"] == "backup-empty"
    assert not mistyped.exists(), "and no folder is made of a slip"

    # Back to the moment before the bad command. The ledger has promised more than that, and refuses to go on.
    (_, _), (status, said) = operator.runbook("A bad command at 10:32", MOMENT=moment)
    assert (status, said["code"]) == (1, "database-older-than-checkpoint"), said
    with Site():
        assert operator.size() == first
        assert operator.sequenced() is False

    # What the refusal asks for: restored further. Everything goes on from there.
    ((status, said),) = operator.runbook("The database is older than a published checkpoint")
    assert (status, said["size"]) == (0, last), said
    with Site():
        operator.load(hired(3))
        operator.done("backup", operator.root)
        size = operator.size()
    spans = [len(sets_in(operator.root / name)) for name in ("events", "vault")]
    assert spans == [2, 1], "a restored server writes another timeline, so its backup begins anew"

    # The disk is lost, the ledger's folder with it: whoever restores has to say which checkpoint is the newest.
    operator.lose("pg", "pg-vault", "ledger")
    assert operator.kets("restore", operator.root)[1]["code"] == "checkpoint-needed"
    steps = operator.runbook("The disk is lost", CHECKPOINT=operator.root / "ledger" / "checkpoint")
    status, said = next(steps)
    assert (status, said["size"]) == (0, size), said
    with Site():
        status, said = next(steps)
        assert (status, said["findings"]) == (0, []), said
        assert operator.done("replay", operator.stream(3))["record"]["current"]

        # Facts are lost for good, another ledger begins; then its folder is lost too, and the first one's.
        folder, signer = folder_of(Settings()), signer_of(Settings())
        folder.publish(checkpoint.signed(signer, 1_000, bytes(32)))
        assert operator.done("ledger", "restart", "--after", 1_000)["number"] == 2
        again = operator.sequence()
        assert again == size + 1, "all facts, and that there was a loss"
        operator.done("backup", operator.root)
        for each in ("ledger", "ledger-2"):
            shutil.rmtree(operator.home / each)
        newest = operator.root / "ledger" / "checkpoint"
        _, (status, said) = operator.runbook("The ledger's tiles are lost", CHECKPOINT=newest)
        assert (status, said.get("size")) == (0, again), said
        assert operator.done("ledger", "status")["published"] == again
        assert operator.sequenced()


def test_who_was_erased_does_not_come_back(operator: Operator) -> None:
    with Site() as site:
        operator.load(*founded(), hired(1), hired(2))
        gone, stays = operator.stream(1), operator.stream(2)
        key = wrapped(site, gone)
        operator.done("backup", operator.root)
        vault = operator.root / "vault"
        assert holds(vault, key)
        assert not holds(operator.root, nik(1).encode()), "in the clear it is in no backup"
        moment = now()
        officers = ("--by", "officer-1", "--second", "officer-2")
        until = operator.done("erase", gone, "--ground", "unlawful", *officers)["certificate"]["keys_until"]
        operator.sequence()
        operator.done("backup", operator.root)

    # The vault from before the erasure, and the list lost: it is on record, so the key is destroyed all the same.
    operator.erasures.unlink()
    said = operator.done("restore", operator.root, "--only", "vault", "--to", moment, "--replace")
    assert said["destroyed"] == 1
    assert str(gone) in operator.erasures.read_text()
    with Site() as site:
        assert site.registry.vault.key(gone) is None
        assert site.registry.vault.key(stays) is not None

        # When the certificate says so, no backup holds the key: not in deleted rows, not in the write-ahead log.
        place = Place(
            site.database_url, site.vault_url, folder_of(Settings()), signer_of(Settings()).verifier,
            operator.erasures, events_days=400, vault_days=30,
        )  # fmt: skip
        for days in (1, 30):
            take_backup(place, operator.root, now=datetime.now(UTC) + timedelta(days=days, minutes=5))
    assert date.fromisoformat(until) >= datetime.now(UTC).date() + timedelta(days=30)
    assert not holds(vault, key)
    assert len(sets_in(operator.root / "events")) == 2, "the events' backups are kept long"


def test_one_server_for_both_databases_is_kept_as_short_as_the_vault(site: House) -> None:
    (source,) = sources(site.database_url, site.vault_url, events_days=400, vault_days=30)
    assert (source.forgets, source.kept, source.renewed) == (True, timedelta(days=30), timedelta(days=1))

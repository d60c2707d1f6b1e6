"""The rest of the runbook, and a trial restore of a damaged backup. Run by `make failover`."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from registry.backup.sets import sets_in
from registry.cli.site import Site
from tests.registry.people import founded, hired

if TYPE_CHECKING:
    from tests.registry.backup.conftest import Operator


def test_the_vault_is_lost(operator: Operator) -> None:
    operator.load(*founded(), hired(1))
    operator.done("backup", operator.root)
    operator.lose("pg-vault")
    ((status, said),) = operator.runbook("The vault is lost")
    assert (status, said["destroyed"]) == (0, 0), said
    with Site() as site:
        stream = operator.stream(1)
        assert stream is not None
        assert site.registry.vault.key(stream) is not None


def test_the_tiles_are_lost(operator: Operator) -> None:
    operator.load(*founded(), hired(1))
    operator.done("backup", operator.root)
    operator.load(hired(2))  # the copy is older than the database: the rest is made from the rows
    newest, ledger = operator.folder / "newest", operator.home / "ledger"
    shutil.copy(ledger / "checkpoint", newest)
    size = operator.size()

    steps = operator.runbook("The ledger's tiles are lost", CHECKPOINT=newest)
    shutil.rmtree(ledger / "tile")
    status, said = next(steps)
    assert (status, said["tiles"] > 0) == (0, True), said
    shutil.rmtree(ledger)
    status, said = next(steps)
    assert (status, said["size"]) == (0, size), said
    assert operator.done("audit")["findings"] == []


def test_the_newest_checkpoint_is_held_outside(operator: Operator) -> None:
    """The disk is lost after the last pass: what an auditor holds keeps a second history from being signed."""
    operator.load(*founded(), hired(1))
    operator.done("backup", operator.root)
    operator.load(hired(2))
    held = operator.folder / "held"
    shutil.copy(operator.home / "ledger" / "checkpoint", held)
    operator.lose("pg", "pg-vault", "ledger")
    restored, *_ = operator.runbook("The disk is lost", CHECKPOINT=held)
    assert (restored[0], restored[1]["code"]) == (1, "database-older-than-checkpoint")
    assert operator.sequenced() is False


def test_a_backup_is_tried_and_a_damaged_one_is_noticed(operator: Operator) -> None:
    operator.load(*founded(), hired(1))
    assert operator.done("backup", operator.root, "--verify")["audited"] == operator.size()
    (held,) = sets_in(operator.root / "vault")
    table = max(
        (path for path in (held.base / "base").rglob("[0-9]*") if path.is_file()), key=lambda path: path.stat().st_size
    )
    content = bytearray(table.read_bytes())
    content[len(content) // 2] ^= 1
    table.write_bytes(content)
    status, said = operator.kets("backup", operator.root, "--verify")
    assert (status, said["code"]) == (1, "backup-failed"), said

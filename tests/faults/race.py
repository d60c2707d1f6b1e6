"""Sequencers in homes of their own, over the log of one site."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keys.keyring import Keyring
from registry.audit.run import audit
from registry.ledger import checkpoint, log
from tests.faults.programs import Program
from tests.registry.ledger.conftest import Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from keys.notes import NoteVerifier
    from tests.conftest import Site
    from tests.faults.golang import Go


@dataclass
class Race:
    """`place` is a folder for the homes and logs; `running` are all sequencers ever started."""

    site: Site
    place: Path
    running: list[Program] = field(default_factory=list)

    def __post_init__(self) -> None:
        shutil.copytree(self.site.settings.key_folder, self.place / "keys")
        self.events = Ledger(self.site, self.place / "unused")

    def start(self, home: str) -> Program:
        own = {"KETS_HOME": str(self.place / home), "KETS_KEYS": str(self.place / "keys")}
        log = self.place / f"{len(self.running)}.log"
        program = Program.kets(home, ("ledger", "run"), environment={**self.site.environment, **own}, log=log)
        self.running.append(program)
        return program

    def folder(self, home: str) -> Path:
        return self.place / home / "ledger"

    @property
    def verifier(self) -> NoteVerifier:
        origin = checkpoint.origin_of(self.site.settings.issuer)
        return Keyring.open(self.place / "keys").ledger(origin).verifier

    def size(self) -> int:
        return log.head(self.events.conn).size

    def count(self) -> int:
        return int(self.events.conn.execute("SELECT count(*) FROM event").fetchone()[0])  # type: ignore[index]

    def all_sequenced(self, seconds: float = 30) -> bool:
        until = time.monotonic() + seconds
        while self.size() < self.count() and time.monotonic() < until:
            time.sleep(0.02)
        return self.size() == self.count()

    def check(self, home: str, go: Go, *notes: Path) -> None:
        """Every fact is in the ledger of `home`, once, and `notes` are earlier states of it."""
        found = audit(self.events.conn, self.folder(home), self.verifier, vault=None)
        assert (found.size, found.findings.kept) == (self.count(), [])
        assert go.once(self.folder(home), self.verifier.key, *notes) == self.count()

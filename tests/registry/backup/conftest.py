"""A registry on embedded servers of its own, used as its operator uses it: by commands."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from domain.errors import Refused
from registry.cli import main
from registry.cli.site import Site
from registry.ledger.place import folder_of, signer_of
from registry.ledger.sequencer import Sequencer
from registry.settings import Settings
from tests.docs.pages import ROOT
from tests.registry.people import nik
from tests.registry.submissions.employer_files import Values, ndjson_file

RUNBOOK = (ROOT / "docs" / "how-to" / "recovery.md").read_text(encoding="utf-8")
Answer = tuple[int, dict[str, Any]]


class Operator:
    """Whoever runs the registry of `home` and backs it up in `root`."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, output: pytest.CaptureFixture[str]) -> None:
        self.folder, self.home, self.root = folder, folder / "var", folder / "backups"
        self.erasures = folder / "erasures.log"
        self._patch, self._output = patch, output
        for name in ("DATABASE_URL", "KETS_VAULT_URL", "KETS_KEYS"):
            patch.delenv(name, raising=False)
        patch.setenv("KETS_HOME", str(self.home))
        patch.setenv("KETS_KEYS", str(folder / "keys"))
        patch.setenv("KETS_ERASURES", str(self.erasures))

    def kets(self, *words: object) -> Answer:
        """A command's exit code and last line."""
        self._output.readouterr()
        self._patch.setattr(sys, "argv", ["kets", *map(str, words), "--json"])
        status: object = 0
        try:
            main()
        except SystemExit as left:
            status = left.code
        said = self._output.readouterr()
        assert said.out, said.err
        return int(str(status or 0)), json.loads(said.out.strip().splitlines()[-1])

    def done(self, *words: object) -> dict[str, Any]:
        """The last line of a command that must not fail."""
        status, said = self.kets(*words)
        assert status == 0, said
        return said

    def runbook(self, heading: str, **named: object) -> Iterator[Answer]:
        """What the commands below a heading of docs/how-to/recovery.md say, each run when it is asked for."""
        section = re.split(r"^#+ ", RUNBOOK.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
        commands = [shlex.split(line) for line in re.findall(r"^\$ kets (.*)$", section, re.MULTILINE)]
        assert commands, heading
        values = {"/backup": self.root, **named}
        for command in commands:
            yield self.kets(*(values.get(word, word) for word in command))

    def load(self, *rows: Values) -> None:
        """Record rows and bring them into the ledger."""
        said = self.done("load", ndjson_file(self.folder / "rows.ndjson", *rows))
        assert not said["refused"], said
        self.sequence()

    def sequence(self) -> int:
        """Bring what was recorded into the ledger; its size."""
        settings = Settings()
        with Site(settings) as site:
            url, signer = site.database_url, signer_of(settings)
            with Sequencer(url, folder_of(settings), signer) as sequencer:
                sequencer.catch_up()
                return sequencer.head.size

    def sequenced(self) -> bool:
        """Whether the ledger takes a batch."""
        try:
            self.sequence()
        except Refused:
            return False
        return True

    def size(self) -> int:
        return int(self.done("ledger", "status")["size"])

    def stream(self, n: int) -> UUID | None:
        with Site() as site:
            return site.registry.vault.find("nik", nik(n))

    def lose(self, *parts: str) -> None:
        """The disk with these parts of the home is gone."""
        for part in parts:
            data = (self.home / part / "data").resolve()
            shutil.rmtree(data, ignore_errors=True)
            shutil.rmtree(self.home / part)


@pytest.fixture
def operator(
    run_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Operator]:
    folder = Path(tempfile.mkdtemp(prefix="backup-", dir=run_folder))
    folder.chmod(0o755)  # the server's account passes through it
    operator = Operator(folder, monkeypatch, capsys)
    operator.done("keys", "init")
    yield operator
    shutil.rmtree(folder)

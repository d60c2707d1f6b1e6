"""An export, its ledger and a publication as an auditor gets them, and the recipe that recomputes them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from projections.export.columns import SCHEMA
from projections.export.folder import digest_of
from projections.export.run import export
from projections.statistics.publishing import Source, publish
from registry.ledger.sequencer import Sequencer
from registry.ledger.tiles import Folder
from tests.docs.pages import ROOT
from tests.registry.ledger.conftest import signer
from tests.require import require

if TYPE_CHECKING:
    from tests.conftest import Site

RECIPE = ROOT / "docs/recompute"
GOPATH = Path("/usr/share/gocode")
MONTH = date(2026, 2, 1)
Row = dict[str, Any]
"""A row of the export, by column."""


def built(folder: Path) -> Path:
    """The Go checker, built into `folder`."""
    go = shutil.which("go")
    require(go and (GOPATH / "src/golang.org/x/mod/sumdb/tlog").exists(), "Go with golang-golang-x-mod-dev")
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GOPATH), "GOFLAGS": ""}
    environment["GOCACHE"] = str(folder / "cache")
    command = [str(go), "build", "-o", str(folder / "checker"), "."]
    subprocess.run(command, cwd=RECIPE, env=environment, check=True, timeout=300)
    return folder / "checker"


@dataclass
class Told:
    """What the recipe said: exit status, findings as (code, what it is about, how it differs), the last line."""

    status: int
    findings: list[tuple[str, str, str]]
    said: str

    def names(self, *names: str) -> bool:
        """Is one of `names` what a finding is about?"""
        return any(about in names for _, about, _ in self.findings)


@dataclass
class Scene:
    """The folder with `facts`, `ledger` and `published`, and the checker."""

    path: Path
    checker: Path
    planted: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """What is true of it, by `registry.sample`."""

    @property
    def facts(self) -> Path:
        return self.path / "facts"

    @property
    def ledger(self) -> Path:
        return self.path / "ledger"

    @property
    def publication(self) -> Path:
        return self.path / f"published/{MONTH:%Y-%m}/1"

    def copy(self, path: Path) -> Scene:
        """Another folder of the same files, which may be replaced but not written to in place."""
        shutil.copytree(self.path, path, copy_function=os.link)
        return Scene(path, self.checker)

    def recompute(self, *words: str | Path) -> Told:
        command = ["sh", str(RECIPE / "recompute.sh"), "--facts", str(self.facts), "--ledger", str(self.ledger)]
        command += ["--key", signer().verifier.key, *map(str, words)]
        environment = {**os.environ, "GO_CHECKER": str(self.checker), "PYTHON": sys.executable}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)
        lines = [tuple(line.split("\t")) for line in done.stdout.splitlines()]
        return Told(done.returncode, lines, done.stderr)  # type: ignore[arg-type]  # of three

    def files(self) -> list[Path]:
        return sorted(self.facts.glob("facts/*/*.parquet"))

    def rows(self, file: Path) -> list[Row]:
        found: list[Row] = pq.read_table(file, partitioning=None).to_pylist()
        return found

    def put(self, file: Path, rows: list[Row]) -> None:
        """Replace a file of the export by these rows, and what the manifest says of it."""
        file.unlink(missing_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), file)
        manifest = manifest_of(self.facts)
        name = str(file.relative_to(self.facts))
        first, last = map(int, file.stem.split("-"))
        listed = {"path": name, "shard": int(name[12:14]), "first": first, "last": last, **told(file, "bytes")}
        listed |= {"rows": len(rows), "event": f"{rows[-1]['stream']}:{rows[-1]['version']}"}
        kept = [each for each in manifest["files"] if each["path"] != name]
        manifest["files"] = sorted([*kept, listed], key=lambda each: str(each["path"]))
        manifest["rows"] = sum(each["rows"] for each in manifest["files"])
        tell(self.facts, manifest)


def told(file: Path, size: str) -> dict[str, Any]:
    return {"sha256": digest_of(file), size: file.stat().st_size}


def manifest_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return found


def tell(folder: Path, manifest: dict[str, Any]) -> None:
    replaced(folder / "manifest.json", json.dumps(manifest).encode())


def replaced(path: Path, data: bytes) -> None:
    """A new file in the place of one that others may share."""
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def exported(site: Site, path: Path, checker: Path, cut_off: datetime) -> Scene:
    """The site's log, sequenced, exported with its ledger, and a month of it published."""
    scene, folder, own = Scene(path, checker), Folder(site.settings.home / "ledger"), signer()
    with Sequencer(site.database_url, folder, own, batch=1000) as sequencer:
        size = sequencer.catch_up()
    note = str(folder.checkpoint())
    Folder(scene.ledger).export(folder.read, size, note)
    export(site.reading(), scene.facts, site.now)
    con = ibis.duckdb.connect(threads=1)
    facts = con.read_parquet([str(file) for file in scene.files()], hive_partitioning=False)
    positions = {int(shard): last for shard, last in manifest_of(scene.facts)["positions"].items()}
    publish(Source(facts, positions, size, note, site.now), MONTH, cut_off, path / "published", now=site.now)
    con.disconnect()
    return scene

"""An export and its ledger as an auditor gets them, and the recipe that recomputes them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from domain.codec import decode
from domain.event import topic_of
from domain.facts import FactCorrected, FactVoided
from registry.ledger.sequencer import Sequencer
from registry.ledger.tiles import Folder
from tests.docs.pages import ROOT
from tests.registry.ledger.conftest import signer
from tests.require import require

if TYPE_CHECKING:
    from domain.event import Event
    from tests.conftest import Site

RECIPE = ROOT / "docs/recompute"
GOPATH = Path("/usr/share/gocode")
Row = dict[str, Any]
"""A row of the export, by column."""
TEXT = "organisation role standing late_reason fact_topic employment employer establishment industry regency occupation"
TEXT += " channel contract cause sex nationality education residence status training unit certificate"
TYPES = {"int8": "shard", "int64": "position log_index", "int32": "version amends wage_band birth_year"}
TYPES |= {"bool": "voids declared", "date32": "effective_on ends_on", "binary": "submission salt clear sealed_hash"}
TYPES |= {"string": f"stream topic {TEXT}"}
KINDS = {
    name: getattr(pa, f"{kind}_" if kind == "bool" else kind)()
    for kind, names in TYPES.items()
    for name in names.split()
}
KINDS["recorded_at"] = pa.timestamp("us", tz="UTC")
PROVED = "stream shard position version topic recorded_at submission salt clear sealed_hash log_index"
RAW, OTHERS = PROVED.split(), "effective_on amends voids declared ends_on wage_band birth_year"
TYPED = OTHERS.split() + TEXT.split()
SCHEMA = pa.schema([(name, KINDS[name]) for name in (*RAW, *TYPED)])
QUERY = """SELECT e.stream, e.shard, e.position, e.version, e.topic, e.recorded_at, s.digest, e.salt, e.clear,
 e.sealed_hash, g.start + e.position - g.first FROM event e LEFT JOIN submission s ON s.id = e.submission
 LEFT JOIN ledger_segment g ON g.shard = e.shard AND e.position >= g.first AND e.position < g.first + g.count
 ORDER BY e.shard, e.position"""


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

    @property
    def codes(self) -> set[str]:
        return {code for code, _, _ in self.findings}

    def names(self, *names: str) -> bool:
        """Is one of `names` what a finding is about?"""
        return any(about in names for _, about, _ in self.findings)


@dataclass
class Scene:
    """The folder with `facts` and `ledger`, and the checker."""

    path: Path
    checker: Path

    @property
    def facts(self) -> Path:
        return self.path / "facts"

    @property
    def ledger(self) -> Path:
        return self.path / "ledger"

    def copy(self, path: Path) -> Scene:
        """Another folder of the same files, which may be replaced but not written to in place."""
        shutil.copytree(self.path, path, copy_function=os.link)
        return Scene(path, self.checker)

    def recompute(self, *words: str) -> Told:
        command = ["sh", str(RECIPE / "recompute.sh"), "--facts", str(self.facts), "--ledger", str(self.ledger)]
        command += ["--key", signer().verifier.key, *words]
        environment = {**os.environ, "GO_CHECKER": str(self.checker), "PYTHON": sys.executable}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)
        lines = [tuple(line.split("\t")) for line in done.stdout.splitlines()]
        return Told(done.returncode, lines, done.stderr)  # type: ignore[arg-type]  # of three

    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.facts / "manifest.json").read_text(encoding="utf-8"))
        return found

    def files(self) -> list[Path]:
        return sorted(self.facts.glob("facts/*/*.parquet"))

    def rows(self, file: Path) -> list[Row]:
        found: list[Row] = pq.read_table(file, partitioning=None).to_pylist()
        return found

    def put(self, file: Path, rows: list[Row]) -> None:
        """Replace a file of the export by these rows, and what the manifest says of it."""
        file.unlink(missing_ok=True)
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), file)
        known = self.manifest()
        name = str(file.relative_to(self.facts))
        listed = {"path": name, "rows": len(rows), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
        known["files"] = sorted(
            [*(each for each in known["files"] if each["path"] != name), listed], key=lambda each: str(each["path"])
        )
        self.tell(known)

    def tell(self, manifest: dict[str, Any]) -> None:
        replaced(self.facts / "manifest.json", json.dumps(manifest).encode())


def replaced(path: Path, data: bytes) -> None:
    """A new file in the place of one that others may share."""
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def typed(event: Event) -> Row:
    """The typed columns; those of a correction are of the fact that it carries."""
    fact: Any = event.fact
    said: Row = {"standing": event.standing.value, "role": event.actor.role.value, "late_reason": event.late_reason}
    said["organisation"] = event.actor.organisation
    if isinstance(fact, FactVoided):
        return {**said, "effective_on": fact.effective_on, "amends": fact.voids, "voids": True, "cause": fact.cause}
    if isinstance(fact, FactCorrected):
        said |= {"amends": fact.corrects, "voids": False}
        fact = fact.fact
    said["fact_topic"] = topic_of(type(fact))
    for name in (*TYPED, "contract"):
        value = getattr(fact, name, None)
        if name == "contract" and value is not None:
            said |= {"contract": value.kind, "ends_on": value.ends_on}
        elif value is not None:
            said[name] = str(value) if isinstance(value, UUID) else value
    return said


def exported(site: Site, path: Path, checker: Path) -> Scene:
    """The site's log, sequenced and exported with its ledger."""
    scene, folder, own = Scene(path, checker), Folder(site.settings.home / "ledger"), signer()
    with Sequencer(site.database_url, folder, own, batch=1000) as sequencer:
        size = sequencer.catch_up()
    note = str(folder.checkpoint())
    Folder(scene.ledger).export(folder.read, size, note)
    scene.facts.mkdir(parents=True)
    rows: dict[int, list[Row]] = {}
    found: list[tuple[Any, ...]] = site.reading().execute(QUERY).fetchall()
    for stream, shard, position, version, topic, recorded_at, digest, salt, clear, sealed_hash, number in found:
        event = decode(stream, version, topic, recorded_at, None, bytes(clear), None)
        place = (str(stream), shard, position, version, topic, recorded_at)
        row = (*place, digest, salt, bytes(clear), sealed_hash, number)
        rows.setdefault(shard, []).append({**dict(zip(RAW, row, strict=True)), **typed(event)})
    vector = {str(shard): held[-1]["position"] for shard, held in rows.items()}
    scene.tell({"positions": vector, "ledger": {"size": size, "checkpoint": note}, "files": []})
    for shard, held in rows.items():
        name = f"{held[0]['position']:012}-{held[-1]['position']:012}.parquet"
        scene.put(scene.facts / "facts" / f"shard={shard:02}" / name, held)
    return scene

"""Working papers: checked offline by us and by a Go program of its own; nothing altered in them is accepted."""

from __future__ import annotations

import csv
import hashlib
import json
import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from domain import facts as f
from domain.errors import Refused
from domain.event import Actor, Role
from keys.errors import KeysError
from registry.ledger.place import folder_of, signer_of
from registry.ledger.sequencer import Sequencer
from registry.population.checking import check
from tests.conftest import opened
from tests.registry.audit.test_bundle import go  # noqa: F401 - a fixture
from tests.registry.ledger.test_ledger_cli import kets  # noqa: F401 - a fixture
from tests.registry.people import DAY, education, founded, hired, load, record, row, stream_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Server, Site

FORMULA = Actor(organisation="kemnaker", role=Role.OFFICER, person="=1+1")
CORRECTED = {"corrects": "w-1", "wage": "8000000", "effective_on": "2026-02-20"}


def sequenced(site: Site) -> str:
    folder = folder_of(site.settings)
    with Sequencer(site.database_url, folder, signer_of(site.settings)) as sequencer:
        sequencer.catch_up()
    return str(folder.checkpoint())


def peopled(site: Site) -> str:
    """Late hires, a fact taken back by an officer and the void voided, corrections; the checkpoint halfway."""
    load(site, *founded(), *(hired(n) for n in range(1, 8)))
    kept = sequenced(site)
    load(site, row(1, "wage", ref="w-1", wage="7000000", effective_on="2026-02-20"))
    load(site, row(1, "correct", ref="w-2", **CORRECTED))
    who = stream_of(site, 2)
    for voids in (2, 3):
        void = f.FactVoided(effective_on=DAY, voids=voids, cause="error")
        site.registry.record(who, lambda _, void=void: [void], by=FORMULA)  # type: ignore[misc]
    record(site.registry, stream_of(site, 3), education())
    sequenced(site)
    record(site.registry, stream_of(site, 4), f.EducationRecorded(effective_on=DAY, education="sakernas:2024/6"))
    return kept


def rehashed(papers: Path) -> None:
    """The manifest as somebody would write it who altered a file."""
    manifest = json.loads((papers / "manifest.json").read_text())
    for file in manifest["files"]:
        data = (papers / file["path"]).read_bytes()
        file |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (papers / "manifest.json").write_text(json.dumps(manifest))


def test_papers_are_taken_away_and_checked(
    site: Site,
    kets: Callable[..., tuple[int, Any]],  # noqa: F811 - the fixture
    go: Callable[..., Any],  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    kept = peopled(site)
    (tmp_path / "kept").write_text(kept)
    asked = ("--days", 5, "--count", 1, "--seed", 4, "--size", 6, "--checkpoint", "kept")
    status, said = kets("audit", "papers", "--out", "papers", *asked)
    assert status == 0, said
    assert said["found"] == {"backdated": 18, "self-approval": 0, "overrides": 2, "mass": 3}
    papers = tmp_path / "papers"
    verifier = signer_of(site.settings).verifier
    for note in (None, kept, (papers / "checkpoint").read_text()):
        found = check(papers, verifier, kept=note)
        assert (found.listed, found.waiting, found.drawn, found.sha256) == (23, 1, 6, said["sha256"])
    key = kets("ledger", "key")[1]["key"]
    status, told = kets("audit", "check", "papers", "--key", key, "--checkpoint", "kept")
    assert (status, told["histories"]) == (0, found.histories)
    assert (told["drawn"], told["asked"], told["seed"]) == (6, 6, 4), "who named the seed sees whether it is this one"
    by_go = go(papers, key, tmp_path / "kept")
    assert (by_go.stdout, by_go.stderr) == (f"{found.histories} {found.listed} {found.drawn}\n", "")
    everything = b"".join(path.read_bytes() for path in papers.rglob("*") if path.is_file())
    assert b"Siti" not in everything
    assert b"3275014101" not in everything
    for path in papers.glob("bundles/*.json"):
        assert kets("audit", "check", path, "--key", key)[0] == 0, "each by itself too"
    table = list(csv.DictReader((papers / "findings/overrides.csv").read_text().splitlines()))
    assert {cells["kind"] for cells in table} == {"amended-another"}
    assert json.loads(table[0]["detail"])["about"] == 2
    assert table[0]["person"] == "'=1+1", "no formula for a spreadsheet"
    assert kets("audit", "papers", "--out", "papers")[1]["code"] == "papers-folder"
    withheld(papers, verifier, go, key, tmp_path / "kept")
    altered(papers, verifier, go, key)


def withheld(papers: Path, verifier: Any, go: Callable[..., Any], key: str, kept: Path) -> None:  # noqa: F811 - the fixture
    """A drawn fact that is called an incident of the ledger's, and its history left out; then everything left out."""
    bare = papers.with_name("bare")
    shutil.copytree(papers, bare)
    shutil.rmtree(bare / "findings")
    sample = json.loads((bare / "sample.json").read_text())
    for each in sample["drawn"]:
        each["topic"] = "ledger.restarted"
    first = UUID(int=0)
    for event in (sample["drawn"][0]["event"], f"{first}:2", f"{first}:ledger"):
        sample["drawn"][0]["event"] = event
        (bare / "sample.json").write_text(json.dumps(sample))
        (bare / "bundles" / f"{sample['drawn'][0]['event'][:36]}.json").unlink(missing_ok=True)
        manifest = json.loads((bare / "manifest.json").read_text())
        there = [file for file in manifest["files"] if (bare / file["path"]).exists()]
        (bare / "manifest.json").write_text(json.dumps(manifest | {"files": there, "queries": []}))
        rehashed(bare)
        with pytest.raises(Refused, match=r"^papers-differ.*is not proved at leaf"):
            check(bare, verifier)
        assert "sample" in go(bare, key).stderr
    shutil.rmtree(bare / "bundles")
    (bare / "sample.json").unlink()
    there = [file for file in there if (bare / file["path"]).exists()]
    (bare / "manifest.json").write_text(json.dumps(manifest | {"files": there, "queries": []}))
    for note, held in ((bare / "checkpoint", True), (kept, False)):
        assert (go(bare, key, note).returncode == 0) is held
        if held:
            assert check(bare, verifier, kept=note.read_text()).histories == 0
            continue
        with pytest.raises(Refused, match=r"^papers-differ.*no bundle shows"):
            check(bare, verifier, kept=note.read_text())


def altered(papers: Path, verifier: Any, go: Callable[..., Any], key: str) -> None:  # noqa: F811 - the fixture
    """A value changed, and the manifest made to fit: told all the same."""
    chance, tried = random.Random(9), 0
    good = papers.with_name("good")
    papers.rename(good)
    told = ["findings/backdated.json", "findings/mass.json", "sample.json"] * 7
    for name in [*told, "checkpoint", "older", "findings/mass.csv", "bundle"]:
        shutil.copytree(good, papers)
        path = min(papers.glob("bundles/*")) if name == "bundle" else papers / name
        if path.suffix == ".json" and name != "bundle":
            value = json.loads(path.read_text())
            if not alter(value, chance):
                shutil.rmtree(papers)
                continue
            path.write_text(json.dumps(value))
        else:
            data = bytearray(path.read_bytes())
            data[len(data) // 2] = ord("A") if data[len(data) // 2] != ord("A") else ord("B")
            path.write_bytes(data)
        with pytest.raises(Refused, match=r"^papers-differ"):
            check(papers, verifier)
        rehashed(papers)
        with pytest.raises((Refused, KeysError)):
            check(papers, verifier)
        tried += 1
        if tried % 4 == 0:
            assert go(papers, key).returncode, path
        shutil.rmtree(papers)
    assert tried > 15
    for what in ("more", "less", "hidden"):
        shutil.copytree(good, papers)
        if what == "more":
            (papers / "bundles" / "more.json").write_text("{}")
        elif what == "less":
            max(papers.glob("bundles/*")).unlink()
        else:
            (papers / ".hidden").write_text("")
        with pytest.raises(Refused, match=r"^papers-(differ|malformed)"):
            check(papers, verifier)
        assert go(papers, key).returncode
        shutil.rmtree(papers)
    for manifest in ("", "[]", "{}", '{"files": [], "queries": []}', '{"files": [{"path": "../x"}], "queries": []}'):
        shutil.copytree(good, papers)
        (papers / "manifest.json").write_text(manifest)
        with pytest.raises(Refused, match=r"^papers-malformed"):
            check(papers, verifier)
        shutil.rmtree(papers)


CHECKED = ("event", "index", "query", "topic", "recorded_at", "effective_on", "organisation", "role", "seed", "root")
"""What a proof or the draw speaks of; `kind` and `detail` are what the query says of it."""


def alter(value: Any, chance: random.Random) -> bool:
    """Change one value that is proved."""
    rows = value if isinstance(value, list) else [value, *value["drawn"]]
    row_ = chance.choice(rows)
    if row_.get("index", 0) is None:
        return False
    name = chance.choice([name for name in CHECKED if name in row_])
    was = row_[name]
    if name == "recorded_at":
        row_[name] = was.replace("2026", "2025")
    elif name == "event":
        row_[name] = f"{UUID(int=3)}:1"
    else:
        row_[name] = was + 1 if isinstance(was, int) else ("a" if was[0] != "a" else "b") + was[1:]
    return True


def test_papers_of_nothing(server: Server, key_folder: Path, tmp_path: Path) -> None:
    from registry.population.papers import Papers

    with opened(server, key_folder, tmp_path) as site:
        conn, folder, verifier = site.reading(), folder_of(site.settings), signer_of(site.settings).verifier
        with pytest.raises(Refused, match=r"^ledger-empty"):
            Papers(tmp_path / "papers", conn, folder, verifier)
        with pytest.raises(Refused, match=r"^papers-malformed"):
            check(tmp_path / "papers", verifier)

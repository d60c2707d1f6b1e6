"""docs/tour.md tells the truth: its commands are run, in order, and what it says of their results holds."""

from __future__ import annotations

import csv
import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.registry.test_cli import Kets

DOCS = Path(__file__).parents[2] / "docs"


def commands() -> list[list[str]]:
    blocks = re.findall(r"```console\n(.*?)```", (DOCS / "tour.md").read_text(), re.S)
    return [shlex.split(line)[2:] for block in blocks for line in block.splitlines()]


def test_the_tour_runs(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kets = Kets(site, tmp_path, monkeypatch, capsys)
    monkeypatch.setenv("KETS_KEYS", str(tmp_path / "var" / "keys"))
    shutil.copytree(DOCS / "tour", tmp_path / "tour")
    worker, said = "", {}
    for command in commands():
        words = [worker if word == "WORKER" else word for word in command]
        said[" ".join(command)] = answer = kets(*words, "--json")
        assert answer.status == 0, (words, answer.text, answer.problem)
        if command == ["load", "tour/hire.csv"]:
            with (tmp_path / "tour" / "hire.results.csv").open(newline="", encoding="utf-8-sig") as results:
                worker = next(row["receipt"] for row in csv.DictReader(results) if row["ref"] == "H-1").split(":")[0]
    loaded = said["load tour/hire.csv"].json
    assert (loaded["rows"], loaded["accepted"], loaded["recorded"]) == (5, 4, 5)
    assert loaded["refused"] == {"already-employed": 1}
    placed = said["stats placements --by month,province,channel"].json["rows"]
    assert [(row["placements"], row["hires"]) for row in placed] == [(1, 1)]
    assert said["replay WORKER"].json["record"]["current"] is not None
    assert said["replay WORKER --as-of 2024-03-10"].json["record"]["current"] is None
    assert said["replay WORKER --as-of 2024-03-10 --known-at 2020-01-01"].json["facts"] == []
    for file in ("card.pdf", "card.jwt"):
        assert said[f"card verify var/card/{file} --trust var/trust"].json["outcome"] == "valid"

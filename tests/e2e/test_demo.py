"""`kets demo` from outside, whole: what a newcomer runs first, on nothing but an empty folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def test_the_demo_ends_with_a_card_that_is_verified_and_a_tampered_one_that_is_not(tmp_path: Path) -> None:
    mine = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "KETS_VAULT_URL"}}
    mine |= {"KETS_HOME": str(tmp_path)}
    mine.pop("KETS_KEYS", None)
    done = subprocess.run(
        [sys.executable, "-m", "registry", "demo", "--json"], env=mine, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["verified"] == {"outcome": "valid", "code": "valid", "exit": 0}
    assert said["tampered"]["outcome"] == "invalid"
    assert sum(said["refused"].values()) == said["errors_planted"]
    assert said["cards_issued"] > 250
    home = tmp_path / "demo"
    assert {"card.pdf", "card.png", "card.jwt", "trust"} <= {path.name for path in home.iterdir()}
    assert "Kartu ini asli" in _verified(home / "card.png", home / "trust")


def _verified(card: Path, trust: Path) -> str:
    command = [sys.executable, "-m", "card", "verify", str(card), "--trust", str(trust)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

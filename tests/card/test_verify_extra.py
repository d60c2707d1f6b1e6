"""Verifying needs the `verify` extra and nothing else: tried in a virtual environment of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from card import pdf, qr
from tests.card.cards import DAY, NOW, TITLES, Ministry, claims, new_ministry
from tests.require import require

ROOT = Path(__file__).parents[2]
FORBIDDEN = ("eventsourcing", "psycopg", "fastapi", "reportlab", "segno", "sqlalchemy", "registry", "domain")


@dataclass(frozen=True)
class Bare:
    """A Python with the extra alone, and a folder with `card` and `keys` alone."""

    python: Path
    code: Path

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, *arguments],
            env={"PYTHONPATH": str(self.code), "PYTHONWARNINGS": "error"},
            cwd=self.code,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def verify(self, source: str | Path, trust: Path, now: int = NOW) -> tuple[int, dict[str, object]]:
        done = self.run("-m", "card", "verify", source, "--trust", trust, "--now", str(now), "--json")
        assert done.stderr == ""
        return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Bare:
    folder: Path = tmp_path_factory.mktemp("verify-extra")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    uv = Path(sys.executable).parent / "uv"
    require(uv.exists(), "uv beside the Python of the tests")
    lock = ROOT / "requirements-verify.lock"
    done = subprocess.run(
        [uv, "pip", "install", "-q", "--python", python, "--require-hashes", "-r", lock],
        env={name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
        capture_output=True,
        text=True,
    )
    require(done.returncode == 0, f"packages of {lock.name}: {done.stderr[-300:]}")
    for package in ("card", "keys"):
        shutil.copytree(ROOT / package, folder / "code" / package, ignore=shutil.ignore_patterns("__pycache__"))
    return Bare(python=python, code=folder / "code")


@pytest.fixture(scope="module")
def ministry() -> Ministry:
    return new_ministry()


def test_nothing_else_is_installed(bare: Bare) -> None:
    for name in FORBIDDEN:
        done = bare.run("-c", f"import {name}")
        assert done.returncode == 1
        assert "ModuleNotFoundError" in done.stderr


def test_a_good_card_in_every_form(bare: Bare, ministry: Ministry, tmp_path: Path) -> None:
    trust = ministry.export(tmp_path / "trust")
    text = ministry.text()
    (tmp_path / "card.png").write_bytes(qr.png(text))
    (tmp_path / "card.pdf").write_bytes(pdf.render(claims(), text, titles=TITLES))
    (tmp_path / "card.txt").write_text(text)
    (tmp_path / "card.jwt").write_text(ministry.jwt())
    for source in (text, *(tmp_path / f"card.{kind}" for kind in ("png", "pdf", "txt", "jwt"))):
        code, answer = bare.verify(source, trust)
        assert (code, answer["outcome"]) == (0, "valid"), source
        assert isinstance(answer["claims"], dict)
        assert answer["claims"]["name"] == claims().name


def test_the_other_outcomes(bare: Bare, ministry: Ministry, tmp_path: Path) -> None:
    trust = ministry.export(tmp_path / "trust")
    cose = bytearray(ministry.cose())
    cose[40] ^= 1
    stranger = new_ministry().text()
    for source, now, code, reason in (
        (qr.text(bytes(cose)), NOW, 1, "bad-signature"),
        ("https://example.org", NOW, 1, "not-a-card"),
        ("missing.png", NOW, 2, "file-not-found"),
        (ministry.text(), NOW + 7 * DAY, 3, "status-old"),
        (stranger, NOW, 4, "unknown-key"),
    ):
        got, answer = bare.verify(source, trust, now)
        assert (got, answer["code"]) == (code, reason)

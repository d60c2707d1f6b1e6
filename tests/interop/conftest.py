"""Readers that others wrote, each in an environment of its own, once a run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import locked
from tests.require import require

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@dataclass(frozen=True)
class Reader:
    """A program that reads many cases at once. `read` gives the claims of those accepted, None for those refused."""

    command: tuple[str, ...]

    def read(self, cases: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        asked = json.dumps([{"name": name, **case} for name, case in cases.items()])
        done = subprocess.run(self.command, input=asked, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr[-2000:]
        answers = json.loads(done.stdout)
        assert [each["name"] for each in answers] == list(cases)
        return {each["name"]: each.get("claims") for each in answers}


def _run(*command: str | Path, cwd: Path) -> str:
    """What went wrong, or nothing."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
        capture_output=True,
        text=True,
    )
    return "" if done.returncode == 0 else (done.stderr or done.stdout)[-500:] or f"exit {done.returncode}"


def _once(folder: Path, prepare: Callable[[Path], str]) -> Path:
    """The folder, prepared by the first worker of the run that asks."""
    with locked(folder.with_suffix(".lock")):
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            missing = prepare(folder)
            require(not missing, f"packages of tests/interop: {missing}")
            (folder / "ready").touch()
    return folder


def _python(folder: Path) -> str:
    venv.create(folder / "venv", with_pip=False)
    uv, python = Path(sys.executable).parent / "uv", folder / "venv" / "bin" / "python"
    if not uv.exists():
        return "uv is not beside the Python of the tests"
    lock = ROOT / "requirements-interop.lock"
    return _run(uv, "pip", "install", "-q", "--python", python, "--require-hashes", "-r", lock, cwd=folder)


def _node(folder: Path) -> str:
    for name in ("package.json", "package-lock.json", ".npmrc", "readers.mjs"):
        shutil.copy(HERE / name, folder)
    return _run(ROOT / "card" / "verifier" / "with-node", "npm", "ci", "--loglevel=error", cwd=folder)


@pytest.fixture(scope="session")
def python_reader(run_folder: Path) -> Reader:
    """`cwt` and `claim169`: they want an older cbor2 than ours, so they have an environment of their own."""
    folder = _once(run_folder / "interop-python", _python)
    return Reader((str(folder / "venv" / "bin" / "python"), str(HERE / "readers.py")))


@pytest.fixture(scope="session")
def node_reader(run_folder: Path) -> Reader:
    """`jose`, `@sd-jwt/sd-jwt-vc` and `@mosip/pixelpass`."""
    folder = _once(run_folder / "interop-node", _node)
    return Reader((str(ROOT / "card" / "verifier" / "with-node"), "node", str(folder / "readers.mjs")))

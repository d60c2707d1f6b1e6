"""The programs of docs/how-to/verify.md run, and say what they should."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.card import both
from tests.docs.pages import page
from tests.require import require
from tests.vectors import make

EXPECTED = {
    "valid-3-certifications": (
        "VALID: Siti Nurhaliza Kusumawardani, born 1991-05-07. This card is genuine and in force."
    ),
    "status-old": (
        "VALID, STATUS OLD: Siti Nurhaliza Kusumawardani, born 1991-05-07. This card is genuine; revocations are known "
        "only as of 8 days ago. Refresh the status lists."
    ),
    "altered-name": "INVALID: The contents of this card were altered, or its signature is forged.",
    "unknown-key": "CANNOT CHECK: This device does not know who signed this card. Refresh the trust list.",
}


def program(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", page("how-to/verify.md"), re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def questions(tmp_path: Path) -> list[dict[str, Any]]:
    shutil.copytree(make.HERE / make.TRUST, tmp_path / make.TRUST)
    make.unpacked(tmp_path)
    asked = []
    for name in EXPECTED:
        case = json.loads((make.HERE / name / "case.json").read_text(encoding="utf-8"))
        folder = str(tmp_path / make.TRUST / case["trust"])
        asked.append({"card": (make.HERE / name / "card.txt").read_text(), "folder": folder, "now": case["now"]})
    return asked


def test_the_python_program(questions: list[dict[str, Any]]) -> None:
    said: dict[str, Any] = {}
    exec(program("python"), said)  # noqa: S102 - our own page
    told = [said["check"](asked["card"], Path(asked["folder"]), asked["now"]) for asked in questions]
    assert dict(zip(EXPECTED, told, strict=True)) == EXPECTED


def test_the_typescript_program(questions: list[dict[str, Any]], tmp_path: Path) -> None:
    library = both.WEB / "dist" / "card.mjs"
    require(library.exists(), "card/verifier/dist (make web)")
    source = program("js").replace('"./card/verifier/dist/card.mjs"', json.dumps(str(library)))
    ask = (
        "for (const { card, folder, now } of JSON.parse(process.argv[2])) console.log(await check(card, folder, now));"
    )
    (tmp_path / "check.mjs").write_text(f"{source}\n{ask}\n", encoding="utf-8")
    command = [str(both.WEB / "with-node"), "node", str(tmp_path / "check.mjs"), json.dumps(questions)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    assert dict(zip(EXPECTED, done.stdout.splitlines(), strict=True)) == EXPECTED

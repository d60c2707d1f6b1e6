"""Every vector of tests/vectors, and those made anew, asked of both verifiers."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from card.messages import OUTCOME_OF
from tests.card import both
from tests.card.both import Question
from tests.vectors import make

KEPT = make.HERE


def cases(folder: Path) -> dict[str, dict[str, Any]]:
    return {path.parent.name: json.loads(path.read_bytes()) for path in sorted(folder.glob("*/case.json"))}


def question(folder: Path, name: str, case: dict[str, Any], trust: Path) -> Question:
    (path,) = (folder / name).glob("card.*")
    back = folder / name / "back.txt"
    text = path.read_bytes().decode()
    data = bytes.fromhex(text) if path.suffix == ".hex" else text
    nonce = bytes.fromhex(case["nonce"]) if "nonce" in case else None
    behind = back.read_bytes().decode() if back.exists() else None
    return Question(data=data, trust=trust / case["trust"], now=case["now"], nonce=nonce, back=behind)


@pytest.fixture(scope="module", params=["kept", "made anew"])
def vectors(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy, since the Python verifier writes down what it has seen."""
    folder = tmp_path_factory.mktemp("vectors")
    if request.param == "kept":
        shutil.copytree(KEPT, folder, dirs_exist_ok=True)
    else:
        make.make(folder)
    return make.unpacked(folder)


@pytest.mark.parametrize("verifier", [both.python, both.typescript], ids=["python", "typescript"])
def test_every_vector(vectors: Path, verifier: Any) -> None:
    found = cases(vectors)
    answers = verifier([question(vectors, name, case, vectors / make.TRUST) for name, case in found.items()])
    got = {name: {key: answer[key] for key in ("outcome", "code", "claims") if key in answer}
           for name, answer in zip(found, answers, strict=True)}  # fmt: skip
    assert got == {name: case["expected"] for name, case in found.items()}


def test_the_kept_ones_are_those_that_the_generator_makes(tmp_path: Path) -> None:
    make.make(tmp_path)
    kept, made = cases(KEPT), cases(tmp_path)
    for case in (*made.values(), *kept.values()):
        case["expected"].get("claims", {}).pop("cnf", None)  # a phone's key is new each time
    assert made == kept
    assert len(kept) >= 60
    assert {path.name for path in (KEPT / make.TRUST).iterdir()} == {case["trust"] for case in kept.values()}


def test_every_code_about_cards_has_a_vector() -> None:
    """Those of a wallet's credential and of a list's changes are tested where these are."""
    seen = {case["expected"]["code"] for case in cases(KEPT).values()}
    elsewhere = ("binding-", "disclosure-", "status-gap")
    assert {code for code in OUTCOME_OF if not code.startswith(elsewhere)} - seen == set()


def test_they_hold_public_keys_only() -> None:
    texts = [path.read_text(encoding="utf-8") for path in KEPT.rglob("*") if path.suffix in {".json", ".jwt"}]
    assert not [text for text in texts if re.search(r'"d"\s*:|PRIVATE', text)]

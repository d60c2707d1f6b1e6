"""The fuzzer's targets hold for what is genuine and for a little that is not, without the fuzzer."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.fuzz.targets import TARGETS, seeds


@pytest.mark.parametrize("name", TARGETS)
def test_target(name: str) -> None:
    some = Random(name)
    for seed in seeds(name):
        TARGETS[name](seed)
        for _ in range(12):
            changed = bytearray(seed)
            for _ in range(some.randint(1, 4)):
                changed[some.randrange(len(changed))] = some.randrange(256)
            TARGETS[name](bytes(changed[: some.choice([len(changed), some.randrange(len(changed))])]))


def test_every_target_is_fuzzed() -> None:
    makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
    assert f"TARGETS := {' '.join(TARGETS)}\n" in makefile

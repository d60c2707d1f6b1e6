"""Thousands of altered cards and lists, asked of both verifiers: the same answer, and nothing altered accepted.

`make test` asks about 2,000, `make abuse` about KETS_ABUSE.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from tests.card import both
from tests.card.both import Question, Verifier, compared
from tests.card.cards import new_ministry
from tests.card.mutants import Mutants

COUNT = int(os.environ.get("KETS_ABUSE", "2000"))
SEED = int(os.environ.get("KETS_SEED", "20261122"))
BATCH = 5_000
SLOW = 50.0
WARMING = 200


def test_both_verifiers_agree_and_accept_nothing_altered(tmp_path: Path) -> None:
    mutants = iter(Mutants(new_ministry(), tmp_path, SEED))
    told: Counter[str] = Counter()
    for _ in range(0, COUNT, BATCH):
        batch = list(islice(mutants, min(BATCH, COUNT)))
        questions = [mutant.question for mutant in batch]
        ours, theirs = both.python(questions), both.typescript(questions)
        for mutant, one, other in zip(batch, ours, theirs, strict=True):
            assert compared(one) == compared(other), f"{mutant.kind}: {mutant.question}"
            assert "claims" not in one or mutant.fits(one["claims"]), f"{mutant.kind}: {mutant.question}"
            assert one.get("thumbnail") in (None, mutant.thumbnail), f"{mutant.kind}: {mutant.question}"
            told[one["code"]] += 1
        assert slowest(both.python, questions, ours) <= SLOW
        assert slowest(both.typescript, questions, theirs) <= SLOW
    print(f"\n{sum(told.values())} mutants, seed {SEED}: {json.dumps(dict(told.most_common()))}")
    assert len(told) >= 12, told  # the mutants reach most of what a verifier can say


def slowest(verifier: Verifier, questions: Sequence[Question], answers: list[dict[str, Any]]) -> float:
    """The longest time a question takes of the processor, in ms.

    Those that took long are asked five times more, after others, and the median counts: compiling, collecting garbage
    and reading the lists for the first time are not the question's.
    """
    slow = [question for question, answer in zip(questions, answers, strict=True) if answer["ms"] > SLOW]
    first = questions[:WARMING]
    again = [[answer["ms"] for answer in verifier([*first, *slow])[len(first) :]] for _ in range(5)] if slow else []
    return max((median(times) for times in zip(*again, strict=True)), default=0.0)

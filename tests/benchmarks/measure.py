"""Two things compared in one run: taken in turns so that a noisy moment meets both, medians, and their ratio as JSON.

A benchmark is a test named `test_NAME`; it writes `var/bench/NAME.json` with one figure, or with several of which the
first stands at the top: {name, value, unit, limit, ratio, runs, note, figures: [{case, value, ...}]}.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RESULTS = Path(__file__).parents[2] / "var" / "bench"
RUNS = 5


class Result:
    """What a benchmark found, in figures; each is written as soon as it is there."""

    def __init__(self, name: str, note: str) -> None:
        self.name, self.note = name, note
        self.figures: list[dict[str, Any]] = []

    def add(
        self, case: str, *, value: float, unit: str, limit: float, runs: int, ratio: float | None = None, **more: Any
    ) -> float:
        """One figure; `ratio` is value over limit. What is in `more` stands beside it."""
        ratio = value / limit if ratio is None else ratio
        figure = {"value": _short(value), "unit": unit, "limit": _short(limit), "ratio": _short(ratio), "runs": runs}
        self.figures.append({"case": case, **figure, **{name: _short(each) for name, each in more.items()}})
        first = {name: self.figures[0][name] for name in figure}
        found = {"name": self.name, **first, "note": self.note, "figures": self.figures}
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / f"{self.name}.json").write_text(json.dumps(found, indent=1) + "\n")
        beside = "".join(f", {name} {_short(each)}" for name, each in more.items())
        print(f"\n{self.name} {case}: {value:,.4g} against {limit:,.4g} {unit}, ratio {ratio:.3g}{beside}")
        return ratio


def in_turns(
    *works: Callable[[int], object],
    times: Sequence[int] | int,
    runs: int = RUNS,
    between: Callable[[], object] = lambda: None,
) -> list[float]:
    """The median rate a second of each of `works`; each is called with how often it shall do its work.

    `times`: of each, or of all. `between` is called before every turn, outside the clock.
    """
    each = [times] * len(works) if isinstance(times, int) else list(times)
    for work, often in zip(works, each, strict=True):
        work(math.ceil(often / 10))  # once to warm up
    rates: list[list[float]] = [[] for _ in works]
    for _ in range(runs):
        for rate, work, often in zip(rates, works, each, strict=True):
            between()
            began = time.perf_counter()
            work(often)
            rate.append(often / (time.perf_counter() - began))
    return [statistics.median(rate) for rate in rates]


def scaled(times: int) -> int:
    """So many, or a share of it: KETS_BENCH_SCALE=0.05 tries a benchmark out, its figures are worth nothing."""
    return max(1, round(times * float(os.environ.get("KETS_BENCH_SCALE", "1"))))


def p99(values: Sequence[float]) -> float:
    """The value that one in a hundred exceeds."""
    return sorted(values)[math.ceil(0.99 * len(values)) - 1]


def _short(value: Any) -> Any:
    """Four digits are more than a benchmark knows."""
    return float(f"{value:.4g}") if isinstance(value, float) else value

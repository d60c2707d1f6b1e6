"""python -m tests.fuzz.fuzz TARGET FOLDER [flags of libFuzzer]: fuzzes one target, guided by the lines it reaches.

It runs in an environment of its own (requirements-fuzz.lock). FOLDER keeps the inputs that reached something new; what
broke a promise is left beside them as crash-*.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris  # type: ignore[import-not-found]  # in an environment of its own

with atheris.instrument_imports(include=["card", "keys"]):
    from tests.fuzz import targets


def main() -> None:
    name, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(targets.seeds(name)):
        (folder / f"seed-{number}").write_bytes(seed)
    target = targets.TARGETS[name]
    flags = [f"-artifact_prefix={folder}/", "-max_len=8192", "-timeout=10", *sys.argv[3:]]
    atheris.Setup([sys.argv[0], str(folder), *flags], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

"""Writes src/card/generated/: what the TypeScript verifier takes from the Python one, so that there is one source.

messages.ts   every code, its outcome and its sentences (`card.messages`)
printable.ts  which characters a text may have: those that this Python's Unicode tables call printable
"""

from __future__ import annotations

import json
import sys
import unicodedata
from itertools import groupby
from pathlib import Path

from card import messages

HEAD = "// Written by card/verifier/generate.py; not kept in git.\n"


def messages_ts() -> str:
    """The tables of `card.messages` as constants of the same names."""
    tables = {
        "HEADINGS": {outcome: each._asdict() for outcome, each in messages.HEADINGS.items()},
        "SENTENCES": {code: each._asdict() for code, each in messages.SENTENCES.items()},
        "OUTCOME_OF": messages.OUTCOME_OF,
        "PROVES": {name: each._asdict() for name, each in messages.PROVES.items()},
        "COMPARE": {name: each._asdict() for name, each in messages.COMPARE.items()},
    }
    constants = [
        f"export const {name} = {json.dumps(table, ensure_ascii=False, indent=2)} as const;\n"
        for name, table in tables.items()
    ]
    return HEAD + "\n".join(constants)


def printable_ts() -> str:
    """Lengths of the runs of code points from 0 up that are not printable, printable, not printable, ..."""
    lengths = [len(list(run)) for _, run in groupby(range(sys.maxunicode + 1), lambda point: chr(point).isprintable())]
    text = " ".join(f"{length:x}" for length in lengths)
    return (
        f"{HEAD}// Unicode {unicodedata.unidata_version}. Lengths, hexadecimal, of the runs of code points from 0 up: "
        f'not printable, printable, not printable, ...\nexport const RUNS = "{text}";\n'
    )


def main() -> None:
    """Write both files beside this one."""
    folder = Path(__file__).parent / "src" / "card" / "generated"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "messages.ts").write_text(messages_ts(), encoding="utf-8")
    (folder / "printable.ts").write_text(printable_ts(), encoding="utf-8")


if __name__ == "__main__":
    main()

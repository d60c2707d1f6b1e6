"""A sequencer that is refused says so in a file of its folder, where health, status and `kets up` see it.

A file, not a table: what is refused may be the database.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from registry.ledger.files import replace

if TYPE_CHECKING:
    from pathlib import Path


class Refusal(NamedTuple):
    """Why the ledger stands still: a stable code, a sentence, since when, how often tried."""

    code: str
    message: str
    since: datetime
    tries: int


def told(folder: Path) -> Refusal | None:
    """What the sequencer of this folder was refused for; None while it works."""
    try:
        found = json.loads((folder / "refused").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Refusal(found["code"], found["message"], datetime.fromisoformat(found["since"]), found["tries"])


def tell(folder: Path, code: str, message: str, now: datetime) -> Refusal:
    """Write down one more refusal. The same code again counts as another try, since the first."""
    before = told(folder)
    again = before is not None and before.code == code
    new = Refusal(code, message, before.since if again and before else now, before.tries + 1 if again and before else 1)
    folder.mkdir(parents=True, exist_ok=True)
    replace(folder / "refused", json.dumps(new._asdict() | {"since": new.since.isoformat()}))
    return new


def clear(folder: Path) -> None:
    """It works again."""
    (folder / "refused").unlink(missing_ok=True)

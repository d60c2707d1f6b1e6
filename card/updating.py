"""What `python -m card update` and `kets trust update` both do; the words go to a given stream."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from card.cli import EXIT
from card.errors import VerificationError
from card.messages import SENTENCES
from card.trustupdate import update

if TYPE_CHECKING:
    from pathlib import Path

    from card.trustupdate import Source, Updated


def run(folder: Path, *, source: Source, now: int, as_json: bool, out: TextIO) -> int:
    """Take the newer lists of `source` into `folder`; say on `out` what came; the exit code: 0, or 4 when refused."""
    try:
        updated = update(folder, source, now=now)
    except VerificationError as error:
        sentence = SENTENCES[error.code]
        refusal = {"ok": False, "code": error.code, "sentence": sentence._asdict(), "detail": str(error)}
        lines = [*sentence, "Tidak ada yang diubah. / Nothing was changed.", f"({error})"]
        out.write((json.dumps(refusal, ensure_ascii=False) if as_json else "\n".join(lines)) + "\n")
        return EXIT[error.outcome]
    out.write((_json(updated) if as_json else _words(updated)) + "\n")
    return 0


def _json(updated: Updated) -> str:
    return json.dumps({"ok": True, **vars(updated)})


def _words(updated: Updated) -> str:
    listed = datetime.fromtimestamp(updated.issued_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    whole, by_delta, same = len(updated.whole), len(updated.by_delta), len(updated.unchanged)
    return "\n".join(
        (
            f"Daftar kepercayaan: {listed}. Daftar status: {whole} utuh, {by_delta} perubahan saja, {same} tetap.",
            f"Trust list: {listed}. Status lists: {whole} whole, {by_delta} by their changes, {same} as before.",
            f"{updated.bytes_read:,} byte dibaca / bytes read.",
        )
    )
